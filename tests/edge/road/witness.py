"""The witness: sees what each vehicle truly does, and notes of it what no sensor can tell (`doubts.py`)."""

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
INHERITED = ("opposed", "face_to_face", "swapped", "muddled")
"""Doubts that stay at a lane until it was empty."""


def between(lane: RoadLane) -> float:
    """Seconds for which somebody may be between two sensors, on none."""
    apart = lane.layout.apart
    return apart / lane.setup.slowest if lane.setup.shortest < apart else 0.0


class Witness:
    """Watches the vehicles. `passes`, `plates`: whose they are; `freed`: when each sensor was last reported free."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self.passes: dict[str, Vehicle] = {}
        self.plates: dict[str, Vehicle] = {}
        self.freed: dict[tuple[str, Loop], float] = {}
        self._doubts: dict[str, set[str]] = {}
        self._left: dict[str, list[tuple[float, Vehicle]]] = {}
        self._empty: dict[str, float] = {}

    def came(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle is on the road: its pass and plate are its own from now on."""
        self.plates[vehicle.plate] = vehicle
        self.shown(vehicle)

    def shown(self, vehicle: Vehicle) -> None:
        """A vehicle shows its pass: who shows it last has it."""
        if vehicle.pass_id is not None:
            self.passes[vehicle.pass_id] = vehicle

    def sensed(self, lane: RoadLane, loop: Loop, on: bool) -> None:
        """A sensor's change is reported."""
        if not on:
            self.freed[lane.name, loop] = self.world.now

    def misled(self, lane: RoadLane) -> None:
        """An officer said what was not true: that concerns who is at the lane now."""
        for vehicle in lane.traffic:
            vehicle.lied |= self._is_there(lane, vehicle)

    # -- who moves -----------------------------------------------------------------------------------------------------

    def left(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle is off the road."""
        self.judge.spraying.moved_off(lane, vehicle)
        if vehicle.covers.near:
            self._leaves_backwards(lane, vehicle)
        self._note_empty(lane)

    def moved(self, lane: RoadLane, vehicle: Vehicle, was: Cell, now: Cell) -> None:
        """A vehicle covers something else than before."""
        time = self.world.now
        if now.near and not was.near:
            self._comes_near(lane, vehicle)
        self._note_sensors(lane, vehicle, was, now)
        if now.safety and not was.safety:
            self._shares(lane, vehicle)
        if was.near and not now.near:
            self.judge.spraying.moved_off(lane, vehicle)
            if vehicle.v < 0:
                self._leaves_backwards(lane, vehicle)
        if now.under and not was.under:
            vehicle.under_since = time
            if vehicle.v > 0:
                self.judge.passages.at_arm(lane, vehicle)
            else:
                vehicle.returned |= vehicle.through is not None
                vehicle.through = None
        if was.under and not now.under:
            vehicle.under_since = None
            if vehicle.v > 0 and vehicle.tail > -1e-6:
                self.judge.passages.is_through(lane, vehicle)
            elif vehicle.v < 0 and vehicle.nose < 1e-6:
                vehicle.crossed = None
        self._note_empty(lane)

    def _note_sensors(self, lane: RoadLane, vehicle: Vehicle, was: Cell, now: Cell) -> None:
        near, far = loops_of(vehicle.way)
        for loop, old, new in (
            (near, was.near, now.near),
            (far, was.far, now.far),
            (Loop.SAFETY, was.safety, now.safety),
        ):
            if old and not new:
                vehicle.off[loop] = self.world.now
                if vehicle.v < 0:
                    vehicle.joined.pop(loop, None)
            elif new and not old and loop not in vehicle.joined:
                vehicle.came[loop] = self.world.now
                vehicle.joined[loop] = lane.wires[loop].counts

    def _comes_near(self, lane: RoadLane, vehicle: Vehicle) -> None:
        now, doubts = self.world.now, self._doubts.setdefault(lane.name, set())
        if now - self._empty.get(lane.name, now) > between(lane) + lane.setup.gap + SETTLING:
            doubts.clear()
        if vehicle.at_near is None:
            vehicle.at_near = now
            vehicle.disturbed |= any(each.disturbed and each.at_lane for each in lane.traffic)
            self.judge.ledger.adopt(lane, vehicle)
            if vehicle.in_two:
                doubts.add("muddled")
                for other in lane.traffic:
                    other.muddled |= self._is_there(lane, other)
        self._company(lane, vehicle)
        for name in INHERITED:
            if getattr(vehicle, name):
                doubts.add(name)
            elif name in doubts:
                setattr(vehicle, name, True)

    # -- who is with whom ----------------------------------------------------------------------------------------------

    def _is_there(self, lane: RoadLane, vehicle: Vehicle) -> bool:
        return vehicle.nose > -lane.layout.edge and vehicle.tail < lane.layout.edge

    def _note_empty(self, lane: RoadLane) -> None:
        if any(self._is_there(lane, each) for each in lane.traffic):
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
            elif other.at_lane and self._is_there(lane, other):
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

    def _leaves_backwards(self, lane: RoadLane, vehicle: Vehicle) -> None:
        now, near = self.world.now, loops_of(vehicle.way)[0]
        left = self._left.setdefault(lane.name, [])
        self._left[lane.name] = [each for each in left if now - each[0] < 60.0] + [(now, vehicle)]
        vehicle.off[near] = now
        for other in lane.traffic:
            if other is not vehicle and near in _on(other):
                vehicle.swapped = other.swapped = True
                self._doubts.setdefault(lane.name, set()).add("swapped")

    def _shares(self, lane: RoadLane, vehicle: Vehicle) -> None:
        freed = self.freed.get((lane.name, Loop.SAFETY), 0.0)
        for other in lane.traffic:
            if other is not vehicle and (other.covers.safety or other.off.get(Loop.SAFETY, 0.0) > freed):
                other.shared = True
        for other in lane.traffic.opposite(vehicle):
            if other.at_lane and self._is_there(lane, other):
                other.face_to_face = vehicle.face_to_face = True
                self._doubts.setdefault(lane.name, set()).add("face_to_face")


def _on(vehicle: Vehicle) -> set[Loop]:
    """The loops that a vehicle covers."""
    cell, (near, far) = vehicle.covers, loops_of(vehicle.way)
    return {loop for loop, on in ((near, cell.near), (far, cell.far)) if on}
