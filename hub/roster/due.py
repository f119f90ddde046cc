"""What of the published roster calls for somebody now: a gap in a shift that begins soon, a shift that began with nobody signed on.

Tested in `tests/hub/roster/test_due.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.roster import served, store
from hub.roster.flags import Flag, FlagKind, flags
from hub.roster.values import LEADER, DutyShift, Terms
from hub.values.stored import time_of

GAPS = (FlagKind.GAP, FlagKind.NO_LEADER)


@dataclass(frozen=True, slots=True)
class Unattended:
    """A gate at which nobody has signed on since a shift began."""

    gate: str
    day: str
    shift: DutyShift
    starts: datetime
    rostered: int


def gaps_ahead(
    connection: Connection, town: str, gates: Iterable[str], now: datetime, zone: tzinfo
) -> list[tuple[Flag, Terms]]:
    """The gaps of shifts that go on, or begin within the town's lead time, by the published roster."""
    terms = store.terms(connection, town)
    if not terms.shifts or not (terms.manning or terms.rules.leader):
        return []
    horizon = now + timedelta(hours=terms.rules.lead_hours)
    days = _days(now, horizon, zone)
    rows = [each for each in store.assignments(connection, town, days[0], days[-1]) if each.published]
    people = store.members(connection, town, {each.staff for each in rows})
    found = []
    for flag in flags(terms, people, rows, days, gates):
        shift = terms.shift(flag.shift)
        if flag.kind in GAPS and shift is not None:
            starts, ends = shift.span(date.fromisoformat(flag.day), zone)
            if starts <= horizon and ends > now:
                found.append((flag, terms))
    return found


def unattended(
    connection: Connection, town: str, gates: Iterable[str], now: datetime, zone: tzinfo
) -> list[Unattended]:
    """The gates at which nobody has signed on in the shift that goes on, though the town's minutes of grace are over."""
    terms = store.terms(connection, town)
    grace = timedelta(minutes=terms.rules.absent_minutes)
    known = set(gates)
    found = []
    for shift in terms.shifts:
        for day in _days(now - timedelta(days=1), now, zone):
            starts, ends = shift.span(date.fromisoformat(day), zone)
            if not starts + grace <= now < ends:
                continue
            rows = [each for each in store.assignments(connection, town, day, day) if each.published]
            of_gate = {
                gate: sum(each.gate == gate and each.shift == shift.id for each in rows)
                for gate in {each.gate for each in rows if each.shift == shift.id}
            }
            needed = {each.gate for each in terms.manning if each.shift == shift.id and each.least}
            for gate in sorted((of_gate.keys() | needed) & known - {LEADER}):
                if _nobody(connection, town, gate, starts + grace, now):
                    found.append(Unattended(gate, day, shift, starts, of_gate.get(gate, 0)))
    return found


def _nobody(connection: Connection, town: str, gate: str, after: datetime, now: datetime) -> bool:
    """Returns True if nobody was signed on at a gate after a moment."""
    times = served.between(connection, town, wall_text(after), wall_text(now + timedelta(seconds=1)), [gate])
    return not any(each.end is None or (time_of(each.end) or now) > after for each in times)


def _days(first: datetime, last: datetime, zone: tzinfo) -> tuple[str, ...]:
    """The local days from the one before a moment to that of another: shifts may go over midnight."""
    day, end = first.astimezone(zone).date() - timedelta(days=1), last.astimezone(zone).date()
    return tuple((day + timedelta(days=n)).isoformat() for n in range((end - day).days + 1))
