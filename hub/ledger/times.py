"""When it really was: the time of a record whose gate did not know it, with how far it may be off. Pure.

A gate's monotonic clock runs on whatever the wall clock says. So a `clock_set` of the same boot, which tells what was right at one
monotonic moment, gives the right time of every record of that boot, before and after:

    corrected = after + (record.mono - clock_set.mono)        error = 0.5 s + 100 ppm of the distance

(A crystal of a Raspberry Pi is good for some 50 ppm, in frost and heat 100.) Of another boot the monotonic clocks have nothing in
common, and nothing is claimed. The original stays as it is, and beside it stands this.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.contract.records import At, Clock, parse_wall, wall_text

SETTING = 0.5
"""Seconds: how exactly a clock is set, and how long a gate takes to notice."""
DRIFT = 100e-6


@dataclass(frozen=True, slots=True)
class ClockWasSet:
    """One `clock_set`: of which boot, at which monotonic moment, and what the time was."""

    boot: str
    mono_ms: int
    after: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """The right time, and how many seconds it may be off."""

    time: datetime
    error: float

    @property
    def text(self) -> str:
        """The time as records spell it."""
        return wall_text(self.time)


def corrected(at: At, sets: Iterable[ClockWasSet]) -> Corrected | None:
    """The right time of a record that was not synced, from the nearest `clock_set` of its boot; None if nothing tells it."""
    if at.clock is Clock.SYNCED:
        return None
    near = min(
        (each for each in sets if each.boot == at.boot), key=lambda each: abs(each.mono_ms - at.mono_ms), default=None
    )
    if near is None:
        return None
    distance = (at.mono_ms - near.mono_ms) / 1000
    return Corrected(parse_wall(near.after) + timedelta(seconds=distance), SETTING + abs(distance) * DRIFT)
