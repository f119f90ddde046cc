"""The blueprint that the pages of alerts stand on. Tested with them: `tests/hub/alerts/test_views.py`."""

from flask import Blueprint

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")
