"""Writes rows as CSV text, streamed: UTF-8 with a byte order mark (Chinese Excel needs it), CRLF, RFC 4180 quoting. Columns: `columns.py`.

Times become the town's: with offset for machines, as a clock shows them for people, who get words for codes, too (`wording`). Cells that a spreadsheet would run as a formula get a leading apostrophe. What a reader
may not see is masked on the way. A time or number that is none is written as it stands, marked as invalid; what cannot be seen
(control and format characters) is made visible. Whatever a row holds, the file goes on.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from io import StringIO
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Table, func, select, true
from sqlalchemy.engine import Connection

from edge.contract.unseen import is_plain
from hub.accounts import privacy
from hub.accounts.roles import Role
from hub.database.schema import entries, visits
from hub.ledger.projections.columns import ENTRY_COLUMNS, VISIT_COLUMNS
from hub.values.stored import MOST, time_of
from hub.values.visible import escaped, short, visible
from hub.visits.wording import Words

Header = Literal["machine", "zh", "en"]
HEADERS: tuple[Header, ...] = ("machine", "zh", "en")
BOM = "\ufeff"
CHUNK = 1000
TIMES = frozenset({"opened_at", "closed_at", "received_at"})
NUMBERS = frozenset({"spray_seconds", "contact_minutes", "entry_seq"})
INVALID: dict[Header, tuple[str, str]] = {
    "machine": ("[invalid time]", "[invalid number]"),
    "en": ("[invalid time]", "[invalid number]"),
    "zh": ("〔无效时间〕", "〔无效数值〕"),
}
"""What stands before a time and before a number that is none."""
LONGEST = 32_000
"""Characters of a cell at most: spreadsheets take 32,767."""
_WITHIN_THE_HOUR = re.compile(r":[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z").fullmatch
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_SUSPECT = FORMULA | {" "}
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
    words: Words = MappingProxyType({}),
) -> Iterator[str]:
    """visits.csv of the visits that satisfy `conditions`, oldest first; `role` None shows everything (audit it).

    `words`: what codes are called in the language of `header`; for machines they stay codes.
    """
    # what the gate said instead of a time stands in the cell, not what the hub takes for it
    columns: dict[str, ColumnElement[Any]] = {name: visits.c[name] for name in VISIT_COLUMNS}
    for time, instead in (("opened_at", visits.c.opened_said), ("closed_at", visits.c.closed_said)):
        columns[time] = func.coalesce(instead, visits.c[time]).label(time)
    query = select(*columns.values()).where(*conditions)
    masks = {} if role is None else privacy.masks(role)
    return _stream(
        connection,
        query.order_by(visits.c.opened_at, visits.c.visit_id),
        VISIT_COLUMNS,
        header,
        lambda name: _rule(name, zone, masks.get(name), header, words),
    )


def stream_entries(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    *,
    zone: tzinfo,
    header: Header = "machine",
    words: Words = MappingProxyType({}),
) -> Iterator[str]:
    """entries.csv: the ledger in order of arrival, without personal values. `words`: as for `stream_visits`."""
    query = select(*(entries.c[name] for name in ENTRY_COLUMNS)).where(*conditions)
    return _stream(
        connection,
        query.order_by(entries.c.id),
        ENTRY_COLUMNS,
        header,
        lambda name: _rule(name, zone, None, header, words),
    )


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
    return "'" + text if text[:1] in FORMULA or text.lstrip()[:1] in FORMULA else text


def _plain(value: object) -> str:
    """A cell that no spreadsheet runs, with nothing in it that cannot be seen."""
    return short(visible(defused(str(value))), LONGEST)


def local_time(zone: tzinfo, invalid: str = INVALID["en"][0]) -> Callable[[str | None], str]:
    """From RFC 3339 UTC to the zone's time with its offset, to the second's thousandth; what is no time as it is, marked.

    The offset of an hour is looked up once: no zone changes it within one.
    """

    @lru_cache(maxsize=4096)
    def hour(text: str) -> tuple[str, str]:
        first = time_of(text + ":00:00Z")
        if first is None:
            return "", ""
        moment = first.astimezone(zone)
        # a zone of half an hour moves the minutes as well: those take the long way
        return (moment.isoformat()[:13], moment.isoformat()[19:]) if moment.minute == moment.second == 0 else ("", "")

    def convert(text: str | None) -> str:
        if not text:
            return ""
        text = str(text)
        begin, offset = hour(text[:13])
        if begin and _WITHIN_THE_HOUR(text, 13):
            return f"{begin}{text[13:-1]}{offset}"
        moment = time_of(text)
        if moment is None:
            return f"{invalid} {_plain(text)}"
        return moment.astimezone(zone).isoformat(timespec="milliseconds")

    return convert


def _stream(
    connection: Connection,
    query: Select[Any],
    columns: Mapping[str, tuple[str, str]],
    header: Header,
    rule_of: Callable[[str], Rule],
) -> Iterator[str]:
    rules = [(place, rule_of(name)) for place, name in enumerate(columns)]
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


def _rule(name: str, zone: tzinfo, mask: Callable[[str], str] | None, header: Header, words: Words) -> Rule:
    rule = _machine_rule(name, zone, mask, INVALID[header])
    if header == "machine":
        return rule
    if name in TIMES:
        return lambda cells: [_of_the_clock(cell) for cell in rule(cells)]
    said = words.get(name)
    if said is None:
        return rule
    return lambda cells: _worded(name, said, cells, rule(cells))


def _of_the_clock(text: str) -> str:
    """`2026-03-01 12:30:05` of a local time with thousandths and offset; what is none stays."""
    return f"{text[:10]} {text[11:19]}" if _LOCAL.fullmatch(text) else text


def _worded(name: str, said: Mapping[str, str], raw: Sequence[Any], cells: Sequence[Any]) -> Sequence[Any]:
    """The words of a column's cells; what has none is written as it is for machines."""
    if name == "parts":
        return [" ".join(said.get(each, each) for each in cell.split()) if cell else cell for cell in cells]
    if name == "washed_first":
        return [said.get(cell, cell) for cell in cells]
    return [
        _plain(said[each]) if isinstance(each, str) and each in said else cell
        for each, cell in zip(raw, cells, strict=True)
    ]


def _machine_rule(name: str, zone: tzinfo, mask: Callable[[str], str] | None, invalid: tuple[str, str]) -> Rule:
    if name in TIMES:
        local = local_time(zone, invalid[0])
        return lambda cells: [local(cell) for cell in cells]
    if name == "washed_first":
        return lambda cells: [cell if cell is None else YES_NO[bool(cell)] for cell in cells]
    if name in NUMBERS:
        return lambda cells: cells if _all_numbers(cells) else [_number(cell, invalid[1]) for cell in cells]
    if name == "raw":
        return lambda cells: [escaped(str(cell)) for cell in cells]
    if mask is not None:
        return lambda cells: [_plain(mask(str(cell))) if cell else cell for cell in cells]
    return _texts


def _texts(cells: Sequence[Any]) -> Sequence[Any]:
    # nearly every column of nearly every chunk: one look at all of it
    if _harmless(cells):
        return cells
    return [_plain(cell) if cell else cell for cell in cells]


def _harmless(cells: Sequence[Any]) -> bool:
    try:
        every = "".join(filter(None, cells))
    except TypeError:
        return False  # a database may hold a number in a column of texts
    if not is_plain(every) or (len(every) > LONGEST and max(map(len, filter(None, cells))) > LONGEST):
        return False
    return _SUSPECT.isdisjoint({cell[0] for cell in cells if cell})


def _all_numbers(cells: Sequence[Any]) -> bool:
    try:
        return all(cell is None or 0 <= cell < MOST for cell in cells)
    except TypeError:
        return False


def _number(cell: Any, invalid: str) -> Any:
    if cell is None or (isinstance(cell, (int, float)) and 0 <= cell < MOST):
        return cell
    return f"{invalid} {_plain(cell)}"
