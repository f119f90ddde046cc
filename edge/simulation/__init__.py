"""The demo's world: vehicles, an officer and machines before a gate that does not know that it is a demo."""
