"""The live page: only what changed is sent and swapped, nothing moves under a pointer or a finger, and all of it is above the fold."""

import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from edge.contract.plates import spoken
from hub.accounts.roles import Role
from hub.console.pieces import fingerprint
from tests.chromium import NEEDED, chromium
from tests.hub import busy
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import send, settle
from tests.hub.towns import GATES, NOW, Place
from tests.hub.web.test_browser import PHONE, Served, judged, visiting
from tests.ports import free_port

FOLD = (1366, 625)
"""What a browser shows of a page on an office screen of 1366 x 768."""
PRESS = 110
"""Milliseconds between the button's going down and its coming up, as a hand does it."""
browsers = NEEDED


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = settle(tmp_path_factory.mktemp("live"))
    for number, gate in enumerate(GATES):
        for turn in range(8):
            visit(place, gate, f"鲁B{number}{turn:04}", NOW - timedelta(minutes=5 * turn + number))
        busy.speak(place, gate, NOW, tank=0.1 if gate == "south" else 0.8)
    yield place
    place.engine.dispose()


@pytest.fixture
def app(town: Place) -> Iterator[Flask]:
    with console(town) as app:
        yield app


def visit(place: Place, gate: str, plate: str, at: datetime) -> None:
    place.gates[gate].visit(plate, at)
    send(place, place.gates[gate])


def marks(text: str) -> str:
    return ".".join(re.findall(r'data-hash="([0-9a-f]+)"', text))


def sent(text: str) -> set[str]:
    """The ids of the parts in an answer to an open page."""
    return set(re.findall(r'id="([^"]+)" data-hash="[0-9a-f]+"[^>]*hx-swap-oob', text))


def test_a_page_that_shows_everything_is_sent_nothing(app: Flask) -> None:
    browser = Browser(app, Role.OFFICER)
    known = marks(browser.open("/").text)
    assert sent(browser.open(f"/live/board?known={known}").text) == set()


def test_a_word_of_a_gate_changes_its_age_alone_and_news_its_card(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    known = marks(browser.open("/").text)
    busy.speak(town, "west", NOW + timedelta(seconds=1))
    assert sent(browser.open(f"/live/board?known={known}").text) == {"seen-west"}
    known = marks(browser.open("/").text)
    busy.speak(town, "west", NOW + timedelta(seconds=1), lanes={"1": "spraying"})
    assert sent(browser.open(f"/live/board?known={known}").text) == {"tile-west", "details-west"}
    busy.speak(town, "west", NOW)


def test_a_crossing_changes_the_list_or_its_own_row(app: Flask, town: Place) -> None:
    browser = Browser(app, Role.OFFICER)
    known = marks(browser.open("/").text)
    east = town.gates["east"]
    id_ = east.visit("鲁B90001", NOW, outcome=None)
    send(town, east)
    page = browser.open(f"/live/board?known={known}").text
    assert sent(page) >= {"crossings"}
    assert not any(part.startswith("row-") for part in sent(page))
    assert page.count("<tr") == 20, "the list is sent whole"
    known = marks(browser.open("/").text)
    with town.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE visits SET outcome = 'detained' WHERE visit_id = ?", (id_,))
    found = sent(browser.open(f"/live/board?known={known}").text)
    assert f"row-{id_}" in found
    assert "crossings" not in found


def test_ages_do_not_count_as_changes() -> None:
    assert fingerprint("a", '<i data-age="3">x</i>') == fingerprint("a", '<i data-age="9">x</i>')
    assert fingerprint("a", "x") != fingerprint("b", "x")


# --- in a browser ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place, now = settle(tmp_path_factory.mktemp("live")), datetime.now(UTC)
    for number, gate in enumerate(GATES):
        for turn in range(8):
            visit(place, gate, f"鲁B{number}{turn:04}", now - timedelta(minutes=5 * turn + number + 1))
        busy.speak(place, gate, now, tank=0.1 if gate == "south" else 0.8, camera=gate != "north")
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


@contextmanager
def four_gates_talk(place: Place, *, every: float = 0.25) -> Iterator[None]:
    """Vehicles come at every gate, one after the other, and each gate says how it does."""
    end, number = threading.Event(), random.randrange(10, 90) * 1000

    def talk() -> None:
        nonlocal number
        while not end.wait(every):
            gate = list(GATES)[number % 4]
            visit(place, gate, f"鲁C{number:05}", datetime.now(UTC))
            busy.speak(place, gate, datetime.now(UTC), backlog=number % 3)
            number += 1

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


AIMED = """([x, y]) => { const row = document.elementFromPoint(x, y).closest('#crossings tr');
  return row && [row.id, row.querySelector('a').getAttribute('href')]; }"""
MIDDLE = """row => { const box = document.querySelectorAll('#crossings tr')[row].querySelector('a').getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2]; }"""
CLICKED = """window.clicked = [];
document.addEventListener('click', event => { const link = event.target.closest('a');
  window.clicked.push(link ? link.getAttribute('href') : null); event.preventDefault(); }, true);"""


@browsers
@pytest.mark.parametrize("touch", [False, True], ids=["pointer", "finger"])
def test_every_click_on_a_row_hits_what_was_aimed_at_while_four_gates_talk(
    browser: Chromium, served: Served, touch: bool
) -> None:
    clicks, lost, wrong, lists = 100, 0, 0, set()
    with visiting(browser, served, size=FOLD, login="officer") as (page, _watch), four_gates_talk(served.place):
        if touch:  # no pointer rests anywhere: only the press itself holds the page still
            page.add_init_script("window.matchMedia = () => ({ matches: false, addEventListener() {} })")
            page.reload()
        page.evaluate(CLICKED)
        for turn in range(clicks):
            x, y = page.evaluate(MIDDLE, turn % 8)
            page.mouse.move(x, y)
            if touch:
                page.mouse.down()
                aimed = page.evaluate(AIMED, [x, y])
            else:
                aimed = page.evaluate(AIMED, [x, y])
                page.mouse.down()
            time.sleep(PRESS / 1000)
            page.mouse.up()
            hit = page.evaluate("window.clicked.splice(0)")
            lost += hit == []
            wrong += bool(hit) and hit != [aimed[1]]
            lists.add(aimed[0])
            page.mouse.move(5, 300)
            page.wait_for_timeout(60)
    assert (lost, wrong) == (0, 0)
    assert len(lists) > clicks / 8, "the list stood still"


@browsers
def test_new_crossings_wait_while_a_pointer_rests_on_the_list(browser: Chromium, served: Served) -> None:
    with visiting(browser, served, size=FOLD, login="officer") as (page, _watch):
        rows, more = page.locator("#crossings tr"), page.locator("#new-crossings")
        expect(page.locator(".beat")).not_to_be_empty()
        rows.nth(2).hover()
        before = page.evaluate(
            "[...document.querySelectorAll('#crossings tr')].map(row => [row.id, row.getBoundingClientRect().y])"
        )
        for number in range(2):
            visit(served.place, "east", f"鲁D0000{number}", datetime.now(UTC))
        expect(more).to_have_text("2 new")
        expect(more).to_be_visible()
        after = page.evaluate(
            "[...document.querySelectorAll('#crossings tr')].map(row => [row.id, row.getBoundingClientRect().y])"
        )
        assert after == before, "nothing moves"
        page.mouse.move(5, 300)
        expect(rows.first.locator(".plate")).to_have_text(spoken("鲁D00001"))
        expect(more).to_be_hidden()


@browsers
def test_new_crossings_wait_while_the_keyboard_is_in_the_list_and_come_at_a_touch(
    browser: Chromium, served: Served
) -> None:
    with visiting(browser, served, size=FOLD, login="officer") as (page, _watch):
        more = page.locator("#new-crossings")
        page.mouse.move(5, 300)
        page.locator("#crossings a").nth(3).focus()
        visit(served.place, "west", "鲁D00009", datetime.now(UTC))
        expect(more).to_have_text("1 new")
        more.click()
        expect(page.locator("#crossings .plate").first).to_have_text(spoken("鲁D00009"))
        expect(more).to_be_hidden()


@browsers
def test_an_opened_gate_stays_open_and_what_changed_in_it_comes(browser: Chromium, served: Served) -> None:
    busy.speak(served.place, "east", datetime.now(UTC))
    with visiting(browser, served, size=FOLD, login="officer") as (page, _watch):
        east = page.locator("details.pop").first
        east.locator("summary").click()
        expect(east.locator(".gate-facts")).to_contain_text("Nothing waits")
        page.evaluate("window.others = [...document.querySelectorAll('#tile-west, #crossings, #figures')]")
        busy.speak(served.place, "east", datetime.now(UTC), backlog=7, lanes={"1": "spraying"})
        expect(east.locator(".gate-facts")).to_contain_text("7 waiting to be sent")
        expect(page.locator("#tile-east")).to_contain_text("7 waiting to be sent")
        assert east.evaluate("card => card.open")
        assert page.evaluate("window.others.every(part => part.isConnected)"), "nothing else was swapped"
        page.keyboard.press("Escape")
        assert not east.evaluate("card => card.open")


@browsers
@pytest.mark.parametrize("language", ["zh", "en"])
def test_gates_figures_and_eight_crossings_stand_above_the_fold(
    browser: Chromium, served: Served, language: str
) -> None:
    with visiting(browser, served, size=FOLD, language=language, login="boss") as (page, _watch):
        for part in ("#figures .figure", "#strip .gate"):
            boxes = [each.bounding_box() for each in page.locator(part).all()]
            assert len(boxes) == (8 if "figure" in part else 4)
            assert all(box and box["y"] + box["height"] <= FOLD[1] / 2 for box in boxes), part
            assert len({box["y"] for box in boxes if box}) == 1, "one row"
        rows = [each.bounding_box() for each in page.locator("#crossings tr").all()]
        assert sum(1 for box in rows if box and box["y"] + box["height"] <= FOLD[1]) >= 8
        cut = page.evaluate(
            "[...document.querySelectorAll('.figure-name > span, .gate-name, .state-text, #crossings .plate, #crossings .pill > span')]"
            ".filter(part => part.scrollWidth > part.clientWidth + 1 && part.clientWidth).map(part => part.textContent)"
        )
        assert cut == []


@browsers
@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_everybody_can_read_an_opened_gate(browser: Chromium, served: Served, language: str, theme: str) -> None:
    for size in (FOLD, PHONE):
        with visiting(browser, served, language=language, theme=theme, size=size, login="officer") as (page, _watch):
            page.locator("details.pop summary").nth(3).click()
            assert judged(Axe(), page, "live") == {}
            assert wide(page) <= 0


def wide(page: Page) -> int:
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found
