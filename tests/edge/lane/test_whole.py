"""The whole lane: sensors become vehicle events and the arm's cues, phases want the arm, and nothing between them is lost."""

from dataclasses import replace

import pytest

from edge.contract.facts import Kind, Outcome
from edge.contract.reasons import Colour, Reason
from edge.lane import whole
from edge.lane.actions import Action, Keep, Light, LowerBarrier, RaiseBarrier, StartTimer, StopTimer
from edge.lane.events import BarrierMoving, BarrierUp, CameBack, Loop, Timer, TimerFired, WentThrough
from edge.lane.guard import Reach, Report
from edge.lane.phase import Arm, Phase, Shown
from edge.lane.state import ArmReported, LaneState, Scene, VehiclesGone
from edge.lane.track import Track
from edge.lane.vehicle import Moved, VehicleMoved
from tests.edge.lane.test_table import (
    ARRIVED,
    CLEAR,
    FREE,
    GUARDED,
    OK,
    ONE_WAY,
    SCENE,
    SWITCHES,
    THROUGH,
    live,
    lived,
    off,
    on,
    presented,
)
from tests.edge.lane.whole_lane import answer, run


def started(actions: tuple[Action, ...]) -> dict[Timer, float]:
    return {action.timer: action.seconds for action in actions if isinstance(action, StartTimer)}


@pytest.mark.parametrize(
    ("raised", "stays", "arm", "left_open"),
    [
        (False, False, Arm.LYING, False),
        (False, True, Arm.LYING, False),
        (True, False, Arm.HOLDING, False),
        (True, True, Arm.UP, True),
    ],
)
def test_a_lane_starts_with_nobody_known_and_its_arm_where_the_last_run_left_it(
    raised: bool, stays: bool, arm: Arm, left_open: bool
) -> None:
    sensors = Track(guarded=True)
    state, _ = whole.at_start(sensors, SCENE, raised=raised, stays=stays)
    assert (state.phase, state.guard.arm, state.left_open, state.track) == (Phase.WAITING, arm, left_open, sensors)
    assert state.visits == state.leaving == ()


def test_what_sensors_say_is_done_at_once_and_the_phases_answer_to_it_after_that() -> None:
    state, actions, inputs = whole.sense(LaneState(), ARRIVED, SCENE)
    assert (state.phase, started(actions)) == (Phase.WAITING, {Timer.STAND: SCENE.stand})
    assert [(event.what, event.vehicle.number) for event in inputs if isinstance(event, VehicleMoved)] == [
        (Moved.ARRIVED, 1)
    ]
    after, actions, inputs = answer(state, inputs[0], SCENE)
    assert (after.phase, actions, inputs) == (Phase.CHECKING, (), ())


def test_a_falling_arm_turns_round_before_anything_is_kept() -> None:
    falling, _ = live(ARRIVED, OK, BarrierUp("1"), *THROUGH, scene=SWITCHES)
    assert falling.guard.arm is Arm.FALLING
    state, actions, _ = whole.sense(falling, ARRIVED, SWITCHES)
    assert (state.guard.arm, RaiseBarrier() in actions) == (Arm.RISING, True)
    assert not any(isinstance(action, Keep) for action in actions)


def test_what_the_phases_wish_becomes_orders_in_the_place_of_the_wish() -> None:
    judged, actions, inputs = answer(live(ARRIVED)[0], OK, SCENE)
    kinds = [type(action) for action in actions]
    assert kinds == [Keep, RaiseBarrier, StopTimer, StopTimer, StartTimer, Light]
    assert (judged.phase, judged.guard.arm, inputs) == (Phase.OPENING, Arm.RISING, ())
    held, _ = live(ARRIVED, OK, on(Loop.INNER), off(Loop.INNER))
    assert held.guard.arm is Arm.HOLDING
    _, _, inputs = answer(held, replace(OK, visit="8" * 32), SCENE)
    assert inputs == (ArmReported(Report.UP),), "it is up already: the phases hear of that at once"


def test_all_is_said_of_the_vehicles_before_a_visit_is_closed_for_want_of_one() -> None:
    leaving, _ = live(*(ARRIVED, OK, *THROUGH[:-1]))
    _, _, inputs = whole.sense(leaving, CLEAR, SCENE)
    assert [type(event) for event in inputs] == [VehicleMoved, VehiclesGone]


def test_an_arm_that_the_hardware_did_not_lower_is_held() -> None:
    falling, _ = live(ARRIVED, OK, BarrierUp("1"), *THROUGH, scene=SWITCHES)
    state, actions, inputs = whole.kept_up(falling, SWITCHES)
    assert (state.guard.arm, started(actions), inputs) == (Arm.HOLDING, {Timer.FREE: SWITCHES.reach.free}, ())
    assert LowerBarrier() in run(state, FREE, SWITCHES)[1]


def test_loops_that_are_free_are_waited_for_longer_where_a_motorcycle_may_be_between_them() -> None:
    scene = Scene(clear=0.25, between=3.0)
    came, _ = live(ARRIVED, scene=scene)
    assert started(run(came, off(Loop.OUTER), scene)[1]) == {Timer.CLEAR: 0.25}, "the arm lies"
    opened, _ = live(ARRIVED, OK, scene=scene)
    assert started(run(opened, off(Loop.OUTER), scene)[1]) == {Timer.CLEAR: 3.0, Timer.BETWEEN: 3.0}
    between, _ = live(ARRIVED, OK, off(Loop.OUTER), scene=scene)
    assert StopTimer(Timer.CLEAR) in run(between, on(Loop.INNER), scene)[1]


@pytest.mark.parametrize("word", [WentThrough("1", OK.visit), CameBack("1", OK.visit)])
def test_after_an_officers_word_the_arm_and_the_vehicles_agree(word: WentThrough | CameBack) -> None:
    answered, _ = live(ARRIVED, OK, on(Loop.INNER), off(Loop.INNER), word)
    assert answered.guard.busy is answered.track.busy is True
    gone, actions = live(off(Loop.OUTER), CLEAR, begin=answered)
    if isinstance(word, WentThrough):
        assert gone.guard.arm is Arm.HOLDING
        gone, actions = live(FREE, begin=gone)
    assert (gone.guard.arm, LowerBarrier() in actions, gone.track.vehicles) == (Arm.LYING, True, ())


def test_who_is_between_the_loops_while_another_waits_has_its_time_all_the_same() -> None:
    state, _ = live(ARRIVED, OK, off(Loop.OUTER), ARRIVED)
    assert (state.phase, [visit.id for visit in state.leaving]) == (Phase.CHECKING, [OK.visit])
    after, actions = live(TimerFired("1", Timer.BETWEEN), begin=state)
    assert (after.leaving, len(after.track.vehicles)) == ((), 1)
    assert [action.body.outcome for action in actions if isinstance(action, Keep)] == [Outcome.ABANDONED]  # type: ignore[attr-defined]  # of a VisitClosed


def test_an_officers_word_on_the_last_one_lets_the_arm_down() -> None:
    """With a third sensor: whoever is between the sensors is nowhere, says the officer."""
    drove = (ARRIVED, OK, on(Loop.SAFETY), on(Loop.INNER), off(Loop.OUTER), off(Loop.SAFETY))
    back = (on(Loop.SAFETY), on(Loop.OUTER), off(Loop.INNER), off(Loop.SAFETY))
    state, _ = live(*drove, *back, begin=GUARDED)
    assert state.unclear is not None
    answered, _ = live(WentThrough("1", OK.visit), begin=state)
    assert (answered.leaving, answered.guard.busy) == ((), False)
    assert LowerBarrier() in live(FREE, begin=answered)[1]


def test_run_answers_to_everything_that_follows() -> None:
    refused = presented(Reason.EXPIRED)
    state, actions = run(live(ARRIVED)[0], refused, SCENE)
    assert [action.kind for action in actions if isinstance(action, Keep)] == [Kind.VISIT_OPENED]
    assert (state.phase, actions[-1]) == (Phase.REFUSED, Light(Colour.RED))
    held, _ = live(ARRIVED, OK, on(Loop.INNER), off(Loop.INNER))
    again, actions = run(held, replace(OK, visit="8" * 32), SCENE)
    assert again.phase is Phase.OPEN, "up it is already"
    assert Timer.PASSAGE in started(actions)


def test_every_phase_and_the_arms_troubles_have_a_word_for_screens() -> None:
    assert {Shown(phase) for phase in Phase} | {Shown.CLOSING, Shown.LEFT_OPEN, Shown.FAULT} == set(Shown)


def test_a_stale_timer_of_the_arm_does_nothing() -> None:
    for timer in (
        Timer.RISE,
        Timer.FALL,
        Timer.FREE,
        Timer.PASSAGE,
        Timer.CONTACT,
        Timer.STAND,
        Timer.CLEAR,
        Timer.BETWEEN,
    ):
        assert run(LaneState(), TimerFired("1", timer), Scene(reach=Reach())) == (LaneState(), ())


def test_who_drives_under_an_arm_that_is_up_by_key_is_held_over_though_it_stood_on_a_loop_before() -> None:
    """The guard knew that somebody may be under the arm: it is told once more when somebody is."""
    keyed, _ = live(ARRIVED, BarrierMoving("1"), begin=ONE_WAY, scene=SWITCHES)
    assert (keyed.guard.arm, keyed.guard.busy) == (Arm.KEYED, True)
    driven, actions = run(keyed, on(Loop.INNER), SWITCHES)
    assert (driven.guard.arm, RaiseBarrier() in actions) == (Arm.RISING, True)


def test_who_drives_under_an_arm_that_should_lie_is_held_over_only_where_the_third_sensor_says_so() -> None:
    """No end switch: it may be up by key. Of two loops one may be another vehicle's."""
    drives = (on(Loop.SAFETY), on(Loop.INNER))
    assert RaiseBarrier() in lived(ARRIVED, *drives, begin=GUARDED)[1]
    assert RaiseBarrier() not in lived(ARRIVED, on(Loop.SAFETY), begin=GUARDED)[1], "nobody opens it by standing there"
    assert RaiseBarrier() not in lived(ARRIVED, on(Loop.INNER), begin=ONE_WAY)[1]
    down = replace(SWITCHES, reach=replace(SWITCHES.reach, at_down=True))
    assert RaiseBarrier() not in lived(ARRIVED, *drives, begin=GUARDED, scene=down)[1]
