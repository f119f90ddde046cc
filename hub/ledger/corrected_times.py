"""Finds the right time of a record whose gate did not know the time, and how far it may be off. Pure.

A gate's monotonic clock runs on whatever the wall clock says. So a `clock_set` of the same boot, which tells what was right at one
monotonic moment, gives the right time of every record of that boot, before and after:

    corrected = after + (record.mono - clock_set.mono)        error = 0.5 s + 100 ppm of the distance

(A crystal of a Raspberry Pi is good for some 50 ppm, in frost and heat 100.) Of another boot the monotonic clocks have nothing in
common, and nothing is claimed. The original stays as it is, and beside it stands this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from edge.contract.facts import ClockTrust
from edge.contract.records import wall_text
from hub.values.stored import time_of, wall_of, whole_of

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


def corrected(at: Mapping[str, Any], sets: Iterable[ClockWasSet]) -> Corrected | None:
    """The right time of a record whose own proves nothing, from the nearest `clock_set` of its boot; None if there is none.

    `at`: the record's, as JSON. Its time proves nothing if the clock was not synced, or if it is none.
    """
    mono_ms, boot = whole_of(at.get("mono_ms")), at.get("boot")
    if mono_ms is None or (at.get("clock") == ClockTrust.SYNCED.value and wall_of(at.get("wall"))):
        return None
    known = [
        (abs(each.mono_ms - mono_ms), each, right)
        for each in sets
        if each.boot == boot and (right := time_of(each.after))
    ]
    if not known:
        return None
    _, near, right = min(known, key=itemgetter(0))
    distance = (mono_ms - near.mono_ms) / 1000
    try:
        return Corrected(right + timedelta(seconds=distance), SETTING + abs(distance) * DRIFT)
    except OverflowError:
        # a monotonic clock of thousands of years tells nothing
        return None
