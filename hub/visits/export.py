"""visits.csv and entries.csv: which columns they have, of which rows, and what is masked. How they are written: `hub.exports.writing`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Table, func, true
from sqlalchemy.engine import Connection

from hub.accounts import privacy
from hub.accounts.roles import Role
from hub.database.schema import entries, visits
from hub.exports.writing.cells import Column, Header, Manner, Sort, Words
from hub.exports.writing.csv_text import stream_csv
from hub.exports.writing.question import Question
from hub.ledger.projections.columns import ENTRY_COLUMNS, VISIT_COLUMNS

_SORTS = {
    "opened_at": Sort.TIME,
    "closed_at": Sort.TIME,
    "received_at": Sort.TIME,
    "spray_seconds": Sort.NUMBER,
    "contact_minutes": Sort.NUMBER,
    "entry_seq": Sort.NUMBER,
    "washed_first": Sort.FLAG,
    "parts": Sort.CODES,
    "raw": Sort.RAW,
}
_GROUPS = {
    # what comes in the same few combinations, or mostly not at all
    name: group
    for group, names in {
        "place": "operation town gate lane direction",
        "judgement": "read_by verdict reason outcome officer override_by override_reason",
        "person": "occupants origin destination purpose driver phone",
        "disinfection": "disinfected agent concentration parts washed_first",
        "rest": "disinfection_verified_by remark",
        "class": "plate_type vehicle_class",
    }.items()
    for name in names.split()
}


def _columns(headings: Mapping[str, tuple[str, str]], **sorts: Sort) -> tuple[Column, ...]:
    found = {**_SORTS, **sorts}
    return tuple(
        Column(name, *words, found.get(name, Sort.TEXT), _GROUPS.get(name, "")) for name, words in headings.items()
    )


VISITS = _columns(VISIT_COLUMNS)
ENTRIES = _columns(ENTRY_COLUMNS, id=Sort.WHOLE, seq=Sort.WHOLE)


def visits_asked(conditions: Sequence[ColumnElement[bool]]) -> Question:
    """The visits that satisfy `conditions`, oldest first."""
    # what the gate said instead of a time stands in the cell, not what the hub takes for it
    values: dict[str, ColumnElement[Any]] = {name: visits.c[name] for name in VISIT_COLUMNS}
    for time, instead in (("opened_at", visits.c.opened_said), ("closed_at", visits.c.closed_said)):
        values[time] = func.coalesce(instead, visits.c[time]).label(time)
    return Question(VISITS, values, conditions, (visits.c.opened_at, visits.c.visit_id), visits)


def entries_asked(conditions: Sequence[ColumnElement[bool]]) -> Question:
    """The entries that satisfy `conditions`, in order of arrival, without personal values."""
    return Question(ENTRIES, {name: entries.c[name] for name in ENTRY_COLUMNS}, conditions, (entries.c.id,), entries)


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
    manner = Manner(zone, header, {} if role is None else privacy.masks(role), words)
    return (text for _, text in stream_csv(connection, visits_asked(conditions), manner))


def stream_entries(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    *,
    zone: tzinfo,
    header: Header = "machine",
    words: Words = MappingProxyType({}),
) -> Iterator[str]:
    """entries.csv: the ledger in order of arrival, without personal values. `words`: as for `stream_visits`."""
    manner = Manner(zone, header, words=words)
    return (text for _, text in stream_csv(connection, entries_asked(conditions), manner))


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
