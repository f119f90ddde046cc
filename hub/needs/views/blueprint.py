"""The common parts of the pages of requests: the blueprint, a request or 404, who writes, one way of doing something about a request.

Tested in `tests/hub/needs/test_views.py`.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.console.context import branch, hub, now, reading, role, user
from hub.console.display import worded
from hub.console.forms import row_id
from hub.console.once import do_once
from hub.console.register_words import LOOKS, field_name, named, said
from hub.errors import RefusedError
from hub.needs import store
from hub.needs.requests import RequestHook
from hub.registers import catalogue, kept
from hub.registers import store as registers
from hub.registers.catalogue import TownRegister
from hub.registers.cells import Here, Value, parse
from hub.registers.checks import Writer
from hub.registers.keeping import Hook, Keeper
from hub.registers.rows import RegisterRow

blueprint = Blueprint("needs", __name__, url_prefix="/needs")
HOOKS: Mapping[str, Hook] = {store.REQUESTS: RequestHook()}
MOST_ID = 10**18
Act = Callable[[Connection, Keeper, RegisterRow, int], None]


def register_of(id_: str) -> TownRegister | None:
    """A register of the town; None if the town does not keep it yet."""
    return catalogue.find(reading(), hub().town, id_)


def keeper_of(connection: Connection, id_: str) -> Keeper:
    """The keeper of a register; the first request of a town adds the registers that it needs."""
    catalogue.add_shipped(connection, hub().town, [id_], by=user().id, now=now())
    return kept.keeper(connection, hub().town, id_, hub().zone, HOOKS)


def as_writer() -> Writer:
    """Who writes in this request."""
    return Writer(user().id, role(), now(), branch())


def known_request(need_id: int) -> tuple[TownRegister, RegisterRow]:
    """The request of an address, or 404."""
    found = register_of(store.REQUESTS)
    row = registers.find(reading(), hub().town, need_id) if found and need_id < MOST_ID else None
    if found is None or row is None or row.register != store.REQUESTS:
        abort(404)
    return found, row


def sent_values(keeper: Keeper, names: Mapping[str, str]) -> dict[str, Value]:
    """The values of fields as a form says them; `UnfitValue` for one that its field does not take."""
    here = Here(hub().zone)
    values: dict[str, Value] = {}
    for name, text in names.items():
        of = keeper.register.field(name)
        value = None if of is None else parse(of, text, here)
        if value is not None:
            values[name] = value
    return values


def do(need_id: int, act: Act, words: str) -> Response:
    """Does something about a request once, then shows where the form came from; else the request with why nothing was done."""
    known_request(need_id)
    there = url_for("needs.every") if request.form.get("next") == "every" else url_for("needs.show", need_id=need_id)

    def once(connection: Connection) -> str:
        keeper = keeper_of(connection, store.REQUESTS)
        row = registers.known(connection, hub().town, keeper.register, need_id)
        act(connection, keeper, row, row_id(request.form.get("version")) or 0)
        return there

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: once(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
        return redirect(url_for("needs.show", need_id=need_id), HTTPStatus.SEE_OTHER)
    flash(words)
    return redirect(there, HTTPStatus.SEE_OTHER)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"named": named, "field_name": field_name, "said": said, "STATE_LOOKS": LOOKS, "as_role": role()}
