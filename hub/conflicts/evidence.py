"""Reads the facts by which conflicts are judged: visits as rows of the ledger's projection -> `Passage`; ended passes, watched plates.

Tested in `tests/hub/conflicts/test_store.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, case, func, select, text
from sqlalchemy.engine import Connection

from edge.contract.facts import ClockTrust, Outcome
from edge.contract.messages import Watched
from edge.contract.policy import Policy
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE
from hub.conflicts.rules import Passage, What
from hub.database.schema import conflicts, inside, pass_keys, passes, undone, visits, watched
from hub.database.statements import Often, among_named, as_array
from hub.ledger.projections.visit_row import Row
from hub.values.stored import EPOCH, time_of

_OF_VISITS = (
    visits.c.visit_id, visits.c.plate, visits.c.pass_id, visits.c.gate, visits.c.direction, visits.c.opened_at,
    visits.c.closed_at, visits.c.outcome, visits.c.clock, visits.c.vehicle_class, visits.c.reason,
)  # fmt: skip
"""All that a `Passage` needs: every record that comes in is judged, and a visit has four times as many columns."""
_columns = itemgetter(*(column.name for column in _OF_VISITS))

PASSAGES = select(*_OF_VISITS).where(
    visits.c.town == bindparam("town"),
    visits.c.outcome == Outcome.PASSED.value,
    # spelled so that no index by it is chosen
    func.coalesce(visits.c.opened_at, "") != "",
)
"""Every visit that ended with its vehicle driving through, as `neighbour` reads it."""
NO_PLATE = text("coalesce(visits.plate, '') = ''")
"""As the index `visits_bare` has it; spelled with OR, every visit without a plate would be looked at."""
_KEY_ENDED = (
    select(func.min(pass_keys.c.revoked_at))
    .where(pass_keys.c.town == bindparam("town"), pass_keys.c.kid == passes.c.kid)
    .scalar_subquery()
)
_ENDED = Often(
    select(passes.c.id, passes.c.revoked_at, passes.c.blocked_at, _KEY_ENDED).where(
        passes.c.town == bindparam("town"), among_named(passes.c.id, "ids")
    )
)
_WATCHED = Often(select(watched).where(watched.c.town == bindparam("town"), among_named(watched.c.plate, "plates")))


def seen(rows: Iterable[Row]) -> list[Passage]:
    """Of rows of `visits`, those that the hub knows to have begun; `ValueError` for one whose time is none."""
    return [_seen(_columns(row)) for row in rows if row["opened_at"] is not None]


def neighbour(row: Sequence[Any]) -> Passage | None:
    """A row of `PASSAGES`; None for one that cannot be judged: it is named when it is itself to be judged."""
    try:
        return _seen(row)
    except ValueError:
        return None


def ended(connection: Connection, town: str, pass_ids: Sequence[str]) -> dict[str, datetime]:
    """Since when each of these passes counts no longer, if it does not: revoked or blocked itself, or its key revoked."""
    if not pass_ids:
        return {}
    found: dict[str, datetime] = {}
    for id_, *ends in _ENDED(connection, town=town, ids=as_array(pass_ids)):
        # an end whose time is none is an end since ever
        times = [time_of(text) or EPOCH for text in ends if text]
        if times:
            found[id_] = min(times)
    return found


def watched_plates(connection: Connection, town: str, plates: Sequence[str]) -> dict[str, tuple[Watched, datetime]]:
    """The watched ones among these plates, and since when each is watched."""
    if not plates:
        return {}
    found = {}
    for row in _WATCHED(connection, town=town, plates=as_array(plates)):
        on = Watched(
            plate=row.plate,
            deny_in=bool(row.deny_in),
            deny_out=bool(row.deny_out),
            notify=bool(row.notify),
            why=row.why[:LONGEST_LINE],
        )
        found[row.plate] = (on, time_of(row.added_at) or EPOCH)
    return found


def overdue(connection: Connection, town: str, policy: Policy, now: datetime, limit: int) -> list[Row]:
    """The rows of the entry visits of vehicles inside for longer than their class may be, for which there is no conflict yet."""
    limits = {each.id: each.transit_minutes for each in policy.classes if each.transit_minutes is not None}
    if not limits:
        return []
    latest = {
        id_: wall_text(datetime.fromtimestamp(now.timestamp() - 60 * minutes, now.tzinfo))
        for id_, minutes in limits.items()
    }
    told = select(conflicts.c.visit).where(conflicts.c.town == town, conflicts.c.what == What.OVERSTAY)
    failed = select(undone.c.object).where(undone.c.town == town, undone.c.what == "judged")
    query = (
        select(visits)
        .join(inside, inside.c.visit_id == visits.c.visit_id)
        .where(
            inside.c.town == town,
            inside.c.since < case(latest, value=inside.c.vehicle_class, else_=""),
            inside.c.visit_id.not_in(told),
            inside.c.visit_id.not_in(failed),
        )
        .order_by(inside.c.since)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


_DIRECTIONS = {each.value: each for each in Direction}
# whatever else a clock says of itself, its time proves nothing
_CLOCKS = {each.value: each for each in ClockTrust}
_PASSED = Outcome.PASSED.value


def _seen(row: Sequence[Any]) -> Passage:
    visit, plate, pass_id, gate, direction, opened_at, closed_at, outcome, clock, vehicle_class, reason = row
    way = _DIRECTIONS.get(direction)
    through = outcome == _PASSED and way is not None
    return Passage(
        visit, plate or None, pass_id or None, gate, way or Direction.IN, _time(visit, opened_at),
        _time(visit, closed_at) if through else None, _CLOCKS.get(clock, ClockTrust.UNSYNCED), vehicle_class, reason,
    )  # fmt: skip


def _time(visit: str, text: object) -> datetime:
    found = time_of(text)
    if found is None:
        raise ValueError(f"visit {visit}: its time is none")
    return found


def rows_of(connection: Connection, town: str, ids: Sequence[str]) -> list[Row]:
    """The rows of these visits."""
    query = select(visits).where(visits.c.town == town, visits.c.visit_id.in_(ids))
    return [dict(row) for row in connection.execute(query).mappings()]
