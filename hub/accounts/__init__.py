"""The users of the hub with their roles and sessions, and the audit of what they looked at and changed."""
