"""Alerts of the hub, on every page until somebody acknowledges them: each kind is a `What` of `store`, with its words in `hub.console.labels`."""
