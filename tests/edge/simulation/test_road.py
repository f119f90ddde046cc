"""The road of a simulated lane: a sensor is on while a part of a vehicle is over it, in the order in which it drives."""

from itertools import pairwise

import pytest

from edge.contract.reasons import Direction
from edge.simulation.road import BEYOND, LINE, PARTS, SENSORS, STEP, Body, Road


def drive(body: Body, direction: Direction = Direction.IN) -> list[tuple[str, bool]]:
    """What the sensors say of a vehicle that comes and drives through."""
    changes: list[tuple[str, bool]] = []
    road = Road(lambda name, on: changes.append((name, on)), lambda seconds: None, direction, speed=8.0)
    vehicle = road.bring(body)
    road.move(vehicle, BEYOND + vehicle.length)
    road.leave(vehicle)
    return changes


def test_a_car_is_on_both_loops_at_once_and_leaves_the_near_one_first() -> None:
    assert drive("car") == [
        ("outer", True), ("safety", True), ("inner", True), ("outer", False), ("safety", False), ("inner", False),
    ]  # fmt: skip


def test_on_the_way_out_the_inner_loop_is_the_near_one() -> None:
    assert [name for name, on in drive("car", Direction.OUT) if on] == ["inner", "safety", "outer"]


def test_a_motorcycle_is_on_no_loop_for_a_while_but_under_the_arm() -> None:
    changes = drive("motorcycle")
    assert changes.index(("outer", False)) < changes.index(("inner", True))
    assert changes.index(("safety", True)) < changes.index(("outer", False))
    assert changes.index(("inner", True)) < changes.index(("safety", False))


def test_a_long_drawbar_frees_a_loop_for_a_moment_and_a_short_one_does_not() -> None:
    assert drive("trailer").count(("outer", True)) == 1
    assert drive("long_drawbar").count(("outer", True)) == 2


@pytest.mark.parametrize("body", PARTS)
def test_no_part_and_no_gap_is_stepped_over(body: Body) -> None:
    parts = PARTS[body]
    assert all(back - front > STEP for front, back in parts)
    assert all(after[0] - before[1] > STEP for before, after in pairwise(parts))


def test_a_vehicle_close_behind_stops_at_the_line_and_the_near_loop_is_never_free() -> None:
    changes: list[tuple[str, bool]] = []
    road = Road(lambda name, on: changes.append((name, on)), lambda seconds: None, Direction.IN, speed=8.0)
    first = road.bring("car")
    second = road.follow("car", first, gap=1.5, stops=True)
    assert second.nose == LINE - 4.5 - 1.5
    road.move(first, BEYOND + first.length)
    road.leave(first)
    assert second.nose == LINE
    assert [change for change in changes if change[0] == "outer"] == [("outer", True)]
    assert changes[-1] == ("inner", False)


def test_one_that_does_not_stop_goes_under_the_arm_behind_the_first() -> None:
    road = Road(lambda name, on: None, lambda seconds: None, Direction.IN, speed=8.0)
    first = road.bring("car")
    second = road.follow("car", first, gap=3.0, stops=False)
    road.move(first, BEYOND + first.length)
    assert second.is_over("safety")
    assert not second.is_over("far")


def test_time_passes_by_the_way_and_the_speed() -> None:
    waited: list[float] = []
    road = Road(lambda name, on: None, waited.append, Direction.IN, speed=8.0)
    vehicle = road.bring("car")
    road.move(vehicle, LINE + 4.0, 0.5)
    assert sum(waited) == pytest.approx(1.0)
    assert {name for name in SENSORS if vehicle.is_over(name)} == {"near", "safety", "far"}
