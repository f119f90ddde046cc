"""Pictures of crossings that a user asked a gate for."""
