"""Gives every page the gate that its request is about.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from flask import current_app

from edge.kiosk.desk import Desk

EXTENSION = "kakou"


def desk() -> Desk:
    """The desk of the gate that this request is about."""
    found: Desk = current_app.extensions[EXTENSION]
    return found
