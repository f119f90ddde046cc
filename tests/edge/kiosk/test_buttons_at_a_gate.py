"""Whoever presses what the screen shows, at a real gate, in whatever has happened there: the lane answers, or the screen says why not."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from edge.contract.facts import ClockTrust
from edge.contract.policy import AntiPassback, Policy
from edge.contract.reasons import Direction
from edge.decision.decision import LastSeen
from edge.gate.view import LaneView
from edge.kiosk import why_not as lines
from edge.kiosk.buttons import acts, more
from edge.kiosk.why_not import why_not
from edge.lane import events
from edge.lane.events import BarrierDown, BarrierMoving, BarrierUp, Event, Loop, QrSeen, SignedOff, SignedOn
from edge.lane.phase import Arm, Phase
from tests.contract.samples import PASS
from tests.edge.gates import NOW, POLICY_FULL, RULES, TOML, TestTown, qr

WALKS, STEPS = 120, 120
GUARDED = TOML + "[lanes.pins]\nsafety = 26\n"
PASSES = (qr(), qr(vehicle_class=2), qr(vehicle_class=3), qr(gates=0b10), qr(id="8899aabbccddeeff"))
WEIGHTS = {"emergency": 0.1, "turn_back": 0.1, "disinfected": 0.3, "override": 0.3}
"""What ends most of what one would come to else is pressed less often."""
Press = Callable[[LaneView], Event]


def _override(lane: LaneView) -> Event:
    what = "disinfection" if lane.phase in {Phase.DISINFECTING, Phase.CONTACT} else "verdict"
    return events.OverridePressed("1", lane.visit or "", "u-2", "stroke", what)  # type: ignore[arg-type]  # one of the two


PRESSES: dict[str, Press] = {
    "register": lambda _lane: events.Registered("1", "鲁B7", "resident"),
    "admit": lambda lane: events.AdmitPressed("1", lane.visit or ""),
    "turn_back": lambda lane: events.TurnBackPressed("1", lane.visit or ""),
    "mismatch": lambda lane: events.PlateMismatch("1", lane.visit or ""),
    "disinfected": lambda lane: events.DisinfectedPressed("1", lane.visit or ""),
    "washed": lambda lane: events.DisinfectedPressed("1", lane.visit or "", washed_first=True),
    "spray": lambda lane: events.SprayAgainPressed("1", lane.visit or ""),
    "hold": lambda lane: events.HoldPressed("1", lane.visit or ""),
    "override": _override,
    "detain": lambda lane: events.DetainPressed("1", lane.visit or ""),
    "went_through": lambda lane: events.WentThrough("1", lane.unclear or ""),
    "came_back": lambda lane: events.CameBack("1", lane.unclear or ""),
    "take_over": lambda _lane: events.FaultCleared("1"),
    "barrier_free": lambda _lane: events.FaultCleared("1"),
    "emergency": lambda _lane: events.EmergencyPressed("1"),
}
"""Each button, and what it posts for what the screen shows."""


def _acting(policy: Policy) -> Policy:
    """The policy with a solution that must act for ten seconds, and an officer who looks at whoever is inside already."""
    acting = tuple(
        each.model_copy(update={"contact_seconds": 10.0, "anti_passback": AntiPassback.SOFT}) for each in policy.classes
    )
    return policy.model_copy(update={"classes": acting})


class Walk:
    """A gate at which anything happens, and an officer who presses anything that is shown."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.town = TestTown(toml=self.chance.choice((TOML, GUARDED)), raised=self.chance.random() < 0.2)
        hands = self.town.hands["1"]
        hands.tells_up = hands.tells_down = hands.slow = self.chance.random() < 0.5
        self.town.clock = self.chance.choice((ClockTrust.SYNCED, ClockTrust.UNSYNCED))
        inside = {PASS.plate: LastSeen("c" * 32, "south", Direction.IN, NOW - timedelta(hours=1))}
        self.town.rules = self.chance.choice((RULES, replace(RULES, policy=_acting(POLICY_FULL), inside=inside)))
        self.silent: list[str] = []
        self.pressed: Counter[str] = Counter()
        self.states: set[tuple[Phase, Arm, bool]] = set()

    @property
    def lane(self) -> LaneView:
        return self.town.gate.view.lanes[0]

    def step(self) -> None:
        self.states.add((self.lane.phase, self.lane.arm, self.lane.unclear is not None))
        if self.chance.random() < 0.5:
            self.press()
        else:
            self.happen()

    def press(self) -> None:
        """Presses one of the lane's buttons; `silent` is why, if neither the lane nor the screen answers."""
        before = self.lane
        shown = [each for each in (*acts(before), *more(before)) if each.name != "more"]
        (act,) = self.chance.choices(shown, [WEIGHTS.get(each.name, 1.0) for each in shown])
        self.pressed[act.name] += 1
        event = PRESSES[act.name](before)
        if not self.town.gate.handle(event):
            said = why_not(event, before, self.town.gate.view)
            if said in {lines.NOT_POSSIBLE, lines.MOVED_ON, lines.ANOTHER}:
                self.silent.append(f"{act.name}: {before.phase}, arm {before.arm}, {before}")

    def happen(self) -> None:
        """Something happens that no officer does."""
        town, hands, chance = self.town, self.town.hands["1"], self.chance
        match chance.randrange(9):
            case 0 | 1 | 2:
                loops = [Loop.OUTER, Loop.INNER, *([Loop.SAFETY] if hands.guarded else [])]
                loop = chance.choice(loops)
                town.loop(loop, loop not in self.lane.occupied)
            case 3 | 4:
                town.pass_time(chance.choice((0.3, 1.0, 3.0, 12.0, 40.0)))
            case 5:
                town.gate.handle(QrSeen("1", chance.choice(PASSES), town.time))
            case 6:
                town.sprayed(10.0, chance.choice((None, 3.0)))
            case 7:  # what the end switches say
                up = chance.random() < 0.5
                if hands.tells_up and chance.random() < 0.4:
                    hands.at_up = hands.at_down = False
                    town.gate.handle(BarrierMoving("1"))
                elif hands.tells_up:
                    hands.at_up, hands.at_down = up, not up
                    town.gate.handle(BarrierUp("1") if up else BarrierDown("1"))
            case _:
                town.gate.handle(SignedOff() if town.gate.view.officer else SignedOn("u-2"))


@pytest.fixture(scope="module")
def walks() -> list[Walk]:
    walked = [Walk(seed) for seed in range(WALKS)]
    for walk in walked:
        for _ in range(STEPS):
            walk.step()
    return walked


def test_every_button_that_is_shown_is_answered_by_the_lane_or_by_a_line_that_says_why(walks: list[Walk]) -> None:
    assert [each for walk in walks for each in walk.silent] == []


def test_the_walks_come_to_every_phase_and_arm_and_press_every_button(walks: list[Walk]) -> None:
    states = {state for walk in walks for state in walk.states}
    assert {phase for phase, _arm, _asked in states} == set(Phase)
    assert {arm for _phase, arm, _asked in states} == set(Arm)
    assert any(asked for _phase, _arm, asked in states)
    assert {name for walk in walks for name in walk.pressed} == set(PRESSES)
