"""The gate put together: its parts, what the kiosk may ask of it, what watches it."""
