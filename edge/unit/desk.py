"""What the kiosk may ask of the gate."""

KNOWN = 60
"""Visits among which the screen looks for plates that need not be typed again."""
