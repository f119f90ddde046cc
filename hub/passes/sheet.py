"""A list of passes as a file -> its rows as text and dates: CSV (UTF-8, else GB 18030) or an Excel workbook's first sheet.

Nothing is believed of a file: bytes, unpacked bytes, rows and columns are capped before they are read. Faults are `RefusedError`.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice

from openpyxl import load_workbook

from hub.errors import RefusedError

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 64

Cell = str | date | datetime
"""Text without blanks around it; from a workbook also dates and times, local."""
Line = tuple[int, list[Cell]]
"""The number of a row as the program that made the file shows it, and its cells. Empty rows are left out."""


def read(data: bytes, name: str) -> list[Line]:
    """The rows of a file called `name`, the heading first; `RefusedError` for what is none, or too much."""
    if len(data) > MOST_BYTES:
        raise RefusedError(
            "%(file)s: %(count)s bytes, at most %(most)s MB are taken",
            file=name,
            count=len(data),
            most=MOST_BYTES // 1024 // 1024,
        )
    lines = _workbook(data, name) if data.startswith(b"PK\x03\x04") else _text(data, name)
    found = list(islice(((row, cells) for row, cells in lines if any(cells)), MOST_ROWS + 2))
    if not found:
        raise RefusedError("%(file)s: empty, expected a heading and a row for each pass", file=name)
    if len(found) > MOST_ROWS + 1:
        raise RefusedError("%(file)s: more than %(most)s rows; make several files of it", file=name, most=MOST_ROWS)
    return found


def _text(data: bytes, name: str) -> Iterator[Line]:
    text = _decoded(data, name)
    heading = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in rows:
            yield rows.line_num, [cell.strip() for cell in cells[:MOST_COLUMNS]]
    except csv.Error:
        # the one thing that csv does not take for text
        raise RefusedError(
            "%(file)s: row %(row)s: not CSV: field larger than %(most)s characters",
            file=name,
            row=rows.line_num,
            most=csv.field_size_limit(),
        ) from None


def _decoded(data: bytes, name: str) -> str:
    for encoding in () if b"\0" in data else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedError("%(file)s: neither CSV in UTF-8 or GB 18030 nor an .xlsx workbook", file=name)


def _workbook(data: bytes, name: str) -> Iterator[Line]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # zipfile unpacks no more of a part than it declares
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise RefusedError(
                "%(file)s: %(count)s bytes unpacked, at most %(most)s MB are taken",
                file=name,
                count=unpacked,
                most=MOST_UNPACKED // 1024 // 1024,
            )
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            rows: Iterable[tuple[object, ...]] = book.worksheets[0].iter_rows(
                max_row=MOST_ROWS + 1000, max_col=MOST_COLUMNS, values_only=True
            )
            found = [(number, [_cell(value) for value in row]) for number, row in enumerate(rows, start=1)]
        finally:
            book.close()
    except RefusedError:
        raise
    except Exception as error:
        # openpyxl raises its own errors, and those of ZIP, XML and Python's types, for a broken file: all mean one thing here
        raise RefusedError(
            "%(file)s: not an .xlsx workbook that can be read (%(why)s)", file=name, why=type(error).__name__
        ) from None
    yield from found


def _cell(value: object) -> Cell:
    match value:
        case None:
            return ""
        case datetime():
            # Excel knows no dates, only times: one at midnight is a date
            return value.date() if value.time() == time() else value
        case date():
            return value
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
    return str(value).strip()
