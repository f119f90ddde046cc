"""The persons of the town's households, and what their vehicles' plates lead to: passes, crossings, requests."""
