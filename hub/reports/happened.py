"""Reads what a daily report says besides figures: special events, open matters, who was on duty. All from tables derived from the ledger.

Tested in `tests/hub/reports/test_daily.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.engine import Connection

from edge.contract import alarms
from edge.contract.facts import Kind, Outcome, ReadBy
from hub.database.schema import conflicts, duties, gate_events, inside, visits
from hub.ledger.projections.visit_facts import VISIT
from hub.values.stored import said

MOST = 100
"""Rows of one kind of events, and of the open matters; the rest is only counted."""
DRIVEN_THROUGH = (alarms.FORCED, alarms.UNREGISTERED, alarms.TAILGATING)
_NO_OUTAGES = (*alarms.PASSAGES, alarms.HELP, alarms.WATCH_LIST, "wrong_pin")
MOST_STAFF = 300


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of a list, and how many there are in all."""

    rows: list[dict[str, Any]]
    count: int


def special(connection: Connection, town: str, start: str, end: str) -> dict[str, Listed]:
    """The special events between two times (RFC 3339 UTC), by kind."""
    emergency = _visits(connection, town, start, end, visits.c.read_by == ReadBy.EMERGENCY.value)
    overridden = _visits(connection, town, start, end, visits.c.override_what.is_not(None))
    found = {"emergency": emergency, "override": overridden}
    for kind, codes in (
        ("driven_through", DRIVEN_THROUGH),
        ("watched", (alarms.WATCH_LIST,)),
        ("help", (alarms.HELP,)),
    ):
        found[kind] = _alarms(connection, town, start, end, gate_events.c.code.in_(codes))
    found["outage"] = _alarms(connection, town, start, end, gate_events.c.code.not_in(_NO_OUTAGES))
    found["lost"] = _events(connection, town, Kind.LOST, start, end)
    return found


def _visits(connection: Connection, town: str, start: str, end: str, which: ColumnElement[bool]) -> Listed:
    where = (visits.c.town == town, visits.c.opened_at >= start, visits.c.opened_at < end, which)
    rows = connection.execute(select(visits).where(*where).order_by(visits.c.opened_at, visits.c.visit_id).limit(MOST))
    listed = [
        {
            "at": row.opened_at, "gate": row.gate, "visit": row.visit_id, "code": row.override_what or "",
            "officer": row.override_by or row.officer, "detail": row.override_reason or "",
        }
        for row in rows
    ]  # fmt: skip
    return Listed(listed, _count(connection, select(func.count()).select_from(visits).where(*where)))


def _alarms(connection: Connection, town: str, start: str, end: str, which: ColumnElement[bool]) -> Listed:
    return _events(connection, town, Kind.ALARM_RAISED, start, end, which)


def _events(connection: Connection, town: str, kind: Kind, start: str, end: str, *which: ColumnElement[bool]) -> Listed:
    table = gate_events
    where = (table.c.town == town, table.c.kind == kind.value, table.c.at >= start, table.c.at < end, *which)
    order = (table.c.at, table.c.gate, table.c.epoch, table.c.seq)
    rows = connection.execute(select(table).where(*where).order_by(*order).limit(MOST)).all()
    listed = [_event(row) for row in rows]
    return Listed(listed, _count(connection, select(func.count()).select_from(table).where(*where)))


def _event(row: Any) -> dict[str, Any]:
    detail = _detail(row.kind, row.detail)
    found = {"at": row.at, "gate": row.gate, "code": row.code, "detail": detail}
    # a watched vehicle is named by its visit
    return (
        {**found, "visit": detail, "detail": ""} if row.code == alarms.WATCH_LIST and VISIT.fullmatch(detail) else found
    )


def _detail(kind: str, text: str) -> str:
    detail = said(text)
    if kind == Kind.LOST.value:
        return f"{detail.get('first')}–{detail.get('last')}: {detail.get('why', '')}"
    return str(detail.get("detail", ""))


def open_matters(connection: Connection, town: str, start: str, end: str, a_day_before: str) -> dict[str, Listed]:
    """What is open at a period's end: conflicts, vehicles that were detained or whose passage is unclear, those inside for more than a day."""
    where = (
        conflicts.c.town == town,
        conflicts.c.opened_at < end,
        or_(conflicts.c.settled_at.is_(None), conflicts.c.settled_at >= end),
    )
    query = select(conflicts).where(*where).order_by(conflicts.c.opened_at, conflicts.c.id).limit(MOST)
    listed = [
        {"at": row.opened_at, "gate": row.gate, "code": row.what, "visit": row.visit, "conflict": row.id}
        for row in connection.execute(query)
    ]
    found = {"conflict": Listed(listed, _count(connection, select(func.count()).select_from(conflicts).where(*where)))}
    for kind in (Outcome.DETAINED, Outcome.UNCLEAR):
        found[kind.value] = _visits(connection, town, start, end, visits.c.outcome == kind.value)
    long = (inside.c.town == town, inside.c.since < a_day_before)
    found["inside_long"] = Listed([], _count(connection, select(func.count()).select_from(inside).where(*long)))
    return found


def staff(connection: Connection, town: str, start: str, end: str) -> list[dict[str, Any]]:
    """Who was on duty: at the post, then at the gates by the gates' own records; `to` None: still, at the end."""
    where = (
        duties.c.town == town,
        duties.c.started_at < end,
        or_(duties.c.ended_at.is_(None), duties.c.ended_at > start),
    )
    rows = connection.execute(select(duties).where(*where).order_by(duties.c.entry).limit(MOST_STAFF))
    post = [
        {
            "gate": None,
            "officer": row.user,
            "from": row.started_at,
            "to": row.ended_at if (row.ended_at or end) < end else None,
        }
        for row in rows
    ]
    return post + _at_gates(connection, town, start, end)


def _at_gates(connection: Connection, town: str, start: str, end: str) -> list[dict[str, Any]]:
    table = gate_events
    kinds = (Kind.SHIFT_STARTED.value, Kind.SHIFT_ENDED.value)
    base = (table.c.town == town, table.c.kind.in_(kinds))
    order = (table.c.at, table.c.epoch, table.c.seq)
    rows = list(connection.execute(select(table).where(*base, table.c.at >= start, table.c.at < end).order_by(*order)))
    gates = connection.execute(select(table.c.gate).where(*base, table.c.at < end).group_by(table.c.gate)).scalars()
    found: list[dict[str, Any]] = []
    for gate in sorted(gates):
        query = select(table).where(*base, table.c.gate == gate, table.c.at < start)
        last = connection.execute(query.order_by(*(each.desc() for each in order)).limit(1)).first()
        before = [last] if last is not None and last.kind == Kind.SHIFT_STARTED.value else []
        found += _spells(gate, [*before, *(row for row in rows if row.gate == gate)])
    return found[:MOST_STAFF]


def _spells(gate: str, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The times at a gate, from its records of signing on and off in their order: whoever signs on ends the time of the one before."""
    found: list[dict[str, Any]] = []
    for row in rows:
        if found and found[-1]["to"] is None:
            found[-1]["to"] = row.at
        if row.kind == Kind.SHIFT_STARTED.value:
            found.append({"gate": gate, "officer": row.officer, "from": row.at, "to": None})
    return found


def _count(connection: Connection, query: Any) -> int:
    return int(connection.execute(query).scalar_one())
