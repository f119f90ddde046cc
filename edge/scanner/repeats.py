"""Reports each code once: a pass when it is new in sight, another code only after a moment and a second frame.

Tested in `tests/edge/scanner/test_tracker.py`.
"""

from dataclasses import dataclass

from edge.scanner.decoders import Reading
from edge.scanner.scanner import is_pass

FOREIGN_WAIT, VOTES = 0.6, 2
"""Seconds that another code waits for the pass beside it, since passes come first; and frames that must have read it.

A decoder that corrects errors finds a code in noise now and then. A pass is proven by its signature, other codes by a
second frame.
"""


@dataclass(slots=True)
class Waiting:
    """A code that is no pass, since when it waits, and how many frames have read it."""

    reading: Reading
    since: float
    votes: int = 1


class Repeats:
    """Finds the readings that are new: not those still in sight, or out of it for less than `repeat_seconds`."""

    def __init__(self, repeat_seconds: float) -> None:
        self._repeat = repeat_seconds
        self._last_seen: dict[str, float] = {}
        self._waiting: dict[str, Waiting] = {}

    def fresh(self, readings: list[Reading], now: float) -> tuple[Reading, ...]:
        """The new ones of the readings of a frame, passes first."""
        self._last_seen = {text: at for text, at in self._last_seen.items() if now - at <= self._repeat}
        fresh = {each.text: each for each in readings if each.text not in self._last_seen}
        self._last_seen |= {each.text: now for each in readings}
        passes = [each for each in fresh.values() if is_pass(each)]
        return (*passes, *self._ripe(fresh, readings, now))

    def forget(self) -> None:
        """Nothing was seen yet: what is in sight is new again."""
        self._last_seen.clear()
        self._waiting.clear()

    def _ripe(self, fresh: dict[str, Reading], readings: list[Reading], now: float) -> list[Reading]:
        """The codes that are no passes whose time has come: after the pass beside them, or alone for long enough; each read twice."""
        for each in readings:
            if each.text in self._waiting:
                self._waiting[each.text].votes += 1
            elif each.text in fresh and not is_pass(each):
                self._waiting[each.text] = Waiting(each, now)
        beside = any(is_pass(each) for each in readings)
        ripe = [
            text
            for text, held in self._waiting.items()
            if held.votes >= VOTES and (beside or now - held.since >= FOREIGN_WAIT)
        ]
        due = [self._waiting.pop(text).reading for text in ripe]
        # one that nobody confirmed was noise
        self._waiting = {text: held for text, held in self._waiting.items() if now - held.since <= self._repeat}
        return due
