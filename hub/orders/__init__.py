"""Orders of the command post to gates, and what gates answered."""
