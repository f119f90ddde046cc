"""Passes and the keys that sign them: issued, printed, renewed, blocked, revoked; the watch list; and the pass list published to gates."""
