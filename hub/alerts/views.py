"""The page of alerts: open ones, older ones, and acknowledging one by name with a comment.

Tested in `tests/hub/alerts/test_store.py` and `tests/hub/web/test_app.py`.
"""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from hub.accounts.roles import Role
from hub.alerts import store
from hub.alerts.not_storing import Trouble
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, row_id, stripped
from hub.errors import RefusedError

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")
ROWS = 40


class AcknowledgeForm(PageForm):
    """The form to acknowledge an alert with: what was done about it."""

    comment = StringField(
        _("What was done"),
        [DataRequired(_("Say what was done; it stays in the audit.")), Length(max=store.LONGEST)],
        filters=[stripped],
    )


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """Alerts, newest first."""
    return _page()


@blueprint.post("/<int:alert_id>/acknowledge")
@needs(Role.OFFICER)
def acknowledge(alert_id: int) -> str | AnyResponse | tuple[str, int]:
    """Acknowledges an alert, by name and with a comment."""
    form = AcknowledgeForm(request.form)
    if not form.validate():
        return _page(form, alert_id), 400
    try:
        with hub().writing.begin() as connection:
            store.acknowledge(
                connection, town=hub().town, id_=alert_id, by=user().id, comment=form.comment.data or "", now=now()
            )
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(gettext("The alert is acknowledged."))
    return redirect(url_for("alerts.every"))


def open_alerts() -> list[store.Alert]:
    """The alerts that nobody has acknowledged, for every page; looked up once a request."""
    if "open_alerts" not in g:
        g.open_alerts = store.unacknowledged(reading(), hub().town)
    found: list[store.Alert] = g.open_alerts
    return found


def not_storing() -> str | None:
    """Why the hub cannot store what gates send, for every page."""
    return Trouble(hub().settings.run).read()


def _page(form: AcknowledgeForm | None = None, wrong: int | None = None) -> str:
    before = row_id(request.args.get("before"))
    found = store.page(reading(), hub().town, before=before, limit=ROWS + 1)
    older = found[ROWS - 1].id if len(found) > ROWS else None
    return render_template(
        "alerts/list.html", rows=found[:ROWS], older=older, newest=before is None, form=form or AcknowledgeForm(), wrong=wrong
    )  # fmt: skip
