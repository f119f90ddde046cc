"""The blueprint of the pages of shifts. Tested in `tests/hub/shifts/test_views.py`."""

from flask import Blueprint

blueprint = Blueprint("shifts", __name__)
