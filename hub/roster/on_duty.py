"""Who was on duty at a gate at a moment: who was signed on, whom the roster had, who led the shift, what was noted by hand.

Tested in `tests/hub/roster/test_on_duty.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.roster import served, store
from hub.roster.served import Served
from hub.roster.values import LEADER, Assignment, StaffMember


@dataclass(frozen=True, slots=True)
class OnDuty:
    """What the hub knows of a gate and a moment. `signed_on` None: nobody, as far as records have come; `rostered`: with the shift."""

    gate: str
    signed_on: Served | None
    rostered: tuple[tuple[Assignment, StaffMember], ...]
    leader: StaffMember | None
    present: tuple[StaffMember, ...]
    """Of whom somebody noted by hand that they were there."""


def at(connection: Connection, town: str, gate: str, moment: datetime) -> OnDuty:
    """Who was on duty there and then."""
    text, after = wall_text(moment), wall_text(moment + timedelta(milliseconds=1))
    times = served.between(connection, town, text, after, [gate])
    rows = [each for each in store.published_between(connection, town, text, after) if each.starts <= text]
    noted = [
        each.staff
        for each in store.presences(connection, town, text, after)
        if each.gate == gate and each.came_at <= text and (each.left_at is None or text < each.left_at)
    ]
    people = store.members(connection, town, {*(each.staff for each in rows), *noted})
    here = tuple((each, people[each.staff]) for each in rows if each.gate == gate and each.staff in people)
    leader = next((people[each.staff] for each in rows if each.gate == LEADER and each.staff in people), None)
    return OnDuty(
        gate,
        next((each for each in times if each.covers(text)), None),
        here,
        leader,
        tuple(people[each] for each in noted if each in people),
    )
