"""Which crossing marks which run. Pure, and the same whatever the order in which crossings become known.

The time between two moments is divided: a run's window begins its tolerance before its moment and ends where the next one's begins
(`LATEST` after its moment at most). The first crossing in the window marks the run: on time up to the tolerance after its moment,
else late. Without one the run is missed once its tolerance is over, until a crossing becomes known after all.

Tested in `tests/hub/runs/test_marks.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from hub.runs.plan import Plan

LATEST = timedelta(hours=12)
"""After its moment a crossing marks a run no more; nor is a vehicle back later than that."""


class RunState(StrEnum):
    """How a run stands; the last two are of runs that are not over, and are never stored."""

    DONE = "done"
    LATE = "late"
    MISSED = "missed"
    DUE = "due"
    EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A vehicle of the plan passed a gate; `vehicle`: its plate, or its pass. `known_at`: when the hub learned of it."""

    visit: str
    gate: str
    vehicle: str
    direction: str
    at: datetime
    known_at: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run with the crossing that marks it, and with the vehicle's return."""

    due: datetime
    state: RunState
    by: Crossing | None = None
    back: Crossing | None = None


def mark(plan: Plan, due: Sequence[datetime], crossings: Sequence[Crossing], now: datetime) -> Iterator[Run]:
    """A run for each moment but the last, which only ends the window before it. Both in order of time."""
    there = [
        each for each in crossings if each.direction == plan.direction and (not plan.gates or each.gate in plan.gates)
    ]
    for moment, following in pairwise(due):
        begins, ends = moment - plan.tolerance, min(following - plan.tolerance, moment + LATEST)
        by = next((each for each in there if begins <= each.at < ends), None)
        if by is not None:
            state = RunState.DONE if by.at <= moment + plan.tolerance else RunState.LATE
            yield Run(moment, state, by, _back(by, crossings))
        elif now > moment + plan.tolerance:
            yield Run(moment, RunState.MISSED)
        else:
            yield Run(moment, RunState.DUE if now >= begins else RunState.EXPECTED)


def _back(by: Crossing, crossings: Sequence[Crossing]) -> Crossing | None:
    """The vehicle's next crossing, if it is one of the other way."""
    later = (each for each in crossings if each.vehicle == by.vehicle and by.at < each.at <= by.at + LATEST)
    following = next(later, None)
    return following if following is not None and following.direction != by.direction else None
