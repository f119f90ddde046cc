"""A register's form: title, a computed sentence or the unit and the time, heads of one or two rows, rows, note, lines to sign on, room for a seal.

PDF, workbook and picture are drawn from the same form. Called where a language is spoken (a request, or `hub.console.speaking`). Tested in `tests/hub/registers/paper/test_form.py`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from flask_babel import gettext

from hub.registers.catalogue import TownRegister
from hub.registers.cells import Value
from hub.registers.declaration import Register, RegisterField, Wording
from hub.registers.field_types import FieldType
from hub.registers.paper.values import Reader, cell
from hub.registers.rows import RegisterRow
from hub.registers.rules import broken

NUMBER, DAY, PARENT, UNIT, GATE, STATE = "#number", "#day", "#parent", "#unit", "#gate", "#state"
SIGNED = (
    Wording(zh="负责人", en="Responsible"), Wording(zh="复核人", en="Reviewed by"), Wording(zh="填表人", en="Filled in by"),
    Wording(zh="日期", en="Date"), Wording(zh="电话", en="Phone"),
)  # fmt: skip
EMPTY_ROWS = {True: 13, False: 22}
"""Rows of an empty form: on a page that lies, and on one that stands."""
BLANK = "\u3000\u3000"
"""Two blanks as wide as Chinese characters."""
MOST_NAMED = 12
"""Rows that a warning names."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its id (a field's, or one of those above), its head, the head above it, its width in parts."""

    id: str
    head: str
    group: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Head:
    """A cell of the heads: over how many columns and rows it goes."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Form:
    """The whole form, in the words of one language, as one reader may see it. `lines`: what stands between title and table."""

    title: str
    lines: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | int | float, ...], ...]
    note: str
    signatures: tuple[str, ...]
    seal: str
    nothing: str
    landscape: bool
    by_hand: bool = False
    """Returns True if its rows are high enough to be written in."""

    @property
    def heads(self) -> tuple[tuple[Head, ...], ...]:
        """The rows of heads: two where fields are grouped, else one."""
        if not any(each.group for each in self.columns):
            return (tuple(Head(each.head) for each in self.columns),)
        first: list[Head] = []
        second: list[Head] = []
        for group, found in groupby(self.columns, lambda each: each.group or each.id):
            columns = list(found)
            if not columns[0].group:
                first.append(Head(columns[0].head, rows=2))
            else:
                first.append(Head(group, columns=len(columns)))
                second += [Head(each.head) for each in columns]
        return tuple(first), tuple(second)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a form is filled with: rows, what is computed of each, the rows that they belong to; how many there are in all, and what was asked."""

    rows: Sequence[RegisterRow]
    computed: Mapping[int, Mapping[str, Value | None]] = field(default_factory=dict)
    parents: Mapping[int, RegisterRow] = field(default_factory=dict)
    parent: Register | None = None
    all: int = 0
    asked: str = ""


def empty(found: TownRegister, reader: Reader) -> Form:
    """The form to be filled in by hand: which field must be filled is written in its head."""
    register = found.register
    columns = tuple(_columns(found, reader, to_fill=True))
    unit = _unit_and_time(BLANK * 14, BLANK * 8)
    blank: tuple[str | int | float, ...] = ("",) * (len(columns) - 1)
    rows = tuple((number, *blank) for number in range(1, EMPTY_ROWS[register.paper.landscape] + 1))
    return Form(_title(register, reader), (unit,), columns, rows, *_foot(register, reader), by_hand=True)


def filled(found: TownRegister, sheet: Sheet, reader: Reader, town: str, now: datetime) -> Form:
    """The form with rows in it."""
    register = found.register
    columns = tuple(_columns(found, reader, to_fill=False))
    rows = tuple(_row(register, columns, each, sheet, reader) for each in sheet.rows)
    at = now.astimezone(reader.zone).strftime("%Y-%m-%d %H:%M")
    unit = _unit_and_time(town, at)
    counted = sentence(register, sheet, reader)
    lines = [unit] if register.paper.sentence == "unit_and_time" else [counted, unit]
    if sheet.asked:
        lines.append(gettext("Only: %(asked)s", asked=sheet.asked))
    if sheet.all > len(sheet.rows):
        most = len(sheet.rows)
        lines.append(
            gettext(
                "Only the newest %(most)s rows stand here; %(more)s more do not: ask for less to print those.",
                most=most,
                more=sheet.all - most,
            )
        )
    lines += _warnings(register, sheet, reader, now)
    return Form(_title(register, reader), tuple(lines), columns, rows, *_foot(register, reader))


def sentence(register: Register, sheet: Sheet, reader: Reader) -> str:
    """`共12户,其中:隔离中9,解除隔离3。`: how many rows there are, and of which kinds."""
    paper = register.paper
    parts = []
    if (by := register.field(paper.by or "")) is not None:
        chosen: Counter[str] = Counter()
        for row in sheet.rows:
            value = row.values.get(by.id)
            chosen.update(value if isinstance(value, tuple) else [str(value)] if value is not None else [])
        parts.append([(reader.name(each), chosen[each.id]) for each in by.choices])
    if register.states:
        states = Counter(row.state for row in sheet.rows)
        parts.append([(reader.name(each), states[each.id]) for each in register.states])
    n, things, blank = len(sheet.rows), reader.name(paper.counted), reader.word("", " ")
    listed = [reader.word("、", ", ").join(f"{name}{blank}{count}" for name, count in part) for part in parts]
    if not n or not listed:
        return str(gettext("%(n)s %(things)s in all.", n=n, things=things))
    return str(gettext("%(n)s %(things)s in all, of which: %(of)s.", n=n, things=things, of=" | ".join(listed)))


def columns_of(found: TownRegister) -> list[RegisterField]:
    """The fields that have a column: those that the town asks for, but no pictures."""
    asked = found.asked
    return [
        each
        for each in found.register.fields
        if each.type is not FieldType.PICTURE and (each.computed or each.id in asked)
    ]


def _columns(found: TownRegister, reader: Reader, *, to_fill: bool) -> list[Column]:
    register = found.register
    columns = [Column(NUMBER, gettext("No."), width=0.6)]
    if register.daily:
        columns.append(Column(DAY, gettext("Day"), width=1.2))
    if register.parent is not None:
        columns.append(Column(PARENT, gettext("Belongs to"), width=1.8))
    for of in columns_of(found):
        head = reader.name(of) + (f"\n({reader.name(of.measure)})" if of.measure else "")
        if to_fill:
            head += "" if of.computed else "\n" + (gettext("(required)") if of.required else gettext("(optional)"))
        columns.append(Column(of.id, head, reader.name(of.group) if of.group else "", of.width))
    if register.unit != "off":
        columns.append(Column(UNIT, gettext("Unit"), width=1.2))
    if register.gate != "off":
        columns.append(Column(GATE, gettext("Gate"), width=1.0))
    if register.states:
        columns.append(Column(STATE, reader.name(register.paper.state), width=1.0))
    return columns


def _row(
    register: Register, columns: Sequence[Column], row: RegisterRow, sheet: Sheet, reader: Reader
) -> tuple[str | int | float, ...]:
    values: dict[str, Value | None] = {**row.values, **sheet.computed.get(row.id, {})}
    found: list[str | int | float] = []
    for each in columns:
        of = register.field(each.id)
        found.append(
            _linked(register, each.id, row, sheet, reader) if of is None else cell(of, values.get(of.id), reader)
        )
    return tuple(found)


def _linked(register: Register, column: str, row: RegisterRow, sheet: Sheet, reader: Reader) -> str | int:
    match column:
        case "#number":
            return row.number
        case "#day":
            return row.links.day or ""
        case "#parent":
            above = sheet.parents.get(row.links.parent or 0)
            return "" if above is None or sheet.parent is None else called(sheet.parent, above, reader)
        case "#unit":
            return reader.unit(row.links.unit) if row.links.unit else ""
        case "#gate":
            return reader.gate(row.links.gate) if row.links.gate else ""
    state = register.state(row.state)
    return "" if state is None else reader.name(state)


def called(register: Register, row: RegisterRow, reader: Reader) -> str:
    """What a row is called: its title fields, as the reader may see them; its number where they say nothing."""
    fields = [of for name in register.title if (of := register.field(name))]
    said = [str(cell(of, row.values.get(of.id), reader)) for of in fields]
    return " · ".join(each for each in said if each) or f"№ {row.number}"


def _warnings(register: Register, sheet: Sheet, reader: Reader, now: datetime) -> list[str]:
    """A line for each rule that rows break, with their numbers."""
    breaking: dict[str, list[int]] = {}
    for row in sheet.rows:
        for rule in broken(register, row.values, now):
            breaking.setdefault(rule.id, []).append(row.number)
    lines = []
    for each in register.rules:
        if numbers := breaking.get(each.id):
            listed = reader.word("、", ", ").join(map(str, numbers[:MOST_NAMED])) + (
                "…" if len(numbers) > MOST_NAMED else ""
            )
            lines.append(gettext("Mind: %(rule)s (no. %(numbers)s)", rule=reader.name(each), numbers=listed))
    return lines


def _unit_and_time(unit: str, at: str) -> str:
    return BLANK.join((gettext("Reporting unit (seal): %(town)s", town=unit), gettext("Filled in: %(time)s", time=at)))


def _title(register: Register, reader: Reader) -> str:
    return reader.name(register.paper.title or register)


def _foot(register: Register, reader: Reader) -> tuple[str, tuple[str, ...], str, str, bool]:
    words = register.paper.note
    note = gettext("How to fill this in: %(note)s", note=reader.name(words)) if words else ""
    signed = tuple(reader.name(each) for each in (register.paper.signed or SIGNED))
    return note, signed, gettext("(seal)"), gettext("None"), register.paper.landscape
