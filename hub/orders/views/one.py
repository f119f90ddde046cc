"""The page of one order with every receipt; taking it back, and a village's receipt.

Tested in `tests/hub/orders/test_views.py`.
"""

from flask import abort, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts.roles import Role
from hub.console.context import branch, hub, limit, needs, now, reading, user
from hub.console.once import act
from hub.gates.status import Freshness, every_gate
from hub.orders import dispatches, store
from hub.orders.dispatches import Dispatch
from hub.orders.views.blueprint import blueprint, own_units, recipient_name
from hub.organisation.branch import Branch

MOST_REASON = 500
ROWS = 60


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
    found = dispatches.find(reading(), hub().town, order_id, now())
    whole = found is not None
    if (within := branch()) is not None:
        _check_all_of_branch(within, order_id if found is None else found.id, whole=whole)

    def do(connection: Connection) -> None:
        take_back = dispatches.cancel if whole else store.cancel
        take_back(connection, town=hub().town, id_=order_id, reason=reason, by=user().id, now=now())

    leads_to = url_for("orders.show", order_id=order_id) if whole else url_for("orders.every")
    return act(do, leads_to, gettext("The order was taken back."))


@blueprint.post("/<order_id>/confirm")
@needs(Role.OFFICER)
def confirm(order_id: str) -> AnyResponse:
    """Confirms the order for a village."""
    found, unit = _dispatch_or_404(order_id), request.form.get("unit", "")
    if limit() is not None and unit not in own_units():
        abort(404)
    leads_to = url_for("orders.mine") if limit() is not None else url_for("orders.show", order_id=found.id)

    def do(connection: Connection) -> None:
        note = request.form.get("note", "")
        dispatches.confirm(
            connection, town=hub().town, id_=order_id, unit=unit, note=note, by=user().id, now=now()
        )  # fmt: skip

    return act(do, leads_to, gettext("Confirmed: the command post sees it."))


@blueprint.get("/mine")
@needs(Role.OFFICER)
def mine() -> str:
    """The orders to the villages of the account's own branch, with their receipts and nobody else's."""
    found = dispatches.of_villages(reading(), hub().town, own_units(), now(), limit=ROWS)
    return render_template("orders/mine.html", rows=found, recipient_name=recipient_name)


def _check_all_of_branch(within: Branch, order_id: str, *, whole: bool) -> None:
    """404 for a gate's order beyond the branch; 403 for an order that went to others, too: who sent it takes it back."""
    if not whole and store.find(reading(), hub().town, order_id) is None:
        abort(404)
    with hub().reading.connect() as connection:
        everywhere = dispatches.find(connection, hub().town, order_id, now())
    for each in () if everywhere is None else everywhere.recipients:
        if each.id not in (within.gates if each.kind == "gate" else within.units):
            abort(403)


def _dispatch_or_404(id_: str) -> Dispatch:
    found = dispatches.find(reading(), hub().town, id_, now())
    if found is None:
        abort(404)
    return found
