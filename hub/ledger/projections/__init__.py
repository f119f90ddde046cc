"""Tables derived from the ledger's entries, in the entry's transaction or anew at any time: visits (with the columns of the CSV, in `columns`), sightings, receipts."""
