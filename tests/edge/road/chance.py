"""Chance: the traffic, the faults and the power of a random world, all from its seed."""

from __future__ import annotations

from random import Random

from edge.contract.reasons import Direction
from tests.edge.road.drivers import Human, plan_for
from tests.edge.road.lane import LaneSetup, RoadLane
from tests.edge.road.layout import Layout
from tests.edge.road.officer import Officer
from tests.edge.road.vehicles import Vehicle, any_body
from tests.edge.road.world import Setup, World, expired_pass, pass_of, pass_plate, plate_of

PASSES = 400
WAYS = ((Direction.IN,), (Direction.IN,), (Direction.OUT,), (Direction.IN, Direction.OUT))


def any_setup(random: Random, sensors: int | None = None, ways: int | None = None) -> Setup:
    """Some gate; `sensors`: how many its lanes have; `ways`: from how many sides vehicles come."""
    lanes = tuple(_any_lane(random, sensors, ways) for _ in range(1 if random.random() < 0.75 else 2))
    return Setup(
        lanes=lanes,
        fails_open=random.random() < 0.25,
        spray_seconds=random.choice((2.0, 4.0, 8.0)),
        contact_seconds=random.choice((0.0, 0.0, 3.0)),
        lumps=random.random() < 0.3,
        stand=random.choice((0.5, 1.0)),
    )


def _any_lane(random: Random, sensors: int | None, ways: int | None) -> LaneSetup:
    three = random.random() < 0.5 if sensors is None else sensors == 3
    beam = random.random() < 0.4
    layout = Layout(
        outer=random.choice((1.0, 1.5, 2.0)),
        inner=random.choice((1.0, 1.5, 2.0)),
        before=random.choice((1.2, 1.5, 2.0)),
        beyond=random.choice((1.2, 1.5, 2.0)),
        safety=(0.05 if beam else 1.0) if three else None,
        beam=beam,
    )
    switches = random.random()
    return LaneSetup(
        layout=layout,
        travel=random.choice((1.0, 2.0, 3.5, 6.0)),
        lag=random.choice((0.02, 0.1)),
        up_switch=switches < 0.75,
        down_switch=switches < 0.7,
        bounces=random.random() < 0.3,
        flow=random.random() < 0.7,
        ways=random.choice([each for each in WAYS if ways in {None, len(each)}]),
        shortest=2.0 if random.random() < 0.7 else 4.5,
        slowest=0.5,
        gap=random.choice((0.0, 0.0, 0.3)),
        passage=random.choice((15.0, 30.0)),
    )


class Chance:
    """Fills a world with traffic, an officer and mishaps."""

    def __init__(self, world: World, *, mishaps: bool = True) -> None:
        self.world = world
        self.random = world.random
        self._passes = 0
        self._expired = 0
        self.busy = self.random.choice((1.0, 2.0, 3.0))
        self.wild = self.random.choice((0.1, 0.25, 0.4))
        self.officer = Officer(
            world,
            silly=self.random.choice((0.0, 0.03, 0.1)),
            keys=self.random.choice((0.0, 0.0, 0.01)) if mishaps else 0.0,
        )
        for lane in world.lanes.values():
            self._traffic(lane)
            self._unblock(lane)
        if mishaps:
            self.kinds = [
                each for each in (self._stick, self._refuse, self._end, self._no_flow) if self.random.random() < 0.5
            ]
            self._mishap()

    # -- traffic -------------------------------------------------------------------------------------------------------

    def _traffic(self, lane: RoadLane) -> None:
        self.world.after(self.random.expovariate(self.busy / 40.0), lambda: self._traffic(lane))
        way = self.random.choice(lane.setup.ways)
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            if len(lane.traffic.queues[way]) < 5:
                self._come(lane, way)

    def _come(self, lane: RoadLane, way: Direction) -> None:
        random, world = self.random, self.world
        body = any_body(random, lane.setup.shortest)
        plan = plan_for(random, lane, lane.layout.near(way)[1], wild=self.wild)
        if plan.turn is not None and plan.turn[0] == "after":
            tail = random.uniform(-0.9, 0.3) * -lane.layout.near(way)[1]
            plan.turn = ("after", round(body.length + tail, 2))
        name = world.name()
        text, pass_id, valid, plate = None, None, True, plate_of(name)
        kind = random.random()
        if plan.read != "none":
            if kind < 0.06:
                self._expired += 1
                number, valid = PASSES + self._expired % PASSES, False
                text, pass_id = expired_pass(number)
            else:
                self._passes += 1
                number = self._passes % PASSES
                text, pass_id = pass_of(number, 1 if kind < 0.75 else 3)
            plate = pass_plate(number)
        vehicle = Vehicle(
            name, body, way, lane.layout, -lane.layout.edge - 8.0, plate, text, pass_id, valid,
            speed=round(random.uniform(0.5, 5.0), 2), space=round(random.uniform(0.5, 5.0), 2) if random.random() < 0.7 else 1.5,
            born=world.now,
        )  # fmt: skip
        world.counts["vehicles"] += 1
        world.counts[f"kind: {body.name}"] += 1
        world.counts[f"manner: {plan.manner}"] += 1
        lane.add(vehicle)
        world.judge.witness.came(lane, vehicle)
        vehicle.driver = Human(world, lane, vehicle, plan)
        vehicle.driver.begin()

    def _unblock(self, lane: RoadLane) -> None:
        """Two who stand face to face: one of them makes room."""
        self.world.after(4.0, lambda: self._unblock(lane))
        edge = lane.layout.edge
        for one in lane.traffic.queues[Direction.IN]:
            for other in lane.traffic.queues[Direction.OUT]:
                facing = -edge < one.nose < edge and -edge < other.nose < edge
                if facing and one.v == 0 == other.v and self.random.random() < 0.4:
                    gives = (
                        one if (one.under_since is None and self.random.random() < 0.5) or other.under_since else other
                    )
                    if gives.driver is not None:
                        gives.driver.make_way()

    # -- mishaps -------------------------------------------------------------------------------------------------------

    def _mishap(self) -> None:
        self.world.after(self.random.expovariate(1 / 150.0), self._mishap)
        if self.kinds:
            self.random.choice(self.kinds)()

    def _any_lane(self) -> RoadLane:
        return self.random.choice([*self.world.lanes.values()])

    def _stick(self) -> None:
        lane = self._any_lane()
        self.world.counts["arm stuck or slow"] += 1
        lane.stick(self.random.choice((0.0, 0.0, 2.0, 4.0)))
        self.world.after(self.random.uniform(3, 60), lambda: lane.stick(1.0))

    def _refuse(self) -> None:
        journal = self.world.journal
        if journal.broken:
            return
        self.world.counts["refusals begun"] += 1
        self.world.tell("the journal takes nothing")
        journal.broken = True
        self.world.after(self.random.uniform(1, 30), self._take_again)

    def _take_again(self) -> None:
        self.world.tell("the journal takes records again")
        self.world.journal.broken = False
        for lane in self.world.lanes.values():
            lane.trouble = self.world.now

    def _end(self) -> None:
        if self.world.gate is None:
            return
        self.world.stop(power=self.random.random() < 0.4)
        self.world.after(self.random.uniform(1, 8), self.world.start)

    def _no_flow(self) -> None:
        lane = self._any_lane()
        lane.flows = False
        self.world.after(self.random.uniform(5, 40), lambda: setattr(lane, "flows", True))
