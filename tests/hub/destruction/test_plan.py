"""A dry run says what would go, how many, where, and what is out of reach; it changes nothing."""

from hub.destruction import plan
from tests.hub.destruction.endings import LATER, decide_all, filled
from tests.hub.ledgers import table
from tests.hub.towns import Place


def look(place: Place) -> plan.Plan:
    with place.engine.begin() as connection:
        return plan.plan(connection, place.town.settings, "op-1", LATER)


def test_it_counts_what_is_there_and_changes_nothing(place: Place) -> None:
    filled(place)
    before = {name: table(place, name) for name in ("entries", "visits", "audit", "passes")}
    counts = {each.part: each.counts for each in look(place).parts}
    assert counts["ledger"]["entries"] == 7
    assert counts["ledger"]["visits"] == 6
    assert counts["watch_list"] == {"watched": 1}
    assert counts["exports"]["files"] == 1
    assert counts["gates"] == {"gates": 4}
    assert before == {name: table(place, name) for name in before}


def test_what_is_out_of_reach_is_named(place: Place) -> None:
    found = {each.what: each for each in look(filled(place)).unreached}
    assert found["gates_away"].which == ("east", "south", "west", "north")
    assert {"paper", "browsers", "disk_blocks"} <= set(found)


def test_it_says_what_was_decided(place: Place) -> None:
    decide_all(filled(place))
    assert all(each.decision is not None for each in look(place).parts)
