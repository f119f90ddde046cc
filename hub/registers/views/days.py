"""The rows of one day of a daily register, of every row that they belong to, in one form: what is filled in is added or changed.

Tested in `tests/hub/registers/views/test_days.py`.
"""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.datastructures import MultiDict

from hub.accounts.roles import Role
from hub.console.context import hub, needs, reading, role
from hub.console.days import address_day
from hub.console.display import worded
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.registers import catalogue, store
from hub.registers.catalogue import TownRegister
from hub.registers.cells import Value
from hub.registers.declaration import RegisterField
from hub.registers.field_types import FieldType
from hub.registers.rows import Draft, Links, RegisterRow
from hub.registers.store import Asked
from hub.registers.views.blueprint import blueprint, keeper_of, row_writer, writable
from hub.registers.views.forms import MARK, Kept, RowForm, row_form
from hub.registers.views.one import Answer
from hub.registers.views.showing import row_name

PARENTS = 100
"""Rows of a page."""


@dataclass
class Line:
    """A row that others belong to, its row of the day if there is one, and the form of that."""

    parent: RegisterRow
    name: str
    row: RegisterRow | None
    form: RowForm

    def filled(self, fields: list[RegisterField]) -> bool:
        """Returns True if something stands in the form."""
        return any(self.form.field_of(each).data for each in fields)


@blueprint.route("/<register_id>/days", methods=["GET", "POST"])
@needs(Role.OFFICER)
def days(register_id: str) -> Answer:
    """The form of a day: a line for each row of the register above that is not at its end."""
    found = writable(register_id)
    if not found.register.daily or found.register.parent is None or found.closed_at is not None:
        abort(HTTPStatus.NOT_FOUND)
    day = address_day(request.values.get("day"))
    lines, more = _lines(found, day)
    fields = fields_of(found)
    if request.method != "POST":
        return _page(found, day, lines, more)
    fits = True
    for line in lines:
        line.form = _form(found, line.parent, line.row, _sent(line, fields))
        if line.filled(fields) or line.row is not None:
            fits = line.form.validate() and fits
    if not fits:
        return _page(
            found, day, lines, more, gettext("Something is wrong below: nothing is kept yet.")
        ), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        keeper = keeper_of(connection, register_id)
        for line in lines:
            values = {**(line.row.values if line.row else {}), **line.form.values()} if line.form.said else {}
            if line.row is not None and values != dict(line.row.values):
                keeper.change(connection, line.row, Draft(values, line.row.links), row_writer(), version=_version(line))
            elif line.row is None and _says(values):
                links = Links(parent=line.parent.id, day=day.isoformat(), unit=line.parent.links.unit)
                keeper.add(connection, Draft(values, links), row_writer())
        return url_for("registers.days", register_id=register_id, day=day.isoformat())

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _page(found, day, lines, more, worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The day is kept."))
    return redirect(there, HTTPStatus.SEE_OTHER)


def fields_of(found: TownRegister) -> list[RegisterField]:
    """The columns of the form: what fits into a line."""
    return [each for each in Kept(found).fields if each.type not in (FieldType.PICTURE, FieldType.CHOICES)]


def _says(values: dict[str, Value]) -> bool:
    return any(value is not None for value in values.values())


def _version(line: Line) -> int:
    text = line.form.version.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _lines(found: TownRegister, day: date) -> tuple[list[Line], bool]:
    above = catalogue.known(reading(), hub().town, str(found.register.parent)).register
    ended = [each.id for each in above.states if each.ends]
    asked = Asked(narrow=[store.not_in_states(ended)] if ended else [])
    parents = store.page(reading(), hub().town, above, asked, role(), before=None, limit=PARENTS + 1)
    there = store.of_day(reading(), hub().town, found.register, day.isoformat(), [each.id for each in parents])
    lines = [
        Line(each, row_name(above, each, role()), row, _form(found, each, row))
        for each in parents[:PARENTS]
        for row in (there.get(each.id),)
    ]
    return lines, len(parents) > PARENTS


def _form(found: TownRegister, parent: RegisterRow, row: RegisterRow | None, sent: Any = None) -> RowForm:
    form = row_form(Kept(found, row), sent, prefix=str(parent.id))
    for each in form:
        # read by its own name, sent by one of its line
        each.name = f"{parent.id}-{each.name}"
    return form


def _sent(line: Line, fields: list[RegisterField]) -> Any:
    """What the form says of one line, as a form of its own would."""
    sent = {MARK + each.id: request.form.get(f"{line.parent.id}-{MARK}{each.id}", "") for each in fields}
    return MultiDict({**sent, "version": request.form.get(f"{line.parent.id}-version", "")})


def _page(found: TownRegister, day: date, lines: list[Line], more: bool, odd: str = "") -> str:
    return render_template(
        "registers/days.html",
        found=found,
        register=found.register,
        day=day.isoformat(),
        lines=lines,
        more=more,
        fields=fields_of(found),
        odd=odd,
    )
