"""The witness: sees what each vehicle truly does, and notes of it what no sensor can tell (`doubts.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.lane.events import Loop
from tests.edge.road.company import Company, is_there, on_loops
from tests.edge.road.layout import Cell, loops_of

if TYPE_CHECKING:
    from tests.edge.road.judge import Judge
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle

CLEAR = 0.35
"""Seconds of `times.clear`, with what reports take."""


class Witness:
    """Watches the vehicles. `passes`, `plates`: whose they are; `freed`: when each sensor was last reported free; `showed`: on whom the camera of each
    lane read something last.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.world = judge.world
        self.passes: dict[str, Vehicle] = {}
        self.plates: dict[str, Vehicle] = {}
        self.freed: dict[tuple[str, Loop], float] = {}
        self.showed: dict[str, Vehicle] = {}
        self.company = Company(judge)

    def came(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle is on the road: its pass and plate are its own from now on."""
        self.plates[vehicle.plate] = vehicle
        self.shown(vehicle)

    def shown(self, vehicle: Vehicle) -> None:
        """A vehicle shows its pass: who shows it last has it."""
        if vehicle.pass_id is not None:
            self.passes[vehicle.pass_id] = vehicle

    def read(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """The camera reads something on this vehicle."""
        self.showed[lane.name] = vehicle

    def sensed(self, lane: RoadLane, loop: Loop, on: bool) -> None:
        """A sensor's change is reported."""
        if not on:
            self.freed[lane.name, loop] = self.world.now

    def misled(self, lane: RoadLane) -> None:
        """An officer said what was not true: that concerns who is at the lane now."""
        for vehicle in lane.traffic:
            vehicle.lied |= is_there(lane, vehicle)

    # -- who moves -----------------------------------------------------------------------------------------------------

    def left(self, lane: RoadLane, vehicle: Vehicle) -> None:
        """A vehicle is off the road."""
        self.judge.spraying.moved_off(lane, vehicle)
        if vehicle.covers.near:
            self.company.leaves_backwards(lane, vehicle)
        self.company.note_empty(lane)

    def moved(self, lane: RoadLane, vehicle: Vehicle, was: Cell, now: Cell) -> None:
        """A vehicle covers something else than before."""
        time = self.world.now
        if now.near and not was.near:
            self.company.comes_near(lane, vehicle)
        self._note_sensors(lane, vehicle, was, now)
        if now.safety and not was.safety:
            self.company.shares(lane, vehicle)
        if was.near and not now.near:
            self.judge.spraying.moved_off(lane, vehicle)
            if vehicle.v < 0:
                self.company.leaves_backwards(lane, vehicle)
            else:
                near, far = loops_of(vehicle.way)
                followed = any(near in on_loops(other) for other in lane.traffic if other is not vehicle)
                vehicle.hidden = followed and vehicle.joined.get(far, False)
        if now.under and not was.under:
            vehicle.under_since = time
            if vehicle.v > 0:
                self.judge.passages.at_arm(lane, vehicle)
            else:
                if vehicle.through is not None:
                    vehicle.returned = True
                    for other in lane.traffic.queues[vehicle.way]:
                        other.beside |= other is not vehicle and other.covers.near
                vehicle.through = None
        if was.under and not now.under:
            vehicle.under_since = None
            if vehicle.v > 0 and vehicle.tail > -1e-6:
                self.judge.passages.is_through(lane, vehicle)
            elif vehicle.v < 0 and vehicle.nose < 1e-6:
                vehicle.crossed = None
        self.company.note_empty(lane)

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
                freed = self.freed.get((lane.name, loop), 0.0)
                moment = lane.wires[loop].on or self.world.now - freed < CLEAR + lane.setup.gap
                vehicle.joined[loop] = lane.wires[loop].counts or (loop is not Loop.SAFETY and moment)
                if loop is far:
                    self.company.strays(lane, vehicle, now)
                ahead = lane.traffic.ahead_of(vehicle)
                if loop is near and lane.wires[near].counts and ahead is not None and not ahead.covers.near:
                    ahead.hidden |= ahead.joined.get(far, False)  # it left a moment ago, and no report says so
