"""A long import takes as much into a transaction as fits into a quarter of a second, and lets others have their turn behind each."""

import pytest

from hub.registers.importing.pace import HELD, REST, Pace

SQLITE_SLEEPS = 0.1
"""Seconds between two looks of SQLite at a lock that another one holds (`sqliteDefaultBusyCallback`)."""


def sizes(seconds_each: float, count: int, some: int = 100) -> tuple[list[int], list[float]]:
    """The sizes of the parts of a list whose items take so long, and the rests."""
    rests: list[float] = []
    at = [0.0]
    pace = Pace(some, 50, 1000, lambda: at[0], rests.append)
    found: list[int] = []
    for begin, part in pace.handfuls(range(count)):
        assert begin == sum(found)
        assert list(part) == list(range(begin, begin + len(part)))
        found.append(len(part))
        at[0] += seconds_each * len(part)
    return found, rests


def test_where_it_is_quick_a_transaction_holds_more_up_to_the_most() -> None:
    assert sizes(0.0, 3000)[0] == [100, 200, 400, 800, 1000, 500]


def test_where_it_is_slow_a_transaction_holds_less_down_to_the_least() -> None:
    assert sizes(0.005, 300)[0] == [100, 50, 50, 50, 50]
    assert sizes(1.0, 260)[0] == [100, 50, 50, 50, 10]


def test_once_it_is_known_what_an_item_takes_no_transaction_takes_longer() -> None:
    found, _ = sizes(0.001, 2000)
    assert found[:2] == [100, 200]
    assert max(found) * 0.001 == pytest.approx(HELD)


def test_others_find_the_lock_free_behind_each_transaction() -> None:
    found, rests = sizes(0.001, 2000)
    assert rests == [REST] * len(found)
    assert REST > SQLITE_SLEEPS


def test_a_small_last_part_does_not_make_the_next_list_slower() -> None:
    pace = Pace(100, 50, 1000, lambda: 0.0, lambda _seconds: None)
    assert [len(part) for _, part in pace.handfuls(range(101))] == [100, 1]
    assert pace.some == 200
    assert list(pace.handfuls([])) == []
