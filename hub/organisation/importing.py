"""Imports a list of units: every bad row is named before anything is done; then all units are added, or none.

Units that there are already (of the same name under the same parent) stay as they are, so that a list may be sent again.
Tested in `tests/hub/organisation/test_importing.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import units
from hub.database.statements import insert
from hub.errors import RefusedError, Words
from hub.imports import faults as faulty
from hub.imports.faults import Fault
from hub.organisation import levels, store
from hub.organisation.listed import ListedRow, plain, read_rows
from hub.organisation.units import DEEPEST, MOST_UNITS, Level, Said, Unit
from hub.passes.sheet import Table


@dataclass(slots=True, eq=False)
class Placed:
    """A unit in the tree that a list would make; `row`: of the list, 0 for a unit that there is already."""

    said: Said
    parent: "Placed | None"
    row: int = 0
    id: str = ""

    @property
    def line(self) -> "list[Placed]":
        """The units from the root to this one."""
        return [*(self.parent.line if self.parent else ()), self]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list would do: the units that are new, how many there are already, what is wrong, which columns are not read."""

    name: str
    new: tuple[Placed, ...]
    known: int
    faults: tuple[Fault, ...]
    unread: tuple[str, ...] = ()

    def refusal(self) -> RefusedError | None:
        """Why nothing is imported; None if all of it can be."""
        return faulty.refusal(self.name, self.faults)


def preview(connection: Connection, town: str, table: Table, name: str) -> Preview:
    """What a list would do; `RefusedError` for a heading that is none."""
    ranks = levels.every(connection, town)
    listed = read_rows(table, name, ranks)
    tree = _Tree(ranks)
    tree.know(store.every(connection, town, closed=True))
    tree.take(listed.rows)
    new = tuple(each for each in tree.placed if each.row)
    if len(tree.placed) > MOST_UNITS:
        raise RefusedError("unit: a town has at most %(most)s", most=MOST_UNITS)
    if not listed.rows:
        raise RefusedError("%(file)s: no row below the heading", file=name)
    faults = tuple(sorted(tree.faults, key=lambda each: each.row))
    return Preview(name, new, tree.again, faults, listed.unread)


def import_units(connection: Connection, *, town: str, table: Table, name: str, by: str, now: datetime) -> Preview:
    """Adds every unit of a list that there is not yet, or none: `RefusedError` with the first fault."""
    found = preview(connection, town, table, name)
    if (refusal := found.refusal()) is not None:
        raise refusal
    taken = {unit.id for unit in store.every(connection, town, closed=True)} | {each.said.id for each in found.new}
    number = len(taken)
    when = {"added_at": wall_text(now), "added_by": by, "changed_at": wall_text(now), "changed_by": by}
    rows = []
    for each in sorted(found.new, key=lambda one: len(one.line)):
        while not each.id:
            number += 1
            if f"unit-{number}" not in taken:
                each.id = f"unit-{number}"
        said = each.said
        rows.append(
            {
                "town": town, "id": each.id, "parent": None if each.parent is None else each.parent.id,
                "path": "".join(f"{one.id}/" for one in each.line), "level": said.level, "zh": said.zh, "en": said.en,
                "position": said.position, "remark": said.remark, "version": 1, **when,
            }
        )  # fmt: skip
    insert(connection, units, rows)
    detail: dict[str, Json] = {"file": name, "rows": len(rows), "known": found.known}
    audit.note(connection, user=by, action="units imported", object="organisation", detail=detail, now=now)
    return found


class _WrongError(Exception):
    """A row can't be placed."""

    def __init__(self, words: Words):
        super().__init__(str(words))
        self.words = words


@dataclass
class _Tree:
    """The tree as it would be: the town's units, and those of the rows that were taken."""

    levels: Sequence[Level]
    placed: list[Placed] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    again: int = 0
    _beside: dict[tuple[int, str], Placed] = field(default_factory=dict)
    _by_id: dict[str, Placed] = field(default_factory=dict)
    _by_name: dict[str, list[Placed]] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)

    def know(self, known: Sequence[Unit]) -> None:
        """The units that there are."""
        for unit in known:
            said = Said(unit.level, unit.zh, unit.en, unit.parent or "", unit.id, unit.position, unit.remark)
            self._put(Placed(said, self._by_id.get(unit.parent or ""), id=unit.id), open_=unit.closed_at is None)

    def take(self, rows: Sequence[ListedRow]) -> None:
        """The rows of a list. A parent may stand in a later row than what is below it."""
        waiting = list(rows)
        names = {plain(row.name) for row in rows} | {row.id for row in rows if row.id}
        while waiting:
            left = [row for row in waiting if not self._tried(row, names)]
            if len(left) == len(waiting):
                for row in left:
                    wrong = Words("the parent %(parent)r stands below it, or is wrong itself", parent=row.parent)
                    self.faults.append(Fault(row.row, wrong, row.name))
                return
            waiting = left

    def _tried(self, row: ListedRow, names: set[str]) -> bool:
        """Returns False if the row waits for another one, which may be its parent."""
        try:
            parent = self._parent(row)
            if parent is None and row.parent and not row.by_columns:
                if plain(row.parent.rpartition("/")[2]) in names or row.parent in names:
                    return False
                raise _WrongError(
                    Words("there is no unit %(parent)r, neither in the town nor in the list", parent=row.parent)
                )
            self._place(row, parent)
        except _WrongError as wrong:
            self.faults.append(Fault(row.row, wrong.words, row.name or row.level))
        return True

    def _parent(self, row: ListedRow) -> Placed | None:
        """The parent of a row, found by its id, its name, or its names from the root with `/` between."""
        if row.by_columns:
            return self._walk([name for _level, name in row.above])
        if not row.parent:
            return None
        if found := self._by_id.get(row.parent):
            return found
        if "/" in row.parent:
            return self._walk([part.strip() for part in row.parent.split("/")])
        named = self._by_name.get(plain(row.parent), [])
        if len(named) > 1:
            raise _WrongError(
                Words(
                    "%(count)s units are called %(parent)r: write %(example)s or its id",
                    count=len(named),
                    parent=row.parent,
                    example="上级/下级",
                )
            )
        return named[0] if named else None

    def _walk(self, names: Sequence[str]) -> Placed | None:
        place: Placed | None = None
        for name in names:
            found = self._beside.get((id(place) if place else 0, plain(name)))
            if found is None:
                return None
            place = found
        return place

    def _place(self, row: ListedRow, parent: Placed | None) -> None:
        said = self._said(row, parent)
        if row.by_columns and row.above and parent is None:
            raise _WrongError(Words("the unit above it is wrong itself"))
        for name in {plain(each) for each in (said.zh, said.en) if each}:
            beside = self._beside.get((id(parent) if parent else 0, name))
            if beside is not None:
                self._same(beside, said)
                return
        if said.id and said.id in self._by_id:
            raise _WrongError(Words("the id %(id)r is taken", id=said.id))
        if parent is not None and parent.id in self._closed:
            raise _WrongError(Words("the parent %(parent)r is closed", parent=parent.id))
        self._put(Placed(said, parent, row.row, said.id))

    def _same(self, beside: Placed, said: Said) -> None:
        """A row that says what stands there: of the list it is twice, of the town it is known."""
        if beside.row:
            raise _WrongError(Words("the same as row %(row)s", row=beside.row))
        if beside.said.level != said.level or (said.id and said.id != beside.id):
            raise _WrongError(Words("%(unit)r has this name already under the same parent", unit=beside.id))
        self.again += 1

    def _said(self, row: ListedRow, parent: Placed | None) -> Said:
        level = self._level(row.level)
        if parent is not None and self._rank(level) <= self._rank(parent.said.level):
            raise _WrongError(
                Words(
                    "level %(level)r does not stand below %(above)r, the level of %(parent)r",
                    level=row.level, above=parent.said.level, parent=parent.said.zh or parent.said.en,
                )
            )  # fmt: skip
        if parent is not None and len(parent.line) >= DEEPEST:
            raise _WrongError(Words("expected at most %(most)s levels", most=DEEPEST))
        if parent is None and self._rank(level) > min(self._rank(each.said.level) for each in self.placed or [_ROOT]):
            raise _WrongError(Words("expected a parent, found nothing"))
        if row.position and not (row.position.isascii() and row.position.isdigit() and len(row.position) <= 6):
            raise _WrongError(Words("order %(order)r: expected a whole number", order=row.position))
        ours = row.name.isascii() and not row.en
        try:
            return Said(
                level, "" if ours else row.name, row.name if ours else row.en, "", row.id, int(row.position or 0), row.remark
            ).checked()  # fmt: skip
        except RefusedError as refused:
            raise _WrongError(refused.words) from None

    def _level(self, text: str) -> str:
        for each in self.levels:
            if plain(text) in (plain(each.id), plain(each.zh), plain(each.en)):
                return each.id
        names = tuple(each.name("zh") for each in self.levels)
        raise _WrongError(Words("level %(text)r: expected one of %(known)s", text=text, known=names))

    def _rank(self, level: str) -> int:
        return levels.rank(self.levels, level) if level else len(self.levels)

    def _put(self, one: Placed, *, open_: bool = True) -> None:
        self.placed.append(one)
        if one.id:
            self._by_id[one.id] = one
        if not open_:
            self._closed.add(one.id)
            return
        for name in {plain(each) for each in (one.said.zh, one.said.en) if each}:
            self._beside[id(one.parent) if one.parent else 0, name] = one
            self._by_name.setdefault(name, []).append(one)


_ROOT = Placed(Said(""), None)
"""Of a town without units: the first may be of any level."""
