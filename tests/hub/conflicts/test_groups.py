"""Conflicts in rows of one vehicle and cause, weighty ones first; many are settled for one reason, each with an entry of its own."""

import pytest

from hub.conflicts import groups, store
from hub.conflicts.groups import Chosen, Group
from hub.conflicts.rules import What
from hub.errors import RefusedError
from tests.hub.conflicts.test_store import CAR, OTHER, conflicts, minutes, rules, send, settle_one, with_travel
from tests.hub.ledgers import check, table
from tests.hub.towns import NOW, Place

LOST = "鲁B99999"
EVERY = store.Asked()


@pytest.fixture
def town(place: Place) -> Place:
    """A car that came in four times, another that went out twice, and a third that two gates saw too soon after each other."""
    rules(place, with_travel)
    for n in range(4):
        place.gates["north"].visit(CAR, NOW - minutes(300 - 40 * n))
    for n in range(2):
        place.gates["south"].visit(OTHER, NOW - minutes(90 - 40 * n), direction="out")
    place.gates["east"].visit(LOST, NOW - minutes(200))
    place.gates["west"].visit(LOST, NOW - minutes(195))
    send(place, "east", "west", now=NOW - minutes(3))
    send(place, "north", now=NOW - minutes(2))
    send(place, "south", now=NOW - minutes(1))
    return place


def grouped(place: Place, asked: store.Asked = EVERY, *, limit: int = 40) -> list[Group]:
    with place.engine.begin() as connection:
        found: list[Group] = []
        after = None
        while True:
            some, after = groups.page(connection, "demo", asked, after=after, limit=limit)
            found += some
            if after is None:
                return found


def settled(place: Place, chosen: Chosen, reason: str = "looked at", by: str = "u-2") -> groups.Settled:
    with place.engine.begin() as connection:
        return groups.settle_many(connection, "demo", chosen, by=by, reason=reason, key=place.town.key, now=NOW)


def test_every_kind_has_a_weight() -> None:
    assert groups.WEIGHTS.keys() == set(What)
    assert max(groups.WEIGHTS[each] for each in (What.IN_TWICE, What.OUT_TWICE)) < groups.WEIGHTS[What.TOO_FAST]
    assert min(groups.WEIGHTS.values()) == groups.WEIGHTS[What.OVERSTAY]


@pytest.mark.parametrize("limit", [1, 2, 40])
def test_the_weighty_come_first_and_each_vehicle_and_cause_once(town: Place, limit: int) -> None:
    rows = grouped(town, limit=limit)
    assert [(each.newest.what, each.newest.plate, each.count) for each in rows] == [
        ("too_fast", LOST, 1), ("out_twice", OTHER, 1), ("in_twice", CAR, 3),
    ]  # fmt: skip
    assert rows[2].first_at <= rows[2].newest.opened_at
    assert rows[2].newest.opened_entry == max(each.opened_entry for each in conflicts(town) if each.plate == CAR)


def test_they_are_searched_as_single_ones_are(town: Place) -> None:
    assert [each.newest.plate for each in grouped(town, store.Asked(search=CAR[2:]))] == [CAR]
    assert [each.newest.what for each in grouped(town, store.Asked(what="too_fast"))] == ["too_fast"]


def test_many_are_settled_for_one_reason_each_with_its_entry_and_its_row_of_the_audit(town: Place) -> None:
    fast, _, twice = grouped(town)
    done = settled(town, Chosen(ids=(fast.newest.id,), groups=(twice.newest.id,)))
    assert (len(done.now), done.before, done.left) == (4, (), 0)
    kinds = [row["kind"] for row in table(town, "entries")]
    assert kinds[-4:] == ["conflict_settled"] * 4
    assert len([row for row in table(town, "audit") if row["action"] == "conflict settled"]) == 4
    assert {each.settled_reason for each in conflicts(town, "settled")} == {"looked at"}
    check(town)


def test_what_somebody_settled_meanwhile_is_said_and_the_rest_is_settled(town: Place) -> None:
    ids = tuple(each.id for each in conflicts(town))
    settle_one(town, ids[0], "I was faster")
    done = settled(town, Chosen(ids=ids))
    assert [each.settled_reason for each in done.before] == ["I was faster"]
    assert len(done.now) == len(ids) - 1
    # sent again: nothing is done twice
    again = settled(town, Chosen(ids=ids))
    assert (again.now, len(again.before)) == ((), len(ids))
    assert len([row for row in table(town, "entries") if row["kind"] == "conflict_settled"]) == len(ids)


def test_of_a_group_only_what_the_user_saw_is_settled(town: Place) -> None:
    seen = grouped(town)[2].newest
    town.gates["north"].visit(CAR, NOW - minutes(100))
    send(town, "north", now=NOW)
    assert len(settled(town, Chosen(groups=(seen.id,))).now) == 3
    assert [each.count for each in grouped(town) if each.newest.plate == CAR] == [1]


def test_no_more_than_so_many_at_once_and_the_weighty_ones_first(town: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MOST_AT_ONCE", 2)
    done = settled(town, Chosen(ids=tuple(each.id for each in conflicts(town))))
    assert ([each.what for each in done.now], done.left) == (["too_fast", "out_twice"], 3)


def test_without_a_reason_nothing_is_settled(town: Place) -> None:
    with pytest.raises(RefusedError, match="reason"):
        settled(town, Chosen(ids=tuple(each.id for each in conflicts(town))), reason=" ")
    assert len(conflicts(town)) == 5


def test_next_is_the_weightiest_and_behind_the_last_the_first(town: Place) -> None:
    fast, out, twice = (each.newest for each in grouped(town))
    with town.engine.begin() as connection:
        following = [groups.following(connection, "demo", each) for each in (fast, out, twice)]
        first = groups.weightiest(connection, "demo")
    assert [each.newest.id for each in following if each] == [out.id, twice.id, fast.id]
    assert first is not None
    assert first.newest.id == fast.id
    settled(town, Chosen(ids=(fast.id, out.id)))
    with town.engine.begin() as connection:
        assert groups.following(connection, "demo", twice) is None, "nothing else is open"
