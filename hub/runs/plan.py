"""A plan of runs and the moments at which its runs are due. Pure; `checked` is the one way in from a form.

Tested in `tests/hub/runs/test_plan.py`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from edge.contract.plates import normalise
from edge.contract.reasons import Direction
from hub.errors import RefusedError

EVERY_DAY = "1234567"
LONGEST_NAME = 60
MOST_VEHICLES = 200
LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_PASS = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be driven, by which vehicles, through which gates (none: any), and when.

    `times`: moments of a day; none: every `every_minutes` from `begins` to `ends` (`24:00` is midnight; an end before the beginning is
    the next day's). `weekdays`: 1 is Monday. A run counts as on time up to `tolerance_minutes` before and after its moment.
    `return_minutes`: within which the vehicle is to be back; None: nobody waits for it.
    """

    name: str
    area: str
    route: str
    vehicle_class: str | None
    plates: tuple[str, ...]
    passes: tuple[str, ...]
    gates: tuple[str, ...]
    direction: str
    every_minutes: int | None
    times: tuple[str, ...]
    begins: str
    ends: str
    weekdays: str
    tolerance_minutes: int
    return_minutes: int | None

    @property
    def tolerance(self) -> timedelta:
        """How far from its moment a run may be and still is on time."""
        return timedelta(minutes=self.tolerance_minutes)


def checked(plan: Plan, *, gates: Collection[str], classes: Collection[str]) -> Plan:
    """The plan with its texts put in order; `RefusedError` in one line for what does not fit. `gates`, `classes`: those of the town."""
    name, area, route = plan.name.strip(), plan.area.strip(), plan.route.strip()
    if not 0 < len(name) <= LONGEST_NAME or max(len(area), len(route)) > LONGEST_NAME:
        raise RefusedError("run: expected a name, and texts of at most %(most)s characters", most=LONGEST_NAME)
    plates = tuple(dict.fromkeys(normalise(each) for each in plan.plates if each.strip()))
    passes = tuple(dict.fromkeys(each.strip().lower() for each in plan.passes if each.strip()))
    if wrong := [each for each in passes if not _PASS.fullmatch(each)]:
        raise RefusedError("pass %(found)r: expected 16 hexadecimal digits", found=wrong[0])
    if not plan.vehicle_class and not plates and not passes:
        raise RefusedError("run: expected a class of vehicles, plates or passes")
    if plan.vehicle_class and plan.vehicle_class not in classes:
        raise RefusedError("class %(found)r: the operation has no such class", found=plan.vehicle_class)
    if unknown := [each for each in plan.gates if each not in gates]:
        raise RefusedError("gate %(gate)r: there is no such gate", gate=unknown[0])
    if len(plates) + len(passes) > MOST_VEHICLES:
        raise RefusedError("run: expected at most %(most)s plates and passes", most=MOST_VEHICLES)
    if plan.direction not in set(Direction):
        raise RefusedError("direction %(found)r: expected in or out", found=plan.direction)
    _check_when(plan)
    times = tuple(sorted(dict.fromkeys(plan.times)))
    weekdays = "".join(sorted(set(plan.weekdays)))
    return Plan(
        name, area, route, plan.vehicle_class or None, plates, passes, tuple(plan.gates), plan.direction,
        None if times else plan.every_minutes, times, plan.begins, plan.ends, weekdays, plan.tolerance_minutes, plan.return_minutes,
    )  # fmt: skip


def _check_when(plan: Plan) -> None:
    if wrong := [each for each in (*plan.times, plan.begins, plan.ends) if not _CLOCK.fullmatch(each)]:
        raise RefusedError("time %(found)r: expected such as 08:30", found=wrong[0])
    if not plan.weekdays or not set(plan.weekdays) <= set(EVERY_DAY):
        raise RefusedError("run: expected at least one day of the week")
    if not plan.times and not (plan.every_minutes and LEAST_MINUTES <= plan.every_minutes <= MOST_MINUTES):
        raise RefusedError(
            "run: expected times, or every %(least)s to %(most)s minutes", least=LEAST_MINUTES, most=MOST_MINUTES
        )
    if not 1 <= plan.tolerance_minutes < _least_gap(plan):
        raise RefusedError("run: expected a tolerance shorter than the time between two runs")
    if plan.return_minutes is not None and not 1 <= plan.return_minutes <= MOST_MINUTES:
        raise RefusedError("run: expected a return within %(most)s minutes", most=MOST_MINUTES)


def _least_gap(plan: Plan) -> int:
    """Minutes between two runs of a day at least."""
    if not plan.times:
        return plan.every_minutes or MOST_MINUTES
    minutes = sorted({_minutes(each) for each in plan.times})
    return min((after - before for before, after in pairwise(minutes)), default=MOST_MINUTES)


def moments(plan: Plan, start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """The moments from `start` until before `end` at which runs are due."""
    first = start.astimezone(zone).date() - timedelta(1)
    days = (end.astimezone(zone).date() - first).days
    found = (
        moment
        for day in (first + timedelta(number) for number in range(days + 1))
        if str(day.isoweekday()) in plan.weekdays
        for moment in _of_day(plan, day, zone)
    )
    return sorted({each for each in found if start <= each < end})


def _of_day(plan: Plan, day: date, zone: tzinfo) -> Iterator[datetime]:
    midnight = datetime.combine(day, time(), zone)
    for minutes in _minutes_of(plan):
        # the town's clock, also over a change of summer time
        yield midnight + timedelta(minutes=minutes)


def _minutes_of(plan: Plan) -> Iterable[int]:
    if plan.times:
        return [_minutes(each) for each in plan.times]
    begins, ends = _minutes(plan.begins), _minutes(plan.ends)
    if ends <= begins:
        ends += MOST_MINUTES
    last = min(ends, begins + MOST_MINUTES - 1)
    return range(begins, last + 1, plan.every_minutes or MOST_MINUTES)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def words_of(text: str) -> Sequence[str]:
    """The plates, passes or times of a field: between commas, blanks or lines."""
    return [each for each in re.split(r"[\s,;，；、]+", text) if each]
