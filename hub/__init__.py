"""The hub of Kakou: the ledger of a town's crossings, and the web view of it."""
