"""What the lane makes of each manoeuvre of the demo, with two sensors and with three: the pure lane, without processes.

The demo's scenario expects these outcomes and alarms of a gate (`scripts/town/manoeuvring.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from edge.contract.alarms import FORCED, REVERSING, TAILGATING, UNCLEAR
from edge.contract.facts import ReadBy, VisitClosed
from edge.contract.reasons import Direction, Reason, verdict_of
from edge.decision.decision import Decision
from edge.lane import whole
from edge.lane.actions import Action, Keep, LowerBarrier, RaiseBarrier, StartTimer, StopTimer, Tell
from edge.lane.events import CameBack, Loop, LoopChanged, Timer, TimerFired, WentThrough
from edge.lane.state import LaneInput, Presented, Scene
from edge.lane.track import Track
from edge.simulation import manoeuvres
from edge.simulation.road import Body, Placed, Road
from tests.edge.lane.whole_lane import run

BOTH = pytest.mark.parametrize("guarded", [False, True], ids=["two_loops", "third_sensor"])


@dataclass
class PureLane:
    """A whole lane without devices, its timers in a time of its own, and a road before it."""

    guarded: bool
    scene: Scene = field(default_factory=lambda: Scene(stand=0.3, between=1.5))
    now: float = 0.0
    timers: dict[Timer, float] = field(default_factory=dict)
    up: bool = False
    outcomes: dict[str, str] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state, actions = whole.at_start(Track(guarded=self.guarded), self.scene, raised=False, stays=False)
        self._perform(actions)
        self.road = Road(self._sense, self.wait, Direction.IN, speed=8.0)

    @property
    def phase(self) -> str:
        """What the lane is doing with the vehicle whose turn it is."""
        return self.state.phase

    def _sense(self, name: str, occupied: bool) -> None:
        if name != "safety" or self.guarded:
            self.happens(LoopChanged("1", Loop(name), occupied))

    def wait(self, seconds: float) -> None:
        """Lets time pass; timers that run out meanwhile do so in their order."""
        end = self.now + seconds
        while due := [(at, timer) for timer, at in self.timers.items() if at <= end]:
            self.now, timer = min(due)
            del self.timers[timer]
            self.happens(TimerFired("1", timer))
        self.now = end

    def happens(self, event: LaneInput) -> None:
        self.state, actions = run(self.state, event, self.scene)
        self._perform(actions)

    def _perform(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case StartTimer(timer, seconds):
                    self.timers[timer] = self.now + seconds
                case StopTimer(timer):
                    self.timers.pop(timer, None)
                case RaiseBarrier() | LowerBarrier():
                    self.up = isinstance(action, RaiseBarrier)
                case Keep(body=VisitClosed(outcome=outcome), visit=visit) if visit is not None:
                    self.outcomes[visit] = outcome
                case Tell(alarm):
                    self.alarms.append(alarm)

    def judge(self, visit: str) -> None:
        """A vehicle is judged that may pass, and gets its time until the arm is up for it."""
        made = Decision(Reason.PRIORITY, verdict_of(Reason.PRIORITY, Direction.IN), Direction.IN, ReadBy.QR, visit)
        self.happens(Presented(visit, made))
        self.wait(2.0)

    def comes(self, visit: str, body: Body = "car") -> Placed:
        """A vehicle comes to the line, and may pass."""
        vehicle = self.road.bring(body)
        self.wait(0.5)
        self.judge(visit)
        assert self.phase == "open"
        return vehicle

    def result(self) -> tuple[dict[str, str], list[str]]:
        """Once everybody is gone: how each visit ended, and the alarms."""
        self.wait(10.0)
        assert (self.phase, self.state.here, self.up) == ("waiting", (), False)
        return self.outcomes, self.alarms


@BOTH
@pytest.mark.parametrize("body", ["car", "motorcycle", "trailer"])
def test_whoever_drives_through_has_passed(body: Body, guarded: bool) -> None:
    lane = PureLane(guarded)
    manoeuvres.through(lane.road, lane.comes("a", body))
    assert lane.result() == ({"a": "passed"}, [])


@BOTH
def test_whoever_goes_back_at_green_has_not_passed(guarded: bool) -> None:
    lane = PureLane(guarded)
    manoeuvres.back_off(lane.road, lane.comes("a"))
    assert lane.result() == ({"a": "abandoned"}, [])


@BOTH
def test_four_close_behind_one_another_pass_each_by_its_own_word(guarded: bool) -> None:
    lane = PureLane(guarded)
    here = lane.comes("1")
    for visit in "234":
        behind = lane.road.follow("car", here, gap=manoeuvres.OBEDIENT, stops=True)
        manoeuvres.through(lane.road, here)
        assert (lane.phase, lane.up) == ("checking", True), "the next one is not judged, and the arm stays up over it"
        lane.judge(visit)
        assert lane.phase == "open"
        here = behind
    manoeuvres.through(lane.road, here)
    assert lane.result() == (dict.fromkeys("1234", "passed"), [])


@BOTH
def test_the_next_one_is_judged_while_the_first_leaves(guarded: bool) -> None:
    lane = PureLane(guarded)
    first = lane.comes("a")
    lane.road.follow("car", first, gap=manoeuvres.OBEDIENT, stops=True)
    lane.road.move(first, manoeuvres.drawn_up(first) + 1.5)
    assert lane.phase == ("checking" if guarded else "driving")
    if guarded:
        lane.judge("b")
        assert lane.phase == "next", "it has its word, and the first is on the far loop"
        manoeuvres.through(lane.road, first)
        assert (lane.phase, lane.outcomes) == ("open", {"a": "passed"})


@BOTH
def test_a_tailgater_is_an_alarm_and_the_first_has_passed(guarded: bool) -> None:
    lane = PureLane(guarded)
    first = lane.comes("a")
    second = lane.road.follow("car", first, gap=manoeuvres.TAILGATING, stops=False)
    manoeuvres.through(lane.road, first)
    manoeuvres.through(lane.road, second)
    assert lane.result() == ({"a": "passed"}, [TAILGATING])


@BOTH
def test_whoever_breaks_through_the_closed_arm_is_an_alarm(guarded: bool) -> None:
    lane = PureLane(guarded)
    vehicle = lane.road.bring("car")
    lane.wait(0.5)
    manoeuvres.through(lane.road, vehicle)
    assert lane.result() == ({}, [FORCED])


@BOTH
def test_whoever_goes_back_from_under_the_arm_at_one_go_is_unclear_to_two_loops(guarded: bool) -> None:
    lane = PureLane(guarded)
    vehicle = lane.comes("a")
    manoeuvres.under(lane.road, vehicle, lane.wait)
    manoeuvres.back_off(lane.road, vehicle)
    expected = ({"a": "abandoned"}, [REVERSING]) if guarded else ({"a": "unclear"}, [UNCLEAR])
    assert lane.result() == expected


@BOTH
@pytest.mark.parametrize("then_through", [True, False])
def test_whoever_rolls_back_to_the_line_goes_on_with_its_word(guarded: bool, then_through: bool) -> None:
    lane = PureLane(guarded)
    vehicle = lane.comes("a")
    manoeuvres.under(lane.road, vehicle, lane.wait)
    manoeuvres.back_to_line(lane.road, vehicle)
    asked = lane.state.unclear
    assert (asked is None) is guarded, "two loops cannot tell: the officer is asked"
    if asked is not None:
        lane.happens(CameBack("1", asked.id))
    lane.wait(2.0)
    assert lane.phase == "open"
    if then_through:
        manoeuvres.through(lane.road, vehicle)
        assert lane.result() == ({"a": "passed"}, [])
    else:
        manoeuvres.back_off(lane.road, vehicle)
        assert lane.result() == ({"a": "abandoned"}, [REVERSING] if guarded else [])


def test_the_officer_may_say_that_the_first_went_through_before_the_next_one_is_judged() -> None:
    lane = PureLane(guarded=False)
    first = lane.comes("a")
    second = lane.road.follow("car", first, gap=manoeuvres.OBEDIENT, stops=True)
    manoeuvres.through(lane.road, first)
    lane.happens(WentThrough("1", "a"))
    assert lane.outcomes == {"a": "passed"}
    manoeuvres.back_off(lane.road, second)
    assert lane.result() == ({"a": "passed"}, [])


def test_without_a_gap_setting_a_long_drawbar_is_taken_for_another_vehicle() -> None:
    lane = PureLane(guarded=False)
    manoeuvres.through(lane.road, lane.comes("a", "long_drawbar"))
    assert lane.result()[1], "this is what times.gap is for"
