"""The common parts of the pages of registers: the blueprint, a register or 404, a row of it, who writes, words of both languages.

Tested in `tests/hub/registers/views/test_listing.py`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Blueprint, Flask, abort, current_app, request
from flask_login import current_user
from sqlalchemy.engine import Connection

from hub.console import context
from hub.console.context import hub, now, role, user
from hub.console.display import chinese
from hub.console.forms import MAX_DIGITS
from hub.console.units import unit_name
from hub.registers import catalogue, kept, pictures, store
from hub.registers.catalogue import TownRegister
from hub.registers.checks import Writer
from hub.registers.importing import reading
from hub.registers.keeping import Hook, Keeper
from hub.registers.rows import RegisterRow

blueprint = Blueprint("registers", __name__, url_prefix="/registers")
HOOKS = "kakou-register-hooks"
LOOKS = {
    "open": ("hourglass-split", "open"),
    "busy": ("clock-history", "owed"),
    "done": ("check-circle-fill", "passed"),
    "bad": ("x-octagon-fill", "detained"),
}
"""The shape and the colour of a state, by how it is declared to look."""
FORM = pictures.MOST_BYTES + 256 * 1024
TEXT = 1024 * 1024
LIST = reading.MOST_BYTES * 3 // 2
ROOMS = {"new": FORM, "change": FORM, "import": LIST, "own": TEXT, "days": TEXT, "declare": TEXT}
"""Bytes of a request, by how its address ends: a form with a picture; a list, or what a page carries of it."""


class Worded(Protocol):
    """Something with words in both languages."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


def register(app: Flask, hooks: Mapping[str, Hook]) -> None:
    """Gives the app what parts of the product do beside keeping rows, by register."""
    app.extensions[HOOKS] = hooks


@blueprint.before_request
def refuse_what_no_database_counts_to() -> None:
    """404 for a number that is longer than any row's."""
    for name in ("row_id", "picture_id"):
        if (request.view_args or {}).get(name, 0) >= 10**MAX_DIGITS:
            abort(404)


def room_of(path: str) -> int | None:
    """How many bytes a request to an address of registers may bring, where that is more than a form has: a picture, a list."""
    parts = path.strip("/").split("/")
    return ROOMS.get(parts[-1]) if len(parts) > 1 and parts[0] == "registers" else None


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if (
        endpoint
        in {
            "registers.new",
            "registers.change",
            "registers.import_list",
            "registers.days",
            "registers.own",
            "registers.declare",
        }
        and current_user.is_authenticated
    ):
        request.max_content_length = request.max_form_memory_size = room_of(request.path)


def known_register(register_id: str) -> TownRegister:
    """The register of an address: 404 if there is none, 403 for who may not read it."""
    found = catalogue.find(context.reading(), hub().town, register_id)
    if found is None:
        abort(404)
    if not role().may(found.register.read):
        abort(403)
    return found


def writable(register_id: str) -> TownRegister:
    """The same for who wants to write in it."""
    found = known_register(register_id)
    if not role().may(found.register.write):
        abort(403)
    return found


def known_row(found: TownRegister, row_id: int, connection: Connection | None = None) -> RegisterRow:
    """The row of an address, or 404."""
    row = store.find(connection or context.reading(), hub().town, row_id)
    if row is None or row.register != found.register.id:
        abort(404)
    return row


def keeper_of(connection: Connection, register_id: str) -> Keeper:
    """The keeper of a register, with what its part of the product does beside."""
    return kept.keeper(connection, hub().town, register_id, hub().zone, current_app.extensions[HOOKS])


def row_writer() -> Writer:
    """Who writes in this request."""
    return Writer(user().id, role(), now(), context.branch())


def named(thing: Worded | None) -> str:
    """The words of a thing in the language of the request; empty for none."""
    return "" if thing is None else thing.zh if chinese() else thing.en


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"named": named, "STATE_LOOKS": LOOKS, "unit_name": unit_name}
