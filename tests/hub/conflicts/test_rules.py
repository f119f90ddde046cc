"""What one vehicle's passages say against each other costs each of them its neighbours, however many there are."""

from datetime import timedelta
from typing import Any

import pytest

from edge.contract.facts import ClockTrust
from edge.contract.reasons import Direction
from hub.conflicts import rules
from hub.conflicts.rules import Passage
from hub.downlink import signed_lists
from tests.hub.towns import NOW, Place

MANY = 1_000


def passage(number: int, direction: Direction = Direction.IN, clock: ClockTrust = ClockTrust.SYNCED) -> Passage:
    at = NOW + timedelta(seconds=4 * number)
    return Passage(
        f"{number:032x}", "鲁B77777", None, "east", direction, at, at + timedelta(seconds=2), clock, "resident", "ok"
    )


@pytest.mark.parametrize("untimed", [0, MANY])
def test_many_passages_of_one_plate_are_not_walked_for_each(
    place: Place, monkeypatch: pytest.MonkeyPatch, untimed: int
) -> None:
    with place.engine.begin() as connection:
        policy = signed_lists.current_policy(connection, place.town.id)
    assert policy is not None
    looked = [0]
    passed = rules._passed

    def counting(seen: Passage) -> Any:
        looked[0] += 1
        return passed(seen)

    monkeypatch.setattr(rules, "_passed", counting)
    hours = 3600 * 24 * 400 // 4
    far = [passage(hours + number, Direction.OUT, ClockTrust.UNSYNCED) for number in range(untimed)]
    found = rules.judge_passages([*(passage(number) for number in range(MANY)), *far], policy, NOW + timedelta(days=1))
    assert len(found) == MANY - 1
    assert looked[0] < 20 * (MANY + untimed)


def test_a_passage_the_other_way_at_a_time_that_nobody_knows_still_explains(place: Place) -> None:
    with place.engine.begin() as connection:
        policy = signed_lists.current_policy(connection, place.town.id)
    assert policy is not None
    out = passage(2, Direction.OUT, ClockTrust.UNSYNCED)
    assert rules.judge_passages([passage(0), out, passage(900)], policy, NOW) == []
    assert len(rules.judge_passages([passage(0), passage(900)], policy, NOW)) == 1
