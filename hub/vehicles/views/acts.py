"""What is done about a vehicle on its page: watched or not, its pass blocked, an order to gates, a note. Each for a reason, and once.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from edge.contract.commands import CommandKind
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.gates.status import every_gate
from hub.orders import store as orders
from hub.passes import store as passes
from hub.passes import watchlist
from hub.passes.issue import block_pass, unblock_pass
from hub.passes.passlist import unwatch_plate, watch_plate
from hub.vehicles import store
from hub.vehicles.known import Vehicle
from hub.vehicles.orders import What, order_texts
from hub.vehicles.views.blueprint import NoteForm, OrderForm, WatchForm, WhyForm, blueprint, sent, vehicle_or_404
from hub.vehicles.views.one import page

Answer = str | Response | tuple[str, int]
Act = Callable[[Connection, Vehicle], None]


@blueprint.post("/<vehicle>/watch")
@needs(Role.SUPERVISOR)
def watch(vehicle: str) -> Answer:
    """Watches the plate, or changes how it is watched."""
    form = sent("watch")
    assert isinstance(form, WatchForm)

    def act(connection: Connection, it: Vehicle) -> None:
        watch_plate(
            hub().opened, connection, it.plate, deny_in=form.deny_in.data, deny_out=form.deny_out.data,
            notify=form.notify.data, why=form.why.data or "", by=user().id, now=now(),
        )  # fmt: skip

    return _act(vehicle, "watch", form, act, gettext("The plate is watched; the gates are being told."))


@blueprint.post("/<vehicle>/unwatch")
@needs(Role.SUPERVISOR)
def unwatch(vehicle: str) -> Answer:
    """Takes the plate off the watch list. A plate that is off already stays off."""
    form = sent("unwatch")
    assert isinstance(form, WhyForm)

    def act(connection: Connection, it: Vehicle) -> None:
        if watchlist.find(connection, hub().town, it.plate) is not None:
            unwatch_plate(hub().opened, connection, it.plate, reason=form.why.data or "", by=user().id, now=now())

    return _act(vehicle, "unwatch", form, act, gettext("The plate is watched no longer; the gates are being told."))


@blueprint.post("/<vehicle>/block")
@needs(Role.OFFICER)
def block(vehicle: str) -> Answer:
    """Blocks a pass of the vehicle, or unblocks it."""
    form, how = sent("block"), request.form.get("how")
    assert isinstance(form, WhyForm)
    change, said = (
        (unblock_pass, gettext("The pass counts again; the gates are being told."))
        if how == "unblock"
        else (block_pass, gettext("The pass is blocked; the gates are being told."))
    )

    def act(connection: Connection, it: Vehicle) -> None:
        issued = passes.find(connection, hub().town, request.form.get("pass_id", ""))
        if issued is None or (issued.id if it.pass_id else issued.plate) != it.name:
            abort(404)
        change(hub().opened, connection, issued.id, by=user().id, reason=form.why.data or "", now=now())

    return _act(vehicle, "block", form, act, said)


@blueprint.post("/<vehicle>/order")
@needs(Role.SUPERVISOR)
def order(vehicle: str) -> Answer:
    """Orders gates to stop the vehicle, let it pass, or look out for it; no gate ticked: every gate."""
    form = sent("order")
    assert isinstance(form, OrderForm)

    def act(connection: Connection, it: Vehicle) -> None:
        zh, en = order_texts(What(form.what.data), it.name, form.why.data or "")
        orders.send(
            connection,
            town=hub().town,
            to=form.to.data or [each.gate for each in every_gate(reading(), hub().town)],
            kind=CommandKind.ORDER,
            zh=zh,
            en=en,
            lasts=timedelta(hours=form.hours.data),
            by=user().id,
            now=now(),
        )

    return _act(vehicle, "order", form, act, gettext("The order is on its way; its receipts stand under Orders."))


@blueprint.post("/<vehicle>/note")
@needs(Role.OFFICER)
def add_note(vehicle: str) -> Answer:
    """Keeps a note about the vehicle."""
    form = sent("note")
    assert isinstance(form, NoteForm)

    def act(connection: Connection, it: Vehicle) -> None:
        store.add(connection, town=hub().town, vehicle=it.name, text=form.text.data or "", by=user().id, now=now())

    return _act(vehicle, "note", form, act, gettext("The note is kept."))


def _act(address: str, name: str, form: PageForm, act: Act, said: str) -> Answer:
    """Does something about a vehicle once, then shows its page; else the page again with what is wrong."""
    vehicle = vehicle_or_404(address)
    if name in ("watch", "unwatch") and not vehicle.plate:
        abort(404)
    if not form.validate():
        return page(address, vehicle, (name, form)), HTTPStatus.BAD_REQUEST
    here = url_for("vehicles.show", vehicle=address)

    def do(connection: Connection) -> str:
        act(connection, vehicle)
        return here

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return page(address, vehicle, (name, form), worded(refused.words)), HTTPStatus.CONFLICT
    flash(said)
    return redirect(there, HTTPStatus.SEE_OTHER)
