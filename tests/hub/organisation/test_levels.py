"""Levels: those of most towns until the town names its own, never without those that its units have."""

from collections.abc import Sequence

import pytest

from hub.errors import RefusedError
from hub.organisation import levels
from hub.organisation.units import DEFAULT_LEVELS, Level
from tests.hub.ledgers import table
from tests.hub.organisation.test_store import fill
from tests.hub.towns import NOW, Place


def name(place: Place, some: Sequence[Level]) -> tuple[Level, ...]:
    with place.engine.begin() as connection:
        levels.set_levels(connection, town="demo", levels=some, by="u-5", now=NOW)
        return levels.every(connection, "demo")


def test_a_town_that_named_none_has_those_of_most_towns(place: Place) -> None:
    with place.engine.begin() as connection:
        assert [each.zh for each in levels.every(connection, "demo")] == ["镇", "管区", "村", "网格", "微网格"]


def test_levels_are_renamed_and_others_stand_between_them(place: Place) -> None:
    fill(place)
    town, _area, village, grid, _micro = DEFAULT_LEVELS
    new = (town, Level("area", "工作区", "Work area"), village, Level("lane", "胡同", ""), grid)
    assert name(place, new) == new
    assert new[3].name("en") == "胡同"
    assert table(place, "audit")[-1]["action"] == "levels named"


@pytest.mark.parametrize(
    ("some", "why"),
    [
        ((), "levels: expected 1 to 12"),
        (DEFAULT_LEVELS[:3], "level 'grid': 1 units have it"),
        ((*DEFAULT_LEVELS, DEFAULT_LEVELS[0]), "levels: 'town' stands twice"),
        ((*DEFAULT_LEVELS, Level("hamlet", "村", "Hamlet")), "levels: '村' stands twice"),
        ((*DEFAULT_LEVELS, Level("Ham let", "屯", "")), "level 'Ham let': expected 1 to 32 of"),
        ((*DEFAULT_LEVELS, Level("hamlet", " ", "")), "level 'hamlet': expected a name, found nothing"),
        (tuple(reversed(DEFAULT_LEVELS)), "levels: '[a-z]+' must stand below '[a-z]+', as its units do"),
    ],
)
def test_levels_that_the_units_cannot_have_are_refused(place: Place, some: Sequence[Level], why: str) -> None:
    fill(place)
    with pytest.raises(RefusedError, match=why):
        name(place, some)
    with place.engine.begin() as connection:
        assert levels.every(connection, "demo") == DEFAULT_LEVELS
