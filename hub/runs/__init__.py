"""Planned runs of special vehicles (samples, refuse): when each is due, the crossing that marks it, and those that were missed."""
