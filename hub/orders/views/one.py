"""The page of one order with every receipt; taking it back, and a village's receipt.

Tested in `tests/hub/orders/test_views.py`.
"""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.gates.status import Freshness, every_gate
from hub.orders import dispatches, store
from hub.orders.dispatches import Dispatch
from hub.orders.views.blueprint import blueprint, recipient_name

MOST_REASON = 500


@blueprint.get("/<order_id>")
@needs(Role.VIEWER)
def show(order_id: str) -> str:
    """One order: its text, its times, a row for each recipient."""
    found = _dispatch_or_404(order_id)
    away = {
        each.gate: each.last_seen or ""
        for each in every_gate(reading(), hub().town)
        if each.freshness(now()) in (Freshness.SILENT, Freshness.OFFLINE)
    }
    return render_template(
        "orders/show.html", order=found, state=found.state(now()), recipient_name=recipient_name, away=away
    )


@blueprint.post("/<order_id>/cancel")
@needs(Role.SUPERVISOR)
def cancel(order_id: str) -> AnyResponse:
    """Takes an order back, for a reason: from every recipient, or, by a gate's own id of it, from that gate."""
    reason = request.form.get("reason", "")[:MOST_REASON]
    whole = dispatches.find(reading(), hub().town, order_id, now()) is not None

    def do(connection: Connection) -> str:
        take_back = dispatches.cancel if whole else store.cancel
        take_back(connection, town=hub().town, id_=order_id, reason=reason, by=user().id, now=now())
        return url_for("orders.show", order_id=order_id) if whole else url_for("orders.every")

    leads_to = url_for("orders.show", order_id=order_id) if whole else url_for("orders.every")
    return _act(do, gettext("The order was taken back."), leads_to)


@blueprint.post("/<order_id>/confirm")
@needs(Role.OFFICER)
def confirm(order_id: str) -> AnyResponse:
    """Confirms the order for a village."""
    found = _dispatch_or_404(order_id)
    leads_to = url_for("orders.show", order_id=found.id)

    def do(connection: Connection) -> str:
        unit, note = request.form.get("unit", ""), request.form.get("note", "")
        dispatches.confirm(
            connection, town=hub().town, id_=order_id, unit=unit, note=note, by=user().id, now=now()
        )  # fmt: skip
        return leads_to

    return _act(do, gettext("Confirmed: the command post sees it."), leads_to)


def _act(do: Callable[[Connection], str], said: str, leads_to: str) -> AnyResponse:
    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(said)
    return redirect(leads_to)


def _dispatch_or_404(id_: str) -> Dispatch:
    found = dispatches.find(reading(), hub().town, id_, now())
    if found is None:
        abort(404)
    return found
