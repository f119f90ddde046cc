"""The pages of the post: signing on with the open matters, notes, handing over to the next officer, who was on duty when."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.conflicts.rules import What
from hub.town.settings import Session
from tests.hub.conflicts.test_store import CAR, minutes, rules, send, ways_unknown
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import check, table
from tests.hub.orders.test_store import order
from tests.hub.towns import NOW, Place


class Clock:
    """The hub's clock, which a test moves on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def town(place: Place) -> Place:
    """An alert, a conflict, and an order that no gate has answered."""
    rules(place, ways_unknown)
    for n in (180, 60):
        place.gates["east"].visit(CAR, NOW - minutes(n))
    send(place, "east", now=NOW)
    order(place, "west")
    with place.engine.begin() as connection:
        alerts.raise_(connection, "demo", AlertKind.BACKUP, None, "no room", NOW)
    return place


@pytest.fixture
def app(town: Place, clock: Clock) -> Iterator[Flask]:
    # nobody is signed out while the test moves the clock by a shift
    settings = town.town.settings.model_copy(update={"session": Session(officer=14, supervisor=14, admin=14)})
    (town.folder / "hub.toml").write_text(settings.text(), encoding="utf-8")
    with console(town, clock) as app:
        yield app


def matters(browser: Browser) -> list[str]:
    return re.findall(r'name="taken" value="([^"]+)"', browser.open("/shift").text)


def signed_on(browser: Browser, how: str = "on", **form: object) -> None:
    answer = browser.send("/shift/on", {"how": how, "open": "3", "taken": matters(browser), **form}, page="/shift")
    assert answer.status_code == 302


def shift_page(browser: Browser) -> str:
    found = re.search(r'href="(/shift/[0-9a-f]{32})"', browser.open("/shift").text)
    assert found
    return found[1]


def test_who_signs_on_takes_the_open_matters_over(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    assert "Nobody is on duty" in text_of(officer.open("/shift"))
    names = matters(officer)
    assert [name.partition("/")[0] for name in names] == ["alert", "conflict", "order"]
    signed_on(officer)
    page = officer.open("/shift")
    assert "You are on duty." in text_of(page)
    (row,) = table(town, "duties")
    assert row["open_matters"] == 3
    assert all(name in row["taken"] for name in names)
    signed_on(officer)
    assert "you are on duty already" in text_of(officer.open("/shift"))
    assert len(table(town, "duties")) == 1, "sent again, nothing is done twice"


def test_a_note_is_written_once_and_stays(app: Flask, town: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    officer.send("/shift/notes", {"text": "not yet"}, page="/shift")
    assert "you are not on duty" in text_of(officer.open("/shift"))
    signed_on(officer)
    for _ in range(2):
        officer.send("/shift/notes", {"text": "the north sprayer drips"}, page="/shift")
    assert text_of(officer.open("/shift")).count("the north sprayer drips") == 1
    assert len(table(town, "duty_notes")) == 1
    assert officer.send("/shift/notes", {"text": " "}, page="/shift").status_code == 400
    check(town)


def test_a_shift_is_handed_over_with_two_names_and_a_page(app: Flask, town: Place, clock: Clock) -> None:
    officer, supervisor = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    signed_on(officer)
    officer.send("/shift/notes", {"text": "a lorry waits"}, page="/shift")
    clock.now += timedelta(hours=8)
    assert text_of(officer.open("/shift/hand-over")).count("Open matters") == 1
    answer = officer.send("/shift/hand-over", {"to": "", "text": "all quiet"}, page="/shift")
    assert answer.location == shift_page(officer)
    assert "the next officer logs in here" in text_of(officer.open(answer.location))
    clock.now += timedelta(minutes=3)
    offer = re.search(r'value="(offer/\d+)"', supervisor.open("/shift").text)
    assert offer
    signed_on(supervisor, offer[1])
    page = text_of(supervisor.open(answer.location))
    for said in (
        "Handed over by 王伟",
        "all quiet",
        "a lorry waits",
        "Taken over by",
        "ticked as taken over",
        "Town demo",
    ):
        assert said in page, said
    assert [(row["user"], row["ended_at"] is None) for row in table(town, "duties")] == [
        (town.users[Role.OFFICER], False), (town.users[Role.SUPERVISOR], True),
    ]  # fmt: skip
    check(town)


def test_somebody_who_is_not_there_is_relieved_for_a_reason(app: Flask, town: Place) -> None:
    officer, supervisor = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    signed_on(officer)
    absent = f"absent/{town.users[Role.OFFICER]}"
    signed_on(supervisor, absent)
    assert "expected 1 to" in text_of(supervisor.open("/shift"))
    signed_on(supervisor, absent, why="fell ill")
    assert "You are on duty." in text_of(supervisor.open("/shift"))
    assert table(town, "duties")[-1]["why"] == "fell ill"
    # an officer signs nobody else off
    officer.send("/shift/off", {"user": town.users[Role.SUPERVISOR], "why": "x"}, page="/shift")
    assert table(town, "duties")[-1]["ended_at"] is None
    supervisor.send("/shift/off", {}, page="/shift")
    assert table(town, "duties")[-1]["ended_at"] is not None


def test_who_was_on_duty_is_searched_and_written_out(app: Flask, town: Place, clock: Clock) -> None:
    officer, supervisor = Browser(app, Role.OFFICER), Browser(app, Role.SUPERVISOR)
    signed_on(officer)
    clock.now += timedelta(hours=2)
    officer.send("/shift/off", {}, page="/shift")
    for query, count in (
        ("", 1), ("?name=王", 1), ("?name=nobody", 0), ("?start=2020-01-01T00:00&end=2020-01-02T00:00", 0),
        ("?start=2020-01-01T00:00", 1),
    ):  # fmt: skip
        assert supervisor.open(f"/shifts{query}").text.count("The page to print") == count, query
    assert supervisor.open("/shifts?start=x").status_code == 400
    exported = supervisor.send("/exports/duties?name=王", {"format": "csv"})
    heading, row = csv.reader(StringIO(exported.text.removeprefix("\ufeff")))
    assert heading[:3] == ["Officer", "From", "To"]
    assert row[0] == "王伟"
    assert "08:00" not in row[1]
    assert table(town, "audit")[-1]["action"] == "list exported"
    assert officer.open("/shifts").status_code == 403
    assert Browser(app, Role.VIEWER).open("/shift").status_code == 403


def test_the_next_officer_logs_in_here_and_comes_to_the_post(app: Flask) -> None:
    officer = Browser(app, Role.OFFICER)
    signed_on(officer)
    answer = officer.send("/shift/next-officer", {}, page="/shift")
    assert answer.location == "/login?next=/shift"
    assert officer.open("/shift").status_code == 302


def test_the_page_of_a_handover_says_of_how_many_conflicts_a_line_stands(app: Flask, town: Place) -> None:
    for n in (50, 40):
        town.gates["east"].visit(CAR, NOW - minutes(n))
    send(town, "east", now=NOW)
    assert len(table(town, "conflicts")) == 3
    officer = Browser(app, Role.OFFICER)
    signed_on(officer)
    assert " × 3 · " in text_of(officer.open("/shift"))
    officer.send("/shift/hand-over", {"text": "", "to": ""}, page="/shift/hand-over")
    assert " × 3 · " in text_of(officer.open(shift_page(officer)))


def test_the_page_of_a_handover_names_the_vehicle_of_an_alert_and_how_often_it_came(app: Flask, town: Place) -> None:
    visit = town.gates["east"].visit("鲁B54321", NOW)
    send(town, "east", now=NOW)
    with town.engine.begin() as connection:
        about = alerts.About(subject=visit, visit=visit)
        alerts.raise_(connection, "demo", AlertKind.WATCHED, "east", "", NOW, times=2, about=about)
    officer = Browser(app, Role.OFFICER)
    signed_on(officer)
    officer.send("/shift/hand-over", {"text": "", "to": ""}, page="/shift/hand-over")
    page = officer.open(shift_page(officer))
    assert "A watched vehicle × 2 · East · 鲁B·54321" in text_of(page)
    assert '"/alerts?state=open#alert-2"' in page.text


def test_overstays_stand_under_a_heading_of_their_own(app: Flask, town: Place) -> None:
    with town.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE conflicts SET what = '{What.OVERSTAY.value}'")
    names = matters(Browser(app, Role.OFFICER))
    assert [name.partition("/")[0] for name in names] == ["alert", "overstay", "order"]
    assert "超时滞留车辆" in text_of(Browser(app, Role.OFFICER, "zh").open("/shift"))
