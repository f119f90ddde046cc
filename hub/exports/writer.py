"""Writes a list to a file: its question asked, its rows in the manner of its reader, as CSV or as a workbook.

Tested in `tests/hub/exports/test_lists.py` and `tests/hub/exports/test_jobs.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.console.labels import LABELS
from hub.exports.kinds import ListKind
from hub.exports.writing.cells import Manner
from hub.exports.writing.csv_text import plain_rows, stream_csv
from hub.exports.writing.question import Question
from hub.exports.writing.workbook import Title, write_workbook
from hub.values.stored import time_of

FORMATS = ("csv", "xlsx")
MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SOON = 20_000
"""Rows up to which a file is made while its reader waits; more are a job."""


@dataclass(frozen=True)
class Listing:
    """A list as it is to be written."""

    kind: ListKind
    question: Question
    manner: Manner

    def csv(self, connection: Connection) -> Iterator[tuple[int, str]]:
        """Pieces of CSV text, each with its number of rows."""
        return stream_csv(connection, self.question, self.manner)

    def save(
        self,
        connection: Connection,
        format_: str,
        file: Path,
        title: Title,
        written: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Writes the whole list to a new file that only its owner may read; returns the number of rows."""
        file.touch(mode=0o600, exist_ok=False)
        if format_ == "csv":
            with file.open("w", encoding="utf-8", newline="") as out:
                return self.write(connection, out, written)
        rows = plain_rows(connection, self.question, self.manner)
        return write_workbook(file, title, self.question.columns, self.manner.header, rows, written=written)

    def write(self, connection: Connection, out: TextIO, written: Callable[[int], None] = lambda _: None) -> int:
        """Writes CSV; returns the number of rows."""
        count = 0
        for rows, text in self.csv(connection):
            out.write(text)
            count += rows
            written(rows)
        return count


def title_of(listing: Listing, asked: Mapping[str, str], town: str, now: datetime) -> Title:
    """What stands over a workbook, in the language that is spoken."""
    zone = listing.manner.zone

    def said(name: str, value: str) -> str:
        moment = time_of(value) if name in ("start", "end") else None
        return f"{LABELS['filter'].get(name, name)}: {value if moment is None else f'{moment.astimezone(zone):%Y-%m-%d %H:%M}'}"

    filters = [said(name, value) for name, value in asked.items()]
    lines = (
        gettext("Town: %(town)s", town=town),
        gettext("Filter: %(filter)s", filter=" · ".join(filters)) if filters else gettext("Filter: none, all rows"),
        gettext("Made at %(at)s", at=f"{now.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"),
    )
    return Title(str(listing.kind.title), lines, now)


def file_name(kind: ListKind, town: str, now: datetime, format_: str) -> str:
    """What a reader's computer calls the file; `now` in the town's time."""
    return f"{kind.name}-{town}-{now:%Y%m%d-%H%M}.{format_}"
