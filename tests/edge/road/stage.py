"""A stage for directed stories: one lane, vehicles that do what the story says, and questions about what came of it."""

from __future__ import annotations

from collections.abc import Callable

from edge.contract.facts import Outcome
from edge.contract.reasons import Colour, Direction
from edge.gate.loop import Gate
from edge.gate.view import LaneView
from edge.lane.events import Event
from tests.edge.road.drivers import Human, Plan, Scripted
from tests.edge.road.lane import LaneSetup, RoadLane
from tests.edge.road.layout import Body, Layout
from tests.edge.road.vehicles import Vehicle, car
from tests.edge.road.world import Setup, World, pass_of, pass_plate

STOP = -1.2
"""Where the noses of those who wait stand."""
SAFETY = 1.0


class Actor:
    """A vehicle of a story."""

    def __init__(self, stage: Stage, vehicle: Vehicle) -> None:
        self.stage = stage
        self.vehicle = vehicle
        self.name = vehicle.name

    @property
    def _driver(self) -> Scripted:
        assert isinstance(self.vehicle.driver, Scripted)
        return self.vehicle.driver

    def to(self, nose: float, speed: float | None = None, *, within: float = 60.0) -> Actor:
        """Drives there, and the story waits for that."""
        self._driver.to(nose, speed)
        self.stage.until(lambda: self.vehicle.gone or abs(self.vehicle.nose - nose) < 0.01, within)
        return self

    def start(self, nose: float, speed: float | None = None) -> Actor:
        """Begins to drive there; the story goes on."""
        self._driver.to(nose, speed)
        return self

    def come(self) -> Actor:
        """Comes to the stop line."""
        return self.to(STOP)

    def leave(self, speed: float | None = None) -> Actor:
        """Begins to drive out of the lane."""
        self._driver.leave(speed)
        return self

    def back(self, speed: float | None = None) -> Actor:
        """Begins to reverse out of the lane."""
        self._driver.back(speed)
        return self

    def show(self) -> Actor:
        """Shows its pass to the camera."""
        self.stage.lane.show(self.vehicle)
        return self

    @property
    def outcomes(self) -> list[Outcome | None]:
        """How its visits ended, oldest first; None: one is open."""
        return [visit.outcome for visit in self.vehicle.visits]

    @property
    def through(self) -> bool:
        """Returns True if it truly went through."""
        return self.vehicle.through is not None


class Stage:
    """One lane with its gate, and time that passes as the story says. Everything is reported at once unless `late`."""

    def __init__(
        self,
        sensors: int = 2,
        *,
        loops: float = 1.5,
        far: float | None = None,
        ways: tuple[Direction, ...] = (Direction.IN,),
        travel: float = 2.0,
        switches: bool = True,
        down_switch: bool = True,
        beam: bool = False,
        fails_open: bool = False,
        flow: bool = True,
        passage: float = 30.0,
        spray: float = 2.0,
        duplicate: float = 10.0,
        shortest: float = 2.0,
    ) -> None:
        layout = Layout(
            outer=loops,
            inner=loops if far is None else far,
            safety=(0.05 if beam else SAFETY) if sensors == 3 else None,
            beam=beam,
        )
        setup = LaneSetup(
            layout, travel=travel, up_switch=switches, down_switch=switches and down_switch, ways=ways, flow=flow, passage=passage,
            shortest=shortest, late=0.0, late_spray=0.0,
        )  # fmt: skip
        self.world = World(Setup((setup,), fails_open=fails_open, spray_seconds=spray, duplicate_seconds=duplicate))
        self._number = 0
        self.run(3.0 if fails_open else 0.5)

    @property
    def lane(self) -> RoadLane:
        """The lane."""
        return self.world.lanes["1"]

    @property
    def gate(self) -> Gate:
        """The gate that runs."""
        assert self.world.gate is not None
        return self.world.gate

    @property
    def view(self) -> LaneView:
        """What the screen shows of the lane."""
        view = self.gate.view.lane("1")
        assert view is not None
        return view

    @property
    def lamp(self) -> Colour:
        """The lamp that is lit."""
        return self.lane.hands.lamp

    @property
    def alarms(self) -> list[str]:
        """The alarms that were recorded, oldest first."""
        return self.world.judge.alarms

    @property
    def up(self) -> bool:
        """Returns True if the arm is up."""
        return self.lane.arm.position > 0.95

    @property
    def down(self) -> bool:
        """Returns True if the arm is down."""
        return self.lane.arm.position < 0.05

    def actor(
        self, body: Body | None = None, *, way: Direction = Direction.IN, owes: bool = True, nose: float = -14.0,
        speed: float = 2.0, space: float = 1.0,
    ) -> Actor:  # fmt: skip
        """A vehicle with a genuine pass comes onto the road, and stands far off."""
        self._number += 1
        text, pass_id = pass_of(5000 + self._number, 1 if owes else 3)
        made = self.world.vehicle(
            "1",
            body or car(),
            Scripted,
            way=way,
            nose=nose,
            speed=speed,
            space=space,
            pass_text=text,
            pass_id=pass_id,
            plate=pass_plate(5000 + self._number),
        )
        return Actor(self, made)

    def obedient(self, body: Body | None = None, *, owes: bool = True, space: float = 1.5, speed: float = 2.0) -> Actor:
        """A vehicle whose driver does what is right, and shows a pass at the stop line."""
        self._number += 1
        text, pass_id = pass_of(5000 + self._number, 1 if owes else 3)
        plan = Plan(stop=STOP, read_after=0.8, reaction=0.5)
        made = self.world.vehicle(
            "1", body or car(), lambda world, lane, vehicle: Human(world, lane, vehicle, plan), nose=-14.0,
            speed=speed, space=space, pass_text=text, pass_id=pass_id, plate=pass_plate(5000 + self._number),
        )  # fmt: skip
        return Actor(self, made)

    def press(self, event: Event) -> bool:
        """Somebody presses a button. Returns True if anything came of it."""
        return self.world.post(event)

    def plate(self, actor: Actor) -> str:
        """The plate that an officer reads on a vehicle."""
        return actor.vehicle.plate

    def run(self, seconds: float) -> None:
        """Time passes."""
        self.world.run(seconds)

    def until(self, holds: Callable[[], bool], within: float = 60.0) -> None:
        """Time passes until something holds; fails with the story if it does not come to that."""
        assert self.world.run(within, until=holds), "it did not come to that:\n" + "\n".join(self.world.told(60))

    def still(self) -> None:
        """Time passes until nobody moves."""
        self.run(0.1)
        self.until(lambda: all(vehicle.v == 0 for vehicle in self.lane.traffic))

    def admitted(self) -> None:
        """Time passes until the lamp is green and the arm up."""
        self.until(lambda: self.lamp is Colour.GREEN and self.up)

    def end(self, *, seconds: float = 40.0) -> None:
        """Time passes, and the judge has found nothing."""
        self.run(seconds)
        self.world.judge.finish()
        assert not self.world.judge.violations, "\n".join(
            [*map(str, self.world.judge.violations), *self.world.told(90)]
        )
        assert not self.world.judge.limits, f"{self.world.judge.limits}\n" + "\n".join(self.world.told(90))
