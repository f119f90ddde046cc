"""Notices that the wall clock was set: it and the monotonic clock, which nobody sets, no longer move together. Pure.

What it showed and what it shows now, at one instant, is a `clock_set` record. When the clock has become synced that record lets
the hub give the right time, and its error, of everything that this boot recorded before. A start is no setting: the boot is another.
"""

from datetime import timedelta

from edge.contract.facts import Clock, ClockSet
from edge.contract.records import At, wall_text

JUMP = 1.0
"""Seconds between the two clocks that are more than a time service's gentle slewing."""


class ClockWatch:
    """Looks at the clock every second or so."""

    def __init__(self) -> None:
        self._last: At | None = None

    def look(self, at: At) -> ClockSet | None:
        """The setting of the clock between this look and the one before, if there was one (or if it has become synced)."""
        before, self._last = self._last, at
        if before is None or before.boot != at.boot:
            return None
        expected = before.time + timedelta(milliseconds=at.mono_ms - before.mono_ms)
        jumped = abs((at.time - expected).total_seconds()) > JUMP
        trusted = at.clock is Clock.SYNCED and before.clock is not Clock.SYNCED
        return ClockSet(before=wall_text(expected), after=at.wall) if jumped or trusted else None
