"""Who is at a lane together, and what that leaves in doubt: noted of each vehicle, and kept until the lane was empty for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.lane.events import Loop
from tests.edge.road.layout import Cell, loops_of

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

SETTLING = 0.6
"""Seconds that reports and `times.clear` may take together."""
INHERITED = ("strayed", "opposed", "face_to_face", "swapped", "muddled", "restarted")
"""Doubts that stay at a lane until it was empty."""


def between(lane: RoadLane) -> float:
    """Seconds for which somebody may be between two sensors, on none."""
    apart = lane.layout.apart
    return apart / lane.setup.slowest if lane.setup.shortest < apart else 0.0


def is_there(lane: RoadLane, vehicle: Vehicle) -> bool:
    """Returns True if it is between the outer ends of the loops."""
    return vehicle.nose > -lane.layout.edge and vehicle.tail < lane.layout.edge


class Company:
    """Notes who is with whom."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self._doubts: dict[str, set[str]] = {}
        self._left: dict[str, list[tuple[float, Vehicle]]] = {}
        self._empty: dict[str, float] = {}

    def comes_near(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """It comes onto its near loop."""
        now, doubts = self.world.now, self._doubts.setdefault(lane.name, set())
        if now - self._empty.get(lane.name, now) > between(lane) + lane.setup.gap + SETTLING:
            doubts.clear()
        if vehicle.at_near is None:
            vehicle.at_near = now
            vehicle.disturbed |= self.world.gate is None or any(
                each.disturbed and each.at_lane for each in lane.traffic
            )
            over = any(each.disturbed and is_there(lane, each) for each in lane.traffic if each is not vehicle)
            vehicle.restarted |= over and len(lane.setup.ways) > 1
            self.judge.ledger.owners.adopt(lane, vehicle)
            if vehicle.in_two:
                doubts.add("muddled")
                for other in lane.traffic:
                    other.muddled |= is_there(lane, other)
        self._company(lane, vehicle)
        for name in INHERITED:
            if getattr(vehicle, name):
                doubts.add(name)
            elif name in doubts:
                setattr(vehicle, name, True)

    def strays(self, lane: RoadLane, vehicle: Vehicle, now: Cell) -> None:
        """It comes onto its far loop: was it on no sensor before, for too long, or behind an arm that lay?"""
        since = max((vehicle.off.get(loop, 0.0) for loop in (loops_of(vehicle.way)[0], Loop.SAFETY)), default=0.0)
        if now.near or now.safety or not since:
            return
        if self.world.now - since > between(lane) or (vehicle.lay and not lane.hands.guarded):
            vehicle.strayed = True
            self._doubts.setdefault(lane.name, set()).add("strayed")

    def note_empty(self, lane: RoadLane) -> None:
        """Somebody moved: the lane may be empty now."""
        if any(is_there(lane, each) for each in lane.traffic):
            self._empty.pop(lane.name, None)
        else:
            self._empty.setdefault(lane.name, self.world.now)

    def _company(self, lane: RoadLane, vehicle: Vehicle) -> None:
        self._after_another(lane, vehicle)
        for other in lane.traffic:
            if other is vehicle or other.at_near is None:
                continue
            if other.way is vehicle.way:
                other.pushed |= other.tail < lane.layout.edge
                joins = len(lane.setup.ways) > 1 and lane.wires[loops_of(vehicle.way)[0]].counts
                vehicle.veiled |= other.lay and other.crossed is not None and joins
            elif other.at_lane and is_there(lane, other):
                other.opposed = vehicle.opposed = True
                if other.covers.safety:
                    other.face_to_face = vehicle.face_to_face = True

    def _after_another(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """One went back or aside a moment ago: the lane cannot know that it is not this one, or not between the loops."""
        now, gap = self.world.now, lane.setup.gap + SETTLING
        maybe_between = between(lane) if not lane.hands.guarded and lane.arm.position > 0 else 0.0
        for at, other in self._left.get(lane.name, []):
            if other is vehicle or now - at > maybe_between + gap:
                continue
            if other.way is vehicle.way:
                other.swapped = vehicle.swapped = True
            elif not lane.hands.guarded:
                other.opposed = vehicle.opposed = True

    def leaves_backwards(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """It leaves its near loop backwards, or aside."""
        now, near = self.world.now, loops_of(vehicle.way)[0]
        left = self._left.setdefault(lane.name, [])
        self._left[lane.name] = [each for each in left if now - each[0] < 60.0] + [(now, vehicle)]
        vehicle.off[near] = now
        for other in lane.traffic:
            if other is not vehicle and near in on_loops(other):
                vehicle.swapped = other.swapped = True
                self._doubts.setdefault(lane.name, set()).add("swapped")

    def shares(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """It comes onto the third sensor."""
        freed = self.judge.witness.freed.get((lane.name, Loop.SAFETY), 0.0)
        for other in lane.traffic:
            if other is not vehicle and (other.covers.safety or other.off.get(Loop.SAFETY, 0.0) > freed):
                other.shared = True
        for other in lane.traffic.opposite(vehicle):
            if other.at_lane and is_there(lane, other):
                other.face_to_face = vehicle.face_to_face = True
                self._doubts.setdefault(lane.name, set()).add("face_to_face")


def on_loops(vehicle: Vehicle) -> set[Loop]:
    """The loops that a vehicle covers."""
    cell, (near, far) = vehicle.covers, loops_of(vehicle.way)
    return {loop for loop, on in ((near, cell.near), (far, cell.far)) if on}
