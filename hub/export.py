"""Rows -> CSV text, streamed: UTF-8 with a byte order mark (Chinese Excel needs it), CRLF, RFC 4180 quoting.

Times become the town's, with offset. Cells that a spreadsheet would run as a formula get a leading apostrophe. What a reader
may not see is masked on the way.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from io import StringIO
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Table, select, true
from sqlalchemy.engine import Connection

from hub import privacy
from hub.accounts.roles import Role
from hub.columns import ENTRY_COLUMNS, VISIT_COLUMNS
from hub.database import entries, visits

Header = Literal["machine", "zh", "en"]
HEADERS: tuple[Header, ...] = ("machine", "zh", "en")
BOM = "\ufeff"
CHUNK = 1000
TIMES = frozenset({"opened_at", "closed_at", "received_at"})
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What a cell may not begin with: full-width forms too, which some spreadsheets take for the same."""

YES_NO = {True: "yes", False: "no"}

Rule = Callable[[Sequence[Any]], Sequence[Any]]
"""A column's cells -> what is written. Called only where at least one says something."""


def stream_visits(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    *,
    zone: tzinfo,
    header: Header = "machine",
    role: Role | None,
) -> Iterator[str]:
    """visits.csv of the visits that satisfy `conditions`, oldest first; `role` None shows everything (audit it)."""
    query = select(*(visits.c[name] for name in VISIT_COLUMNS)).where(*conditions)
    masks = {} if role is None else privacy.masks(role)
    return _stream(
        connection, query.order_by(visits.c.opened_at, visits.c.visit_id), VISIT_COLUMNS, header, zone, masks
    )


def stream_entries(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], *, zone: tzinfo, header: Header = "machine"
) -> Iterator[str]:
    """entries.csv: the ledger in order of arrival, without personal values."""
    query = select(*(entries.c[name] for name in ENTRY_COLUMNS)).where(*conditions)
    return _stream(connection, query.order_by(entries.c.id), ENTRY_COLUMNS, header, zone, {})


def between(
    table: Table, time: str, *, town: str, start: str | None, end: str | None, gate: str | None
) -> list[ColumnElement[bool]]:
    """The rows of a town from `start` until before `end` (RFC 3339 UTC, column `time`), of one gate or all."""
    return [
        table.c.town == town,
        table.c[time] >= start if start else true(),
        table.c[time] < end if end else true(),
        table.c.gate == gate if gate else true(),
    ]


def defused(text: str) -> str:
    """A text that no spreadsheet runs."""
    return "'" + text if text[:1] in FORMULA else text


def local_time(zone: tzinfo) -> Callable[[str | None], str]:
    """From RFC 3339 UTC to the zone's time with its offset, to the second's thousandth.

    The offset of an hour is looked up once: no zone changes it within one.
    """

    @lru_cache(maxsize=4096)
    def hour(text: str) -> tuple[str, str]:
        moment = datetime.fromisoformat(text + ":00:00+00:00").astimezone(zone)
        # a zone of half an hour moves the minutes as well: those take the long way
        return (moment.isoformat()[:13], moment.isoformat()[19:]) if moment.minute == moment.second == 0 else ("", "")

    def convert(text: str | None) -> str:
        if not text:
            return ""
        begin, offset = hour(text[:13])
        if begin:
            return f"{begin}{text[13:-1]}{offset}"
        return datetime.fromisoformat(text).astimezone(zone).isoformat(timespec="milliseconds")

    return convert


def _stream(
    connection: Connection,
    query: Select[Any],
    columns: Mapping[str, tuple[str, str]],
    header: Header,
    zone: tzinfo,
    masks: Mapping[str, Callable[[str], str]],
) -> Iterator[str]:
    rules = [(place, rule) for place, name in enumerate(columns) if (rule := _rule(name, zone, masks.get(name)))]
    buffer = StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    out.writerow(_heading(columns, header))
    yield BOM + buffer.getvalue()
    result = connection.execution_options(stream_results=True, max_row_buffer=CHUNK).execute(query)
    for rows in result.partitions(CHUNK):
        buffer.seek(0)
        buffer.truncate()
        # a column at a time: most of a table is empty or needs nothing done
        cells: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, rule in rules:
            if cells[place].count(None) < len(rows):
                cells[place] = rule(cells[place])
        out.writerows(zip(*cells, strict=True))
        yield buffer.getvalue()


def _heading(columns: Mapping[str, tuple[str, str]], header: Header) -> list[str]:
    if header == "machine":
        return list(columns)
    return [words[0 if header == "zh" else 1] for words in columns.values()]


# what is written by machines cannot begin a formula: identifiers, codes, hashes, numbers
_SAFE = frozenset(
    {"visit_id", "town", "direction", "clock", "plate_type", "read_by", "verdict", "reason", "outcome", "disinfected",
     "parts", "disinfection_verified_by", "entry_seq", "spray_seconds", "contact_minutes", "id", "epoch", "seq", "kind",
     "visit", "hash", "prev", "chain", "pass_id", "raw"}
)  # fmt: skip


def _rule(name: str, zone: tzinfo, mask: Callable[[str], str] | None) -> Rule | None:
    if name in TIMES:
        local = local_time(zone)
        return lambda cells: [local(cell) for cell in cells]
    if name == "washed_first":
        return lambda cells: [cell if cell is None else YES_NO[cell] for cell in cells]
    if mask is not None:
        return lambda cells: [defused(mask(cell)) if cell else cell for cell in cells]
    if name in _SAFE:
        return None
    return lambda cells: ["'" + cell if cell and cell[0] in FORMULA else cell for cell in cells]
