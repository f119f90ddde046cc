"""A search looks on the days on which visits of its sort came, and nowhere else; it finds the same as one that looks everywhere."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select

from hub.database.engine import reader
from hub.database.narrowed import narrow
from hub.database.schema import visits
from hub.ledger import days, queries
from hub.ledger.days import EVER, spans
from hub.ledger.projections.sums import BUCKETS, What, buckets_between
from hub.ledger.queries import Filter, page
from tests.hub.ledgers import send, settle
from tests.hub.towns import NOW, Place
from tests.hub.visits.test_bounded import questions

DAY = timedelta(days=1)
FILTERS = (
    Filter(), Filter(only="refused"), Filter(reason="expired"), Filter(reason="revoked"), Filter(read_by="hand"),
    Filter(outcome="open"), Filter(outcome="turned_back"), Filter(vehicle_class="none"), Filter(vehicle_class="supplies"),
    Filter(direction="out"), Filter(verdict="stop", gate="west"), Filter(disinfected="yes"), Filter(only="refused", disinfected="yes"),
    Filter(only="overridden"), Filter(only="overridden_verdict"), Filter(waited="30-60"), Filter(waited="0-30"), Filter(waited="3600-"),
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Ten days at two gates: what is common came on each, what is rare on the second, the third and the eighth."""
    place = settle(tmp_path_factory.mktemp("days"))
    for gate, day in product(("east", "west"), range(10)):
        at, visiting = NOW + day * DAY, place.gates[gate]
        visiting.visit(f"鲁B1000{day}", at)
        visiting.visit(f"鲁B2000{day}", at + timedelta(hours=1), direction="out", vehicle_class=None)
        if day in (1, 2, 7):
            visiting.visit(f"鲁B3000{day}", at, reason="expired", outcome="turned_back", vehicle_class="supplies")
            visiting.visit(f"鲁B4000{day}", at, read_by="hand", reason="no_pass", outcome=None)
        send(place, visiting)
    yield place
    place.engine.dispose()


def day(number: int) -> str:
    return (NOW + number * DAY).date().isoformat()


def test_days_that_follow_each_other_are_one_span(town: Place) -> None:
    with town.engine.connect() as connection:
        refused = spans(connection, "demo", "", {What.REFUSED: ("",)})
        assert refused == [(day(1), day(3)), (day(7), day(8))]
        assert spans(connection, "demo", "east", {What.REFUSED: ("",), What.DIRECTION: ("in",)}) == refused
        assert spans(connection, "demo", "north", {What.REFUSED: ("",)}) == ()
        assert spans(connection, "demo", "", {What.REASON: ("revoked",)}) == ()
        assert spans(connection, "demo", "", {}) == EVER
    assert days._joined(["9999-12-30", "9999-12-31"]) == [("9999-12-30", None)], "there is no day behind the last"


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_page_by_page_a_search_finds_what_one_through_everything_finds(
    town: Place, filter_: Filter, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walked() -> list[str]:
        """From the newest page to the oldest and back again."""
        here = page(connection, "demo", filter_, limit=limit)
        found = [row["visit_id"] for row in here.rows]
        while here.older is not None:
            here = page(connection, "demo", filter_, older=here.older, limit=limit)
            found += [row["visit_id"] for row in here.rows]
        while here.newer is not None:
            here = page(connection, "demo", filter_, newer=here.newer, limit=limit)
            found += [row["visit_id"] for row in here.rows]
        return found

    with town.engine.connect() as connection:
        found = walked()
        monkeypatch.setattr(days, "spans", lambda *_: EVER)
        assert found == walked()
        where = queries.conditions("demo", filter_)
        assert len(set(found)) == len(connection.execute(select(visits.c.visit_id).where(*where)).all())


def test_a_search_without_a_hit_reads_no_visit_that_has_a_time(town: Place) -> None:
    with town.engine.connect() as connection, questions(town.engine) as asked:
        assert page(connection, "demo", Filter(reason="revoked"), limit=40).rows == []
    of_visits = [each for each in asked if "FROM visits" in each]
    assert of_visits
    assert all("visits.opened_at IS NULL" in each for each in of_visits)


def test_an_account_of_some_gates_is_led_to_their_days(town: Place) -> None:
    engine = reader(town.town.settings.database_url)
    with engine.connect() as connection:
        narrow(connection, ["north"], [])
        assert spans(connection, "demo", "", {What.REFUSED: ("",)}) == ()
    engine.dispose()


def test_a_wait_is_looked_for_in_every_bucket_that_may_hold_it() -> None:
    assert buckets_between(30, 60) == [f"{each:06d}" for each in BUCKETS if 30 < each <= 60]
    assert buckets_between(0, 7) == ["000005", "000010"]
    assert buckets_between(33, 34) == ["000035"]
    assert buckets_between(24 * 3600, None) == ["more"]
    assert buckets_between(0, None)[-1] == "more"
    assert len(buckets_between(0, None)) == len(BUCKETS) + 1
