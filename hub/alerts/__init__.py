"""Alerts of the hub, on every page until somebody acknowledges them: each kind stands in `kinds`, with its words in `hub.console.labels`."""
