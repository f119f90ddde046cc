"""How much goes into one transaction of a long import, so that nobody else who writes waits for long, on a slow machine or a busy one.

Tested in `tests/hub/registers/importing/test_pace.py`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
HELD = 0.25
"""Seconds that a transaction is to take."""
REST = 0.12
"""Seconds between two transactions: SQLite looks every 0.1 s whether a lock is free, so whoever waits has a turn in each rest."""
FASTER = 2
"""Times as much as before that the next transaction holds at most."""


@dataclass
class Pace:
    """`some` is how much the next transaction holds, from `least` to `most`: as much as fits into `HELD`, by what the last one took."""

    some: int
    least: int
    most: int
    ticks: Callable[[], float] = time.monotonic
    rest: Callable[[float], None] = time.sleep

    def handfuls(self, items: Sequence[T]) -> Iterator[tuple[int, Sequence[T]]]:
        """Parts of a list, each with its place, for one transaction each; it rests behind each."""
        begin = 0
        while begin < len(items):
            part = items[begin : begin + self.some]
            before = self.ticks()
            yield begin, part
            self._learn(len(part), self.ticks() - before)
            begin += len(part)
            self.rest(REST)

    def _learn(self, count: int, held: float) -> None:
        fitting = count * FASTER if held * FASTER <= HELD else int(count * HELD / held)
        if held <= HELD:
            # the last part of a list is a small one and says nothing against a large one
            fitting = max(fitting, self.some)
        self.some = max(self.least, min(self.most, fitting))
