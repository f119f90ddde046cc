"""Passes: issued, listed, revoked."""
