"""Drivers: what each does on the road. `Scripted` ones do what a test says, `Human` ones what people do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Literal

from edge.contract.reasons import Colour

if TYPE_CHECKING:
    from tests.edge.road.lane import RoadLane
    from tests.edge.road.vehicles import Vehicle
    from tests.edge.road.world import World

THRESHOLD = -0.7
"""Where a driver looks up at the arm a last time."""
ADVERTISEMENT = "https://example.org/noodles"


class Driver:
    """Somebody at the wheel. This one does nothing by itself: a test sets the goals."""

    def __init__(self, world: World, lane: RoadLane, vehicle: Vehicle) -> None:
        self.world = world
        self.lane = lane
        self.vehicle = vehicle
        self.vehicle.goal = vehicle.nose

    def begin(self) -> None:
        """The vehicle is on the road now."""

    def arrived(self) -> None:
        """The vehicle is at its goal."""

    def look_soon(self) -> None:
        """Something to see changed."""

    def sent_back(self) -> None:
        """The officer waves it back."""

    def back_off(self) -> None:
        """It is asked to make room backwards."""

    def make_way(self) -> None:
        """Somebody stands face to face with it."""

    @property
    def exit(self) -> float:
        """Where its tail has left the lane."""
        return self.lane.layout.edge + self.vehicle.length + 0.5


class Scripted(Driver):
    """Does what a test says: `to`, `leave`, `back`."""

    def to(self, nose: float, speed: float | None = None) -> None:
        """Drives to where its nose is there."""
        if speed is not None:
            self.vehicle.speed = speed
        self.vehicle.goal = nose

    def leave(self, speed: float | None = None) -> None:
        """Drives out of the lane."""
        self.to(self.exit, speed)

    def back(self, speed: float | None = None) -> None:
        """Reverses out of the lane."""
        self.to(-self.lane.layout.edge - 3.0, speed)

    def arrived(self) -> None:
        vehicle = self.vehicle
        if vehicle.nose >= self.exit - 0.01 or (vehicle.nose <= -self.lane.layout.edge - 2.9 and vehicle.at_near):
            self.lane.remove(vehicle)


class State(StrEnum):
    """What a driver is about."""

    COMING = "coming"
    WAITING = "waiting"
    GOING = "going"
    THROUGH = "through"
    BACK = "back"


@dataclass(slots=True)
class Plan:
    """What a driver means to do. `stop`: where the nose stops; `manner`: whose green is obeyed.

    patient: the own one, once the one before is out of the lane; trusting: any green once the one before is past the arm;
    follow: right behind the one before, whatever the lamp says; force: through the arm after a while.
    `read`: when the pass is shown; `turn`: where it changes its mind and goes back; `pause`: where it stops, and for how long.
    """

    stop: float = -1.0
    manner: Literal["patient", "trusting", "follow", "force"] = "patient"
    read: Literal["none", "line", "early", "leaving"] = "line"
    read_after: float = 1.0
    reaction: float = 0.6
    turn: tuple[Literal["before", "under", "after"], float] | None = None
    pause: tuple[float, float] | None = None
    courteous: bool = True
    endures: float = 600.0
    advert: bool = False


class Human(Driver):
    """A driver with a plan. `state`: what it is about; `since`: since when it waits where it stands."""

    def __init__(self, world: World, lane: RoadLane, vehicle: Vehicle, plan: Plan) -> None:
        super().__init__(world, lane, vehicle)
        self.plan = plan
        self.state = State.COMING
        self.since = world.now
        self._looks = False
        self._paused = False
        self.sent = False
        self._shown = 0

    @property
    def obedient(self) -> bool:
        """Returns True if it drives on green alone and does not change its mind."""
        return self.plan.manner in {"patient", "trusting"} and self.plan.turn is None

    # -- coming --------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._come()
        if self.plan.read == "early":
            self.world.after(0.5, self._show)

    def _come(self) -> None:
        self.state = State.COMING
        edge = -self.lane.layout.edge - 0.4
        waits = self.plan.courteous and self.vehicle.nose < edge + 0.01 and self._opposed()
        self.vehicle.goal = edge if waits else max(self.plan.stop, self.vehicle.nose)
        if not waits and self.vehicle.nose >= self.plan.stop - 1e-6:
            self._wait()

    def _opposed(self) -> bool:
        edge = self.lane.layout.edge
        return any(
            each.nose > -edge and each.tail < edge and each.v >= 0 for each in self.lane.traffic.opposite(self.vehicle)
        )

    def _faced(self) -> bool:
        """Returns True if somebody stands, or drives, head-on."""
        edge = self.lane.layout.edge
        return any(each.nose > -edge and each.tail < 0 for each in self.lane.traffic.opposite(self.vehicle))

    def _wait(self) -> None:
        self.state = State.WAITING
        self.since = self.world.now
        self.world.judge.patience.waits(self.lane, self.vehicle)
        if self.plan.read == "line":
            self.world.after(self.plan.read_after, self._show)
        if self.plan.advert:
            self.world.after(self.plan.read_after * 0.6, lambda: self.lane.show(self.vehicle, ADVERTISEMENT))
        if self.plan.turn is not None and self.plan.turn[0] == "before":
            self.world.after(self.plan.turn[1], self._change_mind)
        if self.plan.manner == "force":
            self.world.after(self.plan.read_after + 6.0, self._force)
        self.world.after(self.plan.endures, self._lose_patience)
        self.look_soon()

    def _show(self) -> None:
        if self.vehicle.gone or self.state not in {State.WAITING, State.COMING}:
            return
        self.lane.show(self.vehicle)
        if self.plan.read != "leaving":
            self._shown += 1
            self.world.after((4.0 + self.world.random.random() * 5) * min(8, self._shown), self._show)

    def _change_mind(self) -> None:
        if self.state is State.WAITING:
            self._back()

    def _lose_patience(self) -> None:
        if self.state is State.WAITING and self.world.now - self.since >= self.plan.endures - 1:
            self._back()

    def _force(self) -> None:
        if self.state is State.WAITING and not self.vehicle.gone and self._ahead_gone():
            self.world.counts["forced"] += 1
            self.state = State.GOING
            self._through()

    # -- looking -------------------------------------------------------------------------------------------------------

    def look_soon(self) -> None:
        if not self._looks and self.state not in {State.THROUGH, State.BACK}:
            self._looks = True
            self.world.after(self.plan.reaction * (0.5 + self.world.random.random()), self._look)

    def _look(self) -> None:
        self._looks = False
        if self.vehicle.gone:
            return
        if self.state is State.COMING:
            if self.plan.manner == "follow" and self._may_go():
                self._go()
            elif self.vehicle.v == 0 or self.vehicle.goal != self.plan.stop:
                self._come()
        elif self.state is State.WAITING:
            if self._may_go():
                self._go()
        elif self.state is State.GOING and self.vehicle.nose < THRESHOLD and not self._may_go():
            self.vehicle.goal = self.vehicle.nose
            self._stand()

    def _ahead_gone(self) -> bool:
        ahead = self.lane.traffic.ahead_of(self.vehicle)
        return ahead is None or ahead.tail > self.lane.layout.edge - 1.0

    def _may_go(self) -> bool:
        arm, hands, manner = self.lane.arm, self.lane.hands, self.plan.manner
        if self.sent or arm.position < self.vehicle.clear + 0.04:
            return False
        ahead = self.lane.traffic.ahead_of(self.vehicle)
        if manner in {"follow", "force"}:
            return ahead is None or ahead.nose > 0.0
        if hands.lamp is not Colour.GREEN or arm.falling or self._faced():
            return False
        if manner == "trusting":
            return ahead is None or ahead.tail > 0.0
        return ahead is None or ahead.tail > self.lane.layout.far(self.vehicle.way)[1]

    # -- driving -------------------------------------------------------------------------------------------------------

    def _go(self) -> None:
        if self.state is State.COMING:
            self.world.counts["followed on"] += 1
        self.state = State.GOING
        if self.vehicle.nose >= THRESHOLD - 0.01:
            self._through()
        else:
            self.vehicle.goal = THRESHOLD

    def _stand(self) -> None:
        self.state = State.WAITING
        self.since = self.world.now
        self.world.judge.patience.waits(self.lane, self.vehicle)
        if self.plan.read == "line":
            self.world.after(self.plan.read_after, self._show)
        self.world.after(self.plan.endures, self._lose_patience)

    def _through(self) -> None:
        vehicle, plan = self.vehicle, self.plan
        if plan.turn is not None and plan.turn[0] != "before" and plan.turn[1] > vehicle.nose:
            vehicle.goal = plan.turn[1]
        elif plan.pause is not None and not self._paused and plan.pause[0] > vehicle.nose:
            vehicle.goal = plan.pause[0]
        else:
            self.state = State.THROUGH
            vehicle.goal = self.exit
        if plan.read == "leaving":
            self.lane.show(vehicle)

    def arrived(self) -> None:
        vehicle, plan = self.vehicle, self.plan
        match self.state:
            case State.COMING:
                if vehicle.nose >= plan.stop - 0.01:
                    self._wait()
                else:
                    self.look_soon()
            case State.WAITING:
                pass
            case State.GOING:
                self._at_a_place()
            case State.THROUGH:
                self.lane.remove(vehicle)
            case State.BACK:
                if vehicle.nose <= -self.lane.layout.edge - 2.0:
                    self.lane.remove(vehicle)

    def _at_a_place(self) -> None:
        vehicle, plan = self.vehicle, self.plan
        if abs(vehicle.nose - THRESHOLD) < 0.01:
            if plan.manner == "force" or self._may_go():
                self._through()
            else:
                self._stand()
        elif plan.turn is not None and abs(vehicle.nose - plan.turn[1]) < 0.01:
            self.world.after(0.3, self._back)
        elif plan.pause is not None and abs(vehicle.nose - plan.pause[0]) < 0.01:
            self._paused = True
            self.world.counts["stopped under the arm"] += 1
            self.world.after(plan.pause[1], self._through)

    # -- back ----------------------------------------------------------------------------------------------------------

    def sent_back(self) -> None:
        self.sent = True
        if self.vehicle.nose < THRESHOLD:
            self.world.after(self.plan.reaction * 2, self._back)

    def back_off(self) -> None:
        if self.state in {State.COMING, State.WAITING} or (self.state is State.GOING and self.vehicle.nose < 0):
            self._back()

    def called(self) -> None:
        """The officer lets it drive after all."""
        self.sent = False
        self.look_soon()

    def make_way(self) -> None:
        if self.state is State.THROUGH:
            self.state = State.GOING
        self._back()

    def _back(self) -> None:
        if self.vehicle.gone or self.state in {State.BACK, State.THROUGH}:
            return
        self.world.counts["backed off"] += 1
        self.world.tell(f"{self.lane.name}: {self.vehicle.name} goes back from {self.vehicle.nose:.1f}")
        self.state = State.BACK
        self.vehicle.goal = -self.lane.layout.edge - 2.5
        self.world.after(4.0, self._make_room)

    def _make_room(self) -> None:
        """Somebody stands behind: that one backs off as well, or this one turns aside before the arm."""
        vehicle = self.vehicle
        if vehicle.gone or self.state is not State.BACK:
            return
        if vehicle.v == 0.0:
            behind = self.lane.traffic.behind(vehicle)
            if vehicle.may_turn_aside and self.world.random.random() < 0.5:
                self.lane.remove(vehicle)
                return
            if behind is not None and behind.driver is not None:
                behind.driver.back_off()
        self.world.after(3.0, self._make_room)


def plan_for(random: Random, lane: RoadLane, near_end: float, *, wild: float) -> Plan:
    """Some driver's plan; `wild`: the share of those who do not do what they should."""
    room = -near_end
    plan = Plan(
        stop=round(near_end + min(0.9, room - 0.75) * random.random() ** 2, 2),
        manner="patient" if random.random() < 0.8 else "trusting",
        read_after=0.3 + random.random() * 3,
        reaction=0.2 + random.random() * 0.8,
        endures=400.0,
    )
    kind = random.random()
    if kind < 0.08:
        plan.read = "early"
    elif kind < 0.2:
        plan.read = "none"
    elif kind < 0.25:
        plan.read = "leaving"
    plan.advert = random.random() < 0.04
    plan.courteous = random.random() < 0.8
    if random.random() < wild:
        _go_wild(random, plan, lane)
    return plan


def _go_wild(random: Random, plan: Plan, lane: RoadLane) -> None:
    kind = random.random()
    if kind < 0.4:
        plan.manner = "follow"
    elif kind < 0.5:
        plan.manner = "force"
    elif kind < 0.65:
        plan.turn = ("before", random.uniform(0.5, 15.0))
    elif kind < 0.75:
        plan.turn = ("under", round(random.uniform(0.1, lane.layout.edge), 2))
    elif kind < 0.85:
        plan.turn = ("after", round(lane.layout.edge + random.uniform(0, 6.0), 2))
    else:
        plan.pause = (round(random.uniform(0.1, lane.layout.edge + 2), 2), random.uniform(1.0, 20.0))


__all__ = ["ADVERTISEMENT", "Driver", "Human", "Plan", "Scripted", "State", "plan_for"]
