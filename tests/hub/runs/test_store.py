"""Plans are made and stopped, never changed; runs are found by plan, area, state, words and time."""

from dataclasses import replace

import pytest

from hub.errors import HubError
from hub.runs import store
from hub.runs.store import Asked
from tests.hub.ledgers import table
from tests.hub.runs.test_derive import drives, look, planned
from tests.hub.runs.test_plan import SAMPLES
from tests.hub.towns import NOW, Place


def found(place: Place, **asked: str) -> list[str]:
    with place.engine.begin() as connection:
        rows, _ = store.page(connection, "demo", Asked(**asked), limit=10)
    return [each.state for each in rows]


def test_a_plan_comes_back_as_it_was_made_and_is_audited(place: Place) -> None:
    id_ = planned(place)
    with place.engine.begin() as connection:
        (kept,) = store.plans(connection, "demo")
        store.stop(connection, town="demo", id_=id_, reason="结束", by="u-4", now=NOW)
        with pytest.raises(HubError, match="it is stopped already"):
            store.stop(connection, town="demo", id_=id_, reason="结束", by="u-4", now=NOW)
        with pytest.raises(HubError, match="there is no such plan"):
            store.stop(connection, town="demo", id_="r-0", reason="结束", by="u-4", now=NOW)
        with pytest.raises(HubError, match="expected why"):
            store.stop(connection, town="demo", id_=id_, reason=" ", by="u-4", now=NOW)
    assert kept.plan == SAMPLES
    audited = [row["action"] for row in table(place, "audit") if row["object"] == f"runs/{id_}"]
    assert audited == ["run planned", "run stopped"]


def test_runs_are_found(place: Place) -> None:
    east = planned(place)
    planned(place, replace(SAMPLES, area="西区", gates=("west",), route="西门"))
    drives(place, 2)
    look(place, 41)
    assert sorted(found(place)) == ["done", "missed", "missed", "missed"]
    assert found(place, plan=east) == ["missed", "done"]
    assert found(place, area="西区") == found(place, search="西门") == ["missed", "missed"]
    assert found(place, state="done") == ["done"]
    assert found(place, end="2026-03-01T04:00:00.000Z") == []
    with place.engine.begin() as connection:
        first, more = store.page(connection, "demo", Asked(), limit=3)
        rest, end = store.page(connection, "demo", Asked(), after=more, limit=3)
        assert store.areas(connection, "demo") == ["东区", "西区"]
    assert (len({(each.plan, each.due_at) for each in (*first, *rest)}), end) == (4, None)
