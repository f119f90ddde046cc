"""The barrier's arm as a thing of iron: it takes its time, sticks, is moved by key, and its end switches bounce."""

from collections.abc import Callable
from dataclasses import dataclass, field

STEPS = (0.0, 0.02, 0.4, 0.5, 0.7, 0.9, 0.98, 1.0)
"""Positions at which something may change: the ends, the end switches, where vehicles of each height are touched."""
DOWN, UP = 0.02, 0.98
"""Where the end switches close."""


@dataclass(slots=True)
class Arm:
    """The arm: position 0 is lying, 1 is up. `travel`: seconds from end to end; `relay`: the gate holds it up.

    `key`: where an officer's key moves it, whatever the relay says. `slow`: times as slow as usual; 0: it sticks where it is.
    `floor`: the height of the vehicle on which it lies. `moved` is called at each of `STEPS` that it comes to.
    """

    travel: float = 2.0
    lag: float = 0.05
    relay: bool = False
    key: bool | None = None
    slow: float = 1.0
    position: float = 0.0
    at: float = 0.0
    drive: bool = False
    floor: float = 0.0
    moved: Callable[[float], None] = field(default=lambda step: None)

    @property
    def target(self) -> float:
        """Where it goes."""
        if self.key is not None:
            return 1.0 if self.key else self.floor
        return 1.0 if self.drive else self.floor

    @property
    def rate(self) -> float:
        """The speed: positions a second, up is positive."""
        if not self.slow or self.position == self.target or (self.position < self.target == self.floor):
            return 0.0
        speed = 1.0 / (self.travel * self.slow)
        return speed if self.target > self.position else -speed

    @property
    def falling(self) -> bool:
        """Returns True if it comes down at this moment."""
        return self.rate < 0

    def next_at(self) -> float | None:
        """The time at which it comes to the next of its steps; None: it does not move."""
        rate = self.rate
        if rate == 0.0:
            return None
        return self.at + (self._next(rate) - self.position) / rate

    def advance(self, now: float) -> None:
        """Moves on to `now`, no further than to its next step."""
        rate = self.rate
        passed, self.at = now - self.at, now
        if rate == 0.0:
            return
        ahead = self._next(rate)
        there = self.position + rate * passed
        if (there - ahead) * rate >= -1e-9:
            self.position = ahead
            self.moved(ahead)
        else:
            self.position = there

    def _next(self, rate: float) -> float:
        if rate > 0:
            return min((step for step in STEPS if step > self.position + 1e-9), default=1.0)
        return max((step for step in STEPS if step < self.position - 1e-9), default=0.0)
