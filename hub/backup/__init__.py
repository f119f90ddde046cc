"""Backups of a town: made while it works, proven before they count, and restored into an empty folder."""
