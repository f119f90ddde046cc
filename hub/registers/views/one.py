"""The page of one row: all its fields, the rows that belong to it, its history, its next states, and what it is bound to.

Tested in `tests/hub/registers/views/test_one.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, open_reading, reading, role, user
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.registers import catalogue, history, pictures, store
from hub.registers.catalogue import TownRegister
from hub.registers.cells import may_see
from hub.registers.declaration import Register, State
from hub.registers.field_types import FieldType
from hub.registers.history import Step
from hub.registers.rows import RegisterRow
from hub.registers.store import Asked
from hub.registers.views.blueprint import blueprint, keeper_of, known_register, known_row, named, row_writer
from hub.registers.views.forms import Kept, RowForm, hint, row_form
from hub.registers.views.showing import ShownRow, all_shown, cell, columns, due

Answer = str | AnyResponse | tuple[str, int]
CHILDREN = 40
STEPS = 100


class UnmaskForm(PageForm):
    """Why somebody looks behind the mask."""

    why = TextAreaField(
        _("Reason"), [DataRequired(_("Say why; it stays in the audit.")), Length(max=500)], filters=[stripped]
    )


@dataclass(frozen=True, slots=True)
class Move:
    """A state that may follow, with the form of what it asks for. `other`: somebody else must bring it about."""

    state: State
    form: RowForm
    other: bool


@dataclass(frozen=True, slots=True)
class Below:
    """The rows of one register that belong to this row."""

    found: TownRegister
    rows: Sequence[ShownRow]
    more: bool


@blueprint.get("/<register_id>/<int:row_id>")
@needs(Role.VIEWER)
def row(register_id: str, row_id: int) -> str:
    """One row."""
    found = known_register(register_id)
    return show(found, known_row(found, row_id))


@blueprint.post("/<register_id>/<int:row_id>/unmask")
@needs(Role.SUPERVISOR)
def unmask(register_id: str, row_id: int) -> Answer:
    """The page of a row with nothing masked, once, for a reason that the audit keeps."""
    found, form = known_register(register_id), UnmaskForm(request.form)
    there = known_row(found, row_id)
    if not form.validate():
        return show(found, there, unmask=form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        note(connection, "register row unmasked", f"registers/{register_id}/{row_id}", reason=form.why.data)
    return show(found, there, masked=False)


@blueprint.post("/<register_id>/<int:row_id>/move")
@needs(Role.OFFICER)
def move(register_id: str, row_id: int) -> Answer:
    """Brings a row into another state."""
    found = known_register(register_id)
    there, to = known_row(found, row_id), request.form.get("to", "")
    state = found.register.state(to)
    if state is None:
        abort(HTTPStatus.BAD_REQUEST)
    form = row_form(Kept(found, there, state.needs), request.form, prefix=to)
    if not form.validate():
        return show(found, there, moved=(to, form)), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        keeper_of(connection, register_id).move(
            connection, known_row(found, row_id, connection), to, row_writer(), version=version_of(form.version.data),
            why=request.form.get("reason", "")[:500], values={k: v for k, v in form.said.items() if v is not None},
        )  # fmt: skip
        return url_for("registers.row", register_id=register_id, row_id=row_id)

    return _done(found, row_id, do, gettext("It is done."), moved=(to, form))


@blueprint.post("/<register_id>/<int:row_id>/remove")
@needs(Role.OFFICER)
def remove(register_id: str, row_id: int) -> Answer:
    """Takes a row out of the list, with the reason."""
    found = known_register(register_id)
    known_row(found, row_id)

    def do(connection: Connection) -> str:
        there = known_row(found, row_id, connection)
        version = version_of(request.form.get("version"))
        why = request.form.get("reason", "")[:500]
        keeper_of(connection, register_id).remove(connection, there, row_writer(), version=version, why=why)
        return url_for("registers.rows", register_id=register_id)

    return _done(found, row_id, do, gettext("The row is removed; it stands among those removed."))


@blueprint.get("/<register_id>/pictures/<picture>")
@needs(Role.VIEWER)
def picture(register_id: str, picture: str) -> Response:
    """A picture of a row: for who may see its field, or gave a reason; a look at a personal one stands in the audit."""
    found = known_register(register_id)
    there = pictures.find(reading(), hub().town, picture)
    of = None if there is None else found.register.field(there.field)
    row = None if there is None or there.row is None else store.find(reading(), hub().town, there.row)
    if there is None or of is None or row is None or row.register != register_id or row.values.get(of.id) != picture:
        abort(HTTPStatus.NOT_FOUND)
    why = request.args.get("why", "").strip()[:500]
    if not may_see(of, role()) and not (why and role().may(Role.SUPERVISOR)):
        abort(HTTPStatus.FORBIDDEN)
    if of.personal:
        with hub().writing.begin() as connection:
            note(
                connection,
                "register picture seen",
                f"registers/{register_id}/{row.id}",
                field=of.id,
                reason=why or None,
            )
    answer = Response(there.data, mimetype=there.media)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def version_of(text: str | None) -> int:
    """The version that a form was shown with; 400 for none."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 9:
        abort(HTTPStatus.BAD_REQUEST)
    return int(text)


def show(
    found: TownRegister,
    there: RegisterRow,
    *,
    masked: bool = True,
    unmask: UnmaskForm | None = None,
    moved: tuple[str, RowForm] | None = None,
    odd: str = "",
) -> str:
    """The page of a row; `moved`: the state that somebody tried, with the form that was sent; `odd`: what was wrong."""
    register, reader = found.register, role() if masked else None
    (shown,) = all_shown(found, [there], reader)
    steps = history.of(reading(), hub().town, there.id)
    return render_template(
        "registers/row.html",
        found=found,
        register=register,
        each=shown,
        fields=_groups(found, there),
        picture_fields=[of for of in register.fields if of.type is FieldType.PICTURE and there.values.get(of.id)],
        may_see=lambda of: may_see(of, role()),
        due=due(there),
        moves=_moves(found, there, moved),
        moved=moved[0] if moved else "",
        hint=lambda form, of: hint(form.kept, of),
        below=_below(found, there),
        steps=[(step, _changes(register, step, reader)) for step in reversed(steps[-STEPS:])],
        more_steps=max(len(steps) - STEPS, 0),
        masked=masked,
        has_masked=any(not may_see(of, role()) for of in register.fields if of.id in there.values),
        unmask=unmask or UnmaskForm(),
        odd=odd,
    )


def _done(found: TownRegister, row_id: int, do: Any, said: str, **again: Any) -> Answer:
    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        fresh = fresh_row(found, row_id)
        return show(found, fresh, odd=worded(refused.words), **again), HTTPStatus.CONFLICT
    flash(said)
    return redirect(there, HTTPStatus.SEE_OTHER)


def fresh_row(found: TownRegister, row_id: int) -> RegisterRow:
    """The row as it stands now, and not as this request saw it first."""
    with open_reading() as connection:
        return known_row(found, row_id, connection)


def _groups(found: TownRegister, there: RegisterRow) -> list[tuple[str, list[Any]]]:
    """The fields in their groups: those that are asked for, computed, or filled all the same."""
    groups: dict[str, list[Any]] = {}
    for of in found.register.fields:
        if of.computed or of.id in found.asked or of.id in there.values:
            groups.setdefault(named(of.group), []).append(of)
    return list(groups.items())


def _moves(found: TownRegister, there: RegisterRow, moved: tuple[str, RowForm] | None) -> list[Move]:
    now = found.register.state(there.state)
    if now is None or there.removed_at is not None:
        return []
    moves = []
    for name in now.next:
        state = found.register.state(name)
        if state is None or not role().may(state.role or found.register.write):
            continue
        form = moved[1] if moved and moved[0] == name else row_form(Kept(found, there, state.needs), prefix=name)
        first = (
            None
            if state.other_than is None
            else history.brought_about_by(reading(), hub().town, there.id, state.other_than)
        )
        moves.append(Move(state, form, first is not None and first == user().id))
    return moves


def _below(found: TownRegister, there: RegisterRow) -> list[Below]:
    below = []
    for each in catalogue.every(reading(), hub().town):
        if each.register.parent != found.register.id or not role().may(each.register.read):
            continue
        rows = store.page(
            reading(), hub().town, each.register, Asked(parent=there.id), role(), before=None, limit=CHILDREN + 1
        )
        below.append(Below(each, all_shown(each, rows[:CHILDREN], role()), len(rows) > CHILDREN))
    return below


def _changes(register: Register, step: Step, reader: Role | None) -> list[tuple[Any, str, str]]:
    """By field: what was there before and after, as the reader may see it."""
    found = []
    for name, both in step.values.items():
        of = register.field(name)
        if of is None:
            continue
        before, after = (tuple(each) if isinstance(each, list) else each for each in both)
        found.append((of, cell(of, before, reader), cell(of, after, reader)))
    return found


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {"columns_of": columns}
