"""From the button at a gate to the officer's ears: a call for help through broker, listener and stream onto a page that stands open."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from edge.contract.facts import AlarmCleared, AlarmRaised, Kind
from edge.contract.topics import Name
from hub.alerts import store
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About
from hub.database.schema import visits
from hub.town.town import Town
from tests.chromium import NEEDED
from tests.hub.ledgers import settle, table
from tests.hub.towns import Place
from tests.hub.web.test_browser import Served, judged, visiting
from tests.hub.web.test_browser import browser as browser  # a fixture
from tests.hub.web.test_browser import served as served  # a fixture
from tests.hub.wire import Wire, hello, running, until, with_ports

pytestmark = NEEDED

PATIENCE = 20_000
"""Milliseconds, for a busy machine; `scripts/bench --only stream` says what it takes: well under a second."""
WORDS = {
    "en": (
        "A gate asks for help",
        "Turn the sound on",
        "The browser blocks the sound: click here",
        "No alert calls.",
        "Seen",
    ),
    "zh": ("卡口请求支援", "打开声音", "浏览器禁止发声：点此允许", "当前没有告警。", "已知悉"),
}


@contextmanager
def whole_hub(folder: Path) -> Iterator[tuple[Served, Wire]]:
    """Broker, listener and pages as `serve` starts them, and the wire of the east gate."""
    place = settle(folder)
    settings = with_ports(place)
    file = settings.folder / "hub.toml"
    # nobody has made a backup of this town, and that is no matter here
    file.write_text(re.sub(r"(?m)^hours = \d+", "hours = 0", file.read_text(encoding="utf-8")), encoding="utf-8")
    place.town = Town.open(settings.folder)
    served = Served(place, settings.web.port)
    command = [sys.executable, "-m", "hub.cli", "--data", str(settings.folder), "listener"]
    with running(settings), (settings.log / "listener-test.log").open("wb") as log:
        listener = subprocess.Popen(command, stdout=log, stderr=log)
        wire = Wire(place, "east", folder / "wire")
        try:
            until(lambda: table(place, "gate_status"), 90)
            served.start()
            yield served, wire
        finally:
            wire.close()
            listener.terminate()
            listener.wait(30)
            served.stop()
            place.engine.dispose()


def played(page: Page) -> int:
    return int(page.locator("#alerts-sound").get_attribute("data-played") or 0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_call_for_help_appears_sounds_and_is_acknowledged_on_the_spot(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    title, off, refused, calm, seen = WORDS[language]
    with (
        whole_hub(tmp_path) as (served, wire),
        visiting(browser, served, language=language, login="officer") as (page, watch),
    ):
        # the second page tries to sound, for one that was reached by a click in another page of the hub may
        watch.expected = "AudioContext"
        gate = served.place.gates["east"]
        wire.say(Name.HELLO, hello(gate))
        page.goto(f"{served.address}/ledger")
        bar, sound = page.locator("#alerts-bar"), page.locator("#alerts-sound")
        expect(bar).to_contain_text(calm)
        expect(sound).to_contain_text(off)
        sound.click()
        expect(sound).to_have_attribute("data-state", "on")
        button = page.locator("form.search button").first
        before = button.bounding_box()
        gate.keep(Kind.ALARM_RAISED, AlarmRaised(alarm="help", detail="lane 1"), datetime.now(UTC))
        wire.say(Name.RECORDS, gate.batch().encode())
        # on the page that stood open: the bar, the count in header and title, the sound; and nothing else moved
        expect(bar).to_contain_text(title, timeout=PATIENCE)
        expect(page).to_have_title(re.compile(r"^\(1\) "))
        expect(page.locator("#alerts-count")).to_have_text("1")
        assert button.bounding_box() == before
        until(lambda: played(page) >= 2, 60)
        other = page.context.new_page()
        other.goto(f"{served.address}/inside")
        expect(other).to_have_title(re.compile(r"^\(1\) "))
        # a page in which nobody has clicked may not sound, and says so
        expect(other.locator("#alerts-sound")).to_contain_text(refused)
        assert played(other) == 0
        assert judged(Axe(), page, "bar") == {}
        bar.get_by_role("button").first.click()
        for each in (page, other):
            expect(each.locator("#alerts-bar")).to_contain_text(calm, timeout=PATIENCE)
            expect(each).not_to_have_title(re.compile(r"^\("))
        (row,) = table(served.place, "alerts")
        assert (row["what"], row["comment"]) == ("help", seen)
        assert row["acknowledged_by"] in served.place.users.values()
        heard = played(page)
        gate.keep(Kind.ALARM_CLEARED, AlarmCleared(alarm="help"), datetime.now(UTC))
        wire.say(Name.RECORDS, gate.batch().encode())
        until(lambda: table(served.place, "alerts")[0]["ended_at"], 60)
        page.wait_for_timeout(6000)
        assert played(page) == heard, "what is acknowledged sounds no more"


# --- raised through the store: the rest is the page's --------------------------------------------------------------------


def raise_(place: Place, what: AlertKind, gate: str = "east", subject: str = "", **about: str) -> None:
    with place.engine.begin() as connection:
        known = About(subject=subject, **about)
        store.raise_(connection, "demo", what, gate, "", datetime.now(UTC), about=known)


@pytest.fixture
def quiet(served: Served) -> Served:
    """Nothing calls."""
    open_ = [row for row in table(served.place, "alerts") if row["acknowledged_at"] is None]
    with served.place.engine.begin() as connection:
        for row in open_:
            now = datetime.now(UTC)
            store.acknowledge(connection, town="demo", id_=row["id"], by="u-1", comment="before", now=now)
    return served


def test_a_bar_under_a_pointer_does_not_change_and_says_the_count_all_the_same(browser: Browser, quiet: Served) -> None:
    raise_(quiet.place, AlertKind.TAILGATING, "west")
    with visiting(browser, quiet, login="officer") as (page, _watch):
        page.goto(f"{quiet.address}/inside")
        bar = page.locator("#alerts-bar")
        expect(bar).to_contain_text("A vehicle followed another through")
        bar.get_by_role("button", name="Acknowledge").first.hover()
        raise_(quiet.place, AlertKind.HELP, "south", "help")
        expect(page).to_have_title(re.compile(r"^\(2\) "), timeout=PATIENCE)
        expect(bar.locator(".call").first).to_contain_text("A vehicle followed another through")
        bar.get_by_role("button", name="Acknowledge").first.click()
        rows = {row["what"]: row for row in table(quiet.place, "alerts") if row["comment"] != "before"}
        until(lambda: {r["what"]: r for r in table(quiet.place, "alerts")}["tailgating"]["acknowledged_at"])
        assert rows["help"]["acknowledged_at"] is None
        expect(bar.locator(".call").first).to_contain_text("A gate asks for help")


def test_a_bar_that_is_held_says_that_something_changed_until_it_is_left(browser: Browser, quiet: Served) -> None:
    raise_(quiet.place, AlertKind.TAILGATING, "west")
    with visiting(browser, quiet, login="officer") as (page, _watch):
        page.goto(f"{quiet.address}/inside")
        page.locator("#alerts-bar .call-words").hover()
        expect(page.locator("#alerts-waiting")).to_be_hidden()
        raise_(quiet.place, AlertKind.HELP, "south", "help")
        expect(page.locator("#alerts-waiting")).to_be_visible(timeout=PATIENCE)
        assert judged(Axe(), page, "held") == {}
        page.mouse.move(600, 500)
        expect(page.locator("#alerts-waiting")).to_be_hidden()
        expect(page.locator("#alerts-bar .call").first).to_contain_text("A gate asks for help")


def test_a_bar_with_nothing_to_press_shows_an_alert_under_a_pointer_that_rests_there(
    browser: Browser, quiet: Served
) -> None:
    with visiting(browser, quiet, login="officer") as (page, _watch):
        page.goto(f"{quiet.address}/inside")
        page.locator("#alerts-bar").hover()
        expect(page.locator("#alerts-bar")).to_contain_text("No alert calls.")
        raise_(quiet.place, AlertKind.HELP, "south", "help")
        expect(page.locator("#alerts-bar")).to_contain_text("A gate asks for help", timeout=PATIENCE)
        expect(page.locator("#alerts-waiting")).to_be_hidden()


def test_a_double_click_acknowledges_what_was_aimed_at_and_not_the_next(browser: Browser, quiet: Served) -> None:
    for kind in (AlertKind.FORCED, AlertKind.TAILGATING):
        raise_(quiet.place, kind, "north")
    forced, following = (row["id"] for row in table(quiet.place, "alerts")[-2:])
    with visiting(browser, quiet, login="officer") as (page, _watch):
        page.goto(f"{quiet.address}/inside")
        button = page.locator("#alerts-bar > .calls-row > .call-acts > .call-quick button")
        button.hover()
        page.mouse.down()
        page.mouse.up()
        expect(page.locator(f"#alerts-bar form[action='/alerts/{following}/acknowledge'].call-quick")).to_be_visible()
        # the next one is there already when the second press of the double click comes
        page.mouse.down()
        page.mouse.up()
        page.wait_for_timeout(1000)
        rows = {row["id"]: row["acknowledged_at"] for row in table(quiet.place, "alerts")}
        assert rows[forced]
        assert rows[following] is None
        button.click()
        until(lambda: table(quiet.place, "alerts")[-1]["acknowledged_at"])


def test_an_alert_is_put_off_from_the_bar_and_calls_no_more(browser: Browser, quiet: Served) -> None:
    raise_(quiet.place, AlertKind.BARRIER, "east", "barrier_stuck")
    with visiting(browser, quiet, login="officer") as (page, _watch):
        page.goto(f"{quiet.address}/inside")
        page.locator(".call-menu summary").click()
        page.get_by_role("button", name="in 15 minutes").click()
        expect(page.locator("#alerts-bar")).to_contain_text("No alert calls.")
        row = table(quiet.place, "alerts")[-1]
        assert row["snoozed_until"] > row["first_at"]


def test_the_keys_walk_through_alerts_and_acknowledge(browser: Browser, quiet: Served) -> None:
    for kind in (AlertKind.FORCED, AlertKind.OVERRIDE):
        raise_(quiet.place, kind, "north")
    with visiting(browser, quiet, login="officer") as (page, _watch):
        page.goto(f"{quiet.address}/alerts?state=open")
        rows = page.locator("[data-row]")
        expect(rows).to_have_count(2)
        for key, place in (("j", 0), ("j", 1), ("k", 0), ("j", 1)):
            page.keyboard.press(key)
            expect(rows.nth(place)).to_be_focused()
        page.keyboard.press("a")
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("Let through against the verdict")
        expect(page.locator(".said")).to_have_text("The alert is acknowledged.")
        # what comes next has the keys
        expect(rows.first).to_be_focused()
        page.keyboard.press("a")
        expect(rows).to_have_count(0)


def test_the_page_of_alerts_says_that_something_changed_and_stays(browser: Browser, quiet: Served) -> None:
    with visiting(browser, quiet, login="viewer") as (page, _watch):
        page.goto(f"{quiet.address}/alerts")
        expect(page.locator("#alerts-changed")).to_be_hidden()
        heading = page.locator(".alerts-top").bounding_box()
        raise_(quiet.place, AlertKind.CAMERA, "east", "camera")
        expect(page.locator("#alerts-changed")).to_be_visible(timeout=PATIENCE)
        assert page.locator(".alerts-top").bounding_box() == heading
        page.locator("#alerts-changed").click()
        expect(page.locator("[data-row]").first).to_contain_text("Codes cannot be read")


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_the_page_of_alerts_and_the_open_menu_can_be_read_by_everybody(
    browser: Browser, quiet: Served, language: str, theme: str
) -> None:
    with quiet.place.engine.begin() as connection:
        visit = connection.execute(select(visits.c.visit_id).where(visits.c.plate != "").limit(1)).scalar_one()
    late = (datetime.now(UTC) - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    raise_(quiet.place, AlertKind.WATCHED, "south", visit, visit=visit, happened_at=late)
    raise_(quiet.place, AlertKind.TANK, "south", "tank_low", lane="1")
    raise_(quiet.place, AlertKind.SILENT, "west")
    for size in ((1366, 768), (390, 844)):
        with visiting(browser, quiet, login="officer", language=language, theme=theme, size=size) as (page, _watch):
            page.goto(f"{quiet.address}/alerts")
            faults = judged(Axe(), page, f"alerts {size}")
            page.locator(".call-menu summary").click()
            faults |= judged(Axe(), page, f"menu {size}")
            page.locator(".call-more summary").click()
            faults |= judged(Axe(), page, f"more {size}")
            assert faults == {}
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0


def test_a_tab_that_nobody_looks_at_gives_its_stream_up_and_misses_nothing(browser: Browser, quiet: Served) -> None:
    hide = "Object.defineProperty(document, 'hidden', {get: () => window.kakouHidden === true});"
    with visiting(browser, quiet, login="officer") as (page, _watch):
        other = page.context.new_page()
        for each in (page, other):
            each.add_init_script(
                hide + "window.streams = []; const Old = EventSource;"
                "window.EventSource = class extends Old { constructor(...all) { super(...all); window.streams.push(this); } };"
            )
            each.goto(f"{quiet.address}/inside")
        page.evaluate("window.kakouHidden = true")
        live = "window.streams.filter(each => each.readyState !== 2).length"
        until(lambda: page.evaluate(live) == 0, 60)
        assert other.evaluate(live) == 1
        raise_(quiet.place, AlertKind.FORCED, "east")
        expect(page).to_have_title(re.compile(r"^\(1\) "), timeout=PATIENCE)
        expect(page.locator("#stream-lost")).to_be_hidden()
        other.close()
        page.evaluate("window.kakouHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
        until(lambda: page.evaluate(live) == 1, 60)


def test_a_press_on_the_sound_means_what_the_button_said_when_it_was_pressed(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login="officer") as (page, watch):
        watch.expected = "AudioContext"
        sound = page.locator("#alerts-sound")
        page.evaluate("localStorage.setItem('kakou-sound', 'true')")
        page.goto(f"{served.address}/ledger")
        expect(sound).to_have_attribute("data-state", "refused")
        sound.hover()
        page.mouse.down()
        # the press alone lets the page sound: that is before the click which it becomes
        expect(sound).to_have_attribute("data-state", "on")
        page.mouse.up()
        page.goto(f"{served.address}/ledger")
        assert page.evaluate("localStorage.getItem('kakou-sound')") == "true"
        expect(sound).not_to_have_attribute("data-state", "off")
