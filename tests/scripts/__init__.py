"""What is run from a clone."""
