"""A list of passes as a file -> a table: CSV or tab text (UTF-8, UTF-16, GB 18030), or the active sheet of an .xlsx workbook.

Nothing is believed of a file: bytes, unpacked bytes, rows, columns and cells are capped while they are read. `read` is pure, from
bytes to a value that JSON can carry, so that it may run in a process of its own.
"""

from hub.errors import RefusedError
from hub.passes.sheet.csv_rows import read_text
from hub.passes.sheet.kinds import is_archive, refuse_other_kinds
from hub.passes.sheet.table import (
    MOST_BYTES,
    MOST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_UNPACKED,
    Cell,
    Row,
    Table,
    Trouble,
)

__all__ = [
    "MOST_BYTES",
    "MOST_CELL",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "MOST_UNPACKED",
    "Cell",
    "Row",
    "Table",
    "Trouble",
    "read",
    "read_json",
]


def read(data: bytes, name: str, *, most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES) -> Table:
    """The rows of a file called `name`, with at least one; `RefusedError` for what is no list, or too much."""
    if len(data) > most_bytes:
        raise RefusedError(
            "%(file)s: %(count)s bytes, at most %(most)s MB are taken",
            file=name,
            count=len(data),
            most=most_bytes // 1024 // 1024,
        )
    refuse_other_kinds(data, name)
    table = _read_workbook(data, name, most_rows) if is_archive(data) else read_text(data, name, most_rows)
    if not table.rows:
        raise RefusedError("%(file)s: empty, expected a heading and a row for each pass", file=name)
    return table


def read_json(data: bytes, name: str) -> bytes:
    """Reads a list and returns its table as JSON, for a process that only reads: `Table.from_json` makes the table of it again."""
    return read(data, name).to_json()


def _read_workbook(data: bytes, name: str, most_rows: int) -> Table:
    # openpyxl takes half a second to import: only who reads a workbook waits for it
    from hub.passes.sheet.workbook import read_workbook

    return read_workbook(data, name, most_rows)
