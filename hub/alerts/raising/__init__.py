"""What raises alerts and what ends them: the ledger's new entries, the gates' states, the hub's own condition. Run by the listener."""
