"""The lane's stories of queues, of who follows, and of what holds the arm up: each told physically, with two sensors and with three.

The others are in `test_whose.py`.
"""

import pytest

from edge.contract.alarms import BARRIER_STUCK, FORCED, PASSAGES, REVERSING, TAILGATING, UNREGISTERED
from edge.contract.facts import Outcome
from edge.contract.reasons import Colour, Direction
from edge.lane.events import (
    CameBack,
    Registered,
    WentThrough,
)
from tests.edge.road.stage import STOP, Stage
from tests.edge.road.vehicles import car, motorcycle, trailer, truck

BOTH = pytest.mark.parametrize("sensors", [2, 3])
IN, OUT = Direction.IN, Direction.OUT
PASSED, UNCLEAR = Outcome.PASSED, Outcome.UNCLEAR


# -- queues ------------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("loops", [1.0, 1.5, 2.0])
def test_ten_obedient_cars_pass_without_a_touch(sensors: int, loops: float) -> None:
    stage = Stage(sensors, loops=loops)
    cars = [stage.obedient(space=1.5) for _ in range(10)]
    stage.until(lambda: all(each.vehicle.gone for each in cars), within=600)
    stage.end()
    assert [each.outcomes for each in cars] == [[PASSED]] * 10
    assert not [each.name for each in cars if each.vehicle.touched]
    assert REVERSING not in stage.alarms
    assert stage.world.counts["backed off"] == 0


@BOTH
def test_a_queue_of_trucks_trailers_and_motorcycles_passes(sensors: int) -> None:
    stage = Stage(sensors)
    bodies = [truck(9.0), motorcycle(), trailer(6.0, 1.5, 5.0), car(), truck(18.0), motorcycle(), car()]
    queue = [stage.obedient(body, space=1.5) for body in bodies]
    stage.until(lambda: all(each.vehicle.gone for each in queue), within=600)
    stage.end()
    assert [each.outcomes for each in queue] == [[PASSED]] * len(queue)


# -- 1: one gone, one following ----------------------------------------------------------------------------------------


@BOTH
def test_1_one_gone_one_following_the_second_is_judged_as_itself(sensors: int) -> None:
    stage = Stage(sensors, loops=2.0, far=1.0)
    first, second = stage.actor(), stage.actor(space=1.5)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.leave()
    stage.until(lambda: first.through)
    second.start(STOP)
    stage.run(3.0)
    assert stage.lamp is not Colour.GREEN, "no green for who waits behind"
    second.show()
    stage.admitted()
    second.leave()
    stage.end()
    assert (first.outcomes, second.outcomes) == ([PASSED], [PASSED])
    assert not PASSAGES & set(stage.alarms)


@BOTH
def test_1_one_who_follows_at_once_is_a_tailgater(sensors: int) -> None:
    stage = Stage(sensors, loops=2.0, far=1.0)
    first, second = stage.actor(), stage.actor(space=1.5)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.leave()
    second.leave()
    stage.end()
    assert first.outcomes == [PASSED]
    assert second.outcomes == []
    assert TAILGATING in stage.alarms


@BOTH
def test_1_a_truck_with_a_motorcycle_behind_it_has_passed(sensors: int) -> None:
    stage = Stage(sensors, loops=2.0, far=1.0)
    first, second = stage.actor(truck(9.0)), stage.actor(motorcycle(), space=1.2)
    first.come().show()
    second.start(-1.0)
    stage.still()
    stage.admitted()
    first.leave()
    stage.until(lambda: first.through)
    stage.run(4.0)
    second.show()
    stage.admitted()
    second.leave()
    stage.end()
    assert (first.outcomes, second.outcomes) == ([PASSED], [PASSED])
    assert REVERSING not in stage.alarms


def test_1_what_two_loops_cannot_tell_the_officer_says() -> None:
    stage = Stage(2, loops=2.0, far=1.0)
    first, second = stage.actor(), stage.actor(space=1.5)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.leave()
    stage.until(lambda: first.through and first.vehicle.gone)
    assert stage.view.unclear is not None
    assert stage.press(WentThrough("1", stage.view.unclear))
    assert first.outcomes == [PASSED]
    second.show()
    stage.admitted()
    second.leave()
    stage.end()
    assert second.outcomes == [PASSED]


def test_1_one_who_rolled_back_goes_on_with_its_word_when_the_officer_says_so() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come().show()
    stage.admitted()
    first.to(2.0).to(STOP)
    assert stage.lamp is not Colour.GREEN
    assert stage.view.unclear is not None
    assert stage.press(CameBack("1", stage.view.unclear))
    stage.admitted()
    first.leave()
    stage.end()
    assert first.outcomes == [PASSED]


def test_1_with_a_third_sensor_one_who_rolled_back_is_known() -> None:
    stage = Stage(3)
    first = stage.actor()
    first.come().show()
    stage.admitted()
    first.to(2.0).to(STOP)
    stage.admitted()
    first.leave()
    stage.end()
    assert first.outcomes == [PASSED]


# -- 2, 3: what holds the arm up ---------------------------------------------------------------------------------------


@BOTH
def test_2_an_arm_that_was_left_open_never_comes_down_on_who_drives_under_it(sensors: int) -> None:
    stage = Stage(sensors, fails_open=True)
    assert stage.up
    first = stage.actor()
    first.come()
    stage.press(Registered("1", stage.plate(first), "resident"))
    stage.run(0.1)
    first.leave(2.0)
    stage.end()
    assert not first.vehicle.touched
    assert stage.world.counts["disinfected by sensor"] == 0


@BOTH
def test_2_the_arm_turns_round_over_who_comes_while_it_falls(sensors: int) -> None:
    stage = Stage(sensors, travel=6.0)
    first, second = stage.actor(), stage.actor(space=1.5)
    first.come().show()
    second.start(-7.0)
    stage.still()
    stage.admitted()
    first.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    second.leave(4.0)
    stage.end()
    assert not second.vehicle.touched
    assert {UNREGISTERED, TAILGATING, FORCED} & set(stage.alarms)


@BOTH
def test_3_an_arm_opened_by_key_is_held_when_the_key_is_taken_out_over_a_vehicle(sensors: int) -> None:
    stage = Stage(sensors)
    stage.lane.stick(0.0)
    first = stage.actor(owes=False)
    first.come().show()
    stage.until(lambda: BARRIER_STUCK in stage.alarms)
    stage.lane.stick(1.0)
    stage.lane.turn_key(True)
    stage.until(lambda: stage.up)
    first.to(1.8)
    stage.lane.turn_key(None)
    stage.run(10.0)
    assert not first.vehicle.touched
    assert stage.up
    first.leave()
    stage.end()
    assert first.outcomes == [PASSED]


# -- 4: timers of the arm ----------------------------------------------------------------------------------------------


@BOTH
def test_4_one_who_comes_while_the_arm_falls_and_backs_off_makes_no_stuck_barrier(sensors: int) -> None:
    stage = Stage(sensors, travel=5.0)
    first, second = stage.actor(), stage.actor(space=5.0)
    first.come().show()
    stage.admitted()
    first.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    second.come()
    stage.run(9.0)
    second.back()
    stage.run(1.0)
    stage.end()
    assert BARRIER_STUCK not in stage.alarms
    assert stage.down
