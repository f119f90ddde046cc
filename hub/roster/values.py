"""The values that a roster is made of: people, roles, shifts with their times on the clock, assignments, the town's rules.

Tested in `tests/hub/roster/test_values.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

from edge.contract.records import wall_text
from hub.errors import RefusedError

LEADER = ""
"""In the place of a gate: the leader on duty of a shift, for the whole town."""
ANYBODY = ""
"""In the place of a role: people of whichever role."""
WHYS = ("leave", "ill", "training", "other")
"""Why somebody is away."""
DAY = 24 * 60
"""Minutes."""
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class DutyRole:
    """What somebody does at a gate, as the town names it: police, medical, volunteer …"""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class DutyShift:
    """A shift of the town's gates by the local clock (`starts`, `ends`: `08:00`). One that does not end after it starts goes over midnight."""

    id: str
    zh: str
    en: str
    starts: str
    ends: str

    @property
    def times(self) -> str:
        """Its times as people write them."""
        return f"{self.starts}–{self.ends}"

    def span(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        """When the shift that begins on this day begins and ends."""
        first, last = time.fromisoformat(self.starts), time.fromisoformat(self.ends)
        end = day if last > first else day + timedelta(days=1)
        return datetime.combine(day, first, zone), datetime.combine(end, last, zone)

    def overlaps(self, other: "DutyShift") -> bool:
        """Returns True if both cover a common minute of some day."""
        (a, b), (c, d) = _minutes(self), _minutes(other)
        return any(a < d + turn and c + turn < b for turn in (-DAY, 0, DAY))


def _minutes(shift: DutyShift) -> tuple[int, int]:
    first, last = (int(each[:2]) * 60 + int(each[3:]) for each in (shift.starts, shift.ends))
    return first, last if last > first else last + DAY


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away, the last one included."""

    id: int
    staff: str
    since: str
    until: str
    why: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who serves at gates. `user`: who signs on there under this name; `gates` None: at all of them. Days as ISO 8601 has them."""

    id: str
    name: str
    phone: str | None
    unit: str | None
    role: str | None
    user: str | None
    gates: tuple[str, ...] | None
    since: str
    until: str | None
    version: int = 1
    absences: tuple[Absence, ...] = field(default=())

    def serves(self, day: str) -> bool:
        """Returns True if the person belongs to the duty staff on this day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def away(self, day: str) -> Absence | None:
        """Why the person is away on this day; None if nothing is known of it."""
        return next((each for each in self.absences if each.since <= day <= each.until), None)

    def may_serve(self, gate: str) -> bool:
        """Returns True if the person may serve at this gate; a leader on duty serves at none."""
        return gate == LEADER or self.gates is None or gate in self.gates


@dataclass(frozen=True, slots=True)
class RosterRules:
    """What the town set: least rest between two shifts, what counts as late, when an empty gate and a gap ahead become alerts."""

    rest_hours: float = 8.0
    late_minutes: int = 10
    absent_minutes: int = 15
    lead_hours: int = 12
    leader: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody who is to serve: on which day, in which shift, at which gate (or as `LEADER`); when that begins and ends, as records spell it.

    `published`: gates and alerts know it. `dropped`: taken off since, which counts once the week is published anew.
    """

    day: str
    shift: str
    gate: str
    staff: str
    starts: str
    ends: str
    published: bool = False
    dropped: bool = False

    @property
    def cell(self) -> tuple[str, str, str]:
        """Day, shift, gate."""
        return self.day, self.shift, self.gate


@dataclass(frozen=True, slots=True)
class Manning:
    """How many people of a role (or `ANYBODY`) a shift needs at a gate at least."""

    gate: str
    shift: str
    role: str
    least: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the town named and set: its shifts in order of their beginning, its roles, its least manning, its rules."""

    shifts: tuple[DutyShift, ...]
    roles: tuple[DutyRole, ...]
    manning: tuple[Manning, ...]
    rules: RosterRules

    def shift(self, id_: str) -> DutyShift | None:
        """The shift with this id."""
        return next((each for each in self.shifts if each.id == id_), None)

    def role(self, id_: str | None) -> DutyRole | None:
        """The role with this id."""
        return next((each for each in self.roles if each.id == id_), None)


def day_of(text: str) -> date:
    """The day that a text says (`2026-03-01`), within years that any database holds; `RefusedError` for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if len(text) != 10 or not 1971 <= found.year <= 2199:
        raise RefusedError("day %(text)r: expected a day such as 2026-03-01", text=text[:40])
    return found


def clock_of(text: str) -> str:
    """A time on the clock, `8:00` or `08:00`; `RefusedError` for anything else."""
    found = _CLOCK.fullmatch(text.strip().replace("：", ":"))
    if found is not None:
        return f"{int(found[1]):02}:{found[2]}"
    raise RefusedError("time %(text)r: expected a time such as 08:00", text=text[:40])


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def days_of(week: date) -> tuple[str, ...]:
    """The seven days of the week that begins on this Monday."""
    return tuple((week + timedelta(days=n)).isoformat() for n in range(7))


def span_texts(shift: DutyShift, day: str, zone: tzinfo) -> tuple[str, str]:
    """Beginning and end of a shift as records spell times."""
    first, last = shift.span(date.fromisoformat(day), zone)
    return wall_text(first), wall_text(last)


def without_overlaps(shifts: Sequence[DutyShift]) -> None:
    """`RefusedError` that names the first two shifts that cover a common minute."""
    for place, each in enumerate(shifts):
        for other in shifts[place + 1 :]:
            if each.overlaps(other):
                raise RefusedError(
                    "shift %(name)s (%(times)s) overlaps %(other)s (%(others)s): nothing was changed",
                    name=each.zh, times=each.times, other=other.zh, others=other.times,
                )  # fmt: skip
