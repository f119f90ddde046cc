"""The page of the feed: targets added, tested, removed by an admin alone, and how far each is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.feed import store
from tests.hub import busy
from tests.hub.consoles import Browser, console, text_of
from tests.hub.feed.receiver import receiving
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

FORM = {"name": "县平台", "url": "https://county.example/in", "once": "m1"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Place]:
    found = busy.settle_busy(tmp_path)
    yield found
    found.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER, Role.SUPERVISOR])
def test_only_an_admin_has_the_page_and_its_forms(app: Flask, role: Role) -> None:
    browser = Browser(app, role)
    assert browser.open("/feed").status_code == 403
    for address in ("/feed", "/feed/f-1/remove", "/feed/f-1/test"):
        assert browser.send(address, FORM, page="/").status_code == 403


def test_a_target_is_added_from_now_on_or_from_the_start_and_removed(town: Place, app: Flask) -> None:
    boss = Browser(app, Role.ADMIN)
    assert "nothing leaves the hub" in text_of(boss.open("/feed"))
    assert boss.send("/feed", FORM, page="/feed").status_code == 302
    assert boss.send("/feed", FORM, page="/feed").status_code == 302
    boss.send("/feed", FORM | {"from_start": "y", "kinds": ["visit_closed"], "once": "m2"}, page="/feed")
    rows = table(town, "feed_targets")
    assert [(row["cursor"], row["kinds"]) for row in rows] == [
        (table(town, "entries")[-1]["id"], None),
        (0, "visit_closed"),
    ]
    page = text_of(boss.open("/feed"))
    assert "Has everything" in page
    assert "Sending" in page
    boss.send("/feed/f-1/remove", {}, page="/feed")
    assert "f-1" not in text_of(boss.open("/feed"))


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"name": ""}, "Say whose system it is."),
        ({"url": "http://county.example/"}, "expected https"),
        ({"url": "https://u:p@county.example/"}, "without a user and a password"),
        ({"ca": "/nowhere.pem"}, "there is no such file"),
        ({"kinds": ["flown"]}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_added(
    town: Place, app: Flask, wrong: dict[str, object], line: str
) -> None:
    answer = Browser(app, Role.ADMIN).send("/feed", FORM | wrong, page="/feed")
    assert answer.status_code == 400
    assert line in text_of(answer)
    assert table(town, "feed_targets") == []


def test_a_test_says_how_the_target_answers_and_moves_nothing(town: Place, app: Flask) -> None:
    boss = Browser(app, Role.ADMIN)
    statuses = [204, 410]
    with receiving(lambda _headers, _data: (statuses.pop(0), {})) as port:
        boss.send("/feed", FORM | {"url": f"http://127.0.0.1:{port}/", "from_start": "y"}, page="/feed")
        for line in ("confirmed an empty batch", "did not confirm an empty batch: answers 410"):
            boss.send("/feed/f-1/test", {}, page="/feed")
            assert line in text_of(boss.open("/feed"))
    assert table(town, "feed_targets")[0]["cursor"] == 0


def test_the_alert_leads_an_admin_to_the_page_and_nobody_else(town: Place, app: Flask) -> None:
    with town.engine.begin() as connection:
        alerts.raise_(connection, "demo", AlertKind.FEED, None, "县平台: answers 503", NOW)
    assert 'href="/feed"' in Browser(app, Role.ADMIN).open("/alerts").text
    officer = Browser(app, Role.OFFICER).open("/alerts")
    assert "Another system does not get the entries" in text_of(officer)
    assert 'href="/feed"' not in officer.text


def test_what_failed_is_shown_with_since_when(town: Place, app: Flask) -> None:
    with town.engine.begin() as connection:
        target = store.add(connection, town="demo", name="县", url="https://x.example/", cursor=0, by="cli", now=NOW)
        store.failed(connection, "demo", target, "answers 503", NOW)
    page = text_of(Browser(app, Role.ADMIN).open("/feed"))
    assert "Attempts in vain: 1" in page
    assert "answers 503" in page
