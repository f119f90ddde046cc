"""The page of all alerts with its filter, and what an officer does with one: acknowledging it with a comment, or putting it off.

Tested in `tests/hub/alerts/test_views.py` and `tests/hub/alerts/test_store.py`.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, SearchField, SelectField, StringField
from wtforms.validators import Length, Optional

from edge.contract.records import wall_text
from hub.accounts.privacy import masked_plates
from hub.accounts.roles import Role
from hub.alerts import reading, store
from hub.alerts.reading import Filter
from hub.alerts.views.blueprint import blueprint
from hub.alerts.views.pauses import PAUSES
from hub.alerts.views.showing import shown
from hub.console import context
from hub.console.alert_words import COMMENTS
from hub.console.context import hub, needs, now, policy, role, user
from hub.console.display import gate_name, worded
from hub.console.forms import PageForm, row_id, stripped
from hub.console.labels import LABELS
from hub.console.login import limited_search
from hub.errors import RefusedError

ROWS = 40
FIELDS = ("search", "severity", "what", "gate", "state", "since", "until", "unit")


class AskForm(PageForm):
    """The form that chooses alerts."""

    search = SearchField(_("Plate or words"), [Length(max=64)], filters=[stripped])
    severity = SelectField(_("Severity"), default="")
    what = SelectField(_("What"), default="")
    gate = SelectField(_("Gate"), default="")
    state = SelectField(_("State"), default="")
    since = DateField(_("From"), [Optional()])
    until = DateField(_("To"), [Optional()])


class AcknowledgeForm(PageForm):
    """The form to acknowledge an alert with: what was done about it, in words or by the code of a ready-made comment."""

    comment = StringField(_("What was done"), [Length(max=reading.LONGEST)], filters=[stripped])
    preset = StringField()

    @property
    def text(self) -> str:
        """The comment."""
        return self.comment.data or str(COMMENTS.get(self.preset.data or "", ""))


@blueprint.get("")
@needs(Role.VIEWER)
@limited_search
def every() -> str | tuple[str, int]:
    """Alerts, newest first."""
    form = _ask_form()
    return _page(form) if form.validate() else (_page(form, fits=False), HTTPStatus.BAD_REQUEST)


@blueprint.post("/<int:alert_id>/acknowledge")
@needs(Role.OFFICER)
def acknowledge(alert_id: int) -> str | AnyResponse | tuple[str, int]:
    """Acknowledges an alert, by name and with a comment."""
    _refuse_below(alert_id)
    form = AcknowledgeForm(request.form)
    if not form.validate() or not form.text:
        return (_page(_ask_form(), wrong=alert_id)), HTTPStatus.BAD_REQUEST
    who, comment = user().id, form.text
    return _done(
        lambda connection: store.acknowledge(
            connection, town=hub().town, id_=alert_id, by=who, comment=comment, now=now()
        ),
        gettext("The alert is acknowledged."),
    )


@blueprint.post("/<int:alert_id>/snooze")
@needs(Role.OFFICER)
def snooze(alert_id: int) -> str | AnyResponse:
    """Puts an alert off: it calls again later."""
    _refuse_below(alert_id)
    if (pause := request.form.get("pause", "")) not in PAUSES:
        abort(HTTPStatus.BAD_REQUEST)
    until = PAUSES[pause][1](now().astimezone(hub().zone), hub().settings.shifts)
    who = user().id
    return _done(
        lambda connection: store.snooze(connection, town=hub().town, id_=alert_id, by=who, until=until, now=now()),
        gettext("The alert calls again later."),
    )


def _refuse_below(alert_id: int) -> None:
    """403 for an alert that somebody of a higher role must see to."""
    found = reading.find(context.reading(), hub().town, alert_id)
    if found is not None and not role().may(found.rule.role):
        abort(HTTPStatus.FORBIDDEN)


def _done(act: Callable[[Connection], None], said: str) -> str | AnyResponse:
    """Acts; then the bar for a page that stays, or the page of alerts. Who came second finds it done: nothing is left to do."""
    try:
        with hub().writing.begin() as connection:
            act(connection)
    except RefusedError as refused:
        said, how = worded(refused.words), "refused"
    else:
        how = "message"
    if request.headers.get("HX-Request"):
        # the request has read the alerts as they were before
        context.close_reading()
        return render_template("alerts/bar.html")
    flash(said, how)
    back = request.form.get("next", "")
    return redirect(back if back.partition("?")[0] == url_for("alerts.every") else url_for("alerts.every"))


def _page(form: AskForm, *, fits: bool = True, wrong: int | None = None) -> str:
    before = row_id(request.args.get("before"))
    found = (
        shown(reading.page(context.narrowed(), hub().town, _filter(form), before=before, limit=ROWS + 1))
        if fits
        else []
    )
    kept = {name: value for name in FIELDS if (value := request.args.get(name))}
    return render_template(
        "alerts/list.html",
        rows=found[:ROWS],
        older=_address(kept, before=str(found[ROWS - 1].id)) if len(found) > ROWS else None,
        newest=_address(kept) if before is not None else None,
        form=form,
        wrong=wrong,
        may_act=role().may(Role.OFFICER),
    )


def _ask_form() -> AskForm:
    form = AskForm(request.args)
    any_ = [("", gettext("All"))]
    form.severity.choices = any_ + [(code, str(words)) for code, words in LABELS["severity"].items()]
    form.what.choices = any_ + [(code, str(words)) for code, words in LABELS["alert"].items()]
    found = policy()
    form.gate.choices = any_ + [
        (gate, gate_name(gate)) for gate in (found.gates if found else {}) if context.sees_gate(gate)
    ]
    form.state.choices = any_ + [(code, str(words)) for code, words in LABELS["alert_state"].items()]
    return form


def _filter(form: AskForm) -> Filter:
    def midnight(day: date | None, days: int) -> str:
        return "" if day is None else wall_text(datetime.combine(day + timedelta(days), time(), hub().zone))

    return Filter(
        severity=form.severity.data or "",
        what=form.what.data or "",
        gate=form.gate.data or "",
        state=form.state.data or "",
        since=midnight(form.since.data, 0),
        until=midnight(form.until.data, 1),
        search=form.search.data or "",
        whole_plate=masked_plates(role()),
    )


def _address(kept: dict[str, str], **more: str) -> str:
    asked = {**kept, **more}
    return url_for("alerts.every") + (f"?{urlencode(asked)}" if asked else "")
