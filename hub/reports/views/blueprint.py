"""The blueprint of figures and daily reports. Tested in `tests/hub/reports/test_views.py`."""

from flask import Blueprint

blueprint = Blueprint("reports", __name__)
