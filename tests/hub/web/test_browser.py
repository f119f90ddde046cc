"""The console in a real browser, served as in an install: nothing leaves the hub, no rule of the page's policy is broken,
everybody can read it, on a desk and on a phone, by day and by night, in both languages.
"""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from edge.camera.opencv import cv2
from edge.contract.canonical import sha256_hex
from edge.contract.messages import Picture
from edge.contract.plates import spoken
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.sealed import seal
from hub.database.engine import reader
from hub.passes.passlist import rotate_key
from hub.pictures import store as pictures
from hub.reports import making
from hub.reports.period import last_due
from hub.service.serve import web_command, web_environment
from hub.web.cookies import cookie_name, secret_key
from tests.chromium import NEEDED, chromium
from tests.hub import busy, rosters
from tests.hub.ledgers import send, settle, table
from tests.hub.orders.desk import fill_desk
from tests.hub.towns import PASSWORD, Place
from tests.ports import free_port

DESK, OFFICE, OLD_DESK, PHONE, SMALL_PHONE = (1360, 900), (1366, 768), (1280, 1024), (390, 844), (360, 740)
LOOKS = [("zh", "light"), ("zh", "dark"), ("en", "light"), ("en", "dark")]

pytestmark = NEEDED

GRACE = 60
"""Seconds that the server waits for what is under way before it ends it."""


@dataclass
class Served:
    """A town and its console, as `serve` starts it."""

    place: Place
    port: int
    process: subprocess.Popen[bytes] = field(init=False)
    sessions: dict[str, str] = field(default_factory=dict)
    """The session of each login, once somebody logged in: a person's browser is not asked again on every page either."""

    @property
    def session(self) -> str:
        """The name of the console's cookie."""
        settings = self.place.town.settings
        return cookie_name(settings.town, secret_key(settings.keys / "web.key"))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [f"--bind=127.0.0.1:{self.port}" if part.startswith("--bind=") else part for part in self.command]
        environment = {**os.environ, **web_environment(self.place.town.settings)}
        log = (self.place.folder / "log" / "web-test.log").open("ab")
        self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 30
        while not self.answers():
            assert time.monotonic() < deadline, "the console did not start"
            assert self.process.poll() is None, (self.place.folder / "log" / "web-test.log").read_text()
            time.sleep(0.05)

    @property
    def command(self) -> tuple[str, ...]:
        # what waits for its grace waits longer than a test does: ending at once shows by itself, on a slow machine too
        return tuple(
            f"--graceful-timeout={GRACE}" if part.startswith("--graceful-timeout=") else part
            for part in web_command(self.place.town.settings)
        )

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=2) as answer:
                return bool(json.load(answer)["status"] == "ok")
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(GRACE / 2)


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    place = settle(folder)
    busy.fill(place, datetime.now(UTC))
    busy.go_wrong(place, datetime.now(UTC))
    rosters.fill(place, datetime.now(UTC))
    rosters.signed_on(place, datetime.now(UTC))
    served = Served(place, free_port())
    try:
        served.start()
        yield served
    finally:
        if served.process.poll() is None:
            served.stop()
        place.engine.dispose()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("console")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Watch:
    """What a page did that it should not have."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.faults: list[str] = []
        self.expected = ""
        self.hub_dies = False
        """Then a page may well complain that it hears nothing."""
        self._address = address
        context.on("request", self._request)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._address + "/", "about:")):
            self.faults.append(f"left the hub: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        expected = self.hub_dies or (self.expected and self.expected in message.text)
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"console: {message.text}")


@contextmanager
def visiting(
    browser: Browser,
    served: Served,
    *,
    language: str = "en",
    theme: str = "light",
    size: tuple[int, int] = DESK,
    login: str | None = "supervisor",
) -> Iterator[tuple[Page, Watch]]:
    """A page of somebody who logged in; at the end nothing may have gone wrong."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        service_workers="block",
    )
    context.add_cookies([{"name": "lang", "value": language, "url": served.address}])
    context.set_default_timeout(20_000)
    watch = Watch(context, served.address)
    page = context.new_page()
    if login:
        come_back(page, served, login)
    try:
        yield page, watch
    finally:
        context.close()
    assert watch.faults == []


def log_in(page: Page, served: Served, login: str) -> None:
    page.goto(f"{served.address}/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_visible()


def come_back(page: Page, served: Served, login: str) -> None:
    """The live page of somebody who logged in before, here or in another test; else by logging in."""
    if login not in served.sessions:
        log_in(page, served, login)
        (served.sessions[login],) = (each["value"] for each in page.context.cookies() if each["name"] == served.session)
        return
    page.context.add_cookies([{"name": served.session, "value": served.sessions[login], "url": served.address}])
    page.goto(served.address)
    expect(page.locator("#board")).to_be_visible()


def pages(served: Served) -> dict[str, str]:
    """Every page, by what to call it."""
    rows = table(served.place, "visits")
    visit = next(row["visit_id"] for row in rows if row["driver"])
    issued = {row["plate"]: row["id"] for row in table(served.place, "passes")}
    conflict = table(served.place, "conflicts")[0]["id"]
    return {
        "live": "/",
        "ledger": "/ledger",
        "search that is wrong": "/ledger?start=2026-03-02T00:00&end=2026-03-01T00:00",
        "nothing found": "/ledger?plate=ZZZZ",
        "visit": f"/visits/{visit}",
        "vehicle": f"/vehicle/of-visit/{visit}",
        "vehicles found": searched(served, "12345"),
        "no vehicle found": searched(served, "ZZZZ"),
        "inside": "/inside",
        "conflicts": "/conflicts",
        "conflict": f"/conflicts/{conflict}",
        "nothing contradicts": "/conflicts?state=settled",
        "conflicts of a vehicle": f"/conflicts/{conflict}/group",
        "duty": "/shift",
        "who was on duty": "/shifts",
        "roster": "/roster",
        "roster of a gate": "/roster?gate=east",
        "roster on paper": "/roster/print",
        "a shift of the roster": f"/roster/shift?day={datetime.now(served.place.town.settings.zone):%Y-%m-%d}&shift=day",
        "duty staff": "/roster/staff",
        "new duty staff": "/roster/staff/new",
        "somebody of the staff": "/roster/staff/s-8",
        "handovers at gates": "/roster/handovers",
        "on duty at": f"/roster/on-duty?gate=east&at={datetime.now(served.place.town.settings.zone):%Y-%m-%dT%H:%M}",
        "hours on duty": "/roster/hours",
        "shifts and rules": "/roster/settings",
        "import a roster": "/roster/import/roster",
        "map": "/map",
        "figures": "/figures",
        "figures of a week": "/figures?preset=week",
        "figures of ten years": "/figures?start=2016-01-01T00:00&end=2026-01-01T00:00",
        "daily reports": "/reports",
        "daily report": f"/reports/{reported(served)}",
        "passes": "/passes",
        "issue": "/passes/new",
        "import": "/passes/import",
        "watch list": "/passes/watched",
        "pass": f"/passes/{issued['鲁B12345']}",
        "revoked pass": f"/passes/{issued[busy.PLATES[5]]}",
        "phone": f"/passes/{issued['鲁B12345']}/phone",
        "keys": "/passes/keys",
        "audit": "/audit",
        "audit of changes": "/audit?object=watched/",
        "audit that is asked wrongly": "/audit?start=2026-03-02T00:00&end=2026-03-01T00:00",
        "health": "/health",
        "backups": "/backups",
        "how to restore": "/backups/restore",
        "accounts": "/accounts",
        "nobody found": "/accounts?search=nobody",
        "new user": "/accounts/new",
        "user": f"/accounts/{served.place.users[Role.OFFICER]}",
        "disable": f"/accounts/{served.place.users[Role.OFFICER]}/disable",
        "my account": "/account",
        "own password": "/account/password",
        "quarantine": "/quarantine",
        "orders": "/orders",
        **fill_desk(served.place),
        "alerts": "/alerts",
        "error": "/nowhere",
    }


def reported(served: Served) -> str:
    """The day of the newest daily report, which is made if there is none."""
    settings, now = served.place.town.settings, datetime.now(UTC)
    day = last_due(now, settings)
    if not table(served.place, "reports"):
        engine = reader(settings.database_url)
        making.make(engine, served.place.engine, settings, day, by="hub", now=now)
        engine.dispose()
    return day.isoformat()


def searched(served: Served, text: str) -> str:
    """The address to which the console leads who searches for a text."""
    app = Flask("address")
    app.config["SECRET_KEY"] = secret_key(served.place.town.settings.keys / "web.key")
    with app.app_context():
        return f"/vehicle/search/{seal('search', text)}"


def unfold(page: Page) -> None:
    """Opens everything that folds, as a reader would."""
    page.evaluate("document.querySelectorAll('main details').forEach(part => { part.open = true })")


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_every_page(browser: Browser, served: Served, language: str, theme: str) -> None:
    axe = Axe()
    faults: dict[str, Any] = {}
    with visiting(browser, served, language=language, theme=theme, login=None) as (page, watch):
        watch.expected = "the server responded with a status of 40"
        page.goto(f"{served.address}/login")
        faults |= judged(axe, page, "login")
        log_in(page, served, "boss")
        for name, address in pages(served).items():
            page.goto(served.address + address)
            # a phone that is held to a camera is bright
            shown = "light" if name == "phone" else theme
            assert page.evaluate("document.documentElement.getAttribute('data-bs-theme')") == shown, name
            unfold(page)
            faults |= judged(axe, page, name)
    assert faults == {}


def judged(axe: Axe, page: Page, name: str) -> dict[str, Any]:
    found = axe.run(page).response["violations"]
    return {f"{name}: {each['id']}": [node["html"][:200] for node in each["nodes"]][:3] for each in found}


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_what_a_list_asks_for_and_what_is_wrong_with_it(
    browser: Browser, served: Served, language: str, theme: str, tmp_path: Path
) -> None:
    lists = {"right": "鲁B11111,居民,\n鲁B22222,采样转运,\n", "wrong": "鲁B33333,坦克,\n鲁B44444,居民,2099-01-01\n"}
    axe = Axe()
    faults: dict[str, Any] = {}
    with visiting(browser, served, language=language, theme=theme, size=PHONE) as (page, watch):
        watch.expected = "the server responded with a status of 400"
        for name, rows in lists.items():
            file = tmp_path / f"{name}.csv"
            file.write_text(f"车牌,类别,有效期止\n{rows}", encoding="gb18030")
            page.goto(f"{served.address}/passes/import")
            page.set_input_files("#list", file)
            page.locator("main form button").click()
            expect(page.locator("#found-title")).to_have_text(file.name)
            faults |= judged(axe, page, name)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px too wide"
        expect(page.locator("main")).to_contain_text("有效期止")
    assert faults == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_a_phone(browser: Browser, served: Served, language: str) -> None:
    with visiting(browser, served, language=language, size=PHONE, login="boss") as (page, watch):
        watch.expected = "the server responded with a status of 40"
        for name, address in pages(served).items():
            page.goto(served.address + address)
            unfold(page)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px too wide"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_of_the_navigation_fits_a_small_phone(browser: Browser, served: Served, language: str) -> None:
    with visiting(browser, served, language=language, size=SMALL_PHONE, login="boss") as (page, _watch):
        ends = page.evaluate(
            "[...document.querySelectorAll('.tabs a > span')]"
            ".map(word => word.getBoundingClientRect()).map(box => [Math.floor(box.left), Math.ceil(box.right)])"
        )
        edges = [edge for word in ends for edge in word]
        assert edges == sorted(edges), f"two words overlap: {ends}"
        assert edges[0] >= 0, ends
        assert edges[-1] <= SMALL_PHONE[0], ends


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_visit_fits_an_office_screen_and_each_of_its_hashes_one_line(
    browser: Browser, served: Served, language: str
) -> None:
    with visiting(browser, served, language=language, size=OFFICE, login="boss") as (page, _watch):
        page.goto(served.address + pages(served)["visit"])
        unfold(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} px too wide"
        rows = page.evaluate(
            """[...document.querySelectorAll('.hashes > div')].map(row => {
                const lines = node => { const range = document.createRange(); range.selectNodeContents(node);
                    return range.getClientRects().length; };
                return [row.innerText, lines(row.children[0]), row.children[1].matches('.code') ? lines(row.children[1]) : 1];
            })"""
        )
        assert len([text for text, *_ in rows if re.search("[0-9a-f]{64}", text)]) == 12
        assert [row for row in rows if row[1:] != [1, 1]] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_table_runs_out_of_its_card_on_an_old_screen(browser: Browser, served: Served, language: str) -> None:
    with visiting(browser, served, language=language, size=OLD_DESK, login="boss") as (page, watch):
        watch.expected = "the server responded with a status of 40"
        for name, address in pages(served).items():
            page.goto(served.address + address)
            out = page.evaluate(
                "[...document.querySelectorAll('.card > .table')]"
                ".map(table => table.getBoundingClientRect().right - table.parentElement.getBoundingClientRect().right)"
            )
            assert all(pixels <= 1 for pixels in out), f"{name}: {out}"


def test_a_crossing_appears_by_itself(browser: Browser, served: Served) -> None:
    with visiting(browser, served) as (page, _watch):
        page.evaluate("window.kakouSamePage = true")
        expect(page.locator(".beat")).not_to_be_empty()
        east = served.place.gates["east"]
        east.visit("鲁B00001", datetime.now(UTC))
        send(served.place, east)
        expect(page.locator("#board .plate", has_text=spoken("鲁B00001")).first).to_be_visible()
        assert page.evaluate("window.kakouSamePage"), "the page was loaded anew"


def test_a_silent_gate_goes_grey_by_itself(browser: Browser, served: Served) -> None:
    busy.speak(served.place, "east", datetime.now(UTC))
    with visiting(browser, served) as (page, watch):
        watch.expected = "net::ERR"
        page.clock.install()
        # by the hub's clock it is live: another answer of the hub would say so again
        page.route("**/live/board?*", lambda _route: None)
        page.goto(served.address)
        east = page.locator(".gate").first
        expect(east).to_have_class(re.compile("gate-live"))
        page.clock.fast_forward(40_000)
        expect(east).to_have_class(re.compile("gate-silent"))
        expect(east.locator(".state")).to_have_text("Silent")


def test_a_lost_stream_shows_and_a_found_one_catches_up(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as served, visiting(browser, served) as (page, watch):
        watch.hub_dies = True
        banner = page.locator("#stream-lost")
        expect(banner).to_be_hidden()
        served.stop(signal.SIGKILL)
        expect(banner).to_be_visible()
        north = served.place.gates["north"]
        north.visit("鲁B00002", datetime.now(UTC))
        send(served.place, north)
        served.start()
        expect(page.locator("#board .plate", has_text=spoken("鲁B00002")).first).to_be_visible()
        expect(banner).to_be_hidden()


def test_the_keyboard_reaches_the_search(browser: Browser, served: Served) -> None:
    with visiting(browser, served) as (page, _watch):
        for address in ("/ledger", "/orders", "/passes/new"):
            page.goto(served.address + address)
            page.locator("h1").click()
            page.keyboard.press("/")
            expect(page.locator("#find")).to_be_focused()
            page.keyboard.type("88k21/")
            expect(page.locator("#find")).to_have_value("88k21/")
            page.keyboard.press("Escape")
            expect(page.locator("#find")).not_to_be_focused()
            page.keyboard.press("/")
            page.keyboard.type("88k21")
            page.keyboard.press("Enter")
            expect(page.locator("h1")).to_have_text("鲁B·88K21")
            assert "88" not in page.url.rpartition("/")[0]
            assert page.url.startswith(f"{served.address}/vehicle/")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [320, 360, 390, 600, 768, 880, 881, 1024, 1100, 1280, 1366, 1600, 1920])
def test_the_header_never_runs_off(browser: Browser, served: Served, language: str, width: int) -> None:
    with visiting(browser, served, language=language, size=(width, 700), login="boss") as (page, _watch):
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} px too wide"
        out = page.evaluate(
            """[...document.querySelectorAll('.bar .find, .bar .tools, .bar .tools > *, .tabs a')].filter(part => {
                const box = part.getBoundingClientRect();
                return box.left < -1 || box.right > document.documentElement.clientWidth + 1; }).map(part => part.outerHTML)"""
        )
        assert out == []
        assert page.locator("#find").evaluate("box => box.getBoundingClientRect().width") >= 70
        if width > 880:
            cut = page.evaluate("(tabs => tabs.scrollWidth - tabs.clientWidth)(document.querySelector('.tabs'))")
            assert cut <= 0, "a tab is out of sight"


def test_a_picture_is_two_touches_from_the_live_page_and_comes_by_itself(browser: Browser, served: Served) -> None:
    data = bytes(cv2.imencode(".jpg", np.full((90, 160, 3), 120, np.uint8))[1])
    north = served.place.gates["north"]
    north.visit("鲁B00007", datetime.now(UTC), picture=sha256_hex(data))
    send(served.place, north)
    with visiting(browser, served, login="officer") as (page, _watch):
        page.locator("#board a", has_text=spoken("鲁B00007")).first.click()
        page.get_by_role("button", name="Ask the gate for the picture").click()
        expect(page.locator("#picture")).to_contain_text("appears here by itself")
        with served.place.engine.begin() as connection:
            picture = Picture.model_construct(hash=sha256_hex(data), jpeg=data, at=wall_text(datetime.now(UTC)))
            assert pictures.take(connection, "demo", "north", picture, datetime.now(UTC))
        image = page.locator("#picture img")
        expect(image).to_be_visible()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160
    assert [row["action"] for row in table(served.place, "audit")][-2:] == ["picture asked for", "picture seen"]


def test_a_search_is_typed_sent_and_opened(browser: Browser, served: Served) -> None:
    with visiting(browser, served, language="zh") as (page, _watch):
        page.goto(f"{served.address}/ledger")
        page.fill("#plate", "88k21")
        page.keyboard.press("Enter")
        found = page.locator("tbody .plate")
        expect(found.first).to_have_text("鲁B·88K21")
        assert set(found.all_inner_texts()) == {"鲁B·88K21"}
        found.first.click()
        expect(page.locator(".chain .link")).to_have_count(3)


def test_language_and_colours_are_chosen_and_stay(browser: Browser, served: Served) -> None:
    with visiting(browser, served, language="zh") as (page, _watch):
        page.goto(f"{served.address}/ledger?plate=88")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Ledger")
        assert page.url.endswith("/ledger?plate=88"), "the search is lost"
        for wanted in ("light", "dark"):
            page.locator("button[name=theme]").click()
            expect(page.locator("html")).to_have_attribute("data-bs-theme", wanted)
        page.goto(served.address)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_scanner_reads_the_pass_from_the_screen(browser: Browser, served: Served) -> None:
    row = next(row for row in table(served.place, "passes") if row["plate"] == "鲁B12345")
    for size in (DESK, PHONE):
        with visiting(browser, served, size=size, theme="dark") as (page, _watch):
            page.goto(f"{served.address}/passes/{row['id']}")
            shot = page.locator(".qr-picture").screenshot()
            picture = cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert picture is not None
            assert [code.text for code in zxingcpp.read_barcodes(picture)] == [row["text"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_shows_nothing_but_the_pass(browser: Browser, served: Served, language: str) -> None:
    row = next(row for row in table(served.place, "passes") if row["plate"] == "鲁B12345")
    with visiting(browser, served, size=PHONE, theme="dark", language=language) as (page, _watch):
        page.goto(f"{served.address}/passes/{row['id']}/phone")
        picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert [code.text for code in zxingcpp.read_barcodes(picture)] == [row["text"]]
        assert judged(Axe(), page, "phone") == {}


def test_the_keys_page_is_readable_and_only_for_admins(browser: Browser, served: Served) -> None:
    with served.place.engine.begin() as connection:
        rotate_key(served.place.town, connection, keep_until=None, by="cli", now=datetime.now(UTC))
    for language, theme in LOOKS:
        with visiting(browser, served, login="boss", language=language, theme=theme, size=PHONE) as (page, _watch):
            page.goto(f"{served.address}/passes/keys")
            unfold(page)
            assert judged(Axe(), page, "keys") == {}
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0


def test_a_pass_is_issued_and_revoked_by_hand(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login="supervisor") as (page, _watch):
        page.goto(f"{served.address}/passes/new")
        page.fill("#plate", "鲁B·77777")
        page.get_by_label("East").check()
        page.get_by_role("button", name="Issue", exact=True).click()
        expect(page.locator(".said")).to_have_text("The pass is issued.")
        page.locator("details.act summary", has_text="Revoke").click()
        page.fill("#revoke-reason", "遗失")
        page.get_by_role("button", name="Revoke", exact=True).click()
        expect(page.locator(".head .mark")).to_have_text("Revoked")


def test_the_export_downloads(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login="officer") as (page, _watch):
        page.goto(f"{served.address}/ledger?gate=east")
        with page.expect_download() as download:
            page.get_by_role("button", name="This search").click()
        text = Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert download.value.suggested_filename.startswith("visits-demo-")
        assert text.splitlines()[0].startswith("Visit,")
        assert all(",East," in line for line in text.splitlines()[1:])


def test_a_killed_console_leaves_nothing_behind_and_a_stopped_one_ends_at_once(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path) as served, visiting(browser, served) as (page, watch):
        watch.hub_dies = True
        expect(page.locator(".beat")).not_to_be_empty()
        served.stop(signal.SIGKILL)
        served.start()
        expect(page.locator("#stream-lost")).to_be_hidden(timeout=30_000)
        # does not wait for the grace: an open stream does not hold the server back
        served.stop()
