"""The gates: who they are, and how they do."""
