"""The preview of an import: every row that a file asks for, every fault of it by row and column, and what of it is not read.

Nothing is changed by it. Tested in `tests/hub/registers/importing/test_preview.py`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.database.schema import register_rows
from hub.errors import RefusedError, Words
from hub.imports import faults as faulty
from hub.imports.faults import Fault
from hub.organisation.naming import UnitNames
from hub.passes.importing.rows import trouble_words
from hub.passes.sheet.headings import plain
from hub.passes.sheet.table import Trouble
from hub.registers import catalogue, store
from hub.registers.catalogue import TownRegister
from hub.registers.cells import Here, UnfitValue, Value, day_of, fold, label, parse
from hub.registers.declaration import Register, RegisterField
from hub.registers.field_types import FieldType
from hub.registers.importing.columns import DAY, GATE, PARENT, UNIT, Columns, columns
from hub.registers.importing.reading import Cells, Sheet, SheetCell, text_of
from hub.registers.rows import Draft, Links, joined
from hub.registers.subject import subject_of

MOST_FAULTS = 1000
_NAMED = 20
_ROWS = register_rows.c


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a list. It is imported only without faults, and when every unread column is confirmed by its name."""

    name: str
    rows: Sequence[tuple[int, Draft]]
    faults: Sequence[Fault]
    unread: tuple[str, ...] = ()
    notices: tuple[Words, ...] = ()
    more_faults: int = 0

    def refusal(self, ignored: Collection[str]) -> RefusedError | None:
        """Why nothing of the list is imported; None if it can be."""
        if refused := faulty.refusal(self.name, self.faults, self.more_faults):
            return refused
        named = {plain(each) for each in ignored}
        if left := tuple(each for each in self.unread if plain(each) not in named):
            return RefusedError(
                "%(file)s: columns that nobody reads: %(names)s; confirm each by its name, or give it a known one",
                file=self.name, names=left,
            )  # fmt: skip
        if not self.rows:
            return RefusedError("%(file)s: no row under the heading", file=self.name)
        return None


def preview(
    connection: Connection, town: str, found: TownRegister, sheet: Sheet, name: str, here: Here, units: UnitNames
) -> Preview:
    """Checks every row of a sheet; `RefusedError` for headings that lack a field. `units`: those that a row may name."""
    parent = None
    if found.register.parent is not None:
        parent = catalogue.known(connection, town, found.register.parent).register
    head = columns(sheet, found, parent, name)
    reading = _Reading(found, head, here, _Parents.of(connection, town, parent, head), units)
    for number, cells in head.lines:
        reading.line(number, cells)
    reading.twice(connection, town)
    faults = sorted(reading.faults, key=lambda each: each.row)
    return Preview(
        name, reading.drafts, faults[:MOST_FAULTS], head.unread, tuple(_notices(sheet, head)),
        more_faults=max(len(faults) - MOST_FAULTS, 0),
    )  # fmt: skip


@dataclass
class _Parents:
    """The rows that others may belong to: by their number, and by what is unique of them."""

    by_number: Mapping[str, int] = field(default_factory=dict)
    by_name: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, town: str, parent: Register | None, head: Columns) -> "_Parents":
        """All of them, read once."""
        if parent is None or PARENT not in head.places:
            return cls()
        unique = [each.id for each in parent.fields if each.unique]
        columns_ = (_ROWS.id, _ROWS.number, _ROWS.facts, _ROWS.private)
        query = select(*columns_).where(_ROWS.town == town, _ROWS.register == parent.id, _ROWS.removed_at.is_(None))
        by_number: dict[str, int] = {}
        by_name: dict[str, int] = {}
        for id_, number, facts, private in connection.execute(query):
            by_number[str(number)] = id_
            if unique:
                values = joined(facts, private)
                by_name |= {fold(str(values[each])): id_ for each in unique if each in values}
        return cls(by_number, by_name)

    def find(self, text: str) -> int | None:
        """The row that a cell means."""
        return self.by_name.get(fold(text)) or self.by_number.get(text.removeprefix("№").strip())


class _Reading:
    """What has been read of a list up to here."""

    def __init__(self, found: TownRegister, head: Columns, here: Here, parents: _Parents, units: UnitNames):
        self.drafts: list[tuple[int, Draft]] = []
        self.faults: list[Fault] = []
        self._register, self._head, self._here, self._parents = found.register, head, here, parents
        self._units = units
        self._fields = [each for each in found.register.typed if each.id in head.places]
        self._refused = {each.id for each in self._fields if each.id not in found.asked}
        self._required = [each for each in found.register.typed if each.required and each.id in found.asked]
        self._read: dict[tuple[str, str], Value | None] = {}

    def line(self, number: int, cells: Cells) -> None:
        """Reads a row."""
        before = len(self.faults)
        values: dict[str, Value] = {}
        for of in self._fields:
            place = self._head.places[of.id]
            cell = cells[place] if place < len(cells) else ""
            value = self._value(number, of, cell)
            if value is not None:
                values[of.id] = value
        links = self._links(number, cells)
        if len(self.faults) == before:
            for of in self._required:
                if of.id not in values:
                    self._fault(number, of.id, "", Words("required"))
        if len(self.faults) == before:
            self.drafts.append((number, Draft(values, links)))

    def twice(self, connection: Connection, town: str) -> None:
        """Finds rows that stand in the list twice, that the register has already, or that take more than is in stock."""
        if self._register.stock is not None:
            self._stays_in_stock(connection, town)
            return
        first: dict[str, int] = {}
        subjects: dict[str, int] = {}
        for number, draft in self.drafts:
            subject = subject_of(self._register, draft.values, draft.links)
            if subject is None:
                continue
            if subject in first:
                self._fault(
                    number,
                    self._subject_column,
                    self._said(draft),
                    Words("the same as row %(row)s", row=first[subject]),
                )
            else:
                first[subject] = subjects[subject] = number
        there = {
            number: row
            for subject, row in self._there(connection, town, list(subjects))
            if (number := subjects[subject])
        }
        for number, draft in self.drafts:
            if number in there:
                wrong = Words("there already, in row %(number)s of the register", number=there[number])
                self._fault(number, self._subject_column, self._said(draft), wrong)

    def _value(self, number: int, of: RegisterField, cell: "str | SheetCell") -> Value | None:
        if isinstance(cell, SheetCell) and cell.trouble not in (None, Trouble.BLANK):
            self._fault(number, of.id, cell.text, trouble_words(cell.trouble))
            return None
        text = _as_typed(of, cell)
        if not text:
            return None
        if of.id in self._refused:
            self._fault(number, of.id, text, Words("this town does not ask for it"))
            return None
        if of.type is FieldType.PICTURE:
            self._fault(number, of.id, text, Words("a picture can't come in a list"))
            return None
        known = (of.id, text)
        if known in self._read:
            return self._read[known]
        try:
            value = parse(of, text, self._here)
        except UnfitValue as unfit:
            self._fault(number, of.id, unfit.found, unfit.wrong)
            return None
        if len(self._read) < 50_000:
            self._read[known] = value
        return value

    def _links(self, number: int, cells: Cells) -> Links:
        said = {bound: self._bound(bound, cells) for bound in (PARENT, DAY, UNIT, GATE)}
        parent = None
        if self._register.parent is not None:
            parent = self._parents.find(said[PARENT])
            if parent is None:
                self._fault(
                    number,
                    PARENT,
                    said[PARENT],
                    Words("no row of the register %(register)r is called so", register=self._register.parent),
                )
        day = day_of(said[DAY].partition(" ")[0]) if said[DAY] else None
        if self._register.daily and day is None:
            self._fault(number, DAY, said[DAY], Words("expected a day of the calendar such as 2026-03-01"))
        gates = self._here.known.get(FieldType.GATE)
        if said[GATE] and gates is not None and said[GATE] not in gates:
            self._fault(number, GATE, said[GATE], Words("not known here"))
        for bound, name in ((UNIT, "unit"), (GATE, "gate")):
            if getattr(self._register, name) == "required" and not said[bound]:
                self._fault(number, bound, "", Words("required"))
        return Links(
            parent=parent,
            day=day.isoformat() if day and self._register.daily else None,
            unit=self._unit(number, said[UNIT]),
            gate=said[GATE] or None,
        )

    def _unit(self, number: int, text: str) -> str | None:
        """The unit that a cell means."""
        if not text:
            return None
        try:
            return self._units.find(text)
        except RefusedError as refused:
            self._fault(number, UNIT, text, refused.words)
            return None

    def _bound(self, bound: str, cells: Cells) -> str:
        place = self._head.places.get(bound)
        cell = cells[place] if place is not None and place < len(cells) else ""
        return cell.day if isinstance(cell, SheetCell) and bound == DAY and cell.day else text_of(cell).strip()

    def _fault(self, number: int, of: str, found: str, wrong: Words) -> None:
        known = self._register.field(of)
        heading = self._head.names.get(of) or (label(known) if known else of.lstrip("="))
        self.faults.append(Fault(number, wrong, found[:80], heading))

    @property
    def _subject_column(self) -> str:
        unique = [each.id for each in self._register.fields if each.unique]
        return DAY if self._register.daily else unique[0] if unique else ""

    def _said(self, draft: Draft) -> str:
        if self._register.daily:
            return draft.links.day or ""
        return " ".join(str(draft.values.get(each.id, "")) for each in self._register.fields if each.unique)

    def _there(self, connection: Connection, town: str, subjects: Sequence[str]) -> Iterator[tuple[str, int]]:
        for begin in range(0, len(subjects), 500):
            query = select(_ROWS.subject, _ROWS.number).where(
                _ROWS.town == town, _ROWS.register == self._register.id, _ROWS.removed_at.is_(None),
                _ROWS.subject.in_(subjects[begin : begin + 500]),
            )  # fmt: skip
            yield from connection.execute(query).tuples()

    def _stays_in_stock(self, connection: Connection, town: str) -> None:
        left: dict[str, float] = {}
        quantity = "" if self._register.stock is None else self._register.stock.quantity
        for number, draft in self.drafts:
            subject = subject_of(self._register, draft.values, draft.links) or ""
            if subject not in left:
                left[subject] = store.in_stock(connection, town, self._register, subject)
            there, moved = left[subject], store.moved(self._register, draft.values)
            if there + moved < 0:
                self._fault(number, quantity, f"{-moved:g}", Words("only %(count)s in stock", count=f"{there:g}"))
            else:
                left[subject] = there + moved


def _as_typed(of: RegisterField, cell: "str | SheetCell") -> str:
    """What a cell says, as somebody would type it."""
    if isinstance(cell, str):
        return cell.strip()
    if of.type is FieldType.DATE and cell.day:
        return cell.day
    if of.type is FieldType.TIME and cell.day:
        return f"{cell.day} {cell.time or '00:00'}"
    return cell.text.strip()


def _notices(sheet: Sheet, head: Columns) -> Iterator[Words]:
    """What of the file is not read."""
    if head.above:
        yield Words("rows above the heading that are not read: %(numbers)s", numbers=_some(head.above))
    if head.notes:
        yield Words("rows of the paper form that are not read: %(numbers)s", numbers=_some(head.notes))
    if head.passed:
        yield Words("columns that a new row does not take: %(names)s", names=head.passed)
    if sheet.hidden_rows:
        yield Words("hidden rows that are not read: %(numbers)s", numbers=_some(sheet.hidden_rows))
    if sheet.other_sheets:
        yield Words("other sheets that are not read: %(names)s", names=sheet.other_sheets)


def _some(numbers: Sequence[int]) -> tuple[str, ...]:
    more = ("…",) if len(numbers) > _NAMED else ()
    return (*(str(each) for each in numbers[:_NAMED]), *more)
