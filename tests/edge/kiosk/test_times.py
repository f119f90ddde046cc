"""Times stand on the screen in the town's zone, whatever the machine's is."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.contract.policy import Policy
from edge.contract.reasons import Direction, Reason
from edge.decision.decision import LastSeen
from edge.kiosk import create_app
from edge.kiosk.times import clock, shown_wall, zone_of
from tests.contract.samples import POLICY
from tests.edge.kiosk.views import ENDED, JUDGED, NOW, ViewDesk, burdened, gate

SOME_MOMENT = datetime(2026, 3, 31, 20, 5, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone is New York's."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def in_zone(name: str | None) -> Policy:
    return POLICY.model_copy(update={"timezone": name})


def test_a_moment_is_shown_by_the_towns_clock() -> None:
    assert clock(SOME_MOMENT, in_zone("Asia/Shanghai")) == "04:05"
    assert clock(SOME_MOMENT, in_zone("Asia/Urumqi")) == "02:05"
    assert shown_wall("2026-03-31T20:05:06.000Z", in_zone("Asia/Shanghai")) == "04-01 04:05:06"


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "Asia", "../../etc/passwd"])
def test_without_a_zone_that_it_knows_a_gate_shows_its_machines_time(name: str | None) -> None:
    assert zone_of(in_zone(name)) is None
    assert clock(SOME_MOMENT, in_zone(name)) == "16:05"
    assert clock(SOME_MOMENT, None) == "16:05"


def test_a_policy_of_an_older_hub_says_no_zone_and_offers_nothing() -> None:
    older = POLICY.model_dump(mode="json", exclude={"timezone", "places", "purposes", "province"})
    read = Policy.model_validate_json(POLICY.model_validate(older).model_dump_json())
    assert (read.timezone, read.places, read.purposes, read.province) == (None, (), (), None)


def test_every_time_on_the_screen_is_the_towns() -> None:
    """Clock, end of the operation, visits that were left open, orders, and when a vehicle was here before."""
    before = LastSeen("c" * 32, "south", Direction.IN, SOME_MOMENT)
    desk = ViewDesk()
    desk.shown = burdened(gate(replace(JUDGED, reason=Reason.ALREADY_INSIDE, before=before)))
    desk.rules = ENDED
    client = create_app(desk, "not a secret: a test's").test_client()
    assert f"{NOW:%H:%M}" == "08:00"
    lane = client.get("/lane").text
    assert "<time>16:00</time>" in lane
    assert "04-01 04:05:06" in lane
    matters = client.get("/matters").text
    assert "行动已于 04-01 15:00 结束" in matters
    assert matters.count("04-01 16:00:00") == 2, "an emergency without a plate, a visit that was left open"
    assert "03-01 08:00:00" in client.get("/orders").text
    desk.rules = ENDED.model_copy(update={"timezone": None})
    assert "<time>04:00</time>" in client.get("/lane").text
