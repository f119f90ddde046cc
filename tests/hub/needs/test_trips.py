"""What crossings say of a trip, in whatever order they are known."""

from itertools import permutations

from edge.contract.reasons import Direction
from hub.needs.trips import Crossing, Shape, Trip, trip_of


def crossing(direction: str, hour: int) -> Crossing:
    return Crossing(f"{direction}{hour}", "east", Direction(direction), f"2026-03-01T{hour:02}:00:00.000Z")


OUT, BACK, OUT_AGAIN = crossing("out", 8), crossing("in", 10), crossing("out", 12)


def test_a_trip_sets_out_and_comes_back_in_whatever_order_it_is_heard_of() -> None:
    for order in permutations([OUT, BACK]):
        assert trip_of(Shape.OUT, order) == Trip(OUT, BACK, under_way=False)
    assert trip_of(Shape.OUT, [OUT]) == Trip(OUT, None, under_way=True)
    assert trip_of(Shape.OUT, []) == Trip()


def test_who_comes_back_had_set_out_though_the_record_of_it_still_waits_at_a_gate() -> None:
    assert trip_of(Shape.OUT, [BACK]) == Trip(None, BACK, under_way=False)


def test_a_second_setting_out_is_under_way_and_does_not_undo_that_the_first_was_back() -> None:
    for order in permutations([OUT, BACK, OUT_AGAIN]):
        assert trip_of(Shape.OUT, order) == Trip(OUT, BACK, under_way=True)


def test_who_brings_something_in_is_back_when_out_again() -> None:
    coming, leaving = crossing("in", 8), crossing("out", 9)
    assert trip_of(Shape.IN, [leaving, coming]) == Trip(coming, leaving, under_way=False)
    assert trip_of(Shape.IN, [coming]).under_way
