"""Whole towns of real processes."""
