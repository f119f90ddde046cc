"""Adds up the kept counts of a range, and reads what gates recorded besides visits: the only SQL of figures.

What the ledger's counts are and how they are kept: `hub.ledger.projections.sums`. Nothing here walks through visits, but for the parts of hours
at the ends of a range.

Tested in `tests/hub/reports/test_recount.py`.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, func, or_, select, true
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind
from edge.contract.records import wall_text
from hub.database.narrowed import narrowing_of
from hub.database.schema import entries, gate_events, inside, visit_sums, visits
from hub.database.statements import Often
from hub.ledger.projections import sums
from hub.ledger.projections.sums import Level, What
from hub.reports.ranges import Range, up_to_hour

TOTALS = tuple(each.value for each in What if each not in (What.MOVED, What.EVERY_GATE))
DRAWN = ("arrived", "in", "out", "refused")
"""Codes of `sums.SERIES`: what a chart over time draws, besides who was inside."""


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, visit_sums.c.n), else_=0))


_EVERY_GATE = Often(
    select(visit_sums.c.span, *(_sum(visit_sums.c.code == name) for name in (*DRAWN, "moved")))
    .where(
        visit_sums.c.town == bindparam("town"),
        visit_sums.c.level == Level.HOUR.value,
        visit_sums.c.what == What.EVERY_GATE.value,
        visit_sums.c.gate == "",
        visit_sums.c.span >= bindparam("begin"),
        visit_sums.c.span < bindparam("end"),
    )
    .group_by(visit_sums.c.span)
    .order_by(visit_sums.c.span)
)
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
    gates = _gates(connection, town, gate)
    for piece in range_.pieces():
        query = select(*columns, func.sum(visit_sums.c.n)).where(*_where(town, piece, TOTALS, gates)).group_by(*columns)
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
    found = [dict.fromkeys((*DRAWN, "moved"), 0) for _ in bounds[1:]]
    if not found:
        return []
    begin, end = bounds[0], bounds[-1]
    first, last = (wall_text(each)[:13] for each in (up_to_hour(begin), end))
    ends, place = [wall_text(each)[:13] for each in bounds[1:-1]], 0
    for span, arrived, passed_in, passed_out, refused, moved in _hours(connection, town, begin, end, gate):
        while place < len(ends) and span >= ends[place]:
            place += 1
        step = found[place]
        step["moved"] += int(moved)
        # the parts of hours at the ends are counted visit by visit, but for who was inside
        if first <= span < last:
            step["arrived"] += int(arrived)
            step["in"] += int(passed_in)
            step["out"] += int(passed_out)
            step["refused"] += int(refused)
    for row in _edges(connection, town, range_, gate):
        step = found[_place(bounds, datetime.fromisoformat(row["opened_at"]))]
        for (what, _, _, code), n in sums.of_visit(row).items():
            if (series := _series(what, code)) is not None:
                step[series] += n
    return list(_with_inside(found, bounds, inside_before(connection, town, range_, gate), now))


def _hours(
    connection: Connection, town: str, begin: datetime, end: datetime, gate: str | None
) -> Sequence[Row[tuple[str, int, int, int, int, int]]]:
    """Of each hour in order: the hour, the counts of `DRAWN`, and by how many the vehicles inside became more."""
    hours = wall_text(begin)[:13], wall_text(end)[:13]
    if gate is None and narrowing_of(connection) is None:
        return _EVERY_GATE(connection, town=town, begin=hours[0], end=hours[1])
    # the sums of all gates together are no sums of a branch's
    gates = _gates(connection, town, gate)
    whats = tuple({what for what, _ in sums.SERIES})
    names = {name: [key for key, each in sums.SERIES.items() if each == name] for name in (*DRAWN, "moved")}
    sums_ = [_sum(or_(*(_is(what, code) for what, code in keys))) for keys in names.values()]
    query = select(visit_sums.c.span, *sums_).where(*_where(town, (Level.HOUR, *hours), whats, gates))
    return connection.execute(query.group_by(visit_sums.c.span).order_by(visit_sums.c.span)).all()


def _is(what: str, code: str) -> ColumnElement[bool]:
    return (
        visit_sums.c.what == what
        if what == What.DIRECTION
        else and_(visit_sums.c.what == what, visit_sums.c.code == code)
    )


def _series(what: str, code: str) -> str | None:
    return sums.SERIES.get((what, "" if what == What.DIRECTION else code))


def _place(bounds: Sequence[datetime], at: datetime) -> int:
    return max(0, min(bisect_right(bounds, at) - 1, len(bounds) - 2))


def _with_inside(
    found: Sequence[Mapping[str, int]], bounds: Sequence[datetime], before: int, now: datetime
) -> Iterator[Step]:
    here = before
    for number, counts in enumerate(found):
        start, end = bounds[number], bounds[number + 1]
        here += counts["moved"]
        whole = end.minute == 0 and start <= now
        yield Step(
            start,
            end,
            counts["arrived"],
            counts["in"],
            counts["out"],
            counts["refused"],
            here if whole else None,
        )


def inside_before(connection: Connection, town: str, range_: Range, gate: str | None = None) -> int:
    """How many vehicles were inside when the range's first hour began; at a gate: by how many its passages made them more."""
    found, gates = 0, _gates(connection, town, gate)
    for piece in range_.before():
        query = select(func.coalesce(func.sum(visit_sums.c.n), 0)).where(*_where(town, piece, (sums.MOVED,), gates))
        found += int(connection.execute(query).scalar_one())
    return found


def inside_now(connection: Connection, town: str) -> int:
    """How many vehicles are inside."""
    return connection.execute(select(func.count()).select_from(inside).where(inside.c.town == town)).scalar_one()


def first_hour(connection: Connection, town: str) -> datetime | None:
    """The first hour in which something was counted; None if there is none."""
    where = [visit_sums.c.town == town, visit_sums.c.level == Level.HOUR.value]
    if narrowing_of(connection) is None:
        where += [visit_sums.c.what == What.EVERY_GATE.value, visit_sums.c.gate == ""]
    else:
        where += [visit_sums.c.what == What.DIRECTION.value, visit_sums.c.gate.in_(_gates(connection, town, None))]
    span = connection.execute(select(func.min(visit_sums.c.span)).where(*where)).scalar()
    return None if span is None else datetime.fromisoformat(f"{span}:00:00+00:00")


def entries_after(connection: Connection, town: str, start: str, end: str, entry: int) -> int:
    """How many records of visits that began between two times (RFC 3339 UTC) stand in the ledger after an entry."""
    query = (
        select(func.count())
        .select_from(visits.join(entries, entries.c.visit == visits.c.visit_id))
        .where(visits.c.town == town, visits.c.opened_at >= start, visits.c.opened_at < end)
        .where(entries.c.town == town, entries.c.id > entry)
    )
    return connection.execute(query).scalar_one()


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
    town: str, piece: tuple[Level, str, str], whats: Sequence[str], gates: Sequence[str]
) -> list[ColumnElement[bool]]:
    level, begin, end = piece
    return [
        visit_sums.c.town == town,
        visit_sums.c.level == level.value,
        visit_sums.c.what.in_(whats),
        visit_sums.c.gate.in_(gates),
        visit_sums.c.span >= begin,
        visit_sums.c.span < end,
    ]


def _gates(connection: Connection, town: str, gate: str | None) -> Sequence[str]:
    """The gates that have counts, or the one that is asked for: named, so that a range of time is a range of the table's key."""
    if gate is not None:
        return (gate,)
    whats = (What.DIRECTION.value, sums.MOVED)
    where = visit_sums.c.town == town, visit_sums.c.level == Level.MONTH.value, visit_sums.c.what.in_(whats)
    return connection.execute(select(visit_sums.c.gate).where(*where).group_by(visit_sums.c.gate)).scalars().all()


def _edges(connection: Connection, town: str, range_: Range, gate: str | None) -> Iterator[dict[str, Any]]:
    for begin, end in range_.edges():
        query = select(visits).where(visits.c.town == town, visits.c.opened_at >= begin, visits.c.opened_at < end)
        for row in connection.execute(query if gate is None else query.where(visits.c.gate == gate)):
            yield dict(row._mapping)
