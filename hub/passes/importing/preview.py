"""The preview of a list: the passes that it asks for, every fault, every doubt, and every part of the file that is not read.

A row that was imported before changes nothing: it is known by its reference, else by plate, class, gates and times; a time that
the row leaves empty fits any, of a pass that has not expired.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from hub.errors import RefusedError, Words
from hub.imports import faults as faulty
from hub.imports.faults import Fault
from hub.passes import doubts
from hub.passes.doubts import Doubt
from hub.passes.importing.headings import Heading, heading
from hub.passes.importing.known import IssuedBefore, twice
from hub.passes.importing.looks import by_looks
from hub.passes.importing.ragged import ragged
from hub.passes.importing.rows import Asked, Here, asked
from hub.passes.sheet.headings import plain
from hub.passes.sheet.table import Cell, Table
from hub.passes.terms import PassTerms, Unfit
from hub.values.visible import short

_NAMED = 20
"""Rows that one line names."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row that can be issued; `known`: the id of the pass that was issued for it already."""

    row: int
    wanted: PassTerms
    reference: str | None
    known: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a list. The list is issued only without faults, and when every doubt and every unread column is confirmed.

    `unread`: names of columns with something in them that no column of ours is; `notices`: what else of the file is not read.
    """

    name: str
    rows: tuple[ImportRow, ...]
    faults: tuple[Fault, ...]
    doubts: tuple[Doubt, ...] = ()
    unread: tuple[str, ...] = ()
    notices: tuple[Words, ...] = ()

    @property
    def fresh(self) -> tuple[ImportRow, ...]:
        """The rows that no pass was issued for yet."""
        return tuple(each for each in self.rows if each.known is None)

    @property
    def mark(self) -> str:
        """The mark that a confirmation names, of exactly these doubts and columns."""
        return doubts.mark(self.doubts, self.unread)

    def columns_left(self, ignored: Collection[str]) -> tuple[str, ...]:
        """The unread columns that are not among those that somebody named."""
        named = {plain(each) for each in ignored}
        return tuple(each for each in self.unread if plain(each) not in named)

    def refusal(self, ignored: Collection[str], confirmed: bool) -> RefusedError | None:
        """Why nothing of the list is issued; None if it can be."""
        if refused := faulty.refusal(self.name, self.faults):
            return refused
        if left := self.columns_left(ignored):
            return RefusedError(
                "%(file)s: columns that nobody reads: %(names)s; confirm each by its name, or give it a known one",
                file=self.name,
                names=left,
            )
        if self.doubts and not confirmed:
            return RefusedError(
                "%(file)s: doubts that nobody confirmed: %(count)s (%(wrong)s)",
                file=self.name,
                count=len(self.doubts),
                wrong=self.doubts[0].words(),
            )
        return None


def preview(connection: Connection, table: Table, name: str, here: Here) -> Preview:
    """Checks every row of a table; `RefusedError` for a heading that lacks a column."""
    head = heading(table, name)
    read: list[Asked] = []
    unfits: list[tuple[int, Unfit]] = []
    for line in head.lines:
        values = {column: line.cell(place) for column, place in head.places.items() if column != "number"}
        try:
            read.append(asked(line.number, values, here))
        except Unfit as unfit:
            unfits.append((line.number, _as_written(unfit, values)))
    unfits += [*twice(read), *_cut_off(table, head)]
    before = IssuedBefore(connection, here, read)
    rows: list[ImportRow] = []
    for each in read:
        try:
            rows.append(ImportRow(each.row, each.wanted, each.reference, before.pass_of(each)))
        except Unfit as unfit:
            unfits.append((each.row, unfit))
    faults = tuple(
        Fault(row, unfit.wrong, unfit.found, head.names.get(unfit.column, unfit.column), unfit.column)
        for row, unfit in sorted(unfits, key=lambda each: each[0])
    )
    fresh = {each.row for each in rows if each.known is None} - {fault.row for fault in faults}
    doubtful = (
        *_hidden(table),
        *by_looks(head, fresh),
        *ragged(table, head, fresh),
        *_about_plates(connection, [each for each in read if each.row in fresh], here),
    )
    return Preview(name, tuple(rows), faults, doubtful, head.unread, _notices(table, head, read))


def _as_written(unfit: Unfit, values: Mapping[str, Cell]) -> Unfit:
    """What is wrong, with the time as the list has it, and not as we understood it."""
    written = values[unfit.column].text if unfit.column in values else ""
    return Unfit(unfit.column, written, unfit.wrong) if written and unfit.column in ("from", "to") else unfit


def _cut_off(table: Table, head: Heading) -> list[tuple[int, Unfit]]:
    """A last line without an end, and shorter than the heading: the file was cut there."""
    if not table.unended or not head.lines:
        return []
    last = head.lines[-1]
    reach = max(head.places.values()) + 1
    if len(last.cells) >= reach or all(len(line.cells) < reach for line in head.lines):
        return []
    return [(last.number, Unfit("plate", last.cell(head.places["plate"]).text, Words("the file ends inside this row")))]


def _hidden(table: Table) -> Iterator[Doubt]:
    if table.hidden_rows:
        rows = tuple(str(each) for each in table.hidden_rows[:_NAMED])
        hidden = Words("rows that are hidden in the spreadsheet are left out: %(count)s", count=len(table.hidden_rows))
        yield Doubt(", ".join(rows), hidden)
    if table.hiding:
        ranges = short(", ".join(table.hiding), 200)
        yield Doubt(ranges, Words("cells that a conditional format of the spreadsheet may hide are read all the same"))


def _about_plates(connection: Connection, fresh: Sequence[Asked], here: Here) -> Iterator[Doubt]:
    known = doubts.about_plates(connection, here.town, (each.wanted.plate for each in fresh), here.now)
    first: dict[str, int] = {}
    for each in fresh:
        plate = each.wanted.plate
        words = [*doubts.about_signs(each.written), *doubts.about_form(plate), *known.get(plate, ())]
        if plate in first:
            words.append(Words("also in row %(row)s", row=first[plate]))
        first.setdefault(plate, each.row)
        yield from (Doubt(each.written, word, each.row) for word in words)


def _notices(table: Table, head: Heading, read: Sequence[Asked]) -> tuple[Words, ...]:
    found: list[Words] = []
    if table.encoding == "GB 18030":
        found.append(Words("read as GB 18030"))
    if table.sheet and table.other_sheets:
        found.append(Words("only the sheet %(sheet)r is read", sheet=table.sheet))
    for each in table.other_sheets:
        if each.hidden:
            found.append(Words("hidden sheet, not read: %(sheet)s", sheet=each.name))
        else:
            found.append(Words("other sheet, not read: %(sheet)s", sheet=each.name))
    if head.above:
        rows = tuple(str(each) for each in head.above)
        found.append(Words("above the heading, not read: row %(rows)s", rows=rows))
    if head.empty:
        found.append(Words("columns with nothing in them: %(names)s", names=head.empty))
    if "gates" not in head.places:
        found.append(Words("no column for gates: every gate that the class may use"))
    elif every := tuple(str(each.row) for each in read if each.wanted.gate_numbers is None):
        found.append(
            Words(
                "every gate that the class may use, in row %(rows)s (%(count)s in all)",
                rows=every[:_NAMED],
                count=len(every),
            )
        )
    if "to" not in head.places:
        found.append(Words("no column for the end: as long as the class has it"))
    return tuple(found)
