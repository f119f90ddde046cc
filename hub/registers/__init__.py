"""Registers of the town besides the ledger of crossings: each is declared in TOML, and all are kept, changed and searched in one way."""
