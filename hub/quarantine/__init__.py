"""Records and messages that the hub could not take: shown, and released or dismissed by a person."""
