"""The list of orders with its search, and the form that sends one.

Tested in `tests/hub/orders/test_views.py`.
"""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, DateField, SearchField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from edge.contract.commands import CommandKind
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import gate_name
from hub.console.forms import PageForm, in_years, stripped
from hub.console.labels import LABELS
from hub.console.once import do_once
from hub.console.paging import cursor
from hub.orders import dispatches, store
from hub.orders.views.blueprint import blueprint, gate_ids, recipient_choices, recipient_name, village_choices

ROWS = 40
HOURS = (1, 4, 12, 24, 72)
DUE = (5, 15, 30, 60, 120, 240)
"""Minutes that recipients may have to confirm an order."""
EVERY = "*"
"""The tick that stands for every gate."""


class AskForm(PageForm):
    """The form that chooses orders."""

    search = SearchField(_("Words or sender"), [Length(max=64)], filters=[stripped])
    state = SelectField(_("State"), default="")
    to = SelectField(_("Recipient"), default="", name="recipient")
    since = DateField(_("From"), [Optional()])
    until = DateField(_("To"), [Optional()])
    urgent = BooleanField(_("Urgent ones only"))

    def validate_since(self, field: DateField) -> None:
        """Requires a year that the calendar of a database has."""
        in_years(field)

    def validate_until(self, field: DateField) -> None:
        """Requires a year that the calendar of a database has."""
        in_years(field)


class OrderForm(PageForm):
    """An order in both languages (one is enough), to gates and villages, for some hours, to be confirmed in some minutes."""

    to = SelectMultipleField(_("Gates"))
    villages = SelectMultipleField(_("Villages"))
    zh = TextAreaField(_("In Chinese"), [Length(max=store.LONGEST_TEXT)], filters=[stripped])
    en = TextAreaField(_("In English"), [Length(max=store.LONGEST_TEXT)], filters=[stripped])
    hours = SelectField(_("Holds for"), coerce=int, default=12)
    due = SelectField(_("Receipts within"), coerce=int, default=30)
    urgent = BooleanField(_("Urgent: first on every screen"))
    aloud = BooleanField(_("Read it out at the gates"))
    every_officer = BooleanField(_("Each officer confirms by name"))

    def validate_zh(self, field: TextAreaField) -> None:
        """Requires a text in one of the two languages."""
        if not field.data and not self.en.data:
            raise ValidationError(_("Write the order, in one language at least."))

    def validate_to(self, field: SelectMultipleField) -> None:
        """Requires at least one gate or village."""
        if not field.data and not self.villages.data:
            raise ValidationError(_("Choose a gate or a village."))

    def validate_due(self, field: SelectField) -> None:
        """Requires receipts to be due while the order holds."""
        if self.hours.data and field.data > self.hours.data * 60:
            raise ValidationError(_("The order expires before its receipts are due."))

    @property
    def manner(self) -> store.Manner:
        """How the order is shown and confirmed."""
        due = timedelta(minutes=self.due.data) if self.due.data else None
        return store.Manner(self.urgent.data, self.aloud.data, self.every_officer.data, due)


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str | tuple[str, int]:
    """Orders, newest first, each with how many recipients have confirmed it."""
    ask = _ask_form()
    return _page(_form(), ask) if ask.validate() else (_page(_form(), ask, fits=False), HTTPStatus.BAD_REQUEST)


@blueprint.post("")
@needs(Role.SUPERVISOR)
def send() -> str | AnyResponse | tuple[str, int]:
    """Sends one; each recipient has its own receipt."""
    form = _form(sent=True)
    if not form.validate():
        return _page(form, _ask_form()), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        do_once(connection, lambda: _send(connection, form))
    flash(gettext("The order is on its way; the receipts appear below."))
    return redirect(url_for("orders.every"))


def _send(connection: Connection, form: OrderForm) -> str:
    store.send(
        connection,
        town=hub().town,
        to=gate_ids() if EVERY in (form.to.data or []) else form.to.data or [],
        villages=form.villages.data or [],
        kind=CommandKind.ORDER,
        zh=form.zh.data or "",
        en=form.en.data or "",
        lasts=timedelta(hours=form.hours.data),
        manner=form.manner,
        by=user().id,
        now=now(),
    )
    return url_for("orders.every")


def _form(*, sent: bool = False) -> OrderForm:
    form = OrderForm(request.form if sent else None)
    form.to.choices = [(EVERY, gettext("Every gate")), *((gate, gate_name(gate)) for gate in gate_ids())]
    form.villages.choices = village_choices()
    form.hours.choices = [(each, gettext("%(n)s h", n=each)) for each in HOURS]
    form.due.choices = [(0, gettext("no time is set"))] + [(each, gettext("%(n)s min", n=each)) for each in DUE]
    return form


def _page(form: OrderForm, ask: AskForm, *, fits: bool = True) -> str:
    older = cursor(request.args.get("older"))
    asked = asked_of(ask)
    found = dispatches.page(reading(), hub().town, asked, now(), after=older, limit=ROWS) if fits else ([], None)
    rows, more = found
    kept = {name: value for name, value in request.args.items() if name != "older" and value}
    return render_template(
        "orders/list.html",
        rows=[(each, each.state(now())) for each in rows],
        form=form,
        ask=ask,
        asked=asked != dispatches.Asked(),
        recipient_name=recipient_name,
        older=_address(kept, older="~".join(more)) if more else None,
        newest=_address(kept) if older else None,
    )


def _address(kept: dict[str, str], **more: str) -> str:
    return f"{url_for('orders.every')}?{urlencode({**kept, **more})}"


def _ask_form() -> AskForm:
    form = AskForm(request.args)
    form.state.choices = [("", gettext("All"))] + [(code, str(words)) for code, words in LABELS["dispatch"].items()]
    form.to.choices = recipient_choices()
    return form


def asked_of(form: AskForm) -> dispatches.Asked:
    """What the form asks for."""

    def midnight(day: date | None, days: int = 0) -> str:
        return "" if day is None else wall_text(datetime.combine(day + timedelta(days), time(), hub().zone))

    return dispatches.Asked(
        search=form.search.data or "",
        state=form.state.data or "",
        to=form.to.data or "",
        urgent=form.urgent.data,
        start=midnight(form.since.data),
        end=midnight(form.until.data, 1),
    )
