"""What is wrong with a roster before its shifts begin: gaps, no leader, somebody twice at once, too little rest, somebody who is away.

Pure; tested in `tests/hub/roster/test_flags.py`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hub.roster.values import ANYBODY, LEADER, Assignment, StaffMember, Terms
from hub.values.stored import time_of

Cell = tuple[str, str, str]
"""Day, shift, gate."""


class FlagKind(StrEnum):
    """The kinds of flags, the worst first."""

    GAP = "gap"
    """Fewer people of a role than the shift needs at the gate."""
    NO_LEADER = "no_leader"
    """Nobody leads the shift."""
    DOUBLE = "double"
    """Somebody is at two gates at once."""
    REST = "rest"
    """Somebody has less rest before the shift than the town allows."""
    AWAY = "away"
    """Somebody is rostered who is away on that day."""
    ENDED = "ended"
    """Somebody is rostered who does not belong to the duty staff on that day."""
    ELSEWHERE = "elsewhere"
    """Somebody is rostered at a gate at which that person may not serve."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. `have` of `least` people of `role` (of a gap); `staff` and `other`, the shift that it collides with; `hours` of rest."""

    kind: FlagKind
    day: str
    shift: str
    gate: str
    role: str = ANYBODY
    have: int = 0
    least: int = 0
    staff: str = ""
    other: Cell | None = None
    hours: float = 0.0
    why: str = ""

    @property
    def cell(self) -> Cell:
        """Where the flag stands in the table."""
        return self.day, self.shift, self.gate


def flags(
    terms: Terms,
    people: Mapping[str, StaffMember],
    rows: Sequence[Assignment],
    days: Collection[str],
    gates: Iterable[str],
) -> list[Flag]:
    """Every flag of these days in order of day, shift and gate. `rows`: who is to serve, with the days around, for doubles and rest."""
    found = [*_of_people(terms, people, rows), *_of_cells(terms, people, rows, days, gates)]
    order = {each.id: place for place, each in enumerate(terms.shifts)}
    ranks = {kind: rank for rank, kind in enumerate(FlagKind)}
    return sorted(
        (each for each in found if each.day in days),
        key=lambda each: (each.day, order.get(each.shift, -1), each.gate, ranks[each.kind], each.role, each.staff),
    )


def counting(people: Mapping[str, StaffMember], rows: Iterable[Assignment]) -> Iterator[StaffMember]:
    """Those of a cell's people who can come: nobody who is away, or has left."""
    for each in rows:
        person = people.get(each.staff)
        if person is not None and person.serves(each.day) and person.away(each.day) is None:
            yield person


def _of_cells(
    terms: Terms,
    people: Mapping[str, StaffMember],
    rows: Iterable[Assignment],
    days: Iterable[str],
    gates: Iterable[str],
) -> Iterator[Flag]:
    cells: dict[Cell, list[Assignment]] = {}
    for each in rows:
        cells.setdefault(each.cell, []).append(each)
    here = set(gates)
    for day in days:
        for need in terms.manning:
            if need.gate not in here or terms.shift(need.shift) is None:
                continue
            there = list(counting(people, cells.get((day, need.shift, need.gate), ())))
            have = len(there) if need.role == ANYBODY else sum(each.role == need.role for each in there)
            if have < need.least:
                yield Flag(FlagKind.GAP, day, need.shift, need.gate, need.role, have, need.least)
        if terms.rules.leader:
            for shift in terms.shifts:
                if not list(counting(people, cells.get((day, shift.id, LEADER), ()))):
                    yield Flag(FlagKind.NO_LEADER, day, shift.id, LEADER)


def _of_people(terms: Terms, people: Mapping[str, StaffMember], rows: Iterable[Assignment]) -> Iterator[Flag]:
    of_person: dict[str, list[Assignment]] = {}
    for each in rows:
        of_person.setdefault(each.staff, []).append(each)
    for staff, theirs in of_person.items():
        person = people.get(staff)
        for each in theirs:
            yield from _of_day(person, each)
        yield from _between(theirs, timedelta(hours=terms.rules.rest_hours))


def _of_day(person: StaffMember | None, each: Assignment) -> Iterator[Flag]:
    at = (each.day, each.shift, each.gate)
    if person is None or not person.serves(each.day):
        yield Flag(FlagKind.ENDED, *at, staff=each.staff)
        return
    absence = person.away(each.day)
    if absence is not None:
        yield Flag(FlagKind.AWAY, *at, staff=each.staff, why=absence.why)
    if not person.may_serve(each.gate):
        yield Flag(FlagKind.ELSEWHERE, *at, staff=each.staff)


def _between(theirs: Iterable[Assignment], rest: timedelta) -> Iterator[Flag]:
    """Doubles and too little rest of one person: each shift against the one before that ends last."""
    before: tuple[Assignment, datetime] | None = None
    for each in sorted(theirs, key=lambda one: (one.starts, one.ends, one.gate)):
        starts, ends = time_of(each.starts), time_of(each.ends)
        if starts is None or ends is None:
            continue
        if before is not None:
            last, ended = before
            if starts < ended:
                # who leads a shift may stand at a gate in it
                if LEADER not in (each.gate, last.gate):
                    yield Flag(FlagKind.DOUBLE, *last.cell, staff=each.staff, other=each.cell)
                    yield Flag(FlagKind.DOUBLE, *each.cell, staff=each.staff, other=last.cell)
            elif starts - ended < rest:
                hours = (starts - ended).total_seconds() / 3600
                yield Flag(FlagKind.REST, *each.cell, staff=each.staff, other=last.cell, hours=hours)
        if before is None or ends >= before[1]:
            before = each, ends
