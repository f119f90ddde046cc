"""The time that it really was: only by a trusted `clock_set` of the same boot, and with its error."""

from datetime import timedelta
from typing import Any

import pytest

from edge.contract.facts import ClockSet, ClockTrust, Kind
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.ledger.clock_sets import clocks_set
from hub.ledger.corrected_times import ClockWasSet, corrected
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, send, table
from tests.hub.towns import NOW, Place

BOOT = "00" * 16
SET = ClockWasSet(BOOT, 100_000, wall_text(NOW))


def at(mono_ms: int, *, clock: ClockTrust = ClockTrust.UNSYNCED, boot: str = BOOT) -> dict[str, Any]:
    return {"wall": "1970-01-01T00:00:00.000Z", "boot": boot, "mono_ms": mono_ms, "clock": clock}


@pytest.mark.parametrize(
    ("mono_ms", "seconds", "error"), [(100_000, 0, 0.5), (40_000, -60, 0.506), (3_700_000, 3600, 0.86)]
)
def test_before_and_after_the_setting(mono_ms: int, seconds: int, error: float) -> None:
    found = corrected(at(mono_ms), [SET])
    assert found is not None
    assert found.time == NOW + timedelta(seconds=seconds)
    assert found.error == pytest.approx(error)


def test_the_nearest_setting_counts() -> None:
    later = ClockWasSet(BOOT, 900_000, wall_text(NOW + timedelta(seconds=805)))
    found = corrected(at(890_000), [SET, later])
    assert found is not None
    assert found.time == NOW + timedelta(seconds=795)


def test_nothing_is_claimed_of_another_boot_nor_of_a_time_that_is_right() -> None:
    assert corrected(at(1, boot="ff" * 16), [SET]) is None
    assert corrected(at(1, clock=ClockTrust.SYNCED), [SET]) is None
    assert corrected(at(1), []) is None


@pytest.mark.parametrize(("clock", "known"), [("synced", 1), ("rtc", 0), ("unsynced", 0)])
def test_only_a_synced_clock_tells_the_right_time(place: Place, clock: str, known: int) -> None:
    gate = place.gates["east"]
    gate.keep(Kind.CLOCK_SET, ClockSet(before=wall_text(NOW), after=wall_text(NOW)), NOW, clock=clock)
    send(place, gate)
    assert len(table(place, "clock_sets")) == known
    assert check(place).entries == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_visit_shows_the_right_time_beside_the_original(place: Place, language: str) -> None:
    gate = place.gates["east"]
    wrong = NOW - timedelta(days=400)
    visit = gate.visit("鲁B12345", wrong, clock="unsynced")
    # the test's gate counts a second per record; the clock is set with the fourth
    gate.keep(Kind.CLOCK_SET, ClockSet(before=wall_text(wrong), after=wall_text(NOW)), NOW)
    send(place, gate)
    with place.engine.begin() as connection:
        assert clocks_set(connection, "demo", "east", [(BOOT, 1000)]) == [ClockWasSet(BOOT, 4000, wall_text(NOW))]
    with console(place) as app:
        shown = text_of(Browser(app, Role.OFFICER, language).open(f"/visits/{visit}"))
    assert {"en": "really", "zh": "实际"}[language] in shown
    assert "±0.5" in shown
