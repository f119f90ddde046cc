"""New keys for a whole town: after a backup, or the hub itself, was stolen."""
