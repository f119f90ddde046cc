"""Tokens with which programs use the API: made by an admin, limited in scope and time, revoked at any moment."""
