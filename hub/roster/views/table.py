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
MOST_OFFERED = 300
"""People whom the form and the list to drag from offer; of more the form takes a name."""
At = tuple[str, str, str]
"""Day, shift, gate."""


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
    """Everything that the page of a week shows. `people`: of its rows; `offered`: who may be assigned, the first of them. `changes`: assignments that are drafts or taken off; `hours`: planned, by person."""

    days: tuple[str, ...]
    terms: Terms
    people: Mapping[str, StaffMember]
    offered: Sequence[StaffMember]
    tables: tuple[GateTable, ...]
    flags: tuple[Flag, ...]
    published: store.Published | None
    changes: int
    hours: Mapping[str, float]

    @property
    def many(self) -> bool:
        """Returns True if there are more people than a list offers: they are named instead."""
        return len(self.offered) > MOST_OFFERED

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
    offered = store.page(
        connection,
        town,
        store.StaffAsked(state="serving", day=max(days[0], wall_text(now)[:10])),
        after=None,
        limit=MOST_OFFERED + 1,
    )
    people = store.members(connection, town, {each.staff for each in rows})
    standing = [each for each in rows if not each.dropped]
    found = flags(terms, people, standing, frozenset(days), known)
    of_week = [each for each in rows if each.day in days]
    came = attendance(connection, town, [each for each in of_week if each.published], terms, people, known, now)
    every = store.terms(connection, town, removed=True)
    here = {each.shift for each in of_week} | {each.id for each in terms.shifts}
    drawing = _Drawing(days, [each for each in every.shifts if each.id in here], people, terms, now, zone)
    drawing.fill(of_week, found, came)
    tables = tuple(
        drawing.table(gate, gate_words(gate, known) or gettext("Leader on duty")) for gate in (LEADER, *shown)
    )
    changes = sum(each.dropped or not each.published for each in of_week)
    return Week(
        days, terms, people, offered, tables, tuple(each for each in found if not _is_over(each, every, now, zone)),
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


def flag_words(flag: Flag, known: dict[str, GateInfo], terms: Terms, people: Mapping[str, StaffMember]) -> str:
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


class _Drawing:
    """Makes the tables of one week. Flags and rows are looked up by their cell: a county's week has thousands of both."""

    def __init__(
        self, days: Sequence[str], shifts: Sequence[DutyShift], people: Mapping[str, StaffMember], terms: Terms,
        now: datetime, zone: tzinfo,
    ) -> None:  # fmt: skip
        self._days, self._shifts, self._people, self._terms = days, shifts, people, terms
        self._now, self._zone = now, zone
        self._gaps: dict[At, list[Flag]] = {}
        self._chips: dict[At, list[Chip]] = {}

    def fill(
        self, rows: Iterable[Assignment], found: Iterable[Flag], came: Mapping[tuple[str, str, str, str], Attendance]
    ) -> None:
        """Puts people and flags into their cells."""
        theirs: dict[tuple[At, str], list[Flag]] = {}
        for flag in found:
            if flag.staff:
                theirs.setdefault((flag.cell, flag.staff), []).append(flag)
            else:
                self._gaps.setdefault(flag.cell, []).append(flag)
        for each in rows:
            person = self._people.get(each.staff)
            name, role = (person.name, role_words(self._terms, person.role)) if person else (each.staff, "")
            flags_ = tuple(theirs.get((each.cell, each.staff), ()))
            chip = Chip(each, name, role, flags_, came.get((*each.cell, each.staff)))
            self._chips.setdefault(each.cell, []).append(chip)

    def table(self, gate: str, name: str) -> GateTable:
        """The table of one gate, or of the leaders."""
        rows = ((shift, tuple(self._cell(shift, day, gate) for day in self._days)) for shift in self._shifts)
        return GateTable(gate, name, tuple(rows))

    def _cell(self, shift: DutyShift, day: str, gate: str) -> Cell:
        starts, ends = shift.span(date.fromisoformat(day), self._zone)
        at = (day, shift.id, gate)
        over, goes_on = ends <= self._now, starts <= self._now < ends
        return Cell(*at, tuple(self._chips.get(at, ())), tuple(self._gaps.get(at, ())), over, goes_on)


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
