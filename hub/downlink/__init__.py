"""What goes down to the gates: signed lists, and what other gates saw."""
