"""The blueprint that the pages of alerts stand on. Tested with them: `tests/hub/alerts/test_views.py`."""

from typing import Any

from flask import Blueprint, abort

from hub.console.forms import MAX_DIGITS

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")


@blueprint.url_value_preprocessor
def refuse_what_no_database_counts_to(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """404 for a number that is longer than any row's."""
    if values and values.get("alert_id", 0) >= 10**MAX_DIGITS:
        abort(404)
