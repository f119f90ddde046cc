"""The lane's table: total, safe in every order of events, and drawn as it is."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.contract.alarms import BARRIER_STUCK, FORCED, REVERSING, TAILGATING, UNCLEAR, UNREGISTERED
from edge.contract.facts import Disinfection, Kind, Outcome, ReadBy, VerifiedBy
from edge.contract.reasons import Colour, Direction, Reason, Verdict, verdict_of
from edge.decision.decide import mismatched
from edge.decision.decision import Decision
from edge.lane import whole
from edge.lane.actions import (
    Action,
    Keep,
    Light,
    LowerBarrier,
    RaiseBarrier,
    Settle,
    StartSpray,
    StartTimer,
    StopSpray,
    StopTimer,
    Tell,
)
from edge.lane.columns import COLUMNS, what
from edge.lane.events import (
    AdmitPressed,
    BarrierDown,
    BarrierMoving,
    BarrierUp,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    FaultCleared,
    HoldPressed,
    Loop,
    LoopChanged,
    OverridePressed,
    SprayAgainPressed,
    SprayDone,
    Timer,
    TimerFired,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.guard import Guard, Reach, Report
from edge.lane.phase import Arm, Phase
from edge.lane.state import (
    LET,
    ArmReported,
    LaneInput,
    LaneState,
    PhaseInput,
    Presented,
    Scene,
    Solution,
    VehiclesGone,
)
from edge.lane.table import DIAGRAM, LEAVING, TABLE, diagram
from edge.lane.track import Track
from edge.lane.vehicle import Moved, Vehicle, VehicleMoved
from tests.edge.lane.whole_lane import answer, run

SCENE = Scene(officer="u-2", solution=Solution("b-1", "chlorine", "500 mg/L"), sprayed=4.0)
ACTING = replace(SCENE, contact=30.0)
SWITCHES = replace(SCENE, reach=Reach(tells_up=True, tells_down=True))
IN, OUT = Direction.IN, Direction.OUT


def presented(
    reason: Reason,
    direction: Direction = IN,
    read_by: ReadBy = ReadBy.QR,
    *,
    owed: bool = False,
    visit: str = "1" * 32,
    plate: str = "鲁B12345",
) -> Presented:
    rule_ = Disinfection.REQUIRED if owed else Disinfection.OFF
    made = Decision(reason, verdict_of(reason, direction), direction, read_by, plate, disinfection=rule_)
    return Presented(visit, made, f"KK1:{visit}" if read_by is ReadBy.QR else None)


DUE = presented(Reason.DISINFECTION_DUE, owed=True)
OK = presented(Reason.OK)
BAD = presented(Reason.EXPIRED)
AGAIN = presented(Reason.DUPLICATE_READ)
HAND = presented(Reason.NO_PASS, read_by=ReadBy.HAND, visit="2" * 32, plate="鲁B54321")
SAME = replace(HAND, decision=replace(HAND.decision, plate=OK.decision.plate))
EMERGENCY = presented(Reason.EMERGENCY, read_by=ReadBy.EMERGENCY, visit="3" * 32, plate="")
DIFFERS = presented(Reason.PLATE_MISMATCH, visit="5" * 32)
ADMIT, BACK, SPRAYED = AdmitPressed("1"), TurnBackPressed("1"), SprayDone("1", 10.0, 2.0, 1)
AGAIN_SPRAYED = SprayAgainPressed("1")
HOLD, DETAIN, CLEARED = HoldPressed("1"), DetainPressed("1", why="ordered"), FaultCleared("1")
VERDICT = OverridePressed("1", None, "u-9", "birth", "verdict")
SPARE = OverridePressed("1", None, "u-9", "birth", "disinfection")
VOUCHED = DisinfectedPressed("1")
UP, DOWN, MOVING = BarrierUp("1"), BarrierDown("1"), BarrierMoving("1")
CLEAR, PASSAGE = TimerFired("1", Timer.CLEAR), TimerFired("1", Timer.PASSAGE)
CONTACT, RISE, FALL = TimerFired("1", Timer.CONTACT), TimerFired("1", Timer.RISE), TimerFired("1", Timer.FALL)
STAND, FREE = TimerFired("1", Timer.STAND), TimerFired("1", Timer.FREE)


def on(loop: Loop) -> LoopChanged:
    return LoopChanged("1", loop, True)


def off(loop: Loop) -> LoopChanged:
    return LoopChanged("1", loop, False)


REACH = SCENE.reach
LOWERED = [LowerBarrier(), StopTimer(Timer.RISE), StopTimer(Timer.FREE), StartTimer(Timer.FALL, REACH.travel)]
ARRIVED = on(Loop.OUTER)
THROUGH = (on(Loop.INNER), off(Loop.OUTER), off(Loop.INNER), CLEAR)
TWO_WAY, ONE_WAY, GUARDED = LaneState(), LaneState(track=Track(two_way=False)), LaneState(track=Track(guarded=True))
OVER = (on(Loop.SAFETY), on(Loop.INNER), off(Loop.OUTER), off(Loop.SAFETY), off(Loop.INNER), CLEAR)
"""Through, with a third sensor."""


def live(
    *events: LaneInput, scene: Scene = SCENE, begin: LaneState = TWO_WAY, stands: bool = True
) -> tuple[LaneState, list[Action]]:
    """The state after the events, and the actions of the last one.

    An arm that is told to move does, without switches; a vehicle that comes stands at once if `stands`.
    """
    state = begin
    actions: tuple[Action, ...] = ()
    for event in events:
        state, actions = run(state, event, scene)
        state, _ = settled(state, actions, scene, stands=stands)
    return state, list(actions)


def settled(
    state: LaneState, actions: Iterable[Action], scene: Scene, *, stands: bool = True
) -> tuple[LaneState, list[Action]]:
    """The state once what was begun has had its time."""
    done: list[Action] = []
    started = {action.timer for action in actions if isinstance(action, StartTimer)}
    for timer, waits in (
        (Timer.FALL, not scene.reach.tells_down),
        (Timer.RISE, not scene.reach.tells_up),
        (Timer.STAND, stands),
    ):
        if timer in started and waits:
            state, more = run(state, TimerFired("1", timer), scene)
            done += more
    return state, done


def lived(*events: LaneInput, scene: Scene = SCENE, begin: LaneState = TWO_WAY) -> tuple[LaneState, list[Action]]:
    """The state after the events, and every action."""
    state, done = begin, list[Action]()
    for event in events:
        state, actions = run(state, event, scene)
        done += actions
        state, more = settled(state, actions, scene)
        done += more
    return state, done


def empty(state: LaneState) -> LaneState:
    """What a lane is again once everybody left: only its counts went on."""
    return LaneState(track=replace(state.track, on=frozenset(), vehicles=()), run=state.run)


def closed(actions: Iterable[Action]) -> list[Outcome]:
    return [action.body.outcome for action in actions if isinstance(action, Keep) and action.kind is Kind.VISIT_CLOSED]  # type: ignore[attr-defined]  # the kind says which body


def test_each_event_comes_in_a_column_of_its_type() -> None:
    words = (OK, HAND, EMERGENCY, DIFFERS, ADMIT, BACK, SPRAYED, AGAIN_SPRAYED, HOLD, DETAIN, CLEARED, VERDICT, VOUCHED)
    seen = (WentThrough("1", "v"), CameBack("1", "v"), PASSAGE, CONTACT, VehiclesGone())
    moved = tuple(VehicleMoved(what_, Vehicle(1, Loop.OUTER)) for what_ in Moved)
    reports = tuple(ArmReported(report) for report in Report)
    every: tuple[PhaseInput, ...] = (*words, *seen, *moved, *reports)
    assert {what(event) for event in every} == COLUMNS
    assert all(type(event) is what(event).event for event in every)


def test_every_phase_answers_or_deliberately_ignores_everything() -> None:
    assert set(TABLE) == set(Phase)
    for phase, row in TABLE.items():
        assert row.moves.keys() | row.ignores == COLUMNS, phase
        assert not row.moves.keys() & row.ignores, phase


def test_the_drawing_is_the_table() -> None:
    assert DIAGRAM.read_text(encoding="utf-8") == diagram()


def test_a_vehicle_that_owes_is_sprayed_before_the_barrier_opens() -> None:
    state, actions = live(ARRIVED, DUE)
    assert state.phase is Phase.DISINFECTING
    assert [type(action) for action in actions] == [Keep, Light, StartSpray]
    moving, actions = live(ARRIVED, DUE, stands=False)
    assert (moving.phase, [type(action) for action in actions]) == (Phase.DISINFECTING, [Keep, Light]), (
        "not into the air"
    )
    assert run(moving, STAND, SCENE)[1] == (StartSpray(10.0, 1),)
    state, actions = live(ARRIVED, DUE, SPRAYED)
    assert state.phase is Phase.OPEN
    assert isinstance(actions[0], Keep)
    assert actions[0].kind is Kind.DISINFECTED
    assert actions[0].body.verified_by is VerifiedBy.SENSOR  # type: ignore[attr-defined]  # of a Disinfected
    assert actions[1:3] == [StopSpray(), RaiseBarrier()]


def test_the_officer_vouches_for_a_disinfection() -> None:
    state, actions = live(ARRIVED, DUE, VOUCHED)
    assert state.phase is Phase.OPEN
    assert isinstance(actions[0], Keep)
    assert (actions[0].body.verified_by, actions[0].body.seconds) == (VerifiedBy.OFFICER, 4.0)  # type: ignore[attr-defined]  # of a Disinfected
    assert isinstance(actions[1], Keep)
    assert (actions[1].kind, actions[1].body.reason) == (  # type: ignore[attr-defined]  # of an Overridden
        Kind.OVERRIDDEN,
        "disinfected by hand: sprayed 4.0 s of 10.0 s",
    )
    assert actions[2:4] == [StopSpray(), RaiseBarrier()]


def test_a_disinfection_by_hand_without_a_batch_is_an_override_by_name() -> None:
    _, actions = live(ARRIVED, DUE, VOUCHED, scene=Scene(officer="u-2", sprayed=10.0))
    assert isinstance(actions[1], Keep)
    assert (actions[1].body.officer, actions[1].body.reason) == ("u-2", "disinfected by hand: no batch")  # type: ignore[attr-defined]  # of an Overridden


def test_a_disinfection_that_was_long_enough_is_no_override() -> None:
    scene = Scene(officer="u-2", solution=SCENE.solution, sprayed=9.9)
    kinds = [action.kind for action in live(ARRIVED, DUE, VOUCHED, scene=scene)[1] if isinstance(action, Keep)]
    assert kinds == [Kind.DISINFECTED]


def test_nobody_vouches_when_nobody_is_on_shift() -> None:
    state, actions = live(ARRIVED, DUE, VOUCHED, scene=Scene(sprayed=10.0))
    assert (state.phase, actions) == (Phase.DISINFECTING, [])


@pytest.mark.parametrize(
    ("scene", "seconds"), [(Scene(solution=None), 10.0), (SCENE, 6.0)], ids=["no batch", "cut short"]
)
def test_a_sprayer_that_cannot_vouch_waits_for_the_officer(scene: Scene, seconds: float) -> None:
    state, actions = live(ARRIVED, DUE, SprayDone("1", seconds, 2.0, 1), scene=scene)
    assert (state.phase, state.unconfirmed, actions) == (Phase.DISINFECTING, True, [])


@pytest.mark.parametrize("litres", [None, 0.0], ids=["no flow sensor", "nothing flowed"])
def test_only_a_sensor_that_saw_the_flow_vouches(litres: float | None) -> None:
    state, actions = live(ARRIVED, DUE, SprayDone("1", 10.0, litres, 1))
    assert (state.phase, state.unconfirmed, actions) == (Phase.DISINFECTING, True, [])


def test_the_end_of_an_earlier_run_vouches_for_nobody() -> None:
    assert live(ARRIVED, DUE, SprayDone("1", 10.0, 2.0, 0)) == (live(ARRIVED, DUE)[0], [])


def test_the_officer_has_a_vehicle_sprayed_again_or_where_no_loop_says_that_it_stands() -> None:
    dry = (ARRIVED, DUE, SprayDone("1", 10.0, 0.0, 1))
    state, actions = live(*dry, AGAIN_SPRAYED)
    assert (state.spraying, state.unconfirmed, actions) == (True, False, [StartSpray(10.0, 2)])
    assert live(*dry, AGAIN_SPRAYED, SPRAYED)[0].phase is Phase.DISINFECTING, "the first run's end"
    assert live(*dry, AGAIN_SPRAYED, replace(SPRAYED, run=2))[0].phase is Phase.OPEN
    assert live(DUE, AGAIN_SPRAYED)[1] == [StartSpray(10.0, 1)]
    assert live(ARRIVED, DUE, AGAIN_SPRAYED)[1] == [], "it sprays"


def test_nothing_owed_opens_at_once_and_closes_behind_the_vehicle() -> None:
    state, actions = live(ARRIVED, OK)
    assert state.phase is Phase.OPEN
    assert [type(action) for action in actions] == [Keep, RaiseBarrier, StopTimer, StopTimer, StartTimer, Light]
    state, actions = live(ARRIVED, OK, *THROUGH)
    assert closed(actions) == [Outcome.PASSED]
    assert actions[-5:] == [Light(Colour.RED), *LOWERED]
    assert state == empty(state)


def test_the_way_out_is_over_the_other_loop_first() -> None:
    out = presented(Reason.EXIT_OK, OUT)
    way = (on(Loop.INNER), out, on(Loop.OUTER), off(Loop.INNER), off(Loop.OUTER), CLEAR)
    _, actions = live(*way)
    assert closed(actions) == [Outcome.PASSED]


def test_a_refused_vehicle_stays_until_it_is_turned_back() -> None:
    state, actions = live(ARRIVED, BAD)
    assert (state.phase, actions[-1]) == (Phase.REFUSED, Light(Colour.RED))
    assert live(ARRIVED, BAD, ADMIT)[0].phase is Phase.REFUSED
    state, actions = live(ARRIVED, BAD, BACK)
    assert closed(actions) == [Outcome.TURNED_BACK]
    assert (state.phase, state.dismissed) == (Phase.CHECKING, BAD.text)


def test_a_refused_vehicle_that_is_registered_begins_a_visit_of_its_own() -> None:
    state, actions = live(ARRIVED, BAD, HAND)
    assert closed(actions) == [Outcome.TURNED_BACK]
    assert [keep.visit for keep in actions if isinstance(keep, Keep)] == [BAD.visit, HAND.visit]
    assert state.phase is Phase.OPEN


def test_a_look_waits_for_the_officer() -> None:
    assert live(ARRIVED, AGAIN)[0].phase is Phase.ASKING
    assert live(ARRIVED, AGAIN, ADMIT)[0].phase is Phase.OPEN
    owing = presented(Reason.DUPLICATE_READ, owed=True)
    assert live(ARRIVED, owing, ADMIT)[0].phase is Phase.DISINFECTING
    assert closed(live(ARRIVED, AGAIN, BACK)[1]) == [Outcome.TURNED_BACK]


@pytest.mark.parametrize("judged", [DUE, BAD, AGAIN], ids=["disinfecting", "refused", "asking"])
def test_a_vehicle_that_drives_off_unadmitted_has_abandoned_its_visit(judged: Presented) -> None:
    state, actions = live(ARRIVED, judged, off(Loop.OUTER), CLEAR)
    assert closed(actions) == [Outcome.ABANDONED]
    assert (StopSpray() in actions) is (judged is DUE)
    assert RaiseBarrier() not in actions
    assert state == empty(state)


def test_the_barrier_closes_when_nobody_drives_but_never_onto_a_loop() -> None:
    state, actions = live(ARRIVED, OK, PASSAGE)
    assert (state.phase, actions) == (Phase.OPEN, [StartTimer(Timer.PASSAGE, SCENE.passage)])
    state, actions = live(OK, PASSAGE)
    assert closed(actions) == [Outcome.ABANDONED]
    assert actions[-4:] == LOWERED
    between, _ = live(ARRIVED, OK, off(Loop.OUTER))
    assert (between.phase, between.track.busy) == (Phase.OPEN, True), "a motorcycle is between the loops"
    state, actions = live(ARRIVED, OK, off(Loop.OUTER), CLEAR)
    assert closed(actions) == [Outcome.ABANDONED]
    assert actions[-4:] == LOWERED
    assert state == empty(state)


def test_turning_back_an_open_lane_closes_it_only_when_the_loops_are_free() -> None:
    state, actions = live(ARRIVED, OK, BACK)
    assert (state.phase, LowerBarrier() in actions) == (Phase.RECALLED, False)
    gone = (ARRIVED, OK, BACK, off(Loop.OUTER), CLEAR)
    assert closed(live(*gone)[1]) == [Outcome.TURNED_BACK]
    assert live(*gone, FREE)[1] == LOWERED
    assert live(OK, BACK)[1][-4:] == LOWERED, "nobody came yet"
    # one that drives all the same has passed
    assert closed(live(ARRIVED, OK, BACK, *THROUGH)[1]) == [Outcome.PASSED]
    assert live(ARRIVED, OK, BACK, ADMIT)[0].phase is Phase.OPEN


@pytest.mark.parametrize("scene", [SCENE, ACTING, SWITCHES], ids=["plain", "contact", "switches"])
@pytest.mark.parametrize(
    "before",
    [(), (ARRIVED,), (ARRIVED, AGAIN), (ARRIVED, BAD), (ARRIVED, BAD, HOLD), (ARRIVED, DUE), (ARRIVED, DUE, SPRAYED), (ARRIVED, OK), (ARRIVED, OK, RISE), (ARRIVED, OK, on(Loop.INNER)), (ARRIVED, OK, BACK), (ARRIVED, OK, on(Loop.INNER), off(Loop.OUTER), ARRIVED, HAND), (ARRIVED, OK, *THROUGH), (ARRIVED, OK, *THROUGH, FALL)],
    ids=["empty", "arrived", "asking", "refused", "held", "disinfecting", "contact", "open", "stuck", "driving", "recalled", "next", "falling", "stuck on its way down"],
)  # fmt: skip
def test_an_emergency_opens_from_every_phase_right_after_its_record(
    before: tuple[LaneInput, ...], scene: Scene
) -> None:
    state, actions = live(*before, EMERGENCY, scene=scene)
    assert (state.guard.up, state.guard.arm in {Arm.RISING, Arm.UP}) == (True, True)
    assert isinstance(actions[0], Keep)
    assert (actions[0].kind, actions[0].visit) == (Kind.VISIT_OPENED, EMERGENCY.visit)
    assert RaiseBarrier() in actions
    assert state.visits[-1].id == EMERGENCY.visit


@pytest.mark.parametrize("loops", [(Loop.OUTER, Loop.INNER), (Loop.INNER, Loop.OUTER)], ids=["in", "out"])
def test_an_emergency_called_on_an_empty_lane_comes_from_either_side(loops: tuple[Loop, Loop]) -> None:
    near, far = loops
    _, actions = lived(EMERGENCY, on(near), on(far), off(near), off(far), CLEAR)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.PASSED], [])


def test_an_emergency_stays_open_when_who_was_judged_before_it_did_not_come() -> None:
    state, actions = lived(OK, EMERGENCY, on(Loop.INNER))
    assert closed(actions) == [Outcome.ABANDONED]
    assert ([visit.id for visit in state.visits], state.guard.up) == ([EMERGENCY.visit], True)


def test_an_emergency_pressed_twice_is_one_record() -> None:
    again = presented(Reason.EMERGENCY, read_by=ReadBy.EMERGENCY, visit="4" * 32)
    state, actions = live(EMERGENCY, again)
    assert [visit.id for visit in state.visits] == [EMERGENCY.visit]
    assert (RaiseBarrier() in actions, any(isinstance(action, Keep) for action in actions)) == (True, False)


def test_an_emergency_behind_a_driving_vehicle_keeps_the_barrier_up_for_itself() -> None:
    state, actions = live(ARRIVED, OK, on(Loop.INNER), EMERGENCY, off(Loop.OUTER), off(Loop.INNER), CLEAR)
    assert closed(actions) == [Outcome.PASSED]
    assert LowerBarrier() not in actions
    assert (state.phase, [visit.id for visit in state.visits]) == (Phase.OPEN, [EMERGENCY.visit])


@pytest.mark.parametrize(
    ("before", "phase", "moves"),
    [
        ((ARRIVED, AGAIN), Phase.REFUSED, [Light(Colour.RED)]),
        ((ARRIVED, DUE), Phase.REFUSED, [StopSpray(), Light(Colour.RED)]),
        ((ARRIVED, OK), Phase.RECALLED, [StopTimer(Timer.PASSAGE), Light(Colour.RED)]),
        (
            (ARRIVED, OK, off(Loop.OUTER)),
            Phase.RECALLED,
            [StopTimer(Timer.PASSAGE), Light(Colour.RED)],
        ),
        (
            (OK,),
            Phase.REFUSED,
            [StopTimer(Timer.PASSAGE), Light(Colour.RED), *LOWERED],
        ),
    ],
    ids=["asking", "disinfecting", "open and on the loop", "open and maybe between the loops", "open and nobody there"],
)
def test_another_plate_ends_the_visit_and_begins_one_that_may_not_go_on(
    before: tuple[LaneInput, ...], phase: Phase, moves: list[Action]
) -> None:
    state, actions = live(*before, DIFFERS)
    assert state.phase is phase
    assert [visit.id for visit in state.visits] == [DIFFERS.visit]
    assert closed(actions) == [Outcome.TURNED_BACK]
    assert [keep.visit for keep in actions if isinstance(keep, Keep)] == [
        *(event.visit for event in before if isinstance(event, Presented)),
        DIFFERS.visit,
    ]
    assert actions[2:] == moves
    assert state.occupied == live(*before)[0].occupied


def test_a_vehicle_with_another_plate_is_turned_back_and_never_admitted() -> None:
    assert closed(live(ARRIVED, DUE, DIFFERS, BACK)[1]) == [Outcome.TURNED_BACK]
    recalled = (ARRIVED, OK, DIFFERS)
    assert live(*recalled, ADMIT)[0].phase is Phase.RECALLED
    assert live(*recalled, ADMIT)[1] == []
    assert closed(live(*recalled, off(Loop.OUTER), CLEAR)[1]) == [Outcome.TURNED_BACK]
    # one that drives all the same has passed
    assert closed(live(*recalled, *THROUGH)[1]) == [Outcome.PASSED]


@pytest.mark.parametrize(
    "before",
    [(), (ARRIVED, BAD), (ARRIVED, OK, on(Loop.INNER)), (ARRIVED, OK, BACK), (ARRIVED, OK, EMERGENCY)],
    ids=["waiting", "refused", "driving", "recalled", "an emergency behind it"],
)
def test_another_plate_counts_for_nothing_where_it_is_too_late_or_said_already(before: tuple[LaneInput, ...]) -> None:
    assert live(*before, DIFFERS) == (live(*before)[0], [])


def test_an_optional_disinfection_is_noted_once() -> None:
    _, actions = live(ARRIVED, OK, VOUCHED)
    assert [action.kind for action in actions if isinstance(action, Keep)] == [Kind.DISINFECTED]
    assert live(ARRIVED, OK, VOUCHED, VOUCHED)[1] == []
    assert live(ARRIVED, DUE, SPRAYED, VOUCHED)[1] == []


HOLDING = LaneState(guard=Guard(Arm.HOLDING, known=True))


@pytest.mark.parametrize("event", [ADMIT, BACK, DIFFERS, VOUCHED, SPRAYED, AGAIN_SPRAYED, PASSAGE, HOLD, DETAIN])
def test_no_word_counts_for_somebody_who_was_not_judged(event: LaneInput) -> None:
    for begin in (HOLDING, live(ARRIVED, begin=HOLDING)[0]):
        assert live(event, begin=begin) == (begin, [])


def test_the_next_vehicle_is_judged_while_the_arm_is_still_up_and_goes_on_its_own_word() -> None:
    state, actions = live(ARRIVED, DUE, begin=HOLDING)
    assert (state.phase, state.guard.arm, state.spraying) == (Phase.DISINFECTING, Arm.HOLDING, True)
    assert Light(Colour.GREEN) not in actions
    assert live(ARRIVED, DUE, SPRAYED, begin=HOLDING)[0].phase is Phase.OPEN
    state, actions = live(ARRIVED, BAD, begin=HOLDING)
    assert (state.phase, state.guard.arm, actions[-1]) == (Phase.REFUSED, Arm.HOLDING, Light(Colour.RED))


def test_who_was_judged_waits_until_the_one_before_has_left() -> None:
    leaving = (ARRIVED, OK, on(Loop.INNER), off(Loop.OUTER), ARRIVED)
    assert live(*leaving)[0].phase is Phase.CHECKING
    state, actions = live(*leaving, HAND)
    assert (state.phase, [visit.id for visit in state.leaving], actions[-1]) == (
        Phase.NEXT,
        [OK.visit],
        Light(Colour.RED),
    )
    state, actions = live(*leaving, HAND, off(Loop.INNER))
    assert (state.phase, closed(actions), state.leaving) == (Phase.OPEN, [Outcome.PASSED], ())
    assert Light(Colour.GREEN) in actions
    assert closed(live(*leaving, SAME, off(Loop.INNER))[1]) == [Outcome.ABANDONED], "the same plate: it came back"


def test_a_barrier_that_is_held_up_is_lowered_when_the_loops_stayed_free() -> None:
    assert live(FREE, begin=HOLDING)[1] == LOWERED
    assert LowerBarrier() not in live(ARRIVED, CLEAR, begin=HOLDING)[1]
    assert LowerBarrier() not in live(ARRIVED, FREE, begin=HOLDING)[1]
    gone = (ARRIVED, off(Loop.OUTER), CLEAR)
    assert live(*gone, begin=HOLDING)[1] == [StartTimer(Timer.FREE, REACH.free)]
    state, actions = live(*gone, FREE, begin=HOLDING)
    assert (actions, state) == (LOWERED, empty(state))


def test_who_drives_through_before_the_barrier_is_down_is_told() -> None:
    _, actions = lived(ARRIVED, *THROUGH, begin=HOLDING)
    assert alarms_in(actions) == [Tell(UNREGISTERED, IN)]
    backed = lived(ARRIVED, off(Loop.OUTER), CLEAR, on(Loop.INNER), off(Loop.INNER), CLEAR, begin=HOLDING)[1]
    assert alarms_in(backed) == []
    _, actions = lived(on(Loop.INNER), on(Loop.OUTER), off(Loop.INNER), off(Loop.OUTER), begin=HOLDING)
    assert alarms_in(actions) == [Tell(UNREGISTERED, OUT)]


def test_an_emergency_opens_a_lane_that_is_closing() -> None:
    state, actions = live(ARRIVED, EMERGENCY, begin=HOLDING)
    assert (state.phase, RaiseBarrier() in actions) == (Phase.OPEN, True)


# -- the officer's word against the table's -----------------------------------------------------------------------------


def kinds(actions: list[Action]) -> list[Kind]:
    return [action.kind for action in actions if isinstance(action, Keep)]


def test_an_override_of_the_verdict_still_owes_the_disinfection() -> None:
    owing = presented(Reason.EXPIRED, owed=True)
    state, actions = live(ARRIVED, owing, VERDICT)
    assert (state.phase, kinds(actions)) == (Phase.DISINFECTING, [Kind.OVERRIDDEN])
    assert isinstance(actions[0], Keep)
    assert (actions[0].body.officer, actions[0].body.what) == ("u-9", "verdict")  # type: ignore[attr-defined]  # of an Overridden
    assert live(ARRIVED, owing, SPARE) == (live(ARRIVED, owing)[0], [])
    assert live(ARRIVED, BAD, VERDICT)[0].phase is Phase.OPEN


def test_an_override_of_the_disinfection_opens_and_says_that_none_was_done() -> None:
    state, actions = live(ARRIVED, DUE, SPARE)
    assert (state.phase, kinds(actions)) == (Phase.OPEN, [Kind.OVERRIDDEN])
    assert StopSpray() in actions
    assert live(ARRIVED, DUE, VERDICT) == (live(ARRIVED, DUE)[0], [])


def test_a_held_vehicle_is_admitted_turned_back_or_detained() -> None:
    assert live(ARRIVED, BAD, HOLD)[0].phase is Phase.HELD
    assert live(ARRIVED, BAD, HOLD, OK)[0].phase is Phase.HELD
    assert live(ARRIVED, BAD, HOLD, VERDICT)[0].phase is Phase.OPEN
    assert closed(live(ARRIVED, BAD, HOLD, BACK)[1]) == [Outcome.TURNED_BACK]
    _, actions = live(ARRIVED, BAD, HOLD, DETAIN)
    assert isinstance(actions[0], Keep)
    assert (actions[0].body.outcome, actions[0].body.why) == (Outcome.DETAINED, "ordered")  # type: ignore[attr-defined]  # of a VisitClosed


# -- the contact time ----------------------------------------------------------------------------------------------------


def test_the_solution_acts_before_the_barrier_opens() -> None:
    state, actions = live(ARRIVED, DUE, SPRAYED, scene=ACTING)
    assert (state.phase, kinds(actions)) == (Phase.CONTACT, [Kind.DISINFECTED])
    assert actions[1:] == [StopSpray(), StartTimer(Timer.CONTACT, 30.0)]
    state, actions = live(ARRIVED, DUE, SPRAYED, CONTACT, scene=ACTING)
    assert (state.phase, kinds(actions)) == (Phase.OPEN, [Kind.DISINFECTED])
    assert isinstance(actions[0], Keep)
    said = actions[0].body
    assert (said.contact_minutes, said.seconds, said.litres) == (0.5, 0.0, 0.0)  # type: ignore[attr-defined]  # of a Disinfected


def test_the_officer_vouches_and_the_solution_acts_all_the_same() -> None:
    assert live(ARRIVED, DUE, VOUCHED, scene=ACTING)[0].phase is Phase.CONTACT


def test_a_contact_time_cut_short_by_name_says_how_long_it_was() -> None:
    _, actions = live(ARRIVED, DUE, SPRAYED, SPARE, scene=replace(ACTING, waited=12.0))
    assert kinds(actions) == [Kind.OVERRIDDEN, Kind.DISINFECTED]
    assert isinstance(actions[1], Keep)
    assert actions[1].body.contact_minutes == 0.2  # type: ignore[attr-defined]  # of a Disinfected
    assert StopTimer(Timer.CONTACT) in actions


def test_what_the_officer_says_of_parts_and_washing_is_kept() -> None:
    said = DisinfectedPressed("1", None, ("tyres",), washed_first=True)
    _, actions = live(ARRIVED, DUE, said)
    assert isinstance(actions[0], Keep)
    assert (actions[0].body.parts, actions[0].body.washed_first) == (("tyres",), True)  # type: ignore[attr-defined]  # of a Disinfected


# -- who goes where nobody sent it ---------------------------------------------------------------------------------------


def alarms_in(actions: Iterable[Action]) -> list[Tell]:
    return [action for action in actions if isinstance(action, Tell)]


def test_who_follows_through_is_told() -> None:
    """Bumper to bumper: the second is on the near loop before the first has left the far one."""
    followed = (ARRIVED, OK, on(Loop.INNER), off(Loop.OUTER), ARRIVED)
    state, actions = lived(*followed)
    assert (state.phase, [visit.id for visit in state.leaving]) == (Phase.CHECKING, [OK.visit])
    assert [action for action in actions if isinstance(action, Light)][-1] == Light(Colour.RED)
    state, actions = lived(*followed, off(Loop.INNER), on(Loop.INNER))
    assert alarms_in(actions) == [Tell(TAILGATING, IN)]
    _, actions = lived(*followed, off(Loop.INNER), *THROUGH)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.PASSED], [Tell(TAILGATING, IN)])


def test_who_follows_under_the_third_sensor_is_told_and_the_first_has_passed() -> None:
    first = (ARRIVED, OK, on(Loop.SAFETY), on(Loop.INNER), off(Loop.SAFETY), off(Loop.INNER))
    _, actions = lived(*first, on(Loop.SAFETY), begin=GUARDED)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.PASSED], [Tell(UNREGISTERED, IN)])
    before_it_left = (ARRIVED, OK, on(Loop.SAFETY), on(Loop.INNER), off(Loop.SAFETY), on(Loop.SAFETY))
    assert alarms_in(lived(*before_it_left, begin=GUARDED)[1]) == [Tell(TAILGATING, IN)]


def test_who_waits_behind_is_not_told_until_it_drives_on() -> None:
    waits = (ARRIVED, OK, on(Loop.INNER), off(Loop.OUTER), ARRIVED, off(Loop.INNER))
    state, actions = lived(*waits)
    assert (state.phase, state.guard.arm, alarms_in(actions)) == (Phase.CHECKING, Arm.HOLDING, [])
    # another plate is judged there: the first has passed
    judged, actions = lived(*waits, HAND)
    assert (judged.phase, closed(actions), alarms_in(actions)) == (Phase.OPEN, [Outcome.PASSED], [])
    backs, actions = lived(*waits, off(Loop.OUTER), CLEAR)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.UNCLEAR], [Tell(UNCLEAR, IN)])
    assert backs.visits == backs.leaving == ()
    _, actions = lived(*waits, on(Loop.INNER), off(Loop.OUTER), off(Loop.INNER))
    assert alarms_in(actions) == [Tell(TAILGATING, IN)]


@pytest.mark.parametrize(("begin", "over"), [(TWO_WAY, THROUGH), (GUARDED, OVER)], ids=["two loops", "third sensor"])
def test_a_barrier_on_its_way_down_turns_round_over_a_vehicle_that_comes_under_it(
    begin: LaneState, over: tuple[LaneInput, ...]
) -> None:
    closing, _ = live(ARRIVED, OK, UP, *over, begin=begin, scene=SWITCHES)
    assert (closing.phase, closing.guard.arm) == (Phase.WAITING, Arm.FALLING)
    near, actions = live(ARRIVED, begin=closing, scene=SWITCHES)
    if begin is GUARDED:
        assert (near.guard.arm, RaiseBarrier() in actions) == (Arm.FALLING, False), "it waits before the barrier"
        near, actions = live(on(Loop.SAFETY), begin=near, scene=SWITCHES)
    assert (near.phase, near.guard.arm, RaiseBarrier() in actions) == (Phase.CHECKING, Arm.RISING, True)
    assert Light(Colour.GREEN) not in actions
    said = alarms_in(actions)
    state = near
    for event in over[1:] if begin is GUARDED else over:
        state, actions = live(event, begin=state, scene=SWITCHES)
        said += alarms_in(actions)
    assert said == [Tell(UNREGISTERED, IN)]
    assert (state.guard.arm, LowerBarrier() in live(UP, FREE, begin=state, scene=SWITCHES)[1]) == (Arm.RISING, True)


def test_who_rolls_back_from_under_the_barrier_is_unclear_to_two_loops_and_red() -> None:
    rolls = (ARRIVED, OK, on(Loop.INNER), off(Loop.INNER))
    state, actions = live(*rolls)
    assert (state.phase, state.guard.arm, Light(Colour.RED) in actions) == (Phase.CHECKING, Arm.HOLDING, True)
    assert state.unclear is not None
    assert state.unclear.id == OK.visit
    _, actions = live(*rolls, off(Loop.OUTER), CLEAR)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.UNCLEAR], [Tell(UNCLEAR, IN)])
    # one that drives on after all, or another: the first has passed with it, and that is told
    _, actions = lived(*rolls, *THROUGH)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.PASSED], [Tell(TAILGATING, IN)])


def test_the_officer_says_what_became_of_one_that_two_loops_could_not_follow() -> None:
    rolls = (ARRIVED, OK, on(Loop.INNER), off(Loop.INNER))
    state, actions = live(*rolls, WentThrough("1", OK.visit))
    assert (state.phase, closed(actions), state.leaving) == (Phase.CHECKING, [Outcome.PASSED], ())
    state, actions = live(*rolls, CameBack("1", OK.visit))
    assert (state.phase, closed(actions), [visit.id for visit in state.visits]) == (Phase.OPEN, [], [OK.visit])
    for word in (WentThrough("1", "other"), CameBack("1", "other")):
        assert live(*rolls, word) == (live(*rolls)[0], [])


@pytest.mark.parametrize(
    ("judged", "outcome"),
    [(OK, Outcome.ABANDONED), (replace(BAD, visit="6" * 32), Outcome.ABANDONED), (EMERGENCY, Outcome.UNCLEAR)],
    ids=["the same plate", "the same plate, refused", "an emergency"],
)
def test_who_is_judged_there_tells_what_became_of_the_one_before(judged: Presented, outcome: Outcome) -> None:
    rolls = (ARRIVED, OK, on(Loop.INNER), off(Loop.INNER))
    again = replace(judged, visit="7" * 32, text="KK1:other")
    assert closed(live(*rolls, again)[1]) == [outcome]


def test_who_rolls_back_from_under_the_third_sensor_keeps_its_word_and_is_told_when_it_leaves() -> None:
    rolls = (ARRIVED, OK, on(Loop.SAFETY), off(Loop.SAFETY))
    assert live(*rolls, begin=GUARDED)[0].phase is Phase.OPEN
    _, actions = lived(*rolls, off(Loop.OUTER), CLEAR, begin=GUARDED)
    assert (closed(actions), alarms_in(actions)) == ([Outcome.ABANDONED], [Tell(REVERSING, IN)])
    # one that drives on after all has passed
    assert closed(lived(*rolls, *OVER, begin=GUARDED)[1]) == [Outcome.PASSED]


@pytest.mark.parametrize("judged", [(), (BAD,), (AGAIN,), (DUE,), (BAD, HOLD)])
@pytest.mark.parametrize(
    ("begin", "over", "outcome"),
    [(ONE_WAY, THROUGH, Outcome.PASSED), (GUARDED, OVER, Outcome.PASSED), (TWO_WAY, THROUGH, Outcome.UNCLEAR)],
    ids=["one way", "third sensor", "two ways"],
)
def test_who_drives_through_the_closed_barrier_is_told_and_has_passed_where_sensors_can_tell(
    judged: tuple[LaneInput, ...], begin: LaneState, over: tuple[LaneInput, ...], outcome: Outcome
) -> None:
    state, actions = lived(ARRIVED, *judged, *over, begin=begin)
    assert alarms_in(actions) == [Tell(FORCED, IN)]
    assert closed(actions) == ([outcome] if judged else [])
    # with a third sensor it is known to be under an arm of which no end switch says that it lies
    assert (RaiseBarrier() in actions) is begin.track.guarded
    assert state.visits == state.leaving == ()


@pytest.mark.parametrize("begin", [TWO_WAY, ONE_WAY, GUARDED], ids=["two ways", "one way", "third sensor"])
def test_who_drives_though_it_was_turned_back_is_told(begin: LaneState) -> None:
    # under an arm that lies, the third sensor alone may be a person
    drives = (on(Loop.SAFETY), off(Loop.OUTER)) if begin is GUARDED else (on(Loop.INNER),)
    assert Tell(FORCED, IN) in lived(ARRIVED, OK, BACK, *drives, begin=begin)[1]
    assert alarms_in(lived(ARRIVED, OK, *drives, begin=begin)[1]) == []


def test_who_drove_unadmitted_and_came_back_owes_still_what_it_owed() -> None:
    rolls = (ARRIVED, DUE, on(Loop.SAFETY), off(Loop.SAFETY))
    state, actions = lived(*rolls, begin=replace(GUARDED, guard=Guard(Arm.HOLDING, known=True)))
    assert (closed(actions), state.phase) == ([Outcome.ABANDONED], Phase.CHECKING)
    drove = (ARRIVED, DUE, on(Loop.INNER), off(Loop.INNER))
    state, _ = live(*drove, CameBack("1", DUE.visit), begin=ONE_WAY)
    assert state.phase is Phase.RECALLED
    again, actions = live(*drove, CameBack("1", DUE.visit), ADMIT, begin=ONE_WAY)
    assert (again.phase, again.spraying, RaiseBarrier() in actions) == (Phase.DISINFECTING, True, False)


# -- a barrier with end switches ------------------------------------------------------------------------------------------


def test_a_barrier_with_a_switch_is_up_when_it_says_so() -> None:
    assert live(ARRIVED, OK, scene=SWITCHES)[0].phase is Phase.OPENING
    assert live(ARRIVED, OK, UP, scene=SWITCHES)[0].phase is Phase.OPEN


ENTRANCE = LaneState(track=Track(two_way=False, only=Loop.OUTER))
CROSSES = (on(Loop.INNER), off(Loop.INNER), CLEAR)
"""Over the far loop of a lane into which nobody comes from there."""


def test_who_crosses_the_exit_loop_of_a_lane_of_one_way_drove_under_no_arm_that_lies() -> None:
    assert alarms_in(lived(*CROSSES, begin=ENTRANCE)[1]) == []
    assert alarms_in(lived(ARRIVED, OK, *THROUGH, *CROSSES, begin=ENTRANCE)[1]) == []
    state, actions = lived(on(Loop.INNER), ARRIVED, OK, begin=ENTRANCE)
    assert (alarms_in(actions), state.phase, state.vehicle and state.vehicle.side) == ([], Phase.OPEN, Loop.OUTER)


def test_who_is_on_the_exit_loop_of_a_lane_of_one_way_while_the_arm_is_not_down_drove_under_it_unregistered() -> None:
    state, actions = lived(ARRIVED, OK, BarrierUp("1"), *THROUGH, *CROSSES, begin=ENTRANCE, scene=SWITCHES)
    assert (alarms_in(actions), closed(actions)) == ([Tell(UNREGISTERED, IN)], [Outcome.PASSED])
    assert (state.phase, state.guard.arm) == (Phase.WAITING, Arm.RISING), "it turned round"


def test_where_the_third_sensor_says_nothing_nobody_is_said_to_have_passed() -> None:
    """It is dead: a vehicle that is let through reads as one that went back."""
    state, actions = lived(ARRIVED, OK, *THROUGH, begin=GUARDED)
    assert (closed(actions), state.phase) == ([Outcome.ABANDONED], Phase.WAITING)


def test_who_leaves_its_loop_while_the_one_before_is_on_the_far_one_is_an_alarm_at_once_and_one_alone() -> None:
    first = (ARRIVED, OK, on(Loop.INNER), off(Loop.OUTER), on(Loop.OUTER))
    for judged, outcomes in (
        ((), [Outcome.PASSED]),
        ((replace(BAD, visit="2" * 32),), [Outcome.PASSED, Outcome.UNCLEAR]),
    ):
        left, actions = lived(*first, *judged, off(Loop.OUTER), begin=ONE_WAY)
        assert alarms_in(actions) == [Tell(TAILGATING, IN)]
        gone, more = lived(off(Loop.INNER), on(Loop.INNER), off(Loop.INNER), CLEAR, begin=left)
        assert closed(more) == outcomes
        assert alarms_in(more) == []
        assert gone.phase is Phase.WAITING


def test_a_barrier_without_one_is_up_after_its_time() -> None:
    opening, _ = run(LaneState(), OK, SCENE)
    assert opening.phase is Phase.OPENING
    assert run(opening, RISE, SCENE)[0].phase is Phase.OPEN


def test_a_barrier_that_does_not_rise_is_a_fault_until_it_moves() -> None:
    state, actions = live(ARRIVED, OK, RISE, scene=SWITCHES)
    assert (state.phase, state.guard.arm, alarms_in(actions)) == (Phase.OPENING, Arm.STUCK, [Tell(BARRIER_STUCK)])
    assert Light(Colour.RED) in actions
    moved, then = run(state, UP, SWITCHES)
    assert (moved.phase, Settle(BARRIER_STUCK) in then, RaiseBarrier() in then) == (Phase.OPEN, True, True)
    assert run(state, CLEARED, SWITCHES)[0].guard.arm is Arm.RISING


LEFT_OPEN = LaneState(guard=Guard(Arm.UP, up=True, known=True), left_open=True)


def test_a_barrier_that_was_left_open_stays_open_and_tells_who_drives_through() -> None:
    state, actions = lived(ARRIVED, *THROUGH, begin=LEFT_OPEN)
    assert LowerBarrier() not in actions
    assert state == replace(LEFT_OPEN, track=state.track)
    assert alarms_in(actions) == [Tell(UNREGISTERED, IN)]


def test_an_officer_takes_over_a_barrier_that_was_left_open() -> None:
    closing, actions = live(CLEARED, begin=LEFT_OPEN, scene=SWITCHES)
    assert (closing.left_open, closing.guard.arm, LowerBarrier() in actions) == (False, Arm.FALLING, True)
    assert live(DOWN, begin=closing, scene=SWITCHES)[0] == LaneState()


def test_the_first_decision_takes_over_a_barrier_that_was_left_open() -> None:
    came, _ = live(ARRIVED, begin=LEFT_OPEN)
    assert live(OK, begin=came)[0].phase is Phase.OPEN
    assert live(EMERGENCY, begin=came)[0].left_open is False
    refused, actions = live(BAD, begin=came)
    assert (refused.phase, refused.left_open, refused.guard.up) == (Phase.REFUSED, False, False)
    assert LowerBarrier() not in actions, "never onto a vehicle"
    assert LowerBarrier() in live(BAD, begin=LEFT_OPEN)[1], "nobody is there yet"


def test_a_barrier_that_could_not_come_down_onto_the_first_vehicle_comes_down_behind_it() -> None:
    refused, _ = live(ARRIVED, BAD, begin=LEFT_OPEN)
    gone, actions = live(off(Loop.OUTER), CLEAR, begin=refused)
    assert (gone.phase, closed(actions)) == (Phase.WAITING, [Outcome.ABANDONED])
    assert live(FREE, begin=gone)[1] == LOWERED
    back, actions = live(BACK, begin=refused)
    assert (back.phase, back.guard.arm, closed(actions)) == (Phase.CHECKING, Arm.HOLDING, [Outcome.TURNED_BACK])


def test_a_vehicle_passes_by_key_while_the_barrier_is_at_fault() -> None:
    through = (ARRIVED, OK, RISE, *THROUGH)
    state, actions = live(*through, scene=SWITCHES)
    assert (state.guard.arm, state.visits, closed(actions)) == (Arm.STUCK, (), [Outcome.PASSED])
    # the next is registered, and the barrier tried again
    assert live(*through, ARRIVED, HAND, scene=SWITCHES)[0].guard.arm is Arm.RISING


def test_a_barrier_that_does_not_come_down_is_a_fault_but_not_over_a_vehicle() -> None:
    closing = (ARRIVED, OK, UP, *THROUGH)
    assert live(*closing, scene=SWITCHES)[0].guard.arm is Arm.FALLING
    assert live(*closing, FALL, scene=SWITCHES)[0].guard.arm is Arm.STUCK
    assert live(*closing, ARRIVED, FALL, scene=SWITCHES)[0].guard.arm is Arm.RISING
    late, actions = live(*closing, FALL, DOWN, scene=SWITCHES)
    assert (late, Settle(BARRIER_STUCK) in actions) == (empty(late), True)


def test_whichever_way_a_phase_is_left_its_own_ends_with_it() -> None:
    assert LEAVING[Phase.DISINFECTING] == (StopSpray(),)
    for event in (BACK, DIFFERS, EMERGENCY, SPARE, VOUCHED, SPRAYED):
        assert StopSpray() in live(ARRIVED, DUE, event)[1], event


REASONS = [
    (reason, direction)
    for reason in (Reason.OK, Reason.EXIT_OK, Reason.PRIORITY, Reason.DISINFECTION_DUE, Reason.EXPIRED, Reason.DUPLICATE_READ)
    for direction in Direction
    if not (reason in (Reason.OK, Reason.EXPIRED) and direction is OUT)
    and not (reason is Reason.EXIT_OK and direction is IN)
]  # fmt: skip
WORDS = [ADMIT, BACK, VOUCHED, HOLD, DETAIN, CLEARED, VERDICT, SPARE, AGAIN_SPRAYED]
SCENES = [SCENE, ACTING, replace(SCENE, officer=None), Scene(officer="u-2")]
REACHES = [
    Reach(tells_up=up, tells_down=down, fails_open=fails) for up in (False, True) for down in (False, True) for fails in (False, True)
]  # fmt: skip
TRACKS = [Track(guarded=guarded, two_way=two_way, short=short) for guarded in (False, True) for two_way in (False, True) for short in (False, True)]  # fmt: skip
RELAY_ON, RELAY_OFF = {Arm.RISING, Arm.UP, Arm.HOLDING}, {Arm.LYING, Arm.FALLING, Arm.KEYED}


class World:
    """What a lane does in the world: the records that were kept, the relay, the arm, the sprayer, the lamp, the timers."""

    def __init__(self) -> None:
        self.scene = SCENE
        self.state = LaneState()
        self.ids = count(1)
        self.kept: dict[str, bool] = {}
        """Open visits: True if they still owe a disinfection."""
        self.relay = False
        self.spraying = False
        self.lamp: Colour | None = None
        self.timers: set[Timer] = set()
        self.loops: set[Loop] = set()
        self.quick = False
        """Somebody came under the arm, and the lane has not heard of it."""
        self.arrows: set[tuple[Phase, str, Phase]] = set()

    def fit(self, scene: Scene, reach: Reach, sensors: Track, *, raised: bool) -> None:
        """The lane starts."""
        self.scene = replace(
            scene, reach=replace(reach, at_up=raised and reach.tells_up, at_down=not raised and reach.tells_down)
        )
        self.relay = raised
        self.state, actions = whole.at_start(sensors, self.scene, raised=raised, stays=reach.fails_open)
        self.perform(actions)

    def send(self, event: LaneInput) -> None:
        """An event, and all that follows from it."""
        self.state, actions, inputs = whole.sense(self.state, event, self.scene)
        waiting = deque((*inputs, *self.perform(actions)))
        while waiting:
            waiting += self.answer(waiting.popleft())

    def answer(self, event: PhaseInput) -> Sequence[PhaseInput]:
        before = self.state
        self.state, actions, reports = answer(before, event, self.scene)
        move = TABLE[before.phase].moves.get(what(event))
        if self.state.phase is not before.phase:
            self.arrows.add((before.phase, what(event).name, self.state.phase))
            assert move is not None
            assert self.state.phase in move.to, (before.phase, what(event).name, self.state.phase)
        kinds = [isinstance(action, Keep) for action in actions]
        assert kinds == sorted(kinds, reverse=True), "a record came after something had moved"
        for action in actions:
            if isinstance(action, Keep):
                self.keep(action)
        return (*reports, *self.perform(actions))

    def keep(self, keep: Keep) -> None:
        assert keep.visit is not None
        match keep.kind:
            case Kind.VISIT_OPENED:
                assert keep.visit not in self.kept
                self.kept[keep.visit] = keep.body.disinfection is Disinfection.REQUIRED  # type: ignore[attr-defined]  # of a VisitOpened
            case Kind.DISINFECTED:
                acted = keep.body.contact_minutes is not None  # type: ignore[attr-defined]  # of a Disinfected
                self.kept[keep.visit] = bool(self.scene.contact) and self.kept[keep.visit] and not acted
            case Kind.OVERRIDDEN if keep.body.what == "disinfection":  # type: ignore[attr-defined]  # of an Overridden
                assert keep.body.officer  # type: ignore[attr-defined]  # of an Overridden
                assert keep.body.reason  # type: ignore[attr-defined]  # of an Overridden
                # vouching by hand for a spray too short does not spare it the contact time
                self.kept[keep.visit] = keep.body.officer != "u-9" and self.kept[keep.visit]  # type: ignore[attr-defined]  # of an Overridden
            case Kind.VISIT_CLOSED:
                del self.kept[keep.visit]

    def perform(self, actions: Iterable[Action]) -> Sequence[PhaseInput]:
        """Returns what the phases answer to because the hardware refused."""
        refused = False
        for action in actions:
            match action:
                case RaiseBarrier():
                    self.raises()
                case LowerBarrier():
                    lies = self.scene.reach.at_down
                    assert lies or not self.state.track.busy, "the arm comes down onto somebody"
                    refused = self.relay and (self.quick or self.state.track.busy)
                    self.relay = refused
                case StartSpray():
                    assert not self.spraying
                    self.spraying = True
                case StopSpray():
                    self.spraying = False
                case Light(colour):
                    self.lamp = colour
                case StartTimer(timer):
                    self.timers.add(timer)
                case StopTimer(timer):
                    self.timers.discard(timer)
        if not refused:
            return ()
        self.state, kept_up, inputs = whole.kept_up(self.state, self.scene)
        return (*inputs, *self.perform(kept_up))

    def raises(self) -> None:
        guard = self.state.guard
        if guard.up and not self.state.left_open:
            assert any(self.kept.get(visit.id) is False for visit in self.state.visits), "nobody who owes nothing"
        else:
            fails_open = guard.arm is Arm.STUCK and self.scene.reach.fails_open
            assert self.relay or self.state.track.busy or fails_open, "for nobody"
        self.relay = True

    def check(self) -> None:
        """What holds between any two events."""
        state, guard = self.state, self.state.guard
        visit = state.visit
        assert guard.busy is state.track.busy
        assert not (guard.busy and guard.arm is Arm.FALLING), "it comes down onto somebody"
        keyed = guard.arm is Arm.KEYED and self.scene.reach.at_up
        assert not (guard.busy and keyed), "only the key holds it over somebody"
        assert not (guard.arm in RELAY_ON and not self.relay), "said to be held"
        assert not (guard.arm in RELAY_OFF and self.relay), "held, and not said"
        assert guard.up is (state.phase in LET or state.left_open), "wanted up for somebody, and for nobody else"
        if state.phase in LET:
            assert visit is not None
            assert self.kept[visit.id] is False, "it owes"
        assert self.spraying is state.spraying
        assert not self.spraying or state.phase is Phase.DISINFECTING
        assert self.lamp is not Colour.GREEN or state.phase in {Phase.OPENING, Phase.OPEN}, "green for nobody"
        assert set(self.kept) == {each.id for each in state.here}, "the open visits are those at the lane"
        assert len({each.id for each in state.here}) == len(state.here)
        self.check_nobody_is_forgotten()

    def check_nobody_is_forgotten(self) -> None:
        """Nothing is waited for that nobody will say."""
        state, arm, track = self.state, self.state.guard.arm, self.state.track
        near = {each.number for each in track.vehicles}
        assert all(each.vehicle is None or each.vehicle in near or each.maybe in near for each in state.here)
        vehicles = [each.vehicle for each in state.here if each.vehicle is not None]
        assert len(set(vehicles)) == len(vehicles), "one vehicle, two visits"
        assert state.phase is not Phase.WAITING or state.vehicle is None
        assert state.phase is not Phase.NEXT or state.leaving
        assert (state.visit is None) is (state.phase in {Phase.WAITING, Phase.CHECKING})
        waits: dict[Timer, bool] = {
            Timer.RISE: arm is Arm.RISING,
            Timer.FALL: arm is Arm.FALLING,
            Timer.FREE: arm is Arm.HOLDING and not track.busy,
            Timer.PASSAGE: state.phase is Phase.OPEN,
            Timer.CONTACT: state.phase is Phase.CONTACT,
            Timer.CLEAR: not track.on and bool(track.vehicles),
            Timer.BETWEEN: bool(track.lingering),
            Timer.STAND: bool(track.arriving),
        }
        hangs = {timer for timer, needed in waits.items() if needed} - self.timers
        assert not hangs, hangs
        sprayed = self.spraying or state.unconfirmed
        assert sprayed or not (state.phase is Phase.DISINFECTING and state.stands), "it stands, and is not sprayed"

    # -- what happens ----------------------------------------------------------------------------------------------------

    def new_visit(self) -> str:
        return f"{next(self.ids):032x}"

    def show(self, which: tuple[Reason, Direction], plate: str, *, owed: bool, by_hand: bool) -> None:
        reason, direction = which
        must = owed if by_hand else reason is Reason.DISINFECTION_DUE or (reason is Reason.DUPLICATE_READ and owed)
        if by_hand:
            made = presented(Reason.NO_PASS, direction, ReadBy.HAND, owed=must, visit=self.new_visit())
        else:
            made = presented(reason, direction, owed=must, visit=self.new_visit())
        self.send(replace(made, decision=replace(made.decision, plate=plate)))

    def emergency(self, direction: Direction) -> None:
        self.send(presented(Reason.EMERGENCY, direction, ReadBy.EMERGENCY, visit=self.new_visit()))
        assert self.relay
        assert self.state.guard.arm in {Arm.RISING, Arm.UP}

    def plate_differs(self) -> None:
        visit = self.state.visit
        if visit is not None:
            made = mismatched(visit.decision, disinfected=visit.disinfected)
            self.send(Presented(self.new_visit(), made, visit.text))

    def spray_ends(self, seconds: float, litres: float | None, run: int) -> None:
        """The sprayer's run ends; or an earlier one, late."""
        if run == 0 and self.spraying:
            self.spraying = False
            self.send(SprayDone("1", seconds, litres, self.state.run))
            assert not self.state.spraying
        elif run:
            before = self.state
            self.send(SprayDone("1", seconds, litres, before.run - run))
            assert self.state == before

    def loop_changes(self, loop: Loop) -> None:
        if loop is Loop.SAFETY and not self.state.track.guarded:
            return
        self.loops ^= {loop}
        self.send(LoopChanged("1", loop, loop in self.loops))

    def timer_fires(self, timer: Timer) -> None:
        if timer in self.timers:
            self.timers.discard(timer)
            self.send(TimerFired("1", timer))

    def asked(self, came_back: bool) -> None:
        if self.state.unclear is not None:
            visit = self.state.unclear.id
            self.send(CameBack("1", visit) if came_back else WentThrough("1", visit))

    def arm_moves(self, where: str) -> None:
        """By its motor, or by key: its end switches say so where they are fitted."""
        reach = self.scene.reach
        after = replace(reach, at_up=where == "up" and reach.tells_up, at_down=where == "down" and reach.tells_down)
        self.scene = replace(self.scene, reach=after)
        if (reach.at_up and not after.at_up) or (reach.at_down and not after.at_down):
            self.send(MOVING)
        if after.at_up and not reach.at_up:
            self.send(UP)
        if after.at_down and not reach.at_down:
            self.send(DOWN)


class AnyOrder(RuleBasedStateMachine):
    """A lane under any order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @initialize(
        scene=st.sampled_from(SCENES),
        reach=st.sampled_from(REACHES),
        track=st.sampled_from(TRACKS),
        raised=st.booleans(),
    )
    def a_lane_is_fitted(self, scene: Scene, reach: Reach, track: Track, raised: bool) -> None:
        self.world.fit(scene, reach, track, raised=raised)

    @rule(
        which=st.sampled_from(REASONS),
        plate=st.sampled_from(["鲁B1", "鲁B2"]),
        owed=st.booleans(),
        by_hand=st.booleans(),
    )
    def show(self, which: tuple[Reason, Direction], plate: str, owed: bool, by_hand: bool) -> None:
        self.world.show(which, plate, owed=owed, by_hand=by_hand)

    @rule(direction=st.sampled_from(Direction))
    def emergency(self, direction: Direction) -> None:
        self.world.emergency(direction)

    @rule()
    def plate_differs(self) -> None:
        self.world.plate_differs()

    @rule(event=st.sampled_from(WORDS))
    def press(self, event: LaneInput) -> None:
        self.world.send(event)

    @rule(came_back=st.booleans())
    def asked(self, came_back: bool) -> None:
        self.world.asked(came_back)

    @rule(seconds=st.sampled_from([3.0, 10.0]), litres=st.sampled_from([None, 0.0, 2.0]), run=st.integers(0, 1))
    def spray_ends(self, seconds: float, litres: float | None, run: int) -> None:
        self.world.spray_ends(seconds, litres, run)

    @rule(loop=st.sampled_from(Loop))
    def loop_changes(self, loop: Loop) -> None:
        self.world.loop_changes(loop)

    @rule(quick=st.booleans())
    def a_vehicle_is_quicker_than_its_word(self, quick: bool) -> None:
        self.world.quick = quick

    @rule(timer=st.sampled_from(Timer))
    def timer_fires(self, timer: Timer) -> None:
        self.world.timer_fires(timer)

    @rule(where=st.sampled_from(["up", "between", "down"]))
    def arm_moves(self, where: str) -> None:
        self.world.arm_moves(where)

    @invariant()
    def all_holds(self) -> None:
        self.world.check()


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_verdicts_of_the_samples_are_those_of_the_contract() -> None:
    assert [each.decision.verdict for each in (OK, DUE, BAD, AGAIN)] == [
        Verdict.GO,
        Verdict.HOLD,
        Verdict.STOP,
        Verdict.LOOK,
    ]
