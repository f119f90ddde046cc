"""The promise of patience: an obedient vehicle with a valid pass is through in the end, when nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

OWED = 240.0
"""Seconds after which an obedient vehicle is through, when nothing is wrong."""


class Patience:
    """Watches those who wait before the arm."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world

    def waits(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle waits before the arm."""
        since = self.world.now
        self.world.after(OWED, lambda: self._still_waits(lane, vehicle, since))

    def _still_waits(self, lane: RoadLane, vehicle: Vehicle, since: float) -> None:
        driver, now = vehicle.driver, self.world.now
        if vehicle.gone or vehicle.crossed is not None or driver is None or not getattr(driver, "obedient", False):
            return
        if getattr(driver, "since", 0.0) != since or not vehicle.valid or lane.first(vehicle.way) is not vehicle:
            return
        ahead = lane.traffic.ahead_of(vehicle)
        trouble = max(lane.trouble, self.judge.broken_at, vehicle.born, ahead.through or now if ahead else 0.0)
        if any(each.at_lane for each in lane.traffic.opposite(vehicle)):
            trouble = now
        if now - trouble < OWED:
            self.world.after(OWED, lambda: self._still_waits(lane, vehicle, since))
            return
        self.judge.find("waits", f"{vehicle.name} waits since {since:.0f} and nothing is wrong")
