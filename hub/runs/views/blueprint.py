"""The blueprint that the pages of runs stand on. Tested with them: `tests/hub/runs/test_views.py`."""

from flask import Blueprint

blueprint = Blueprint("runs", __name__, url_prefix="/runs")
