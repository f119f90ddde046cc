"""A list with one heading and a row for each thing: looked at first, every bad row named; then all of it is taken, or nothing.

What a list is about says its `Columns` and its reader (`RowReader`): duty staff, a roster, orders, questions, plans of runs.
Tested in `tests/hub/imports/test_plain_list.py`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Protocol

from hub.errors import RefusedError
from hub.imports.faults import Fault
from hub.passes.sheet import Cell, Table

MOST_FAULTS = 200
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]0?0:00(?::00)?)?")
_MOMENT = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[ T]*([0-9]{1,2})[:：时]([0-9]{1,2})分?(?:[:：]?[0-9]{1,2}(?:\.[0-9]+)?秒?)?"
)
_APART = re.compile(r"[\s,、,，;；/]+")
_YES, _NO = ("是", "yes", "y", "1", "true", "√", "✓"), ("", "否", "no", "n", "0", "false", "×")

Do = Callable[[], object]
"""What a row does when the list is taken."""


class RowReader(Protocol):
    """Reads the rows of a list, one after the other."""

    def row(self, said: Mapping[str, str]) -> Do | None:
        """What a row does; None where it is known already. `RefusedError` for a row that cannot be taken."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a list -> what their headings may say, in lower case; the first is what the exported list says.

    `ignored`: headings of an exported or printed list that say nothing here.
    """

    headings: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    def places(self, table: Table, file: str) -> dict[str, int]:
        """The place of each column; `RefusedError` for a heading that is not known, that stands there twice, or that is missing."""
        known = {word: name for name, words in self.headings.items() for word in words}
        places: dict[str, int] = {}
        for place, cell in enumerate(table.rows[0].cells):
            word = cell.text.strip().lower()
            name = known.get(word)
            if name is None and word and word not in self.ignored:
                raise RefusedError(
                    "%(file)s: heading %(text)r is not known; expected %(known)s",
                    file=file, text=cell.text[:40], known=self.expected(),
                )  # fmt: skip
            if name in places:
                raise RefusedError("%(file)s: heading %(text)r stands there twice", file=file, text=cell.text[:40])
            if name is not None:
                places[name] = place
        for name in self.needed:
            if name not in places:
                raise RefusedError(
                    "%(file)s: no column %(text)r; expected %(known)s",
                    file=file, text=self.headings[name][0], known=self.expected(),
                )  # fmt: skip
        return places

    def expected(self) -> tuple[str, ...]:
        """The columns by their first heading."""
        return tuple(words[0] for words in self.headings.values())


@dataclass(frozen=True, slots=True)
class Preview:
    """What a list would do: its rows as they were read, how many are new (the others are known already), what speaks against it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    fresh: int
    faults: tuple[Fault, ...]


def look(columns: Columns, reader: RowReader, table: Table, file: str) -> Preview:
    """The preview of a list; nothing is changed. `RefusedError` for a heading that is missing or not known, and for no row at all."""
    places = columns.places(table, file)
    found = list(_read(reader, table, places, file))
    faults = [each for each in found if isinstance(each, Fault)]
    fresh = sum(each is not None and not isinstance(each, Fault) for each in found)
    rows = tuple(tuple(row.cell(place).text for place in places.values()) for row in table.rows[1:])
    return Preview(tuple(columns.headings[name][0] for name in places), rows, fresh, tuple(faults[:MOST_FAULTS]))


def take(columns: Columns, reader: RowReader, table: Table, file: str) -> tuple[int, int]:
    """Takes a whole list: how many rows were new, and how many were known. `RefusedError` names the first bad row; nothing is changed then."""
    found = list(_read(reader, table, columns.places(table, file), file))
    for each in found:
        if isinstance(each, Fault):
            raise RefusedError("row %(number)s: %(what)s", number=each.row, what=each.wrong)
    wanted = [each for each in found if each is not None and not isinstance(each, Fault)]
    for do in wanted:
        do()
    return len(wanted), len(found) - len(wanted)


def _read(reader: RowReader, table: Table, places: Mapping[str, int], file: str) -> Iterator[Do | Fault | None]:
    if len(table.rows) == 1:
        raise RefusedError("%(file)s: no row under the heading", file=file)
    for row in table.rows[1:]:
        try:
            yield reader.row({name: _text(row.cell(place)) for name, place in places.items()})
        except RefusedError as refused:
            yield Fault(row.number, refused.words)


def _text(cell: Cell) -> str:
    if cell.trouble is not None and cell.text:
        raise RefusedError("%(text)r: this cell cannot be read for certain", text=cell.text[:40])
    if cell.day and cell.time:
        return f"{cell.day} {cell.time}"
    return (cell.day or cell.text).strip()


def day_of(text: str) -> str:
    """A day as ISO 8601 has it, of `2026/3/1` or `2026年3月1日`; any other text as it is."""
    found = _DAY.fullmatch(text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text


def moment_of(text: str, zone: tzinfo) -> datetime:
    """A minute of the town's clock, of `2026-03-01 08:30`, `2026/3/1 8:30` or `2026年3月1日8时30分`; `RefusedError` for anything else."""
    found = _MOMENT.fullmatch(text)
    try:
        if found is not None:
            year, month, day, hour, minute = (int(each) for each in found.groups())
            if 1970 <= year <= 9998:
                return datetime(year, month, day, hour, minute, tzinfo=zone)
    except ValueError:
        pass  # such as 30 February
    raise RefusedError("time %(found)r: expected such as 2026-03-01 08:30", found=text[:40])


def named(known: Mapping[str, Sequence[str]], text: str) -> str | None:
    """The id whose words a text is."""
    return next((id_ for id_, words in known.items() if text.lower() in (id_, *(each.lower() for each in words))), None)


def names_in(text: str) -> list[str]:
    """The names that a cell lists: between commas, blanks, strokes, or as JSON has them."""
    return [each for each in _APART.split(text.strip("[]").replace('"', "")) if each]


def yes_or_no(text: str) -> bool:
    """True for 是, yes, 1 and their like, False for an empty cell, 否 and theirs; `RefusedError` for anything else."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise RefusedError("%(found)r: expected yes or no", found=text[:40])
