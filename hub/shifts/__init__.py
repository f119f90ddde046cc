"""Shifts at the command post: who is on duty, notes, handing over. Entries of the hub in the ledger, so that nobody can change them later."""
