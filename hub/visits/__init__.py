"""The ledger as a duty officer reads it: visits, who is inside, a visit's entries, the export."""
