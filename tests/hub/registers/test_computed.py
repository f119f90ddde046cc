"""Computed fields: never typed, made of what is there."""

from datetime import date

from hub.registers.computed import NONE, Children, computed
from hub.registers.declaration import read
from tests.hub.registers.declared import HOUSEHOLDS

TODAY = date(2026, 3, 10)


def test_the_end_and_the_days_so_far_come_from_the_begin() -> None:
    found = computed(read(HOUSEHOLDS), {"begin": "2026-03-01", "length": 14}, NONE, TODAY)
    assert found == {"until": "2026-03-15", "since": 10, "visited": 0, "members": 0}


def test_without_a_begin_nothing_is_computed_from_it() -> None:
    found = computed(read(HOUSEHOLDS), {"length": 14}, NONE, TODAY)
    assert (found["until"], found["since"]) == (None, None)


def test_child_rows_are_counted_and_added_up() -> None:
    children = Children({("home_days", None): 3}, {("home_days", "people"): 12})
    found = computed(read(HOUSEHOLDS), {}, children, TODAY)
    assert (found["visited"], found["members"]) == (3, 12)
