"""The pace of people and pictures in the demo's world, and its waits, which end when the world ends.

Tested in `tests/edge/simulation/test_world.py`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.simulation.clips import FRAMES_PER_SECOND

LOOKING = 0.1
"""Seconds between two looks of a person at the screen."""
WATCHING = 0.02
"""Seconds between two looks at the wires."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast people and pictures are, in seconds.

    `patience`: a driver who is not handled backs off. `thinking`: what an officer takes. `same_code`: how long a code stays
    out of sight before it is shown again, longer than a scanner takes two sights for one. `speed`: metres a second at which a
    vehicle drives through.
    """

    frame: float = 1.0 / FRAMES_PER_SECOND
    patience: float = 20.0
    thinking: float = 0.5
    same_code: float = 3.6
    speed: float = 8.0


class WorldClosedError(Exception):
    """The world was stopped in the middle of something."""


class Waiting:
    """Waits on the world's thread; `WorldClosedError` from the moment in which `stopping` is set."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping

    def pause(self, seconds: float) -> None:
        """Lets so much time pass."""
        if self._stopping.wait(max(0.0, seconds)):
            raise WorldClosedError

    def until(self, happened: Callable[[], bool], seconds: float, every: float = WATCHING) -> bool:
        """Waits until something happened, `seconds` at most. Returns False if it did not."""
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() >= end:
                return False
            self.pause(every)
        return True
