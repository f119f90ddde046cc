"""A spreadsheet as plain values: the text that a person sees in each cell, with the row numbers.

A `Table` holds texts, numbers and booleans only, so that it can come as JSON out of a process of its own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from pydantic import TypeAdapter

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
"""Bytes that a workbook may unpack to."""
MOST_ROWS = 20_000
"""Rows that say something, besides the heading and what stands above it."""
MOST_COLUMNS = 64
MOST_CELL = 32_767
"""Characters of one cell; a workbook's cell holds no more either."""


class Trouble(StrEnum):
    """Why a cell does not say what a person thinks it says."""

    ERROR = "error"  # #N/A, #REF! and their like
    NO_VALUE = "no_value"  # a formula that was never calculated
    BLANK = "blank"  # a formula that shows nothing, perhaps because it found nothing
    STRUCK = "struck"  # crossed out
    EXTERNAL = "external"  # a formula that takes its value from another file
    FORMULA = "formula"  # the text of a formula in CSV
    ROUNDED = "rounded"  # a number that the spreadsheet has shortened
    FORMAT = "format"  # a number whose format shows something else
    INVISIBLE = "invisible"  # a format shows nothing
    LOST = "lost"  # U+FFFD: a character was lost when the file was saved
    CONTROL = "control"  # a character that nobody types


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `text` is what a person sees, without blanks around it; a date cell also has its `day` (ISO 8601).

    `time` is the time of day where the cell shows one; `number` is true for a number without any sign of being a date; `faint`: a
    person can hardly see it; `no_year`: a date of which a person sees day and month.
    """

    text: str = ""
    day: str = ""
    time: str = ""
    number: bool = False
    trouble: Trouble | None = None
    faint: bool = False
    no_year: bool = False

    def __bool__(self) -> bool:
        """True if a person sees anything in the cell, be it an error."""
        return bool(self.text) or self.trouble not in (None, Trouble.BLANK)


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Row:
    """A row with the number that the program shows beside it."""

    number: int
    cells: tuple[Cell, ...]

    def cell(self, place: int) -> Cell:
        """The cell at a place; an empty one beyond the row's end."""
        return self.cells[place] if place < len(self.cells) else EMPTY


@dataclass(frozen=True, slots=True)
class OtherSheet:
    """A sheet with something in it that is not read."""

    name: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file that say something, in order.

    `encoding`: of a text file; `sheet`: of a workbook; `hidden_rows`: their numbers, their cells are not in `rows`;
    `hidden_columns`: places; `hiding`: ranges that a conditional format may hide; `unended`: the text's last line has no end.
    """

    rows: tuple[Row, ...]
    encoding: str = ""
    sheet: str = ""
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    other_sheets: tuple[OtherSheet, ...] = ()
    hiding: tuple[str, ...] = ()
    unended: bool = False

    def to_json(self) -> bytes:
        """The table for another process."""
        return _TABLE.dump_json(self, exclude_defaults=True)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The table that another process has read; `ValueError` for anything else."""
        return _TABLE.validate_json(data)  # type: ignore[return-value]  # the adapter is of this class


_TABLE = TypeAdapter(Table)


def letters(place: int) -> str:
    """A column as spreadsheets call it: 0 is A, 26 is AA."""
    name, left = "", place + 1
    while left:
        left, digit = divmod(left - 1, 26)
        name = chr(ord("A") + digit) + name
    return name
