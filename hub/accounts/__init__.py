"""Who may use the hub, as what; their sessions; and the audit of what they looked at and changed."""
