"""What people with special needs asked for: requests, their one-trip passes, and the crossings that mark a trip as out and back."""
