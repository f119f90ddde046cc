"""What a gate's screen shows of the roster: its shifts of the next days with whom the published roster has in them.

A name travels only of those who do not sign on at gates: the others stand in the policy. Tested in `tests/hub/roster/test_due.py`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from edge.contract.commands import Rostered, RosteredShift
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE
from hub.accounts import store as accounts
from hub.roster import store
from hub.roster.values import LEADER, Assignment, StaffMember, Terms

AHEAD = timedelta(hours=48)
"""A gate that is cut off for longer shows no roster any more."""
MOST_SHIFTS, MOST_PEOPLE = 100, 200


Shifts = tuple[RosteredShift, ...]


def rostered(connection: Connection, town: str, now: datetime) -> Mapping[str, Shifts] | None:
    """Each gate's shifts that are not over and begin within two days, of gates that have any; None in a town that has no shifts."""
    terms = store.terms(connection, town, removed=True)
    if not terms.shifts:
        return None
    rows = store.published_between(connection, town, wall_text(now), wall_text(now + AHEAD))
    people = store.members(connection, town, {each.staff for each in rows})
    known = {each.id for each in accounts.officers(connection)}
    persons = {staff: _person(person, terms, known) for staff, person in people.items()}
    leaders = {(each.day, each.shift): each.staff for each in rows if each.gate == LEADER}
    cells: dict[tuple[str, str, str], list[Assignment]] = {}
    for each in rows:
        if each.gate != LEADER:
            cells.setdefault(each.cell, []).append(each)
    found: dict[str, list[RosteredShift]] = {}
    for (day, id_, gate), theirs in cells.items():
        shift, leader = terms.shift(id_), persons.get(leaders.get((day, id_), ""))
        if shift is not None:
            staff = [persons[each.staff] for each in theirs if each.staff in persons]
            staff += [] if leader is None else [leader.model_copy(update={"leader": True})]
            here = RosteredShift(
                zh=shift.zh, en=shift.en, starts=theirs[0].starts, ends=theirs[0].ends, staff=tuple(staff[:MOST_PEOPLE])
            )
            found.setdefault(gate, []).append(here)
    return {
        gate: tuple(sorted(shifts, key=lambda each: (each.starts, each.ends))[:MOST_SHIFTS])
        for gate, shifts in found.items()
    }


def _person(person: StaffMember, terms: Terms, known: set[str]) -> Rostered:
    role = terms.role(person.role)
    officer = person.user if person.user in known else None
    return Rostered(
        officer=officer,
        name="" if officer else person.name[:LONGEST_LINE],
        role_zh=role.zh if role else "",
        role_en=role.en if role else "",
    )
