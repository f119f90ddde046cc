"""An alert is on every page until somebody has said what was done; a hub that cannot store says so without a free byte."""

from datetime import timedelta
from typing import Any

import pytest

from hub.accounts.roles import Role
from hub.alerts import reading, store
from hub.alerts.kinds import AlertKind
from hub.alerts.not_storing import SIZE, Trouble
from hub.errors import HubError
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

PAGES = ("/", "/ledger", "/inside", "/conflicts", "/orders", "/alerts")


def raise_alert(place: Place, what: AlertKind = AlertKind.FORK, detail: str = "epoch 0123abcd, record 17") -> int:
    with place.engine.begin() as connection:
        store.raise_(connection, "demo", what, "east", detail, NOW)
        return reading.unacknowledged(connection, "demo")[0].id


def test_the_same_alert_again_only_counts_up(place: Place) -> None:
    for hours in range(3):
        with place.engine.begin() as connection:
            store.raise_(connection, "demo", AlertKind.FORK, "east", "record 17", NOW + timedelta(hours=hours))
    with place.engine.begin() as connection:
        (alert,) = reading.unacknowledged(connection, "demo")
    assert (alert.times, alert.first_at[11:13], alert.last_at[11:13]) == (3, "04", "06")


def test_one_cause_is_one_alert_that_counts_and_keeps_its_first_and_last_details(place: Place) -> None:
    """Faults B: 300 new journals of one gate are one alert."""
    with place.engine.begin() as connection:
        for number in range(300):
            detail = f"epoch {number:08x} after {number + 1:08x}"
            store.raise_(connection, "demo", AlertKind.NEW_JOURNAL, "east", detail, NOW + timedelta(minutes=number))
        store.raise_(connection, "demo", AlertKind.NEW_JOURNAL, "west", "epoch 1 after 2", NOW)
        store.raise_(connection, "demo", AlertKind.FORK, "east", "record 17", NOW, times=5)
        store.raise_(connection, "demo", AlertKind.BACKUP, None, "no room", NOW)
        found = {(each.what, each.gate): each for each in reading.unacknowledged(connection, "demo")}
    assert {key: each.times for key, each in found.items()} == {
        ("new_journal", "east"): 300, ("new_journal", "west"): 1, ("fork", "east"): 5, ("backup", None): 1,
    }  # fmt: skip
    alert = found["new_journal", "east"]
    assert (alert.detail, alert.later[-1]) == ("epoch 00000000 after 00000001", "epoch 0000012b after 0000012c")
    assert len(alert.later) == reading.LATER
    assert alert.last_at > alert.first_at


def test_a_detail_that_comes_again_is_listed_once(place: Place) -> None:
    with place.engine.begin() as connection:
        for detail in ("a", "b", "a", "c", "b"):
            store.raise_(connection, "demo", AlertKind.LOST, "east", detail, NOW)
        (alert,) = reading.unacknowledged(connection, "demo")
    assert (alert.detail, alert.later, alert.times) == ("a", ("c", "b"), 5)


def test_what_recurs_after_it_was_acknowledged_comes_back_once(place: Place) -> None:
    id_ = raise_alert(place)
    with place.engine.begin() as connection:
        store.acknowledge(connection, town="demo", id_=id_, by="u-1", comment="card taken out", now=NOW)
        for number in range(5):
            store.raise_(connection, "demo", AlertKind.FORK, "east", f"record {number}", NOW)
        (again,) = reading.unacknowledged(connection, "demo")
        assert (again.times, again.detail, reading.page(connection, "demo", limit=9)[1].times) == (5, "record 0", 1)


@pytest.mark.parametrize(("language", "words"), [("en", "300 times"), ("zh", "300 次")])
def test_pages_show_how_often(place: Place, language: str, words: str) -> None:
    with place.engine.begin() as connection:
        for times, detail in (
            (299, "journal: more than the contract allows"),
            (1, "muted: more than the contract allows"),
        ):
            store.raise_(connection, "demo", AlertKind.FLOOD, "east", detail, NOW, times)
    with console(place) as app:
        viewer = Browser(app, Role.VIEWER, language)
        assert words in text_of(viewer.open("/ledger"))
        page = text_of(viewer.open("/alerts"))
    for each in {"en": ("words of new journals", "did not listen"), "zh": ("新日志过多", "暂停接收")}[language]:
        assert each in page


def unacknowledged(place: Place) -> list[dict[str, Any]]:
    return [row for row in table(place, "alerts") if row["acknowledged_at"] is None]


def test_what_is_over_stays_until_it_is_acknowledged(place: Place) -> None:
    id_ = raise_alert(place, AlertKind.DISK_FULL)
    with place.engine.begin() as connection:
        store.end(connection, "demo", AlertKind.DISK_FULL, NOW)
    assert len(unacknowledged(place)) == 1
    with place.engine.begin() as connection:
        store.acknowledge(connection, town="demo", id_=id_, by="u-1", comment="made room", now=NOW)
    assert unacknowledged(place) == []
    with place.engine.begin() as connection, pytest.raises(HubError, match="acknowledged already"):
        store.acknowledge(connection, town="demo", id_=id_, by="u-1", comment="again", now=NOW)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_alert_is_on_every_page_until_an_officer_says_what_was_done(place: Place, language: str) -> None:
    id_ = raise_alert(place)
    words = {"en": "Two journals under one name", "zh": "同一名称下有两份日志"}[language]
    with console(place) as app:
        officer = Browser(app, Role.OFFICER, language)
        for page in PAGES:
            assert words in text_of(officer.open(page)), page
        assert officer.send(f"/alerts/{id_}/acknowledge", {"comment": " "}, page="/alerts").status_code == 400
        answer = officer.send(f"/alerts/{id_}/acknowledge", {"comment": "card taken out"}, page="/alerts")
        assert answer.status_code == 302
        assert words not in text_of(officer.open("/ledger"))
        assert "card taken out" in text_of(officer.open("/alerts"))


def test_a_viewer_sees_and_does_not_acknowledge(place: Place) -> None:
    id_ = raise_alert(place)
    with console(place) as app:
        viewer = Browser(app, Role.VIEWER)
        assert viewer.send(f"/alerts/{id_}/acknowledge", {"comment": "x"}, page="/alerts").status_code == 403


def test_a_hub_that_cannot_store_says_so_on_every_page(place: Place) -> None:
    trouble = Trouble(place.town.settings.run)
    with console(place) as app:
        viewer = Browser(app, Role.VIEWER)
        trouble.say("database or disk is full")
        for page in PAGES:
            shown = text_of(viewer.open(page))
            assert "The hub cannot store anything." in shown
            assert "database or disk is full" in shown
        trouble.clear()
        assert "cannot store" not in text_of(viewer.open("/"))


def test_trouble_is_written_in_place(place: Place) -> None:
    trouble = Trouble(place.town.settings.run)
    trouble.clear()
    (file,) = place.town.settings.run.glob("*.trouble")
    before = file.stat()
    trouble.say("x" * 1000)
    after = file.stat()
    assert (after.st_ino, after.st_size, after.st_blocks) == (before.st_ino, SIZE, before.st_blocks)
