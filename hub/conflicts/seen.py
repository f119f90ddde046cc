"""What conflicts are judged by: visits as rows of the ledger's projection -> `Seen`; ended passes, watched plates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select
from sqlalchemy.engine import Connection

from edge.contract.messages import Policy, Watched
from edge.contract.reasons import Direction
from edge.contract.records import Clock, Outcome, parse_wall, wall_text
from hub.conflicts.rules import Seen, What
from hub.database import chunks, conflicts, inside, pass_keys, passes, visits, watched

_OF_VISITS = (
    visits.c.visit_id, visits.c.plate, visits.c.pass_id, visits.c.gate, visits.c.direction, visits.c.opened_at,
    visits.c.closed_at, visits.c.outcome, visits.c.clock, visits.c.vehicle_class, visits.c.reason,
)  # fmt: skip
"""All that `Seen` needs: every record that comes in is judged, and a visit has four times as many columns."""


def at_gates(connection: Connection, town: str, visit_ids: Sequence[str]) -> list[Seen]:
    """These visits, as far as the hub knows when they began."""
    found = []
    for some in chunks(visit_ids):
        query = select(*_OF_VISITS).where(
            visits.c.town == town, visits.c.visit_id.in_(some), visits.c.opened_at.is_not(None)
        )
        found += [_seen(row) for row in connection.execute(query)]
    return found


def passages(
    connection: Connection, town: str, *, plates: Sequence[str], pass_ids: Sequence[str], start: datetime, end: datetime
) -> dict[str, list[Seen]]:
    """By vehicle, in order of time: every passage of these plates between two moments, and of these passes where no plate is known."""
    no_plate = or_(visits.c.plate.is_(None), visits.c.plate == "")
    which: list[ColumnElement[bool]] = [visits.c.plate.in_(some) for some in chunks(plates)]
    which += [no_plate & visits.c.pass_id.in_(some) for some in chunks(pass_ids)]
    found: dict[str, list[Seen]] = {}
    for condition in which:
        query = select(*_OF_VISITS).where(
            visits.c.town == town,
            condition,
            visits.c.outcome == Outcome.PASSED,
            visits.c.opened_at.is_not(None),
            visits.c.closed_at.between(wall_text(start), wall_text(end)),
        )
        for row in connection.execute(query.order_by(visits.c.closed_at, visits.c.visit_id)):
            found.setdefault(row.plate or row.pass_id, []).append(_seen(row))
    return found


def ended(connection: Connection, town: str, pass_ids: Sequence[str]) -> dict[str, datetime]:
    """Since when each of these passes counts no longer, if it does not: revoked or blocked itself, or its key revoked."""
    found: dict[str, datetime] = {}
    for some in chunks(pass_ids):
        key_ended = select(func.min(pass_keys.c.revoked_at)).where(
            pass_keys.c.town == town, pass_keys.c.kid == passes.c.kid
        )
        query = select(passes.c.id, passes.c.revoked_at, passes.c.blocked_at, key_ended.scalar_subquery().label("key"))
        for row in connection.execute(query.where(passes.c.town == town, passes.c.id.in_(some))):
            times = [text for text in (row.revoked_at, row.blocked_at, row.key) if text]
            if times:
                found[row.id] = parse_wall(min(times))
    return found


def watched_plates(connection: Connection, town: str, plates: Sequence[str]) -> dict[str, tuple[Watched, datetime]]:
    """Those of these plates that are watched, and since when."""
    found = {}
    for some in chunks(plates):
        query = select(watched).where(watched.c.town == town, watched.c.plate.in_(some))
        for row in connection.execute(query):
            on = Watched(plate=row.plate, deny_in=row.deny_in, deny_out=row.deny_out, notify=row.notify, why=row.why)
            found[row.plate] = (on, parse_wall(row.added_at))
    return found


def overdue(connection: Connection, town: str, policy: Policy, now: datetime, limit: int) -> list[str]:
    """The entry visits of vehicles inside for longer than their class may be, of which no conflict tells yet."""
    limits = {each.id: each.transit_minutes for each in policy.classes if each.transit_minutes is not None}
    if not limits:
        return []
    latest = {
        id_: wall_text(datetime.fromtimestamp(now.timestamp() - 60 * minutes, now.tzinfo))
        for id_, minutes in limits.items()
    }
    told = select(conflicts.c.visit).where(conflicts.c.town == town, conflicts.c.what == What.OVERSTAY)
    query = (
        select(inside.c.visit_id)
        .where(
            inside.c.town == town,
            inside.c.since < case(latest, value=inside.c.vehicle_class, else_=""),
            inside.c.visit_id.not_in(told),
        )
        .order_by(inside.c.since)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def _seen(row: Row[Any]) -> Seen:
    visit, plate, pass_id, gate, direction, opened_at, closed_at, outcome, clock, vehicle_class, reason = row
    return Seen(
        visit=visit,
        plate=plate or None,
        pass_id=pass_id or None,
        gate=gate,
        direction=Direction(direction),
        arrived=parse_wall(opened_at),
        passed=parse_wall(closed_at) if outcome == Outcome.PASSED else None,
        clock=Clock(clock),
        vehicle_class=vehicle_class,
        reason=reason,
    )
