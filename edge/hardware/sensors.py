"""The sensors of a lane that vehicles are on: its two loops, and the third sensor under the arm where one is fitted.

Tested in `tests/edge/hardware/test_lane.py`.
"""

from collections.abc import Mapping

from edge.hardware.inputs import Contact, Range
from edge.lane.events import Loop

Sensor = Contact | Range
"""What says whether a vehicle is on it, at this moment."""


class Sensors:
    """The sensors that are fitted, by name. Levels are as the wires are now, bounces and all."""

    def __init__(self, fitted: Mapping[Loop, Sensor]) -> None:
        self.fitted = fitted

    @property
    def guarded(self) -> bool:
        """Returns True if a third sensor is fitted under the arm."""
        return Loop.SAFETY in self.fitted

    @property
    def occupied(self) -> bool:
        """Returns True if a vehicle is on any of them."""
        return any(sensor.on for sensor in self.fitted.values())

    @property
    def under_arm(self) -> bool:
        """Returns True if somebody may be under the arm: any loop is on, or, with a third sensor, that one is, or both loops are."""
        if not self.guarded:
            return self.occupied
        return self.fitted[Loop.SAFETY].on or all(self.fitted[loop].on for loop in (Loop.OUTER, Loop.INNER))
