"""The roster as it is written: drafts, publishing, moving, copying a week, what is over, presence noted by hand."""

from datetime import date, timedelta

import pytest

from hub.errors import RefusedError
from hub.roster import planning, staff, store
from hub.roster.planning import Place as Cell
from hub.roster.staff import StaffTerms
from hub.roster.values import LEADER
from tests.hub.ledgers import table
from tests.hub.roster.conftest import DAY, Town
from tests.hub.towns import NOW

MONDAY = date(2026, 3, 2)


def rows(town: Town, first: str = DAY, last: str = "2026-03-31") -> list[tuple[str, str, str, bool, bool]]:
    with town.place.engine.begin() as connection:
        people = {id_: who for who, id_ in town.people.items()}
        return [
            (each.day, each.gate, people[each.staff], each.published, each.dropped)
            for each in store.assignments(connection, "demo", first, last)
        ]


def test_a_draft_counts_once_its_week_is_published(town: Town) -> None:
    town.assign("wang", "east")
    assert rows(town) == [(DAY, "east", "wang", False, False)]
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        assert store.published_between(connection, "demo", "2026-03-01", "2026-03-09") == []
        assert planning.publish(author, MONDAY) == 1
        assert len(store.published_between(connection, "demo", "2026-03-01", "2026-03-09")) == 1
        with pytest.raises(RefusedError, match="nothing has changed"):
            planning.publish(author, MONDAY)
        planning.move(author, Cell(DAY, "day", "east"), Cell(DAY, "day", "west"), town.people["wang"])
        (published,) = store.published_between(connection, "demo", "2026-03-01", "2026-03-09")
        assert (published.gate, published.dropped) == ("east", True), (
            "what was published counts until it is published anew"
        )
        assert planning.publish(author, MONDAY) == 2
        week = store.week(connection, "demo", DAY)
        assert week is not None
        assert week.version == 2
    assert rows(town) == [(DAY, "west", "wang", True, False)]
    actions = [row["action"] for row in table(town.place, "audit") if row["object"] == f"roster/{DAY}"]
    assert actions == ["roster assigned", "roster published", "roster taken off", "roster assigned", "roster published"]


def test_who_was_taken_off_and_comes_back_was_never_off(town: Town) -> None:
    town.assign("wang", "east")
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        planning.publish(author, MONDAY)
        planning.take_off(author, Cell(DAY, "day", "east"), town.people["wang"])
        planning.assign(author, Cell(DAY, "day", "east"), town.people["wang"])
        with pytest.raises(RefusedError, match="王伟 is rostered there already"):
            planning.assign(author, Cell(DAY, "day", "east"), town.people["wang"])
    assert rows(town) == [(DAY, "east", "wang", True, False)]


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (Cell("2026-02-30", "day", "east"), "expected a day"),
        (Cell("2029-01-01", "day", "east"), "a year ahead at most"),
        (Cell(DAY, "noon", "east"), "shift 'noon'"),
        (Cell(DAY, "day", "moon"), "gate 'moon'"),
        (Cell("2026-02-28", "day", "east"), "is over: its roster stays as it was"),
    ],
)
def test_a_place_that_is_none_is_refused_in_one_line(town: Town, cell: Cell, line: str) -> None:
    with town.place.engine.begin() as connection, pytest.raises(RefusedError, match=line):
        planning.assign(town.author(connection), cell, town.people["wang"])


def test_one_leader_a_shift(town: Town) -> None:
    town.assign("wang", LEADER)
    town.assign("li", LEADER)
    assert rows(town) == [(DAY, LEADER, "li", False, False)]


def test_what_is_over_stays_as_it_was(town: Town) -> None:
    town.assign("wang", "east")
    later = NOW + timedelta(days=3)
    with town.place.engine.begin() as connection, pytest.raises(RefusedError, match="is over"):
        planning.take_off(town.author(connection, later), Cell(DAY, "day", "east"), town.people["wang"])
    with town.place.engine.begin() as connection, pytest.raises(RefusedError, match="not rostered there any more"):
        planning.take_off(town.author(connection), Cell(DAY, "day", "west"), town.people["wang"])


def test_a_week_is_copied_without_those_who_left_and_what_is_there_already(town: Town) -> None:
    for who, gate in (("wang", "east"), ("li", "west"), ("zhou", "east"), ("li", LEADER)):
        town.assign(who, gate)
    town.assign("wang", "east", day="2026-03-09")
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        planning.take_off(author, Cell(DAY, "day", "west"), town.people["li"])
        ended = StaffTerms("周志愿", "13900001111", since="2026-01-01", until="2026-03-08")
        staff.change(author, town.people["zhou"], ended, 1)
        assert planning.copy_week(author, date(2026, 3, 9)) == 1
        assert planning.copy_week(author, date(2026, 3, 9)) == 0
    assert sorted(rows(town, "2026-03-09")) == [
        ("2026-03-09", LEADER, "li", False, False),
        ("2026-03-09", "east", "wang", False, False),
    ]


def test_presence_is_noted_by_hand_by_the_clock_of_the_shift(town: Town) -> None:
    town.assign("zhou", "east", day="2026-03-01")
    town.assign("wang", "east", day="2026-02-28", shift="night", now=NOW - timedelta(days=1))
    with town.place.engine.begin() as connection:
        author = town.author(connection)
        planning.note_presence(author, Cell("2026-03-01", "day", "east"), town.people["zhou"], "8:05", "12:00")
        planning.note_presence(author, Cell("2026-02-28", "night", "east"), town.people["wang"], "19:55", "7:30")
        found = [
            (each.came_at, each.left_at) for each in store.presences(connection, "demo", "2026-02-28", "2026-03-02")
        ]
        assert found == [
            ("2026-02-28T11:55:00.000Z", "2026-02-28T23:30:00.000Z"),
            ("2026-03-01T00:05:00.000Z", "2026-03-01T04:00:00.000Z"),
        ]
        for came, left, line in (
            ("12:00", "11:00", "expected a time after"), ("13:00", "", "lies ahead"), ("soon", "", "expected a time such as"),
        ):  # fmt: skip
            with pytest.raises(RefusedError, match=line):
                planning.note_presence(author, Cell("2026-03-01", "day", "east"), town.people["zhou"], came, left)
        with pytest.raises(RefusedError, match="not rostered there"):
            planning.note_presence(author, Cell(DAY, "day", "west"), town.people["zhou"], "8:00", "")
