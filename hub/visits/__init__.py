"""The ledger as a duty officer reads it: visits, who is inside, a visit's entries, the CSV export (its columns: `hub.ledger.projections.columns`)."""
