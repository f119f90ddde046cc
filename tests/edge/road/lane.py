"""One lane of the road: its vehicles, its arm, its wires, its camera, and the gate's hands there."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from edge.contract.reasons import Colour, Direction
from edge.lane.events import BarrierDown, BarrierMoving, BarrierUp, Loop, LoopChanged, QrSeen
from tests.edge.road.arm import DOWN, UP, Arm
from tests.edge.road.hands import RoadHands
from tests.edge.road.layout import Layout, loops_of
from tests.edge.road.traffic import Traffic
from tests.edge.road.vehicles import Vehicle
from tests.edge.road.wires import Line, Wire

if TYPE_CHECKING:
    from tests.edge.road.world import World

CAMERA = (-13.0, 2.0)
"""Between which places of a vehicle's nose the camera can read its pass."""


@dataclass(frozen=True, slots=True)
class LaneSetup:
    """How a lane is built and set. `ways`: from which sides vehicles come; `shortest`: metres of the shortest; `late_spray`: how
    often a stopped run reports its end all the same. `gap`, `passage`: the settings `times.gap` and `times.passage`.
    """

    layout: Layout = field(default_factory=Layout)
    travel: float = 2.0
    lag: float = 0.05
    up_switch: bool = True
    down_switch: bool = True
    bounces: bool = False
    flow: bool = True
    ways: tuple[Direction, ...] = (Direction.IN,)
    shortest: float = 2.0
    slowest: float = 0.5
    spray_most: float = 60.0
    late_spray: float = 0.1
    gap: float = 0.0
    passage: float = 30.0
    late: float = 0.08

    @property
    def knows(self) -> bool:
        """Returns True if the promise of the arm holds: end switches or a third sensor are fitted."""
        return (self.up_switch and self.down_switch) or self.layout.safety is not None


class RoadLane:
    """A lane. `clear`: the arm is known to touch nobody; `flows`: the flow sensor counts."""

    def __init__(self, world: World, name: str, setup: LaneSetup) -> None:
        self.world = world
        self.name = name
        self.setup = setup
        self.layout = setup.layout
        self.flows = True
        self.trouble = 0.0
        """When something was last wrong here: nobody is owed a passage for a while."""
        self.keyed_at = 0.0
        self.line = Line(world, world.random)
        self.line.late = setup.late
        self.outer, self.inner, self.safety = (self._loop(loop) for loop in Loop)
        self.up = Wire(world, self.line, self._at_up)
        self.down = Wire(world, self.line, self._at_down)
        self.wires = {Loop.OUTER: self.outer, Loop.INNER: self.inner, Loop.SAFETY: self.safety}
        self._counts = dict.fromkeys(Loop, 0)
        self.hands = RoadHands(self)
        self.arm = Arm(travel=setup.travel, lag=setup.lag, at=world.now, moved=self._arm_moved)
        self.traffic = Traffic(self.layout, self._crossed, self._arrived)
        self.traffic.at = world.now
        self.down.level = True
        self.down.restart()
        self.motion_at = inf

    def _loop(self, loop: Loop) -> Wire:
        def report(on: bool) -> None:
            self.world.judge.witness.sensed(self, loop, on)
            self.world.post(LoopChanged(self.name, loop, on))

        return Wire(self.world, self.line, report, gap=self.setup.gap)

    # -- time ----------------------------------------------------------------------------------------------------------

    def advance(self) -> None:
        """Brings vehicles and arm to the present."""
        now = self.world.now
        self.arm.advance(now)
        self.traffic.advance(now)

    def plan(self) -> None:
        """Reckons when something moves next."""
        arm = self.arm.next_at()
        self.motion_at = min(self.traffic.next_at(), inf if arm is None else arm)

    # -- the arm -------------------------------------------------------------------------------------------------------

    def relay_changed(self, on: bool) -> None:
        """The relay was switched: the drive follows a moment later."""
        self.arm.relay = on

        def follow() -> None:
            self.arm.advance(self.world.now)
            self.arm.drive = self.arm.relay
            self._floor()

        self.world.at(self.world.now + self.arm.lag, follow)

    def turn_key(self, key: bool | None) -> None:
        """An officer's key moves the arm, or is taken out."""
        self.world.tell(f"{self.name}: key {'out' if key is None else 'up' if key else 'down'}")
        self.arm.advance(self.world.now)
        self.arm.key = key
        self.keyed_at = self.world.now
        self.trouble = self.world.now
        self._floor()

    def stick(self, slow: float) -> None:
        """The arm sticks (0), is slow, or moves as it should (1)."""
        self.world.tell(f"{self.name}: arm {'sticks' if not slow else f'{slow:.1f} times as slow'}")
        self.arm.advance(self.world.now)
        self.arm.slow = slow
        self.trouble = self.world.now

    def _arm_moved(self, step: float) -> None:
        if step in {0.0, 1.0}:
            self.hands.dropped = False
        self._floor()
        if step and step == self.arm.floor and not self.arm.falling and self.arm.target == step:
            for vehicle in self.traffic:
                if vehicle.covers.clear == step:
                    self.world.judge.barrier.contact(self, vehicle, drove_in=False)
        self._end_switch(self.up, step >= UP)
        self._end_switch(self.down, step <= DOWN)
        if step in {0.0, 0.5, 0.7, 0.9, 1.0}:
            self.world.look_soon(self)

    def _end_switch(self, wire: Wire, level: bool) -> None:
        if level is wire.level:
            return
        wire.change(level)
        if self.setup.bounces:
            now = self.world.now
            for number in range(1, 3 + self.world.random.randrange(3) * 2):
                bounced = level if number % 2 == 0 else not level
                self.world.at(now + number * 0.008, lambda bounced=bounced: wire.change(bounced))  # type: ignore[misc]
            self.world.at(now + 0.08, lambda: wire.change(self._truly(wire)))

    def _truly(self, wire: Wire) -> bool:
        return self.arm.position >= UP if wire is self.up else self.arm.position <= DOWN

    def _at_up(self, on: bool) -> None:
        if self.setup.up_switch:
            self.world.post(BarrierUp(self.name) if on else BarrierMoving(self.name))

    def _at_down(self, on: bool) -> None:
        if self.setup.down_switch:
            self.world.post(BarrierDown(self.name) if on else BarrierMoving(self.name))

    def _floor(self) -> None:
        at = self.arm.position + 1e-9
        self.arm.floor = max((each.covers.clear for each in self.traffic if each.covers.clear <= at), default=0.0)

    # -- vehicles ------------------------------------------------------------------------------------------------------

    def _crossed(self, vehicle: Vehicle, before: int) -> None:
        was, now = vehicle.track.cells[before], vehicle.covers
        near, far = loops_of(vehicle.way)
        self.world.judge.witness.moved(self, vehicle, was, now)
        for loop, old, new in (
            (near, was.near, now.near),
            (far, was.far, now.far),
            (Loop.SAFETY, was.safety, now.safety),
        ):
            if new is not old:
                self._count(loop, 1 if new else -1)
        if now.clear != was.clear:
            if now.clear > self.arm.position + 1e-9 and now.clear > was.clear:
                self.world.judge.barrier.contact(self, vehicle, drove_in=True)
            self._floor()
        self.world.look_soon(self)

    def _count(self, loop: Loop, by: int) -> None:
        self._counts[loop] += by
        self.wires[loop].change(self._counts[loop] > 0)

    def _arrived(self, vehicle: Vehicle) -> None:
        if vehicle.driver is not None:
            vehicle.driver.arrived()

    def add(self, vehicle: Vehicle) -> None:
        """A vehicle comes onto the road."""
        self.traffic.add(vehicle)
        self.world.tell(f"{self.name}: {vehicle.name} comes {vehicle.way}, {vehicle.body.name} of {vehicle.length} m")

    def remove(self, vehicle: Vehicle) -> None:
        """A vehicle leaves the road: at its end, or aside, which the loops notice."""
        cell = vehicle.covers
        near, far = loops_of(vehicle.way)
        for loop, on in ((near, cell.near), (far, cell.far), (Loop.SAFETY, cell.safety)):
            if on:
                self._count(loop, -1)
        self.traffic.remove(vehicle)
        self.world.judge.witness.left(self, vehicle)
        self._floor()
        self.world.look_soon(self)

    def first(self, way: Direction | None = None) -> Vehicle | None:
        """The vehicle that a person at the arm sees as the one whose turn it is: the foremost that has not passed the arm."""
        near = [
            each
            for each in self.traffic
            if each.nose <= 0.5 and each.nose > -self.layout.edge - 2 and way in {None, each.way}
        ]
        return max(near, key=lambda each: each.nose, default=None)

    def lamp_changed(self) -> None:
        """Drivers look up."""
        if self.hands.lamp is Colour.GREEN:
            self.world.judge.barrier.green(self)
        self.world.look_soon(self)

    def show(self, vehicle: Vehicle, text: str | None = None) -> None:
        """The camera reads what a vehicle shows, if it can see it: of several of one way the foremost that has not passed."""
        text = text or vehicle.pass_text
        if text is None or vehicle.gone or not CAMERA[0] <= vehicle.nose <= CAMERA[1]:
            return
        vehicle.shows = True
        ahead = self.traffic.ahead_of(vehicle)
        if ahead is not None and ahead.nose < 0.0:
            return
        near = self.wires[loops_of(vehicle.way)[0]]
        if not vehicle.covers.near and vehicle.nose < 0 and near.level:
            return  # another one stands at the stop line
        if vehicle.nose < self.layout.near(vehicle.way)[0] and any(
            each.nose > -self.layout.edge - 10 and each.tail < self.layout.edge
            for each in self.traffic.opposite(vehicle)
        ):
            return  # the camera looks at who is at the stop line
        if text == vehicle.pass_text:
            self.world.judge.witness.shown(vehicle)
        self.world.judge.witness.read(self, vehicle)
        self.world.tell(
            f"{self.name}: the camera reads {vehicle.name}{'' if text == vehicle.pass_text else ' (an advertisement)'}"
        )
        self.world.post(QrSeen(self.name, text, self.world.now - 0.1))
