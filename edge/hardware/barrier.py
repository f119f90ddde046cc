"""The barrier of a lane: its relay, its end switches, and the mark that says to the next run that it is up.

Tested in `tests/edge/hardware/test_lane.py`.
"""

import threading
from collections.abc import Mapping
from typing import Any

from edge.hardware.barrier_mark import Mark
from edge.hardware.inputs import Contact
from edge.hardware.pins import leave_driven
from edge.hardware.sensors import Sensors


class Barrier:
    """Up while its relay is on. The barrier never comes down onto what `sensors` are on.

    `switches`: the end switches that are fitted, `barrier_up` and `barrier_down`.
    """

    def __init__(self, relay: Any, mark: Mark, sensors: Sensors, switches: Mapping[str, Contact]) -> None:
        self._relay = relay
        self._mark = mark
        self._sensors = sensors
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

    @property
    def at_up(self) -> bool:
        """Returns True if the upper end switch is closed at this moment."""
        return self.tells_up and self._switches["barrier_up"].on

    @property
    def at_down(self) -> bool:
        """Returns True if the lower end switch is closed at this moment."""
        return self.tells_down and self._switches["barrier_down"].on

    def up(self) -> None:
        """Raises the barrier."""
        with self._lock:
            # before it moves: between the two it would be up, and nobody told
            self._mark.put(True)
            self._relay.on()

    def down(self) -> bool:
        """Lowers the barrier unless somebody is under the arm at this moment. Returns True if its relay is off."""
        with self._lock:
            return self._lower(self._sensors.under_arm)

    def release(self) -> None:
        """Leaves the barrier as it is safe without the gate: down, or held up over a vehicle by a pin that stays driven."""
        with self._lock:
            # nobody turns it round from now on: it comes down in an empty lane only
            lowered = self._lower(self._sensors.occupied)
        if not lowered:
            leave_driven(self._relay)

    def _lower(self, refused: bool) -> bool:
        if self.raised and refused:
            return False
        self._relay.off()
        self._mark.put(False)
        return True
