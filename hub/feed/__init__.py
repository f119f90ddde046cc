"""The outgoing feed: the ledger's entries pushed to other systems in their order, signed, again and again until each is confirmed."""
