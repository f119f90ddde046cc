"""Marks runs by the visits of the ledger: for the last hours again and again, for days past when a visit of them comes late.

What stands in `runs` follows from plans and visits alone, so a look that is repeated changes nothing. `runs_looked` says up to which
entry visits were looked at, so that neither a restart nor a late upload is overlooked. Tested in `tests/hub/runs/test_derive.py`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome
from edge.contract.records import wall_text
from hub.database.schema import entries, runs_looked, visits
from hub.database.schema import runs as runs_table
from hub.database.statements import among, upsert
from hub.ledger.queries import last_entry
from hub.runs import store
from hub.runs.marks import LATEST, Crossing, Run, RunState, mark
from hub.runs.plan import Plan, moments
from hub.runs.store import Kept, Planned
from hub.values.stored import time_of

OLDEST = timedelta(days=31)
"""Of a late visit: runs that were due before that stay as they are."""
STORED = frozenset({RunState.DONE, RunState.LATE, RunState.MISSED})


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: the rows that differ from those that are kept, and up to which entry visits were looked at."""

    rows: tuple[Kept, ...]
    entry: int
    news: bool
    """True if the entry is another than the one that is kept."""

    def __bool__(self) -> bool:
        return self.news or bool(self.rows)


def look(connection: Connection, town: str, zone: tzinfo, now: datetime) -> Look:
    """Looks at every plan that held in the time that can have changed; writes nothing."""
    entry, before = last_entry(connection, town), _looked(connection, town)
    since = now - LATEST - timedelta(hours=1)
    touched = None if before is None else _earliest(connection, town, before, entry)
    if before is None or (touched is not None and touched < since):
        since = max(now - OLDEST, now - OLDEST if before is None else (touched or now) - LATEST)
    plans = store.plans(connection, town, since=wall_text(since))
    rows = [row for each in plans for row in _differing(connection, town, each, since, zone, now)]
    return Look(tuple(rows), entry, bool(plans) and entry != before)


def write(connection: Connection, town: str, found: Look) -> None:
    """Writes what a look found."""
    if found.rows:
        upsert(connection, runs_table, [{"town": town, **asdict(row)} for row in found.rows])
    upsert(connection, runs_looked, [{"town": town, "entry": found.entry}])


def runs_of(
    connection: Connection, town: str, planned: Planned, start: datetime, end: datetime, zone: tzinfo, now: datetime
) -> list[Run]:
    """The runs of a plan that are due from one time until before another, as the visits that are known mark them."""
    begin, stop = time_of(planned.starts_at), time_of(planned.stopped_at)
    start = max(start, begin) if begin else start
    end = min(end, stop) if stop else end
    if start >= end:
        return []
    due = moments(planned.plan, start, end + LATEST + timedelta(days=7), zone)
    here = [each for each in due if each < end]
    # the next one ends the window of the last: where there is none, a crossing counts for as long as it can
    due = [*here, *due[len(here) : len(here) + 1]] if len(due) > len(here) else [*here, end + 2 * LATEST]
    if not here:
        return []
    found = _crossings(connection, town, planned.plan, here[0] - planned.plan.tolerance, here[-1] + 2 * LATEST)
    return list(mark(planned.plan, due, found, now))


def _differing(
    connection: Connection, town: str, planned: Planned, since: datetime, zone: tzinfo, now: datetime
) -> list[Kept]:
    end = now + timedelta(hours=12)
    due = [each for each in runs_of(connection, town, planned, since, end, zone, now) if each.state in STORED]
    kept = {each.due_at: each for each in store.kept(connection, town, [planned.id], wall_text(since), wall_text(end))}
    found = (row_of(planned.id, each) for each in due)
    return [row for row in found if kept.get(row.due_at) != row]


def row_of(plan: str, run: Run) -> Kept:
    """A run as it is kept."""
    by, back = run.by, run.back
    return Kept(
        plan,
        wall_text(run.due),
        run.state.value,
        *((by.visit, by.gate, wall_text(by.at), by.known_at) if by else (None, None, None, None)),
        *((back.visit, wall_text(back.at)) if back else (None, None)),
    )


def _looked(connection: Connection, town: str) -> int | None:
    return connection.execute(select(runs_looked.c.entry).where(runs_looked.c.town == town)).scalar()


def _earliest(connection: Connection, town: str, after: int, upto: int) -> datetime | None:
    """When the earliest of the visits came that new entries are about."""
    if after >= upto:
        return None
    # by ids: an expression that the index by gates does not have
    place = (entries.c.town + "" == town, entries.c.id > after, entries.c.id <= upto)
    of_visit = and_(visits.c.visit_id == entries.c.visit, visits.c.town == entries.c.town)
    query = select(func.min(visits.c.opened_at)).select_from(entries.join(visits, of_visit)).where(*place)
    return time_of(connection.execute(query).scalar())


def _crossings(connection: Connection, town: str, plan: Plan, start: datetime, end: datetime) -> list[Crossing]:
    query = (
        select(
            visits.c.visit_id, visits.c.gate, visits.c.plate, visits.c.pass_id, visits.c.direction, visits.c.opened_at,
            visits.c.received_at,
        )
        .where(
            visits.c.town == town,
            visits.c.opened_at >= wall_text(start),
            visits.c.opened_at <= wall_text(end),
            visits.c.outcome == Outcome.PASSED.value,
            or_(*_vehicles(plan)),
        )
        .order_by(visits.c.opened_at, visits.c.visit_id)
    )  # fmt: skip
    return [
        Crossing(
            row.visit_id, row.gate, row.plate or row.pass_id or row.visit_id, row.direction or "", at, row.received_at
        )
        for row in connection.execute(query)
        if (at := time_of(row.opened_at)) is not None
    ]


def _vehicles(plan: Plan) -> Sequence[ColumnElement[bool]]:
    found = [visits.c.vehicle_class == plan.vehicle_class] if plan.vehicle_class else []
    found += [among(visits.c.plate, plan.plates)] if plan.plates else []
    return found + ([among(visits.c.pass_id, plan.passes)] if plan.passes else [])
