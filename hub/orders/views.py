"""Orders to gates: what was sent, what the gates answered and when, sending one, taking one back.

Tested in `tests/hub/orders/test_store.py`.
"""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import Length, ValidationError

from edge.contract.commands import CommandKind
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import gate_name, worded
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.gates.status import every_gate
from hub.orders import store

blueprint = Blueprint("orders", __name__, url_prefix="/orders")
ROWS = 100
HOURS = (1, 4, 12, 24, 72)
EVERY = "*"
"""The tick that stands for every gate."""
MOST_REASON = 500


class OrderForm(PageForm):
    """An order in both languages (one is enough), to gates, for some hours."""

    to = SelectMultipleField(_("Gates"))
    zh = TextAreaField(_("In Chinese"), [Length(max=store.LONGEST_TEXT)], filters=[stripped])
    en = TextAreaField(_("In English"), [Length(max=store.LONGEST_TEXT)], filters=[stripped])
    hours = SelectField(_("Holds for"), coerce=int, default=12)

    def validate_zh(self, field: TextAreaField) -> None:
        """Requires a text in one of the two languages."""
        if not field.data and not self.en.data:
            raise ValidationError(_("Write the order, in one language at least."))

    def validate_to(self, field: SelectMultipleField) -> None:
        """Requires at least one gate."""
        if not field.data:
            raise ValidationError(_("Choose a gate."))


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """The last orders with their receipts."""
    return _page(_form())


@blueprint.post("")
@needs(Role.SUPERVISOR)
def send() -> str | AnyResponse | tuple[str, int]:
    """Sends one; each gate has its own, with its own receipt."""
    form = _form(sent=True)
    if not form.validate():
        return _page(form), 400
    with hub().writing.begin() as connection:
        do_once(connection, lambda: _send(connection, form))
    flash(gettext("The order is on its way; the gates' receipts appear below."))
    return redirect(url_for("orders.every"))


def _send(connection: Connection, form: OrderForm) -> str:
    store.send(
        connection,
        town=hub().town,
        to=_gates() if EVERY in (form.to.data or []) else form.to.data or [],
        kind=CommandKind.ORDER,
        zh=form.zh.data or "",
        en=form.en.data or "",
        lasts=timedelta(hours=form.hours.data),
        by=user().id,
        now=now(),
    )
    return url_for("orders.every")


@blueprint.post("/<order_id>/cancel")
@needs(Role.SUPERVISOR)
def cancel(order_id: str) -> AnyResponse:
    """Takes an order back, for a reason."""

    def do(connection: Connection) -> str:
        reason = request.form.get("reason", "")[:MOST_REASON]
        store.cancel(connection, town=hub().town, id_=order_id, reason=reason, by=user().id, now=now())
        return url_for("orders.every")

    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(gettext("The order was taken back."))
    return redirect(url_for("orders.every"))


def _gates() -> list[str]:
    return [each.gate for each in every_gate(reading(), hub().town)]


def _form(*, sent: bool = False) -> OrderForm:
    form = OrderForm(request.form if sent else None)
    form.to.choices = [(EVERY, gettext("Every gate")), *((gate, gate_name(gate)) for gate in _gates())]
    form.hours.choices = [(each, gettext("%(n)s h", n=each)) for each in HOURS]
    return form


def _page(form: OrderForm) -> str:
    rows = [(each, each.state(now())) for each in store.page(reading(), hub().town, limit=ROWS)]
    return render_template("orders/list.html", rows=rows, form=form)
