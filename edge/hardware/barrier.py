"""The barrier of a lane: its relay, its end switches, and the mark that says to the next run that it is up.

Tested in `tests/edge/hardware/test_lane.py`.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from edge.hardware.barrier_mark import Mark
from edge.hardware.inputs import Contact
from edge.hardware.pins import leave_driven


class Barrier:
    """Up while its relay is on. `occupied` returns True while a vehicle is on either loop: the barrier never comes down onto it.

    `switches`: the end switches that are fitted, `barrier_up` and `barrier_down`.
    """

    def __init__(self, relay: Any, mark: Mark, occupied: Callable[[], bool], switches: Mapping[str, Contact]) -> None:
        self._relay = relay
        self._mark = mark
        self._occupied = occupied
        self._switches = switches
        self._lock = threading.RLock()
        mark.put(self.raised)

    @property
    def raised(self) -> bool:
        """Returns True while the relay holds the barrier up."""
        return bool(self._relay.value)

    @property
    def tells_up(self) -> bool:
        """Returns True if an end switch says that the barrier is up."""
        return "barrier_up" in self._switches

    @property
    def tells_down(self) -> bool:
        """Returns True if an end switch says that the barrier is down."""
        return "barrier_down" in self._switches

    def up(self) -> bool:
        """Raises the barrier. Returns True if its end switch says already that it is up."""
        with self._lock:
            # before it moves: between the two it would be up, and nobody told
            self._mark.put(True)
            self._relay.on()
        return self.tells_up and self._switches["barrier_up"].on

    def down(self) -> bool:
        """Lowers the barrier unless a loop is occupied. Returns True if it is down; its end switch may say so later."""
        with self._lock:
            if not self._lower():
                return False
        return not self.tells_down or self._switches["barrier_down"].on

    def release(self) -> None:
        """Leaves the barrier as it is safe without the gate: down, or held up over a vehicle by a pin that stays driven."""
        with self._lock:
            lowered = self._lower()
        if not lowered:
            leave_driven(self._relay)

    def _lower(self) -> bool:
        if self.raised and self._occupied():
            return False
        self._relay.off()
        self._mark.put(False)
        return True
