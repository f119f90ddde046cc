"""Writes rows as a workbook (.xlsx), with as much memory for a million rows as for one: a row is on the disk before the next one comes.

Cells are those of the CSV: nothing in them is run as a formula or made a link, numbers stay numbers. Over each sheet stands what it
shows, which rows, and when it was made; the headings stay in sight and filter. A sheet that is full is followed by the next one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from hub.exports.writing.cells import LONGEST, Column, Header, Sort
from hub.values.visible import short, visible

ROWS = 1_048_576
"""Rows that a sheet of Excel has."""
WIDEST, NARROWEST = 48, 8
_WIDE = {Sort.TIME: 24, Sort.RAW: 48, Sort.FLAG: 10, Sort.NUMBER: 12, Sort.WHOLE: 10}
_NO_SHEET = re.compile(r"[\[\]:*?/\\]")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}


@dataclass(frozen=True, slots=True)
class Title:
    """What stands over a sheet: the name of the list, then a line each for the town, the filter, when it was made."""

    name: str
    lines: tuple[str, ...]
    made: datetime


@dataclass
class _Sheets:
    """The sheets of a workbook that is being written."""

    book: Any
    title: Title
    columns: Sequence[Column]
    header: Header
    room: int
    sheet: Any = None
    row: int = 0
    count: int = 0
    formats: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bold = {"bold": True, "align": "left", "valign": "top"}
        self.formats = {
            "title": self.book.add_format({"bold": True, "font_size": 14}),
            "line": self.book.add_format({"font_color": "#555555"}),
            "heading": self.book.add_format({**bold, "bg_color": "#DDE6F0", "bottom": 1, "text_wrap": True}),
        }
        self.open()

    def open(self) -> None:
        """Begins the next sheet with its title and headings."""
        self.count += 1
        name = _NO_SHEET.sub(" ", self.title.name)[:24].strip("' ") or "1"
        self.sheet = self.book.add_worksheet(name if self.count == 1 else f"{name} {self.count}")
        for place, column in enumerate(self.columns):
            self.sheet.set_column(place, place, _width(column, self.header))
        self.sheet.write_string(0, 0, _text(self.title.name), self.formats["title"])
        for number, line in enumerate(self.title.lines, 1):
            self.sheet.write_string(number, 0, _text(line), self.formats["line"])
        self.row = len(self.title.lines) + 2
        for place, column in enumerate(self.columns):
            self.sheet.write_string(self.row - 1, place, _text(column.heading(self.header)), self.formats["heading"])
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.set_landscape()
        self.sheet.repeat_rows(self.row - 1)

    def close(self) -> None:
        """Ends the sheet: its filter reaches down to its last row."""
        head = len(self.title.lines) + 1
        self.sheet.autofilter(head, 0, max(self.row - 1, head), len(self.columns) - 1)

    def write(self, cells: Sequence[Any]) -> None:
        """One more row, on the next sheet if this one is full."""
        if self.row >= self.room:
            self.close()
            self.open()
        for place, cell in enumerate(cells):
            if isinstance(cell, (int, float)):
                self.sheet.write_number(self.row, place, cell)
            elif cell is not None and cell != "":
                self.sheet.write_string(self.row, place, _text(str(cell)))
        self.row += 1


def write_workbook(
    path: Path,
    title: Title,
    columns: Sequence[Column],
    header: Header,
    rows: Iterable[Sequence[Sequence[Any]]],
    *,
    written: Callable[[int], None] = lambda _count: None,
    room: int = ROWS,
) -> int:
    """Writes rows, which come some at a time, to a new file; returns how many. `written` hears of each of these some.

    What is half written is beside the file, and gone if anything fails.
    """
    count = 0
    with _book(path, title) as book:
        sheets = _Sheets(book, title, columns, header, room)
        for some in rows:
            for cells in some:
                sheets.write(cells)
            count += len(some)
            written(len(some))
        sheets.close()
    return count


@contextmanager
def _book(path: Path, title: Title) -> Iterator[Any]:
    # rows wait in files of their own: whatever happens, those go with their folder
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": folder})
        book.set_properties({"title": title.name, "created": title.made.replace(tzinfo=None)})
        try:
            yield book
            book.close()
        except BaseException as error:
            for sheet in book.worksheets():
                sheet.row_data_fh.close()
            # or it complains when it is collected
            book.fileclosed = True
            path.unlink(missing_ok=True)
            if isinstance(error, FileCreateError) and isinstance(error.args[0], OSError):
                raise error.args[0] from None
            raise


def _width(column: Column, header: Header) -> int:
    # a Chinese character is as wide as two letters
    heading = sum(1 if each.isascii() else 2 for each in column.heading(header)) + 4
    return max(NARROWEST, min(WIDEST, max(heading, _WIDE.get(column.sort, 14))))


def _text(text: str) -> str:
    return short(visible(text), LONGEST)
