"""Lists that stand open say how many rows came since they were made, under their filter, and nothing in them moves."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from hub.accounts.roles import Role
from tests.chromium import NEEDED, chromium
from tests.hub import busy
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import send, settle
from tests.hub.towns import NOW, Place
from tests.hub.web.test_browser import Served, visiting
from tests.ports import free_port

FOLD = (1366, 625)
browsers = NEEDED


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def question(browser: Browser, address: str) -> str:
    found = re.search(r'hx-get="(/news[^"]+)"', browser.open(address).text)
    assert found, address
    return unescape(found[1])


def crosses(place: Place, gate: str, plate: str, at: datetime, **more: object) -> None:
    place.gates[gate].visit(plate, at, **more)  # type: ignore[arg-type]
    send(place, place.gates[gate])


def test_the_ledger_counts_what_came_under_its_filter(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    every, west = question(browser, "/ledger"), question(browser, "/ledger?gate=west&older=2026~x")
    yesterday = question(browser, "/ledger?end=2026-02-28T12:00")
    assert text_of(browser.open(every)) == ""
    crosses(place, "east", "鲁B00001", NOW)
    crosses(place, "west", "鲁B00002", NOW)
    assert text_of(browser.open(every)) == "2 new"
    assert text_of(browser.open(west)) == "1 new"
    assert 'href="/ledger?gate=west"' in browser.open(west).text, "to the first page of the same search"
    assert text_of(browser.open(yesterday)) == ""
    assert text_of(browser.open(question(browser, "/ledger"))) == ""


def test_who_came_in_and_went_out_counts_on_the_page_of_who_is_inside(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.VIEWER)
    asked = question(browser, "/inside")
    crosses(place, "east", "鲁B00001", NOW)
    crosses(place, "east", "鲁B00001", NOW + timedelta(minutes=5), direction="out")
    assert text_of(browser.open(asked)) == "2 new"


def test_conflicts_and_orders_count_too(app: Flask, place: Place) -> None:
    browser = Browser(app, Role.SUPERVISOR)
    conflicts, orders = question(browser, "/conflicts"), question(browser, "/orders")
    other = question(browser, "/conflicts?what=too_fast")
    with place.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO conflicts (id, town, what, opened_at, entries, opened_entry) VALUES ('c1', 'demo', 'in_twice', ?, '[]', 99)",
            ((NOW + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),),
        )
        connection.exec_driver_sql(
            "INSERT INTO receipts (town, gate, \"order\", result, detail, at, received_at) VALUES ('demo', 'east', 'o1', 'shown', '', ?, ?)",
            ("2026-03-01T04:31:00.000Z",) * 2,
        )
    assert text_of(browser.open(conflicts)) == "1 new"
    assert text_of(browser.open(other)) == ""
    assert text_of(browser.open(orders)) == "1 new"


def test_nobody_asks_what_no_page_asked(app: Flask) -> None:
    browser = Browser(app, Role.VIEWER)
    assert browser.open("/news?mark=made-up").status_code == 404
    assert Browser(app).open(question(browser, "/ledger")).status_code == 302


def test_the_crumb_of_a_visit_leads_back_to_the_search(app: Flask, place: Place) -> None:
    crosses(place, "east", "鲁B00001", NOW)
    browser = Browser(app, Role.OFFICER)
    page = browser.open("/ledger?gate=east&plate=0001").text
    link = re.search(r'href="(/visits/[^"]+)"', page)
    assert link
    visit = browser.open(unescape(link[1])).text
    assert 'class="crumb"><a href="/ledger?gate=east&amp;plate=0001">' in visit or (
        'class="crumb"><a href="/ledger?plate=0001&amp;gate=east">' in visit
    )
    # and after a correction, too
    address = re.search(r'action="(/visits/[^"]+/correct[^"]*)"', visit)
    assert address
    form = {"field": "remark", "value": "x", "reason": "y"}
    answer = browser.send(unescape(address[1]), form, page="/ledger")
    assert "gate=east" in browser.open(answer.location).text.partition('class="crumb"')[2][:80]
    # what is no search leads to the ledger
    id_ = link[1].partition("?")[0]
    assert 'class="crumb"><a href="/ledger">' in browser.open(f"{id_}?back=//evil.example/%3Fx=1").text


# --- in a browser ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = settle(tmp_path_factory.mktemp("news"))
    busy.fill(place, datetime.now(UTC))
    served = Served(place, free_port())
    try:
        served.start()
        yield served
    finally:
        served.stop()
        place.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as browser:
        yield browser


ROWS = "[...document.querySelectorAll('tbody tr')].map(row => row.getBoundingClientRect().toJSON())"


@browsers
@pytest.mark.parametrize("address", ["/ledger", "/inside"])
def test_a_list_says_what_is_new_without_moving_and_shows_it_at_a_touch(
    browser: Chromium, served: Served, address: str
) -> None:
    plate = "鲁E0000" + str(len(address))
    with visiting(browser, served, size=FOLD) as (page, _watch):
        page.goto(served.address + address)
        before = page.evaluate(ROWS)
        crosses(served.place, "south", plate, datetime.now(UTC))
        new = page.get_by_role("link", name="new", exact=False).and_(page.locator(".fresh-slot a"))
        expect(new).to_contain_text("1 new")
        assert page.evaluate(ROWS) == before
        new.click()
        expect(page.locator(".plate", has_text=plate[-5:])).to_be_visible()


@browsers
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_ledger_shows_nine_vehicles_above_the_fold(browser: Chromium, served: Served, language: str) -> None:
    with visiting(browser, served, size=FOLD, language=language) as (page, _watch):
        page.goto(f"{served.address}/ledger")
        # the alerts of this town stand above the page
        alerts = page.evaluate(
            "document.querySelector('main').getBoundingClientRect().y - document.querySelector('.bar').offsetHeight"
        )
        boxes = [row.bounding_box() for row in page.locator("tbody tr").all()]
        assert sum(1 for box in boxes if box and box["y"] + box["height"] - alerts <= FOLD[1]) >= 9
        expect(page.locator("#reason")).to_be_hidden()
        page.goto(f"{served.address}/ledger?reason=no_pass")
        expect(page.locator("#reason")).to_be_visible()
