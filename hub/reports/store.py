"""Adds up the kept counts of a range, and reads what gates recorded besides visits: the only SQL of figures.

What the ledger's counts are and how they are kept: `hub.ledger.projections.sums`. Nothing here walks through visits, but for the parts of hours
at the ends of a range.

Tested in `tests/hub/reports/test_recount.py`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind
from hub.database.schema import gate_events, inside, visit_sums, visits
from hub.ledger.projections import sums
from hub.ledger.projections.sums import Level, What
from hub.reports.ranges import Range

TOTALS = tuple(each.value for each in What if each is not What.MOVED)
SERIES = (What.PASSED.value, What.DIRECTION.value, What.REFUSED.value)
MOST_EVENTS = 500
"""Rows of a list of what gates recorded."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The counts of a range: (what, gate, code) -> how many."""

    counts: Mapping[tuple[str, str, str], int]

    def of(self, what: What, *codes: str, gate: str | None = None) -> int:
        """How many there are, of these codes (without one: of all), at this gate (None: at all)."""
        return sum(
            n
            for (each, at, code), n in self.counts.items()
            if each == what and (not codes or code in codes) and (gate is None or at == gate)
        )

    def codes(self, what: What, gate: str | None = None) -> dict[str, int]:
        """Each code with its count, the largest first."""
        found: Counter[str] = Counter()
        for (each, at, code), n in self.counts.items():
            if each == what and (gate is None or at == gate):
                found[code] += n
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))

    @property
    def gates(self) -> list[str]:
        """The gates at which something was counted."""
        return sorted({gate for _, gate, _ in self.counts})


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a range. `inside`: at its end, None where its end lies within an hour, or it has not begun."""

    start: datetime
    end: datetime
    arrived: int
    passed_in: int
    passed_out: int
    refused: int
    inside: int | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a gate recorded besides visits."""

    gate: str
    at: str
    kind: str
    code: str
    officer: str | None
    detail: str


def totals(connection: Connection, town: str, range_: Range, gate: str | None = None) -> Totals:
    """The counts of every gate, or of one."""
    found: Counter[tuple[str, str, str]] = Counter()
    columns = (visit_sums.c.what, visit_sums.c.gate, visit_sums.c.code)
    for piece in range_.pieces():
        query = select(*columns, func.sum(visit_sums.c.n)).where(*_where(town, piece, TOTALS, gate)).group_by(*columns)
        for what, at, code, n in connection.execute(query):
            found[what, at, code] += int(n)
    for row in _edges(connection, town, range_, gate):
        for (what, _, at, code), n in sums.of_visit(row).items():
            found[what, at, code] += n
    return Totals({key: n for key, n in found.items() if n})


def steps(
    connection: Connection, town: str, range_: Range, bounds: Sequence[datetime], now: datetime, gate: str | None = None
) -> list[Step]:
    """The range step by step; `bounds`: where they begin, and the end of the last."""
    found: list[Counter[tuple[str, str]]] = [Counter() for _ in bounds[1:]]
    if not found:
        return []
    begin, end = bounds[0], bounds[-1]
    hours = Level.HOUR, begin.strftime("%Y-%m-%dT%H"), end.strftime("%Y-%m-%dT%H")
    columns = (visit_sums.c.what, visit_sums.c.code, visit_sums.c.span)
    query = (
        select(*columns, func.sum(visit_sums.c.n))
        .where(*_where(town, hours, (*SERIES, sums.MOVED), gate))
        .group_by(*columns)
    )
    for what, code, span, n in connection.execute(query):
        at = _hour_of(span)
        # the parts of hours at the ends are counted visit by visit, but for who was inside
        if what == sums.MOVED or (begin <= at and at + _HOUR <= end):
            found[_place(bounds, at)][what, code] += int(n)
    for row in _edges(connection, town, range_, gate):
        for (what, _, _, code), n in sums.of_visit(row).items():
            found[_place(bounds, datetime.fromisoformat(row["opened_at"]))][what, code] += n
    return list(_with_inside(found, bounds, inside_before(connection, town, range_, gate), now))


_HOUR = datetime(2000, 1, 1, 1, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)


def _hour_of(span: str) -> datetime:
    return datetime(int(span[:4]), int(span[5:7]), int(span[8:10]), int(span[11:13]), tzinfo=UTC)


def _place(bounds: Sequence[datetime], at: datetime) -> int:
    return max(0, min(bisect_right(bounds, at) - 1, len(bounds) - 2))


def _with_inside(
    found: Sequence[Counter[tuple[str, str]]], bounds: Sequence[datetime], before: int, now: datetime
) -> Iterator[Step]:
    here = before
    for number, counts in enumerate(found):
        start, end = bounds[number], bounds[number + 1]
        here += counts[sums.MOVED, ""]
        whole = end.minute == 0 and start <= now
        yield Step(
            start,
            end,
            sum(n for (what, _), n in counts.items() if what == What.DIRECTION),
            counts[What.PASSED.value, "in"],
            counts[What.PASSED.value, "out"],
            counts[What.REFUSED.value, ""],
            here if whole else None,
        )


def inside_before(connection: Connection, town: str, range_: Range, gate: str | None = None) -> int:
    """How many vehicles were inside when the range's first hour began; at a gate: by how many its passages made them more."""
    found = 0
    for piece in range_.before():
        query = select(func.coalesce(func.sum(visit_sums.c.n), 0)).where(*_where(town, piece, (sums.MOVED,), gate))
        found += int(connection.execute(query).scalar_one())
    return found


def inside_now(connection: Connection, town: str) -> int:
    """How many vehicles are inside."""
    return connection.execute(select(func.count()).select_from(inside).where(inside.c.town == town)).scalar_one()


def first_hour(connection: Connection, town: str) -> datetime | None:
    """The first hour in which a visit began; None if there is none."""
    where = visit_sums.c.town == town, visit_sums.c.level == Level.HOUR.value, visit_sums.c.what == What.DIRECTION.value
    span = connection.execute(select(func.min(visit_sums.c.span)).where(*where)).scalar()
    return None if span is None else _hour_of(span)


def count_events(
    connection: Connection, town: str, kind: Kind, start: str, end: str, gate: str | None = None
) -> dict[str, int]:
    """How many events of a kind there were between two times (RFC 3339 UTC), by gate."""
    query = select(gate_events.c.gate, func.count()).where(*_events(town, kind, start, end, gate))
    return {row[0]: row[1] for row in connection.execute(query.group_by(gate_events.c.gate))}


def events(
    connection: Connection,
    town: str,
    kind: Kind,
    start: str,
    end: str,
    *,
    codes: Sequence[str] | None = None,
    gate: str | None = None,
    limit: int = MOST_EVENTS,
) -> list[Event]:
    """The events of a kind between two times (RFC 3339 UTC), oldest first; of these codes only, if any are named."""
    query = select(gate_events).where(*_events(town, kind, start, end, gate))
    if codes is not None:
        query = query.where(gate_events.c.code.in_(codes))
    rows = connection.execute(
        query.order_by(gate_events.c.at, gate_events.c.gate, gate_events.c.epoch, gate_events.c.seq).limit(limit)
    )
    return [Event(row.gate, row.at, row.kind, row.code, row.officer, row.detail) for row in rows]


def _events(town: str, kind: Kind, start: str, end: str, gate: str | None) -> list[ColumnElement[bool]]:
    return [
        gate_events.c.town == town,
        gate_events.c.kind == kind.value,
        gate_events.c.at >= start,
        gate_events.c.at < end,
        gate_events.c.gate == gate if gate else true(),
    ]


def _where(
    town: str, piece: tuple[Level, str, str], whats: Sequence[str], gate: str | None
) -> list[ColumnElement[bool]]:
    level, begin, end = piece
    return [
        visit_sums.c.town == town,
        visit_sums.c.level == level.value,
        visit_sums.c.what.in_(whats),
        visit_sums.c.span >= begin,
        visit_sums.c.span < end,
        visit_sums.c.gate == gate if gate else true(),
    ]


def _edges(connection: Connection, town: str, range_: Range, gate: str | None) -> Iterator[dict[str, Any]]:
    for begin, end in range_.edges():
        query = select(visits).where(visits.c.town == town, visits.c.opened_at >= begin, visits.c.opened_at < end)
        for row in connection.execute(query if gate is None else query.where(visits.c.gate == gate)):
            yield dict(row._mapping)
