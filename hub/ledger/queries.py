"""Queries of the ledger: visits by filter, one visit with its entries, who is inside, the day's figures.

Nothing here writes. Lists are keyset pages: a cursor is the sort key of a row, so a page costs the same however deep it is.

Tested in `tests/hub/visits/test_queries.py`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, tuple_
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome, ReadBy
from edge.contract.plates import normalise
from edge.contract.reasons import Direction, Verdict
from hub.database.schema import entries, inside, signatures, visits
from hub.database.statements import milliseconds_between
from hub.ledger import days
from hub.ledger.projections import plate_ends
from hub.ledger.projections.sums import What, buckets_between
from hub.values.stored import NO_TIME, SHORT

OPEN = "open"
"""The filter's word for a visit that has no outcome yet."""
NONE = "none"
"""The filter's word for a visit of no class."""
REFUSED, OVERRIDDEN = "refused", "overridden"
FEW_PLATES = 300
"""Of so many plates the visits are looked up; where more hold what is looked for, a page of them is soon found in order of time."""

VisitRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """The filter of a search for visits; empty fields ask nothing. Times are RFC 3339 UTC, `end` excluded.

    `plate` is any part of a plate, or a whole one where `whole`: a reader of masked plates could piece a plate together.
    """

    plate: str = ""
    whole: bool = False
    gate: str = ""
    direction: str = ""
    outcome: str = ""
    reason: str = ""
    read_by: str = ""
    start: str = ""
    end: str = ""
    pass_id: str = ""
    vehicle_class: str = ""
    verdict: str = ""
    disinfected: str = ""
    only: str = ""
    """`refused`: turned back or with the verdict stop; `overridden`: let through by an officer (`…_verdict`, `…_disinfection`: against what)."""
    waited: str = ""
    """`30-60`: vehicles that drove through more than 30 and at most 60 seconds after they came; `3600-`: more than an hour."""


Cursor = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, newest first, and the cursors of the pages beside it (None: there is none)."""

    rows: Sequence[VisitRow]
    older: Cursor | None
    newer: Cursor | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a visit and its place in the town's chain.

    `before` is the chain's value before it, `next` the id of the entry after it; `signed_by_seq` is the first sequence number
    at or after its own whose hash the gate signed, and which therefore vouches for it.
    """

    id: int
    gate: str
    epoch: str
    seq: int
    kind: str
    raw: str
    private: str
    hash: str
    prev: str
    chain: str
    received_at: str
    before: str | None
    next: int | None
    signed_by_seq: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one gate since a moment."""

    passed_in: int = 0
    passed_out: int = 0
    refused: int = 0
    by_hand: int = 0
    disinfected: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.passed_in + other.passed_in,
            self.passed_out + other.passed_out,
            self.refused + other.refused,
            self.by_hand + other.by_hand,
            self.disinfected + other.disinfected,
        )


def page(
    connection: Connection,
    town: str,
    filter_: Filter,
    *,
    older: Cursor | None = None,
    newer: Cursor | None = None,
    limit: int,
) -> Page:
    """The visits of a filter, newest first: below the cursor `older`, or just above `newer`, or the newest."""
    few = _few_plates(connection, town, filter_)
    by_time: ColumnElement[Any]
    spans = days.EVER
    if few is None:
        query, by_time = select(visits).where(*conditions(town, filter_)), visits.c.opened_at
        spans = days.spans(connection, town, filter_.gate, dict(_counts(filter_)))
    else:
        asked = conditions(town, replace(filter_, plate=""))
        query = select(visits).where(*asked, visits.c.plate.in_(few) if few else false())
        # no column of an index, so that the database goes by the plates
        by_time = visits.c.opened_at.concat("")
    if newer is not None:
        found = _above(connection, query, by_time, newer, limit + 1, spans)
    else:
        found = _below(connection, query, by_time, older, limit + 1, spans)
    more, rows = len(found) > limit, found[:limit]
    if newer is not None:
        rows.reverse()
    has_newer, has_older = (more, True) if newer is not None else (older is not None, more)
    return Page(
        rows,
        older=_cursor(rows[-1]) if rows and has_older else None,
        newer=_cursor(rows[0]) if rows and has_newer else None,
    )


def _few_plates(connection: Connection, town: str, filter_: Filter) -> Sequence[str] | None:
    """The plates that hold what a filter looks for; None if it looks for none, or for so common a part that there are many."""
    part = normalise(filter_.plate)
    if not part or len(part) > plate_ends.LONGEST:
        return None
    return [part] if filter_.whole else plate_ends.some_holding(connection, town, part, FEW_PLATES)


def _below(
    connection: Connection,
    query: Select[Any],
    by_time: ColumnElement[Any],
    older: Cursor | None,
    limit: int,
    spans: Sequence[days.Span],
) -> list[VisitRow]:
    """Rows from below a cursor downwards; last come those whose beginning the hub has not heard of, which have no time."""
    found: list[VisitRow] = []
    if older is None or older[0]:
        timed = query.where(by_time.is_not(None)).order_by(by_time.desc(), visits.c.visit_id.desc())
        timed = timed if older is None else timed.where(tuple_(by_time, visits.c.visit_id) < older)
        for start, end in reversed(spans):
            if len(found) < limit and (older is None or start <= older[0]):
                part = timed.where(*days.within(by_time, start, end)).limit(limit - len(found))
                found += _rows(connection, part)
    if len(found) < limit:
        untimed = query.where(visits.c.opened_at.is_(None)).order_by(visits.c.visit_id.desc())
        untimed = untimed if older is None or older[0] else untimed.where(visits.c.visit_id < older[1])
        found += _rows(connection, untimed.limit(limit - len(found)))
    return found


def _above(
    connection: Connection,
    query: Select[Any],
    by_time: ColumnElement[Any],
    newer: Cursor,
    limit: int,
    spans: Sequence[days.Span],
) -> list[VisitRow]:
    """Rows from above a cursor upwards."""
    found: list[VisitRow] = []
    if not newer[0]:
        untimed = query.where(visits.c.opened_at.is_(None), visits.c.visit_id > newer[1])
        found = _rows(connection, untimed.order_by(visits.c.visit_id).limit(limit))
    timed = query.where(by_time.is_not(None)).order_by(by_time, visits.c.visit_id)
    timed = timed.where(tuple_(by_time, visits.c.visit_id) > newer) if newer[0] else timed
    for start, end in spans:
        if len(found) < limit and (end is None or end > newer[0]):
            part = timed.where(*days.within(by_time, start, end)).limit(limit - len(found))
            found += _rows(connection, part)
    return found


def _rows(connection: Connection, query: Select[Any]) -> list[VisitRow]:
    return [dict(row) for row in connection.execute(query).mappings()]


def conditions(town: str, filter_: Filter) -> list[ColumnElement[bool]]:
    """The filter as SQL conditions on `visits`."""
    where: list[ColumnElement[bool]] = [visits.c.town == town]
    for column in _EQUAL:
        wanted = getattr(filter_, column.name)
        if wanted:
            where.append(column == wanted)
    if filter_.outcome:
        where.append(visits.c.outcome.is_(None) if filter_.outcome == OPEN else visits.c.outcome == filter_.outcome)
    if filter_.plate:
        where.append(matches(visits.c.plate, normalise(filter_.plate), whole=filter_.whole))
    where += _rarer(filter_)
    if filter_.start:
        where.append(visits.c.opened_at >= filter_.start)
    if filter_.end:
        where.append(visits.c.opened_at < filter_.end)
    return where


_EQUAL = tuple(
    visits.c[name] for name in ("gate", "direction", "reason", "read_by", "pass_id", "verdict", "disinfected")
)


def _counts(filter_: Filter) -> Iterator[tuple[What, Collection[str]]]:
    """The counts of visits that a filter asks for: what is not counted on a day did not come on it."""
    for name in ("direction", "reason", "read_by", "verdict", "disinfected"):
        if wanted := getattr(filter_, name):
            yield What(name), (wanted,)
    if filter_.outcome:
        yield What.OUTCOME, ("" if filter_.outcome == OPEN else filter_.outcome,)
    if filter_.vehicle_class:
        yield What.CLASS, ("" if filter_.vehicle_class == NONE else filter_.vehicle_class[:SHORT],)
    if filter_.only == REFUSED:
        yield What.REFUSED, ("",)
    elif filter_.only.startswith(OVERRIDDEN):
        what = filter_.only[len(OVERRIDDEN) + 1 :]
        yield What.OVERRIDDEN, (what,) if what else ()
    if filter_.waited:
        above, _, at_most = filter_.waited.partition("-")
        yield What.WAITED, buckets_between(int(above), int(at_most) if at_most else None)


def _rarer(filter_: Filter) -> Iterator[ColumnElement[bool]]:
    if filter_.vehicle_class == NONE:
        yield func.coalesce(visits.c.vehicle_class, "") == ""
    elif filter_.vehicle_class:
        yield visits.c.vehicle_class == filter_.vehicle_class
    if filter_.only == REFUSED:
        yield or_(visits.c.outcome == Outcome.TURNED_BACK, visits.c.verdict == Verdict.STOP)
    elif filter_.only.startswith(OVERRIDDEN):
        what = filter_.only[len(OVERRIDDEN) + 1 :]
        yield visits.c.override_what == what if what else visits.c.override_what.is_not(None)
    if filter_.waited:
        above, _, at_most = filter_.waited.partition("-")
        waited = milliseconds_between(visits.c.opened_at, visits.c.closed_at)
        yield visits.c.outcome == Outcome.PASSED
        yield and_(visits.c.opened_said.is_(None), visits.c.closed_said.is_(None), visits.c.clock != NO_TIME)
        yield waited > 1000 * int(above) if above != "0" else waited >= 0
        if at_most:
            yield waited <= 1000 * int(at_most)


def matches(column: ColumnElement[Any], wanted: str, *, whole: bool) -> ColumnElement[bool]:
    """A column that is, or only holds, what was looked for."""
    return column == wanted if whole else column.contains(wanted, autoescape=True)


def visit(connection: Connection, town: str, visit_id: str) -> VisitRow | None:
    """One visit."""
    row = connection.execute(select(visits).where(visits.c.town == town, visits.c.visit_id == visit_id)).mappings()
    found = row.first()
    return None if found is None else dict(found)


def count_entries(connection: Connection, town: str, visit_id: str) -> int:
    """How many entries a visit has."""
    query = select(func.count()).select_from(entries)
    return connection.execute(query.where(entries.c.town == town, entries.c.visit == visit_id)).scalar_one()


def entries_of(connection: Connection, town: str, visit_id: str, limit: int, after: int = 0) -> list[Entry]:
    """Entries of a visit, from above the id `after`, in the order in which the hub took them, each with its place in the chain."""
    query = _PLACED.where(entries.c.town == town, entries.c.visit == visit_id, entries.c.id > after)
    found = connection.execute(query.order_by(entries.c.id).limit(limit))
    return [Entry(**row) for row in found.mappings()]


def inside_now(
    connection: Connection, town: str, *, search: str = "", whole: bool = False, after: Cursor | None = None, limit: int
) -> tuple[list[VisitRow], Cursor | None]:
    """The vehicles inside, longest first, and the cursor of the next page, which names no vehicle; `whole` as of a filter."""
    key = (inside.c.since, inside.c.visit_id)
    beside = inside.outerjoin(visits, visits.c.visit_id == inside.c.visit_id)
    query = select(inside, visits.c.closed_said).select_from(beside).where(inside.c.town == town)
    query = query.order_by(*key).limit(limit + 1)
    if search:
        # what has no plate is known by its pass or its visit, and those are written small
        as_pass = matches(inside.c.vehicle, search.lower(), whole=whole)
        query = query.where(or_(matches(inside.c.vehicle, normalise(search), whole=whole), as_pass))
    if after is not None:
        query = query.where(tuple_(*key) > after)
    found: list[VisitRow] = [dict(row) for row in connection.execute(query).mappings()]
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    return rows, None if last is None else (last["since"], last["visit_id"])


def unmatched(connection: Connection, town: str, before: str) -> int:
    """How many came in before a moment (RFC 3339 UTC) and have no exit on record."""
    query = select(func.count()).select_from(inside).where(inside.c.town == town, inside.c.since < before)
    return connection.execute(query).scalar_one()


def inside_counts(connection: Connection, town: str) -> dict[str | None, int]:
    """How many are inside, by vehicle class."""
    query = (
        select(inside.c.vehicle_class, func.count())
        .where(inside.c.town == town)
        .group_by(inside.c.vehicle_class)
        .order_by(func.count().desc(), inside.c.vehicle_class)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def figures(connection: Connection, town: str, since: str) -> dict[str, Figures]:
    """By gate: what happened since a moment (RFC 3339 UTC)."""
    passed = visits.c.outcome == Outcome.PASSED
    refused = or_(visits.c.outcome == Outcome.TURNED_BACK, visits.c.verdict == Verdict.STOP)
    query = (
        select(
            visits.c.gate,
            _count(and_(passed, visits.c.direction == Direction.IN)),
            _count(and_(passed, visits.c.direction == Direction.OUT)),
            _count(refused),
            _count(visits.c.read_by == ReadBy.HAND),
            _count(visits.c.disinfected == "yes"),
        )
        .where(visits.c.town == town, visits.c.opened_at >= since)
        .group_by(visits.c.gate)
    )
    return {row[0]: Figures(*row[1:]) for row in connection.execute(query)}


def unclear(connection: Connection, town: str, since: str) -> int:
    """How many visits that began since a moment (RFC 3339 UTC) ended without anybody knowing whether the vehicle drove through."""
    query = select(func.count()).select_from(visits).where(visits.c.town == town, visits.c.opened_at >= since)
    return connection.execute(query.where(visits.c.outcome == Outcome.UNCLEAR)).scalar_one()


def last_entry(connection: Connection, town: str) -> int:
    """The id of the town's newest entry; 0 for an empty ledger."""
    # an expression that no index has: by ids from the end, and not through every entry of the town in the index by gates
    newest = select(entries.c.id).where(entries.c.town + "" == town).order_by(entries.c.id.desc()).limit(1)
    return connection.execute(newest).scalar() or 0


def _placing() -> Select[Any]:
    """Entries with their place in the chain, all in one question."""
    other = entries.alias()
    same_town = other.c.town == entries.c.town
    before = select(other.c.chain).where(same_town, other.c.id < entries.c.id).order_by(other.c.id.desc()).limit(1)
    after = select(other.c.id).where(same_town, other.c.id > entries.c.id).order_by(other.c.id).limit(1)
    same = (signatures.c[name] == entries.c[name] for name in ("town", "gate", "epoch"))
    signed = (
        select(signatures.c.seq).where(*same, signatures.c.seq >= entries.c.seq).order_by(signatures.c.seq).limit(1)
    )
    columns = ("id", "gate", "epoch", "seq", "kind", "raw", "private", "hash", "prev", "chain", "received_at")
    return select(
        *(entries.c[name] for name in columns),
        before.scalar_subquery().label("before"),
        after.scalar_subquery().label("next"),
        signed.scalar_subquery().label("signed_by_seq"),
    )


_PLACED = _placing()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _cursor(row: VisitRow) -> Cursor:
    return str(row["opened_at"] or ""), row["visit_id"]
