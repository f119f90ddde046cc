"""The week of the gates as a table: for each gate its shifts, for each shift seven cells with people, flags and what became of them.

Tested in `tests/hub/roster/test_views.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from flask_babel import gettext
from sqlalchemy.engine import Connection

from edge.contract.policy import GateInfo
from edge.contract.records import wall_text
from hub.console.labels import label
from hub.roster import served, store
from hub.roster.attendance import Attendance, compared, span_of
from hub.roster.flags import Flag, FlagKind, flags
from hub.roster.values import LEADER, Assignment, DutyShift, StaffMember, Terms, days_of
from hub.roster.views.blueprint import gate_words, role_words, shift_words

GATES_A_PAGE = 8


@dataclass(frozen=True, slots=True)
class Chip:
    """Somebody in a cell."""

    assignment: Assignment
    name: str
    role: str
    flags: tuple[Flag, ...]
    attendance: Attendance | None

    @property
    def value(self) -> str:
        """What a button says of it."""
        return "/".join((*self.assignment.cell, self.assignment.staff))


@dataclass(frozen=True, slots=True)
class Cell:
    """A shift of a day at a gate. `gaps`: flags of the cell itself; `over`: nothing can be changed any more."""

    day: str
    shift: str
    gate: str
    chips: tuple[Chip, ...]
    gaps: tuple[Flag, ...]
    over: bool
    now: bool

    @property
    def anchor(self) -> str:
        """The cell's id on the page."""
        return f"c-{self.day}-{self.shift}-{self.gate}"


@dataclass(frozen=True, slots=True)
class GateTable:
    """A gate's week (or the leaders'): a row for each shift."""

    gate: str
    name: str
    rows: tuple[tuple[DutyShift, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Everything that the page of a week shows. `changes`: assignments that are drafts or taken off; `hours`: planned, by person."""

    days: tuple[str, ...]
    terms: Terms
    people: Mapping[str, StaffMember]
    tables: tuple[GateTable, ...]
    flags: tuple[Flag, ...]
    published: store.Published | None
    changes: int
    hours: Mapping[str, float]

    @property
    def shifts(self) -> dict[str, str]:
        """Each shift's name and times."""
        return {each.id: f"{shift_words(each)} {each.times}" for each in self.terms.shifts}


def week_of_gates(
    connection: Connection,
    town: str,
    monday: date,
    known: dict[str, GateInfo],
    shown: Sequence[str],
    now: datetime,
    zone: tzinfo,
) -> Week:
    """The week as it would be published now, with those gates' tables; flags are of all gates."""
    days = days_of(monday)
    around = (monday - timedelta(days=3)).isoformat(), (monday + timedelta(days=9)).isoformat()
    terms = store.terms(connection, town)
    rows = store.assignments(connection, town, *around)
    people = store.members(connection, town)
    standing = [each for each in rows if not each.dropped]
    found = flags(terms, people, standing, frozenset(days), known)
    of_week = [each for each in rows if each.day in days]
    came = attendance(connection, town, [each for each in of_week if each.published], terms, people, known, now)
    every = store.terms(connection, town, removed=True)
    here = {each.shift for each in of_week} | {each.id for each in terms.shifts}
    shifts = [each for each in every.shifts if each.id in here]
    tables = tuple(
        _table(
            gate,
            gate_words(gate, known) or gettext("Leader on duty"),
            shifts,
            days,
            of_week,
            people,
            terms,
            found,
            came,
            now,
            zone,
        )
        for gate in (LEADER, *shown)
    )
    changes = sum(each.dropped or not each.published for each in of_week)
    return Week(
        days, terms, people, tables, tuple(each for each in found if not _is_over(each, every, now, zone)),
        store.week(connection, town, days[0]), changes, _hours(standing, days),
    )  # fmt: skip


def attendance(
    connection: Connection,
    town: str,
    rows: Sequence[Assignment],
    terms: Terms,
    people: Mapping[str, StaffMember],
    known: Iterable[str],
    now: datetime,
) -> dict[tuple[str, str, str, str], Attendance]:
    """What became of the published assignments that have begun, by day, shift, gate and person."""
    at = wall_text(now)
    begun = [each for each in rows if each.starts <= at]
    if not begun:
        return {}
    first, last = min(each.starts for each in begun), max(each.ends for each in begun)
    times = served.between(connection, town, first, min(last, wall_text(now + timedelta(seconds=1))), known)
    noted = store.presences(connection, town, first, last)
    return {
        (*each.assignment.cell, each.assignment.staff): each
        for each in compared(begun, people, times, noted, terms.rules, now)
    }


def flag_words(
    flag: Flag, week: Week | None, known: dict[str, GateInfo], terms: Terms, people: Mapping[str, StaffMember]
) -> str:
    """A flag in words: who, how many, how long."""
    name = people[flag.staff].name if flag.staff in people else flag.staff
    match flag.kind:
        case FlagKind.GAP:
            who = role_words(terms, flag.role) or gettext("People")
            return str(gettext("%(role)s: %(have)s of %(least)s", role=who, have=flag.have, least=flag.least))
        case FlagKind.DOUBLE if flag.other is not None:
            return str(
                gettext("%(name)s is at %(gate)s at the same time", name=name, gate=gate_words(flag.other[2], known))
            )
        case FlagKind.REST:
            return str(gettext("%(name)s has %(hours)s h of rest before it", name=name, hours=f"{flag.hours:g}"))
        case FlagKind.AWAY:
            return str(gettext("%(name)s is away: %(why)s", name=name, why=label("away_why", flag.why)))
        case FlagKind.NO_LEADER:
            return str(label("roster_flag", flag.kind.value))
        case _:
            return f"{name}: {label('roster_flag', flag.kind.value)}"


def _table(
    gate: str, name: str, shifts: Sequence[DutyShift], days: Sequence[str], rows: Sequence[Assignment],
    people: Mapping[str, StaffMember], terms: Terms, found: Sequence[Flag],
    came: Mapping[tuple[str, str, str, str], Attendance], now: datetime, zone: tzinfo,
) -> GateTable:  # fmt: skip
    chips: dict[tuple[str, str, str], list[Chip]] = {}
    for each in rows:
        if each.gate == gate:
            person = people.get(each.staff)
            theirs = tuple(flag for flag in found if flag.cell == each.cell and flag.staff == each.staff)
            role = "" if person is None else role_words(terms, person.role)
            chip = Chip(each, person.name if person else each.staff, role, theirs, came.get((*each.cell, each.staff)))
            chips.setdefault(each.cell, []).append(chip)

    def cell(shift: DutyShift, day: str) -> Cell:
        starts, ends = shift.span(date.fromisoformat(day), zone)
        at = (day, shift.id, gate)
        gaps = tuple(flag for flag in found if flag.cell == at and not flag.staff)
        return Cell(*at, tuple(chips.get(at, ())), gaps, ends <= now, starts <= now < ends)

    return GateTable(gate, name, tuple((shift, tuple(cell(shift, day) for day in days)) for shift in shifts))


def _is_over(flag: Flag, terms: Terms, now: datetime, zone: tzinfo) -> bool:
    shift = terms.shift(flag.shift)
    return shift is not None and shift.span(date.fromisoformat(flag.day), zone)[1] <= now


def _hours(rows: Iterable[Assignment], days: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in rows:
        span = span_of(each.starts, each.ends)
        if each.day in days and each.gate != LEADER and span is not None:
            found[each.staff] = found.get(each.staff, 0.0) + (span[1] - span[0]).total_seconds() / 3600
    return found
