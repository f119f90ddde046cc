"""Alerts of the hub, on every page until somebody acknowledges them: each kind stands in `kinds`, what holds for it in `rules`, its words in `hub.console.alert_words`."""
