"""The lane's stories of whose a reading, a spray, a visit is, and what officers would curse: with two sensors and with three."""

import pytest

from edge.contract.alarms import BARRIER_STUCK, FORCED, PASSAGES
from edge.contract.facts import Outcome
from edge.contract.reasons import Colour, Direction
from edge.lane.events import (
    AdmitPressed,
    EmergencyPressed,
    FaultCleared,
    Registered,
    SprayAgainPressed,
    SprayDone,
    TurnBackPressed,
)
from edge.lane.phase import Phase, Shown
from tests.edge.road.stage import STOP, Stage
from tests.edge.road.vehicles import motorcycle, truck

BOTH = pytest.mark.parametrize("sensors", [2, 3])
IN, OUT = Direction.IN, Direction.OUT
PASSED, UNCLEAR = Outcome.PASSED, Outcome.UNCLEAR


# -- 5, 9, 10: whose reading, whose spray ------------------------------------------------------------------------------


@BOTH
def test_5_a_reading_of_one_who_drives_off_is_not_the_next_ones(sensors: int) -> None:
    stage = Stage(sensors, duplicate=2.0)
    first, second = stage.actor(owes=False), stage.actor(space=5.0)
    first.come()
    stage.press(Registered("1", stage.plate(first), "samples"))
    stage.admitted()
    first.to(1.5)
    first.show()
    first.leave(4.0)
    stage.until(lambda: first.vehicle.gone)
    stage.run(1.0)
    second.come()
    stage.run(10.0)
    assert len(first.outcomes) == 1, "the pass counts for no second visit"
    assert second.outcomes == []
    assert stage.lamp is Colour.RED
    second.back()
    stage.end()


@BOTH
def test_9_nobody_is_sprayed_before_standing_on_the_loop(sensors: int) -> None:
    stage = Stage(sensors)
    first = stage.actor(nose=-11.0, speed=1.5)
    first.start(STOP)
    stage.run(0.5)
    first.show()
    stage.until(lambda: stage.lane.hands.spraying)
    assert first.vehicle.covers.near
    stage.admitted()
    first.leave()
    stage.end()
    assert first.outcomes == [PASSED]


@BOTH
def test_9_a_vehicle_that_backs_off_while_it_is_sprayed_is_not_disinfected(sensors: int) -> None:
    stage = Stage(sensors, spray=6.0)
    first = stage.actor()
    first.come().show()
    stage.until(lambda: stage.lane.hands.spraying)
    stage.run(2.0)
    first.back(3.0)
    stage.end()
    assert stage.world.counts["disinfected by sensor"] == 0
    assert first.outcomes == [Outcome.ABANDONED]


@BOTH
def test_9_not_even_while_the_arm_is_still_up(sensors: int) -> None:
    stage = Stage(sensors, spray=6.0, travel=6.0)
    before, first = stage.actor(), stage.actor(space=4.0)
    before.come().show()
    stage.admitted()
    before.leave(4.0)
    stage.until(lambda: before.through)
    first.come().show()
    stage.until(lambda: stage.lane.hands.spraying)
    stage.run(2.0)
    first.back(3.0)
    stage.end()
    assert stage.world.counts["disinfected by sensor"] == 1
    assert PASSED not in first.outcomes


@BOTH
def test_10_the_end_of_an_earlier_run_disinfects_nobody(sensors: int) -> None:
    stage = Stage(sensors, spray=6.0)
    first, second = stage.actor(), stage.actor(space=5.0)
    first.come().show()
    stage.until(lambda: stage.lane.hands.spraying)
    run = stage.lane.hands.run
    stage.run(1.0)
    first.back(3.0)
    stage.run(2.0)
    stage.world.lanes["1"].traffic.remove(first.vehicle)
    second.come()
    stage.press(Registered("1", stage.plate(second), "resident"))
    stage.until(lambda: stage.lane.hands.spraying)
    stage.press(SprayDone("1", 6.0, 1.2, run=run))
    stage.run(1.0)
    assert stage.lamp is not Colour.GREEN
    assert stage.world.counts["disinfected by sensor"] == 0
    stage.admitted()
    second.leave()
    stage.end()


# -- 6, 7: forced ------------------------------------------------------------------------------------------------------


@BOTH
def test_6_one_who_forces_the_arm_while_it_is_sprayed_is_recorded(sensors: int) -> None:
    stage = Stage(sensors, spray=3.0)
    first = stage.actor()
    first.come().show()
    stage.until(lambda: stage.lane.hands.spraying)
    stage.run(1.0)
    first.leave(2.0)
    stage.end()
    assert FORCED in stage.alarms
    assert Outcome.ABANDONED not in first.outcomes
    assert stage.down
    assert stage.lamp is Colour.RED


@BOTH
def test_7_who_waits_behind_one_that_forces_the_arm_inherits_nothing(sensors: int) -> None:
    stage = Stage(sensors, loops=2.0, far=1.0, spray=3.0)
    first, second = stage.actor(), stage.actor(space=1.5)
    first.come()
    second.start(STOP)
    stage.still()
    first.show()
    stage.until(lambda: stage.lane.hands.spraying)
    stage.run(1.0)
    first.leave(2.0)
    stage.until(lambda: first.vehicle.gone)
    stage.run(8.0)
    assert FORCED in stage.alarms
    assert stage.lamp is not Colour.GREEN
    assert second.outcomes == []
    second.show()
    stage.admitted()
    second.leave()
    stage.end()
    assert second.outcomes == [PASSED]


# -- 8: visits go with vehicles ----------------------------------------------------------------------------------------


@BOTH
def test_8_one_backs_off_while_another_stands_on_the_other_loop(sensors: int) -> None:
    stage = Stage(sensors, ways=(IN, OUT))
    first, other = stage.actor(way=IN), stage.actor(way=OUT)
    first.come().show()
    stage.admitted()
    other.come()
    stage.run(1.0)
    first.back()
    stage.run(8.0)
    assert PASSED not in first.outcomes
    other.show()
    # two loops take it for the first one's nose, until that has stood there for long
    stage.run(10.0 if sensors == 3 else 45.0)
    assert other.outcomes != [], "who is left at the lane is judged as itself"
    stage.admitted()
    other.leave()
    stage.end()
    assert PASSED not in first.outcomes
    assert other.outcomes == [PASSED]


@BOTH
def test_8_one_drives_out_through_the_arm_that_was_raised_for_another(sensors: int) -> None:
    stage = Stage(sensors, ways=(IN, OUT))
    first, other = stage.actor(way=IN), stage.actor(way=OUT)
    first.come().show()
    stage.admitted()
    first.back()
    stage.until(lambda: first.vehicle.gone)
    other.leave(3.0)
    stage.run(40.0)
    assert PASSED not in first.outcomes
    assert PASSAGES & set(stage.alarms)
    stage.end()


@BOTH
def test_8_one_rolls_back_after_its_tail_left_the_near_loop(sensors: int) -> None:
    stage = Stage(sensors)
    first = stage.actor()
    first.come().show()
    stage.admitted()
    first.to(3.5)  # its tail is between near loop and arm
    first.back()
    stage.run(30.0)
    assert PASSED not in first.outcomes
    stage.end()


@BOTH
def test_8_face_to_face_nobody_has_passed(sensors: int) -> None:
    stage = Stage(sensors, ways=(IN, OUT))
    first, other = stage.actor(way=IN), stage.actor(way=OUT)
    first.come()
    other.come()
    stage.run(3.0)
    first.back()
    stage.run(6.0)
    other.back()
    stage.run(30.0)
    assert first.outcomes == other.outcomes == []
    stage.end()


# -- 11, 12 ------------------------------------------------------------------------------------------------------------


@BOTH
def test_11_emergency_pressed_again_while_it_drives_is_one_emergency(sensors: int) -> None:
    stage = Stage(sensors)
    first = stage.actor()
    first.come()
    assert stage.press(EmergencyPressed("1"))
    stage.admitted()
    first.to(1.8)
    for _ in range(3):
        stage.press(EmergencyPressed("1"))
        stage.run(0.5)
    first.leave()
    stage.end()
    assert first.outcomes == [PASSED]
    assert stage.world.counts["visits"] == 1
    assert stage.down


@BOTH
def test_12_a_motorcycle_between_the_loops_has_passed_and_is_not_hit(sensors: int) -> None:
    stage = Stage(sensors, loops=1.0)
    first = stage.actor(motorcycle())
    first.to(-1.3).show()
    stage.admitted()
    first.leave(0.8)
    stage.end()
    assert first.outcomes == [PASSED]
    assert not first.vehicle.touched


# -- what officers would curse -----------------------------------------------------------------------------------------


@BOTH
def test_curse_the_next_one_is_judged_before_the_first_has_left_the_far_loop(sensors: int) -> None:
    stage = Stage(sensors)
    first, second = stage.actor(truck(9.0)), stage.actor(space=2.5)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.to(11.8)  # its tail is past the arm, and on the far loop
    second.start(STOP)
    stage.run(4.0)
    assert first.vehicle.covers.far
    second.show()
    stage.run(0.5)
    assert second.outcomes == [None], "judged at once"
    first.leave()
    stage.admitted()
    second.leave()
    stage.end()
    assert (first.outcomes, second.outcomes) == ([PASSED], [PASSED])


def test_curse_at_a_stuck_arm_with_nobody_judged_the_button_does_something() -> None:
    stage = Stage(2)
    first = stage.actor(owes=False)
    first.come().show()
    stage.admitted()
    first.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    stage.run(0.5)
    stage.lane.stick(0.0)
    stage.until(lambda: BARRIER_STUCK in stage.alarms)
    assert stage.view.shown == Shown.FAULT
    stage.lane.stick(1.0)
    assert stage.press(FaultCleared("1"))
    stage.until(lambda: stage.down)
    stage.run(1.0)
    assert stage.view.phase is Phase.WAITING
    stage.end()


def test_curse_turn_back_with_nobody_judged_recalls_nobody() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come()
    stage.press(TurnBackPressed("1"))
    stage.run(1.0)
    assert stage.view.phase is Phase.CHECKING
    first.show()
    stage.admitted()
    first.leave()
    stage.end()


def test_curse_no_green_while_the_arm_is_down() -> None:
    stage = Stage(2)
    stage.lane.stick(0.0)
    first = stage.actor(owes=False)
    first.come().show()
    stage.until(lambda: BARRIER_STUCK in stage.alarms)
    stage.press(TurnBackPressed("1"))
    stage.run(1.0)
    stage.press(AdmitPressed("1"))
    stage.run(2.0)
    assert not (stage.lamp is Colour.GREEN and stage.lane.arm.position < 0.5 and stage.view.shown is Shown.FAULT)
    stage.lane.stick(1.0)
    stage.press(FaultCleared("1"))
    first.back()
    stage.end()


def test_curse_an_arm_that_sticks_after_a_restart_is_an_alarm() -> None:
    stage = Stage(2)
    first = stage.actor(owes=False)
    first.come().show()
    stage.admitted()
    first.to(1.8)
    stage.world.stop()
    stage.run(2.0)
    stage.world.start()
    stage.run(1.0)
    assert stage.up
    stage.lane.stick(0.0)
    first.leave()
    stage.until(lambda: BARRIER_STUCK in stage.alarms, within=60)


def test_curse_one_sprays_again_when_nothing_flowed() -> None:
    stage = Stage(2)
    stage.lane.flows = False
    first = stage.actor()
    first.come().show()
    stage.until(lambda: stage.view.unconfirmed)
    stage.lane.flows = True
    assert stage.press(SprayAgainPressed("1", stage.view.visit))
    assert stage.lane.hands.spraying
    stage.admitted()
    first.leave()
    stage.end()
    assert first.outcomes == [PASSED]
