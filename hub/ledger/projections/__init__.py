"""What the ledger means at this moment: visits, sightings, receipts, derived in the entry's transaction and made anew at any time."""
