"""A vehicle as the whole ledger knows it: found by any part of its plate, whether it is inside, its passes, conflicts, pictures, notes."""
