"""The judge finds a broken lane: for each of its checks one that is broken on purpose."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from edge.contract import passes
from edge.contract.alarms import TAILGATING
from edge.contract.facts import Disinfected, Kind, Outcome, VerifiedBy, VisitClosed, VisitOpened
from edge.contract.passes import Pass
from edge.contract.reasons import Colour, Direction
from edge.journal.outbox import NewRecord
from edge.lane.events import EmergencyPressed, Event, HelpPressed, Loop, Registered, WentThrough
from tests.edge.gates import RULES
from tests.edge.road.__main__ import make
from tests.edge.road.barrier import SLOW
from tests.edge.road.doubts import BEHIND, DRAWBAR, EACH_SIDE, FACED, RESTARTED, SWAPPED, UNTRUE, VEILED, doubt
from tests.edge.road.drivers import Human, Plan
from tests.edge.road.stage import STOP, Actor, Stage
from tests.edge.road.vehicles import car, motorcycle, trailer, truck

IN, OUT = Direction.IN, Direction.OUT
OPENED = VisitOpened(
    read_by="hand", direction="in", verdict="go", reason="no_pass", vehicle_class="resident", pass_id=None,
    officer="u-2", operation="op-1", disinfection="off",
)  # fmt: skip


def found(stage: Stage) -> set[str]:
    return {each.check for each in stage.world.judge.violations}


def keep(stage: Stage, visit: str, kind: Kind, body: VisitOpened | VisitClosed | Disinfected, plate: str = "") -> None:
    entry = NewRecord(kind, body, visit=visit, lane="1", private={"plate": plate} if plate else {})
    stage.world.journal.keep_all([entry])


def test_an_arm_on_a_vehicle() -> None:
    stage = Stage(2)
    first = stage.actor(owes=False)
    first.come().show()
    stage.admitted()
    first.to(2.0)
    hands = stage.lane.hands
    hands._relay(False, "gate")  # whatever stands there
    stage.run(4.0)
    assert first.vehicle.touched
    assert "arm" in found(stage)


def test_an_arm_that_had_its_time_excuses_until_a_loop_says_that_one_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three sensors and no end switch: the arm sticks up, and comes down by itself."""
    for nose, counts in ((0.5, True), (2.0, False)):
        stage = Stage(3, switches=False)
        first, second = stage.actor(owes=False), stage.actor()
        first.come().show()
        stage.admitted()
        stage.lane.stick(0.0)
        first.leave()
        stage.run(12.0)
        monkeypatch.setattr(stage.gate, "handle", lambda event: False)
        second.to(nose)
        stage.run(1.0)
        stage.lane.stick(1.0)
        stage.run(3.0)
        assert second.vehicle.touched
        assert (stage.world.judge.limits[SLOW] > 0, "arm" in found(stage)) == (counts, not counts)


def test_a_raise_and_a_green_for_nobody() -> None:
    stage = Stage(2)
    stage.lane.hands.raise_barrier()
    stage.lane.hands.light(Colour.GREEN)
    stage.run(0.5)
    assert "raise" in found(stage)


def test_an_arm_that_turns_round_for_whom_is_judged_in_the_same_step_is_raised_for_somebody() -> None:
    """Opened by key; its code was read before it came to the loop."""
    stage = Stage(2, travel=6.0)
    stage.lane.turn_key(True)
    stage.run(8.0)
    first = stage.actor(owes=False)
    first.to(-3.3).show()
    stage.lane.turn_key(None)
    stage.run(0.5)
    first.come()
    assert first.outcomes == [None]
    assert not found(stage)


def test_a_raise_over_a_lying_arm_for_nobody() -> None:
    stage = Stage(2)
    stage.run(30.0)
    stage.lane.hands.raise_barrier()
    stage.run(0.5)
    assert "raise" in found(stage)


@pytest.mark.parametrize("sensors", [2, 3])
def test_a_follower_that_is_let_through_on_anothers_word(sensors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(sensors)
    first, second = stage.actor(owes=False), stage.actor(space=4.0)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    monkeypatch.setattr(stage.lane.hands, "light", lambda colour: None)
    monkeypatch.setattr(stage.lane.hands, "lower_barrier", lambda: True)
    monkeypatch.setattr(stage.gate, "handle", lambda event: False)
    monkeypatch.setattr(stage.gate, "turn", lambda: None)
    first.leave()
    second.leave()
    stage.run(30.0)
    assert {"green", "passage"} <= found(stage)


def test_a_disinfection_of_air() -> None:
    stage = Stage(2)
    first = stage.actor()
    said = Disinfected(
        batch="b", agent="a", concentration="1", parts=(), washed_first=False, seconds=4.0,
        verified_by=VerifiedBy.SENSOR, officer=None, litres=1.0,
    )  # fmt: skip
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    stage.lane.hands.start_spray(2.0, 7)
    stage.run(3.0)
    keep(stage, "a" * 32, Kind.DISINFECTED, said)
    assert "disinfected" in found(stage)


def test_a_passed_for_one_that_did_not() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come()
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    keep(stage, "a" * 32, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer=None))
    assert "passed" in found(stage)


def test_one_that_went_through_and_is_said_not_to_have() -> None:
    stage = Stage(2)
    first = stage.actor(owes=False)
    first.come()
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    stage.gate.handle = lambda event: False  # type: ignore[method-assign]
    first.to(5.0)
    stage.world.judge.passages.forget()
    keep(stage, "a" * 32, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.ABANDONED, officer=None))
    assert "not_passed" in found(stage)


def test_a_visit_closed_twice_and_one_shown_nowhere() -> None:
    stage = Stage(2)
    for visit in ("a" * 32, "b" * 32):
        keep(stage, visit, Kind.VISIT_OPENED, OPENED)
    for _ in range(2):
        keep(stage, "a" * 32, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.ABANDONED, officer=None))
    stage.world.judge.finish()
    assert [each.check for each in stage.world.judge.violations] == ["records", "records"]


def test_a_sprayer_that_is_on_for_nobody() -> None:
    stage = Stage(2)
    stage.lane.hands.start_spray(5.0, 1)
    stage.press(HelpPressed("1"))
    assert "sprayer" in found(stage)


def test_a_gate_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(2)

    def breaks(event: Event) -> bool:
        raise KeyError("1")

    monkeypatch.setattr(stage.gate, "handle", breaks)
    stage.press(HelpPressed("1"))
    assert found(stage) == {"exception"}


def test_an_emergency_that_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(2)
    monkeypatch.setattr(stage.lane.hands, "raise_barrier", lambda: None)
    stage.press(EmergencyPressed("1"))
    assert "emergency" in found(stage)


def test_an_obedient_one_who_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(2)
    monkeypatch.setattr(stage.lane, "show", lambda vehicle, text=None: None)
    stage.obedient()
    stage.run(600.0)
    assert found(stage) == {"waits"}


def test_one_who_drives_into_a_lying_arm_is_not_the_lanes_doing() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.leave()
    stage.run(30.0)
    assert first.vehicle.touched
    assert "arm" not in found(stage)


def test_vehicles_never_overlap() -> None:
    stage = Stage(2)
    makers: list[Callable[[], object]] = [lambda: stage.obedient(car(), space=0.5) for _ in range(4)]
    for comes in makers:
        comes()
    queue = stage.lane.traffic.queues[stage.lane.setup.ways[0]]
    for _ in range(400):
        stage.run(0.1)
        assert all(second.nose <= first.tail - 0.49 for first, second in pairwise(queue))


def test_a_driver_that_is_patient_waits_for_its_own_green() -> None:
    stage = Stage(2)
    first = stage.obedient()
    assert isinstance(first.vehicle.driver, Human)
    assert first.vehicle.driver.plan == Plan(stop=STOP, read_after=0.8, reaction=0.5)
    stage.until(lambda: first.through)
    assert first.vehicle.red_at is False


# -- each doubt excuses what it names, and nothing else ----------------------------------------------------------------


def said_to_have_passed(stage: Stage, actor: Actor, visit: str = "d" * 32) -> None:
    keep(stage, visit, Kind.VISIT_OPENED, OPENED, actor.vehicle.plate)
    keep(stage, visit, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer=None))


def test_face_to_face_excuses_until_the_lane_was_empty() -> None:
    stage = Stage(2, ways=(Direction.IN, Direction.OUT))
    first, other = stage.actor(), stage.actor(way=Direction.OUT)
    first.come()
    other.come()
    stage.lane.remove(first.vehicle)
    stage.lane.remove(other.vehicle)
    stage.run(1.0)
    soon = stage.actor(nose=-5.0)
    soon.come()
    said_to_have_passed(stage, soon)
    assert stage.world.judge.limits == {f"{FACED}: passed": 1}
    soon.back()
    stage.run(60.0)
    later = stage.actor()
    later.come()
    said_to_have_passed(stage, later, "e" * 32)
    assert found(stage) == {"passed"}


def test_face_to_face_is_no_doubt_with_three_sensors_while_nobody_is_on_the_third() -> None:
    stage = Stage(3, ways=(Direction.IN, Direction.OUT))
    first, other = stage.actor(), stage.actor(way=Direction.OUT)
    first.come()
    other.come()
    said_to_have_passed(stage, first)
    assert found(stage) == {"passed"}


def test_one_vehicle_to_a_loop_excuses_until_the_lane_was_empty() -> None:
    stage = Stage(3)
    first = stage.actor()
    first.come()
    stage.lane.remove(first.vehicle)
    second = stage.actor(nose=-4.0)
    second.to(-2.0)
    said_to_have_passed(stage, second)
    assert stage.world.judge.limits == {f"{SWAPPED}: passed": 1}
    second.back()
    stage.run(30.0)
    third = stage.actor()
    third.come()
    said_to_have_passed(stage, third, "e" * 32)
    assert found(stage) == {"passed"}


def test_a_drawbar_excuses_who_is_with_it_alone() -> None:
    stage = Stage(3, beam=True)
    first = stage.actor(trailer(solid=False))
    first.come()
    said_to_have_passed(stage, first)
    assert stage.world.judge.limits == {f"{DRAWBAR}: passed": 1}
    first.back()
    stage.run(30.0)
    second = stage.actor()
    second.come()
    said_to_have_passed(stage, second, "e" * 32)
    assert found(stage) == {"passed"}


def test_an_untrue_word_excuses_who_was_there_alone() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come()
    stage.world.silly = True
    assert stage.press(Registered("1", "鲁D00001", "resident"))
    stage.world.silly = False
    said_to_have_passed(stage, first)
    assert stage.world.judge.limits == {f"{UNTRUE}: passed": 1}
    first.back()
    stage.run(30.0)
    second = stage.actor()
    second.come()
    said_to_have_passed(stage, second, "e" * 32)
    assert found(stage) == {"passed"}


def test_a_word_of_which_nothing_came_excuses_nobody() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come()
    stage.world.silly = True
    assert not stage.press(WentThrough("1", "f" * 32))
    stage.world.silly = False
    assert not first.vehicle.lied


def test_one_behind_is_a_doubt_of_the_outcome_and_not_of_the_alarm() -> None:
    stage = Stage(2)
    first, second = stage.actor(), stage.actor(space=1.0)
    first.come()
    first.to(3.4)
    second.start(STOP)
    stage.still()
    assert first.vehicle.pushed
    assert doubt(stage.lane, first.vehicle, outcome=True) == BEHIND
    assert doubt(stage.lane, first.vehicle) is None


def test_a_short_one_past_an_arm_that_lay_is_in_doubt_and_a_long_one_is_not() -> None:
    for body, strays in ((motorcycle(), True), (car(), False)):
        stage = Stage(2)
        first = stage.actor(body)
        first.come()
        first.to(4.5)
        assert first.vehicle.strayed is strays
        stage.lane.remove(first.vehicle)
        stage.run(20.0)
        second = stage.actor()
        second.come()
        assert not second.vehicle.strayed


def test_no_edge_is_that_ones_own_who_goes_between_two_others() -> None:
    for space, hidden in ((1.0, True), (6.0, False)):
        stage = Stage(2)
        first, second, third = stage.actor(), stage.actor(space=1.0), stage.actor(space=space)
        first.come()
        second.start(STOP)
        third.start(STOP)
        stage.still()
        for each in (first, second, third):
            each.leave()
        stage.until(lambda second=second: second.through)  # type: ignore[misc]
        assert second.vehicle.hidden is hidden
        assert (doubt(stage.lane, second.vehicle) is not None) is hidden or second.vehicle.blurred


def test_no_edge_is_that_ones_own_when_the_next_comes_before_the_loop_counts_as_free() -> None:
    stage = Stage(2)
    first, second, third = stage.actor(), stage.actor(space=1.0), stage.actor(space=1.51)
    first.come()
    second.start(STOP)
    third.start(STOP)
    stage.still()
    for each in (first, second, third):
        each.leave()
    stage.until(lambda: second.through)
    assert second.vehicle.hidden


def test_a_passage_in_doubt_does_not_take_the_alarm_of_another() -> None:
    stage = Stage(2)
    first, second = stage.actor(), stage.actor()
    passages, now = stage.world.judge.passages, stage.world.now
    passages._crossings["1"] = [(now - 3.0, first.vehicle), (now, second.vehicle)]
    passages.told("1", TAILGATING)
    assert passages.take_alarm(stage.lane, first.vehicle, now - 3.0, now - 5.0, now + 5.0, modest=True) is None
    assert passages.take_alarm(stage.lane, second.vehicle, now, now - 5.0, now + 5.0) == TAILGATING


def test_with_one_on_each_side_a_pass_counts_for_the_direction_that_the_record_names() -> None:
    stage = Stage(2, ways=(Direction.IN, Direction.OUT))
    other = stage.actor(way=Direction.OUT)
    keep(stage, "c" * 32, Kind.VISIT_OPENED, OPENED, other.vehicle.plate)
    assert [visit.owner for visit in other.vehicle.visits] == [other.vehicle], "nobody else is there"
    first = stage.actor()
    first.come()
    keep(stage, "d" * 32, Kind.VISIT_OPENED, OPENED, other.vehicle.plate)
    assert stage.world.judge.limits == {EACH_SIDE: 1}
    assert [visit.id for visit in first.vehicle.visits] == ["d" * 32]


def test_an_arm_that_is_up_by_key_excuses_nobody_without_a_word() -> None:
    stage = Stage(2)
    stage.lane.turn_key(True)
    stage.run(3.0)
    first = stage.actor()
    first.come()
    stage.gate.handle = lambda event: False  # type: ignore[method-assign]
    first.leave()
    stage.run(30.0)
    assert found(stage) == {"passage"}


def test_who_had_green_and_moves_is_not_on_red_and_who_starts_on_red_is() -> None:
    for waits, red in ((0.0, False), (2.0, True)):
        stage = Stage(2)
        first = stage.actor(owes=False)
        first.come().show()
        stage.admitted()
        stage.gate.handle = lambda event: False  # type: ignore[method-assign]
        stage.gate.turn = lambda patience=0.0: None  # type: ignore[method-assign]
        stage.lane.hands.light(Colour.RED)
        stage.world.judge.barrier.watch(stage.lane)
        stage.run(waits)
        first.to(1.0)
        assert first.vehicle.red_at is red


def test_a_green_that_is_lit_while_it_drives_counts_though_another_is_lit_after_that() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come()
    stage.lane.turn_key(True)
    stage.run(3.0)
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    stage.gate.handle = lambda event: False  # type: ignore[method-assign]
    first.to(1.0)
    stage.lane.hands.light(Colour.GREEN)
    first.leave()
    stage.run(4.0)
    for colour in (Colour.RED, Colour.GREEN):
        stage.lane.hands.light(colour)
    stage.run(20.0)
    assert stage.world.counts["through by its own word"] == 1
    assert "passage" not in found(stage)


def test_the_pass_of_one_that_an_officer_took_for_another_excuses_who_drives_by_it_alone() -> None:
    """It is read as its vehicle drives off, and counts for who stands behind it."""
    for drives_off, excuses in ((True, True), (False, False)):
        stage = Stage(2)
        first, second = stage.actor(), stage.actor(space=1.0)
        first.come()
        first.vehicle.lied = True
        second.start(STOP)
        if drives_off:
            first.to(4.0)
        keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
        assert stage.world.judge.ledger.is_untrue(stage.lane) is excuses


def test_every_pass_of_the_road_is_bound_to_the_plate_of_its_vehicle() -> None:
    world = make(1, 2, 1)
    world.run(events=400)
    valid = [each.valid for each in world.judge.witness.passes.values()]
    assert True in valid
    assert False in valid
    for vehicle in world.judge.witness.passes.values():
        assert vehicle.pass_text is not None
        read = passes.read(vehicle.pass_text, RULES.keys)
        assert isinstance(read, Pass)
        assert read.plate == vehicle.plate


def test_behind_one_that_drove_through_an_arm_that_lay_is_a_doubt_in_a_lane_of_two_ways_until_the_loop_was_free() -> (
    None
):
    for ways, space, veiled in (((IN, OUT), 1.0, True), ((IN, OUT), 2.5, False), ((IN,), 1.0, False)):
        stage = Stage(2, ways=ways)
        first, second = stage.actor(truck(9.0)), stage.actor(space=space)
        first.come()
        second.start(STOP)
        stage.still()
        first.to(9.0)
        stage.run(3.0)
        assert second.vehicle.covers.near
        assert (doubt(stage.lane, second.vehicle) == VEILED) is veiled


def test_a_start_over_a_vehicle_excuses_in_a_lane_of_two_ways_until_that_was_empty() -> None:
    for ways in ((IN, OUT), (IN,)):
        stage = Stage(3, ways=ways)
        first, second = stage.actor(), stage.actor(space=1.0)
        first.come()
        second.start(STOP)
        first.to(2.0)
        stage.world.stop()
        stage.run(1.0)
        stage.world.start()
        stage.run(1.0)
        first.to(4.8)
        second.come()
        assert (doubt(stage.lane, second.vehicle) == RESTARTED) is (len(ways) > 1)
        first.leave()
        second.back()
        stage.run(30.0)
        third = stage.actor()
        third.come()
        assert doubt(stage.lane, third.vehicle) is None


def test_nobody_turns_aside_from_under_the_arm() -> None:
    stage = Stage(3)
    first = stage.actor()
    first.to(-0.6)
    assert first.vehicle.may_turn_aside
    first.to(-0.4)
    assert not first.vehicle.may_turn_aside


def test_an_arm_that_a_key_moved_a_moment_ago_may_turn_round_though_it_lies() -> None:
    """No lower end switch: it counts as falling for its time."""
    for waits, finds in ((0.0, False), (20.0, True)):
        stage = Stage(2, down_switch=False)
        stage.run(30.0)
        stage.lane.turn_key(True)
        stage.run(5.0)
        stage.lane.turn_key(None)
        stage.run(3.0 + waits)
        assert stage.down
        stage.lane.hands.raise_barrier()
        stage.run(0.01)
        assert ("raise" in found(stage)) is finds


def test_a_far_loop_that_is_not_yet_reported_free_was_not_free() -> None:
    stage = Stage(2)
    stage.lane.line.late = 1.0
    first, second = stage.actor(motorcycle()), stage.actor(motorcycle(), space=1.6)
    first.come()
    second.start(STOP)
    stage.still()
    first.leave(3.0)
    second.leave(3.0)
    stage.until(lambda: second.vehicle.covers.far)
    assert second.vehicle.joined[Loop.INNER]
