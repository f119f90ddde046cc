"""The bar of alerts, asked for again whenever an alert changes; and where an alert leads.

Tested in `tests/hub/alerts/test_views.py`.
"""

from flask import abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts.roles import Role
from hub.alerts import reading
from hub.alerts.views.blueprint import blueprint
from hub.alerts.views.showing import alert_leads, shown
from hub.console import context
from hub.console.context import hub, needs


@blueprint.get("/bar")
@needs(Role.VIEWER)
def bar() -> str:
    """What calls now."""
    return render_template("alerts/bar.html")


@blueprint.get("/<int:alert_id>")
@needs(Role.VIEWER)
def lead(alert_id: int) -> AnyResponse:
    """The page that an alert is about: its conflict, its visit, or its gate."""
    found = reading.find(context.reading(), hub().town, alert_id)
    if found is None:
        abort(404)
    (found,) = shown([found])
    leads = alert_leads(found)
    return redirect(leads[0][1] if leads else url_for("alerts.every", _anchor=f"alert-{alert_id}"))
