"""The ledger: append-only entries, the town's chain, and what is derived from them."""
