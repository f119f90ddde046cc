"""The rows of a file as plain values: `hub.passes.sheet` in a process of its own, with more room than a list of passes has.

Tested in `tests/hub/registers/importing/test_preview.py`.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from hub.errors import RefusedError
from hub.passes import confined, sheet
from hub.passes.confined import Room
from hub.passes.sheet.table import Trouble, letters

MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
_ROOM = Room(memory=2 * 1024**3, cpu=120, result=128 * 1024 * 1024)
_WALL = 240.0


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell that is more than a text: a day (with a time), or one that does not say what a person thinks it says."""

    text: str
    day: str = ""
    time: str = ""
    trouble: Trouble | None = None


Cells = list["str | SheetCell"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file that say something: number and cells. `left_out`: what of it is not read, in its own words."""

    rows: list[tuple[int, Cells]]
    hidden_rows: tuple[int, ...]
    hidden_columns: frozenset[int]
    other_sheets: tuple[str, ...]


def read(data: bytes, name: str) -> Sheet:
    """Reads a file called `name`; `RefusedError` for what is no list, or too much. Call it before a transaction: it may take a minute."""
    if len(data) > MOST_BYTES:
        raise RefusedError(
            "%(file)s: %(count)s bytes, at most %(most)s MB are taken",
            file=name, count=len(data), most=MOST_BYTES // 1024 // 1024,
        )  # fmt: skip
    found = orjson.loads(confined.run(read_lean, data, name, wall=_WALL, room=_ROOM))
    rows = [(number, [_cell(each) for each in cells]) for number, cells in found["rows"]]
    return Sheet(rows, tuple(found["hidden_rows"]), frozenset(found["hidden_columns"]), tuple(found["other_sheets"]))


def read_lean(data: bytes, name: str) -> bytes:
    """Reads a file and returns its rows as JSON, a text for each cell that is nothing but one: for a process that only reads."""
    table = sheet.read(data, name, most_rows=MOST_ROWS, most_bytes=MOST_BYTES)
    rows = [(row.number, [_lean(each) for each in row.cells]) for row in table.rows]
    return orjson.dumps(
        {
            "rows": rows,
            "hidden_rows": table.hidden_rows,
            "hidden_columns": table.hidden_columns,
            "other_sheets": [each.name for each in table.other_sheets],
        }
    )


def text_of(cell: "str | SheetCell") -> str:
    """What a person sees in a cell."""
    return cell if isinstance(cell, str) else cell.text


def column_letters(place: int) -> str:
    """A column as spreadsheets call it."""
    return letters(place)


def _lean(cell: sheet.Cell) -> Any:
    if not cell.day and cell.trouble is None:
        return cell.text
    return [cell.text, cell.day, cell.time, cell.trouble]


def _cell(said: Any) -> "str | SheetCell":
    if isinstance(said, str):
        return said
    text, day, time, trouble = said
    return SheetCell(text, day, time, None if trouble is None else Trouble(trouble))
