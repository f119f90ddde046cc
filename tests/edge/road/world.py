"""The world: time, the lanes of one gate, the real gate over them, its journal and rules; restarts and power cuts."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from math import inf
from random import Random

from edge.config import Settings, parse
from edge.contract import passes
from edge.decision.rules import Rules
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.loop import Gate
from edge.lane.events import BarrierDown, BarrierUp, Event, Loop, LoopChanged, SignedOn, SolutionMixed
from tests.contract.samples import KID, PASS, PASS_KEY
from tests.edge.gates import NOW, RULES
from tests.edge.road.drivers import Driver
from tests.edge.road.journal import RoadJournal
from tests.edge.road.judge import Judge
from tests.edge.road.lane import LaneSetup, RoadLane
from tests.edge.road.layout import Body
from tests.edge.road.story import line
from tests.edge.road.vehicles import Vehicle

BEAT = 4.0
"""Seconds between two turns of an idle gate."""
PINS = (
    (
        "outer_loop",
        "inner_loop",
        "disinfected",
        "turn_back",
        "emergency",
        "barrier",
        "sprayer",
        "red",
        "amber",
        "green",
    ),
    ("barrier_up", "barrier_down", "safety"),
)
KEPT_OF_STORY = 800


@dataclass(frozen=True, slots=True)
class Setup:
    """How a world is made. `fails_open`: the policy wants the barrier up in a fault. `lumps`: timers come late in lumps."""

    lanes: tuple[LaneSetup, ...] = (LaneSetup(),)
    fails_open: bool = False
    spray_seconds: float = 4.0
    contact_seconds: float = 0.0
    lumps: bool = False
    stand: float = 1.0
    duplicate_seconds: float = 10.0


class World:
    """A gate and its road. `now`: seconds; `handled`: events that the gate answered; `story`: what happened, newest last."""

    def __init__(self, setup: Setup, seed: int = 0) -> None:
        self.setup = setup
        self.seed = seed
        self.random = Random(seed)
        self.now = 1000.0
        self.handled = 0
        self.counts: Counter[str] = Counter()
        self.story: deque[tuple[float, int, object]] = deque(maxlen=KEPT_OF_STORY)
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._ids = count(1)
        self._names = count(1)
        self.judge = Judge(self)
        self.journal = RoadJournal(self.wall, self.judge.ledger.kept)
        self.rules = _rules(setup)
        self.settings = parse(toml(setup))
        self.lanes = {
            str(number): RoadLane(self, str(number), each) for number, each in enumerate(setup.lanes, start=1)
        }
        self.busy_until = 0.0
        self._waiting: list[Event] = []
        self.gate: Gate | None = None
        self._turn_at = inf
        self.cause: Event | None = None
        """The event that the gate answers at this moment."""
        self.silly = False
        """That event is an officer's who presses anything."""
        self.start()

    # -- time ----------------------------------------------------------------------------------------------------------

    def wall(self) -> datetime:
        """The wall clock."""
        return NOW + timedelta(seconds=self.now - 1000.0)

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Does something at that second."""
        heapq.heappush(self._heap, (when, next(self._order), action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Does something so many seconds from now."""
        self.at(self.now + seconds, action)

    def run(self, seconds: float = inf, events: float = inf, until: Callable[[], bool] | None = None) -> bool:
        """Lets time pass: for so long, or until the gate has answered so many events, or until something holds.

        Returns True if that came to hold.
        """
        end, lanes = self.now + seconds, list(self.lanes.values())
        for lane in lanes:
            lane.plan()
        while self.handled < events:
            if until is not None and until():
                return True
            when = min(self._heap[0][0] if self._heap else inf, self._turn_at, *(lane.motion_at for lane in lanes))
            if when >= end:
                when = end
            self.now = max(self.now, when)
            moved = [lane for lane in lanes if lane.motion_at <= self.now]
            for lane in lanes:
                lane.advance()
            if when == end:
                break
            if self._heap and self._heap[0][0] <= self.now:
                moved = lanes
            while self._heap and self._heap[0][0] <= self.now:
                heapq.heappop(self._heap)[2]()
            if self._turn_at <= self.now:
                self._turn()
            for lane in moved:  # a turn of the gate alone moves nobody: what it switches is followed a moment later
                lane.plan()
        return until is not None and until()

    def tell(self, what: object) -> None:
        """Notes something for the story."""
        self.story.append((self.now, self.handled, what))

    def told(self, last: int = 90) -> list[str]:
        """The story of the last events, in plain words."""
        return [line(*each) for each in list(self.story)[-last:]]

    def look_soon(self, lane: RoadLane) -> None:
        """Something to see changed: every driver looks at it, each after a while of its own."""
        for vehicle in lane.traffic:
            if vehicle.driver is not None:
                vehicle.driver.look_soon()

    # -- the gate ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """A new gate over the road as it stands."""
        for lane in self.lanes.values():
            lane.hands.begin(up=self.setup.fails_open)
            for wire in (lane.outer, lane.inner, lane.safety, lane.up, lane.down):
                wire.restart()
        self._turn_at = self.now
        self.gate = Gate(
            self.settings,
            self.journal,
            {name: lane.hands for name, lane in self.lanes.items()},
            lambda: self.rules,
            Clocks(now=self.wall, monotonic=lambda: self.now),
            past=self.journal.past(),
            callbacks=Callbacks(new_id=self._new_id, look_again=self._look_again),
        )
        for lane in self.lanes.values():
            for loop in Loop:
                if lane.wires[loop].level:
                    lane.wires[loop].on = True
                    self.post(LoopChanged(lane.name, loop, True))
            if lane.hands.at_up:
                self.post(BarrierUp(lane.name))
            if lane.hands.at_down:
                self.post(BarrierDown(lane.name))
        if self.gate.view.officer is None:
            self.post(SignedOn("u-2"))
        if not self.gate.view.solution_valid:
            self.post(SolutionMixed("chlorine", "", "A"))

    def stop(self, *, power: bool = False) -> None:
        """The gate ends without a word: kill -9, or no power."""
        self.tell("power cut" if power else "kill -9")
        self.counts["power cuts" if power else "kills"] += 1
        self.gate = None
        self._turn_at = inf
        self.busy_until, self._waiting = 0.0, []
        for lane in self.lanes.values():
            lane.trouble = self.now
            lane.hands.die(power=power)
        self.judge.ended()

    def comes(self, event: Event) -> None:
        """An event of the hardware comes to the gate."""
        self.post(event)

    def post(self, event: Event) -> bool:
        """An event comes to the gate. Returns True if anything came of it."""
        if self.gate is None:
            return False
        if self.now < self.busy_until or self._waiting:
            self._waiting.append(event)  # in its order
            self._turn_at = max(self.now, self.busy_until) + 1e-4
            return False
        return self._handle(event)

    def _handle(self, event: Event) -> bool:
        assert self.gate is not None
        self.handled += 1
        self.tell(event)
        self.cause = event
        done = False
        try:
            done = self.gate.handle(event)
        except Exception as error:
            self.judge.crashed(event, error)
        self.cause = None
        self.judge.check(event, done=done)
        self._plan_turn()
        return done

    def _turn(self) -> None:
        gate = self.gate
        if gate is None:
            self._turn_at = inf
            return
        timers = sum(1 for lane in gate.lanes.values() for due in lane.performer.timers.values() if due <= self.now)
        self.handled += timers
        if timers:
            fired = [
                f"{name}: {timer}"
                for name, lane in gate.lanes.items()
                for timer, due in lane.performer.timers.items()
                if due <= self.now
            ]
            self.tell("timers fire: " + ", ".join(fired))
        try:
            gate.turn()
        except Exception as error:
            self.judge.crashed(None, error)
        self.judge.check(None)
        self._last_turn = self.now
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            if self.gate is not None:
                self._handle(event)
        if self.setup.lumps and self.random.random() < 0.1:
            # something keeps the gate's thread busy: what comes meanwhile waits, and its timers are late
            self.busy_until = self.now + self.random.uniform(0.1, 1.5)
        self._plan_turn()

    _last_turn = 0.0

    def _plan_turn(self) -> None:
        if self.gate is None:
            return
        due = self._last_turn + BEAT
        for lane in self.gate.lanes.values():
            for when in lane.performer.timers.values():
                due = min(due, when)
        self._turn_at = max(due, self._last_turn, self.busy_until) + 1e-4

    def _look_again(self, lane: str) -> None:
        """The camera reports what is in sight once more."""
        for vehicle in [*self.lanes[lane].traffic]:
            if vehicle.shows:
                self.after(0.1 + self.random.random() * 0.3, lambda vehicle=vehicle: self.lanes[lane].show(vehicle))  # type: ignore[misc]

    def _new_id(self) -> str:
        return f"{next(self._ids):032x}"

    # -- vehicles ------------------------------------------------------------------------------------------------------

    def name(self) -> str:
        """A name for a new vehicle: A, B … Z, A1, B1 …"""
        number = next(self._names) - 1
        return chr(65 + number % 26) + (str(number // 26) if number >= 26 else "")

    def vehicle(
        self, lane: str, body: Body, driver: Callable[[World, RoadLane, Vehicle], Driver], **facts: object
    ) -> Vehicle:
        """A vehicle comes onto the road, 14 m before the arm unless `facts` say otherwise."""
        road = self.lanes[lane]
        name = self.name()
        usual = {"way": road.setup.ways[0], "nose": -road.layout.edge - 8.0, "plate": plate_of(name)}
        vehicle = Vehicle(name, body, layout=road.layout, born=self.now, **(usual | facts))  # type: ignore[arg-type]
        road.add(vehicle)
        vehicle.driver = driver(self, road, vehicle)
        vehicle.driver.begin()
        self.judge.witness.came(road, vehicle)
        return vehicle


def plate_of(name: str) -> str:
    """A plate for a vehicle of this name."""
    number = sum(ord(each) * 131**place for place, each in enumerate(name)) % 100_000
    return f"鲁B{number:05d}"


_texts: dict[tuple[int, int], tuple[str, str]] = {}


def pass_plate(number: int) -> str:
    """The plate that a genuine pass of this number is bound to."""
    return f"鲁C{number:05d}"


def pass_of(number: int, class_: int = 1) -> tuple[str, str]:
    """The QR text of a genuine pass and its id; of a class of the sample town (1: owes a disinfection, 3: has priority)."""
    key = (number, class_)
    if key not in _texts:
        made = replace(
            PASS, id=(0x1000 + number * 16 + class_).to_bytes(8, "big"), plate=pass_plate(number), vehicle_class=class_
        )
        _texts[key] = passes.write(made, KID, PASS_KEY), made.id_hex
    return _texts[key]


def expired_pass(number: int) -> tuple[str, str]:
    """A pass that has expired, of this number."""
    key = (number, 0)
    if key not in _texts:
        id = (0x1000 + number * 16).to_bytes(8, "big")
        made = replace(PASS, id=id, plate=pass_plate(number), not_before=1_700_000_000, expires=1_700_000_100)
        _texts[key] = passes.write(made, KID, PASS_KEY), made.id_hex
    return _texts[key]


def _rules(setup: Setup) -> Rules:
    policy = RULES.policy
    assert policy is not None
    classes = tuple(
        each.model_copy(update={"contact_seconds": setup.contact_seconds if each.number == 1 else 0.0})
        for each in policy.classes
    )
    changes = {
        "classes": classes,
        "spray_seconds": setup.spray_seconds,
        "duplicate_seconds": setup.duplicate_seconds,
        "fail_barrier": "open" if setup.fails_open else "closed",
    }
    return replace(RULES, policy=policy.model_copy(update=changes))


def toml(setup: Setup) -> str:
    """The gate's settings for these lanes."""
    lines = ['town = "demo"\ngate = "east"\n[hardware]\nfactory = "mock"']
    numbers = count()
    for number, lane in enumerate(setup.lanes, start=1):
        always, sometimes = PINS
        fitted = {
            "barrier_up": lane.up_switch,
            "barrier_down": lane.down_switch,
            "safety": lane.layout.safety is not None,
        }
        names = [*always, *(name for name in sometimes if fitted[name])]
        pins = "\n".join(f"{name} = {next(numbers)}" for name in names)
        direction = "loops" if len(lane.ways) > 1 else lane.ways[0].value
        rise = lane.travel + lane.lag + 0.5
        gap = f"gap = {lane.gap}\n" if lane.gap else ""
        lines.append(
            f'[[lanes]]\nname = "{number}"\ndirection = "{direction}"\n[lanes.pins]\n{pins}\n[lanes.times]\nrise = {rise}\n'
            f"stand = {setup.stand}\npassage = {lane.passage}\nspray_most = {lane.spray_most}\n{gap}"
            f"[lanes.road]\napart = {lane.layout.apart}\nshortest = {lane.shortest}\nslowest = {lane.slowest}\n"
        )
    return "\n".join(lines)


__all__ = ["Settings", "Setup", "World", "expired_pass", "pass_of", "plate_of", "toml"]
