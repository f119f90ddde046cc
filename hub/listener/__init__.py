"""The one process that hears the gates: messages come in, the ledger takes them, acknowledgements go out."""
