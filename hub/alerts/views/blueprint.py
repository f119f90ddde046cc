"""The blueprint that the pages of alerts stand on. Tested with them: `tests/hub/alerts/test_views.py`."""

from flask import Blueprint, abort, request

from hub.console.forms import MAX_DIGITS

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")


@blueprint.before_request
def refuse_what_no_database_counts_to() -> None:
    """404 for a number that is longer than any row's."""
    if (request.view_args or {}).get("alert_id", 0) >= 10**MAX_DIGITS:
        abort(404)
