"""What pages say of a row: each value in the reader's words or masked, the row's name, how long it has left.

Tested in `tests/hub/registers/views/test_listing.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from hub.accounts.roles import Role
from hub.console.context import hub, now, reading
from hub.console.display import chinese, gate_name, plate_text, user_name
from hub.console.times import day_and_time
from hub.registers import catalogue, store
from hub.registers.catalogue import TownRegister
from hub.registers.cells import Value, may_see, shown
from hub.registers.computed import computed
from hub.registers.declaration import Register, RegisterField
from hub.registers.field_types import SHORT_TEXTS, FieldType
from hub.registers.rows import Draft, RegisterRow
from hub.registers.views.blueprint import named
from hub.values.stored import SHORT, time_of
from hub.values.visible import short

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as a list shows it: `cells` by field; `parent`: the row that it belongs to, and what that is called."""

    row: RegisterRow
    name: str
    cells: Mapping[str, str]
    parent: tuple[RegisterRow, str] | None = None


def columns(found: TownRegister) -> list[RegisterField]:
    """The columns of a register's list: fields that are listed, as far as the town asks for them."""
    asked = found.asked
    return [each for each in found.register.fields if each.list and (each.computed or each.id in asked)]


def all_shown(found: TownRegister, rows: Sequence[RegisterRow], reader: Role | None) -> list[ShownRow]:
    """Rows as a reader of this role may see them (None: nothing is masked), with what is computed of them."""
    register = found.register
    children = store.children(reading(), hub().town, register, rows)
    today = now().astimezone(hub().zone).date()
    parents = _parents(register, rows)
    parent_register = None if register.parent is None else catalogue.find(reading(), hub().town, register.parent)
    shown_rows = []
    for row in rows:
        values: dict[str, Value | None] = {**row.values, **computed(register, row.values, children[row.id], today)}
        cells = {each.id: cell(each, values.get(each.id), reader) for each in register.fields}
        above = parents.get(row.links.parent or 0)
        parent = (above, row_name(parent_register.register, above, reader)) if above and parent_register else None
        shown_rows.append(ShownRow(row, row_name(register, row, reader), cells, parent))
    return shown_rows


def all_drafts(found: TownRegister, drafts: Sequence[Draft]) -> list[dict[str, str]]:
    """What rows that are not kept yet say, in words; nothing is masked for who brings them."""
    return [{of.id: cell(of, each.values.get(of.id), None) for of in found.register.typed} for each in drafts]


def cell(of: RegisterField, value: Value | None, reader: Role | None) -> str:
    """A value in words; masked where this reader may not see it."""
    if value is None:
        return ""
    if reader is not None and not may_see(of, reader):
        return str(shown(of, value, reader))
    return words(of, value)


def words(of: RegisterField, value: Value) -> str:
    """A value in words of the language of the request."""
    match of.type:
        case FieldType.CHOICE | FieldType.CHOICES:
            chosen = value if isinstance(value, tuple) else (str(value),)
            by_id = {each.id: each for each in of.choices}
            return ("、" if chinese() else ", ").join(named(by_id.get(each)) or each for each in chosen)
        case FieldType.FLAG:
            return str(gettext("Yes") if value is True else gettext("No"))
        case FieldType.TIME:
            return day_and_time(str(value))[:16]
        case FieldType.USER:
            return user_name(str(value))
        case FieldType.GATE:
            return gate_name(str(value))
        case FieldType.PLATE:
            return plate_text(str(value))
        case FieldType.PICTURE:
            return str(gettext("Picture"))
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {named(of.measure)}".strip() if of.measure else text


def row_name(register: Register, row: RegisterRow, reader: Role | None) -> str:
    """What a row is called: its title fields (else its first text) as the reader sees them; its number where they say nothing."""
    named_so = register.title or tuple(each.id for each in register.typed if each.type in SHORT_TEXTS)[:1]
    fields = [each for name in named_so if (each := register.field(name))]
    said = [cell(each, row.values.get(each.id), reader) for each in fields]
    return short(" · ".join(each for each in said if each), SHORT) or f"№ {row.number}"


@dataclass(frozen=True, slots=True)
class Due:
    """Until when a row is to be done, how long that is (or how long it is over)."""

    at: str
    text: str
    over: bool


def due(row: RegisterRow) -> Due | None:
    """What is due of a row; None if nothing is."""
    at = time_of(row.due_at)
    if row.due_at is None or at is None:
        return None
    left = int((at - now()).total_seconds())
    span = _span(abs(left))
    text = gettext("%(time)s over", time=span) if left < 0 else gettext("%(time)s left", time=span)
    return Due(row.due_at, str(text), left < 0)


def _span(seconds: int) -> str:
    if seconds >= 2 * DAY:
        return str(gettext("%(n)s d", n=seconds // DAY))
    if seconds >= HOUR:
        return str(gettext("%(n)s h", n=seconds // HOUR))
    return str(gettext("%(n)s min", n=max(seconds // MINUTE, 1)))


def _parents(register: Register, rows: Iterable[RegisterRow]) -> Mapping[int, RegisterRow]:
    if register.parent is None:
        return {}
    return store.by_ids(reading(), hub().town, {each.links.parent for each in rows if each.links.parent})
