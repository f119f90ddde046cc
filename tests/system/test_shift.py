"""A whole shift of a duty officer, in a real browser against a running town: what the console is for, from signing on to handing over."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.simulation.officer import Officer, OfficerError
from hub.conflicts import store as conflicts
from hub.conflicts.rules import Finding, What
from hub.database.engine import writer
from hub.town.town import Town
from tests.chromium import NEEDED, chromium
from tests.system.towns import hub, reachable_folder, rows, running_demo, wait_for

pytestmark = NEEDED
NEXT = {"zh": "wang", "en": "li"}
"""Who takes over, in each language."""
PASSWORD = "a-password-for-the-next-officer-7"
CONFLICTS = 10


@dataclass(frozen=True)
class Running:
    """A demo town, and how to get into it."""

    folder: Path
    web: str
    login: str
    password: str
    kiosks: tuple[str, ...]

    def sql(self, text: str) -> None:
        with closing(sqlite3.connect(self.folder / "hub.db", timeout=20)) as connection, connection:
            connection.execute(text)


@contextmanager
def town() -> Iterator[Running]:
    with reachable_folder() as folder, running_demo("--gates", "2", "--data", str(folder)) as demo:
        assert demo.stdout is not None
        said = ""
        while "  data " not in said:
            line = demo.stdout.readline()
            assert line, said
            said += line
        login, password = re.findall(r"login +(\S+) +password (\S+)", said)[0]
        (web,) = re.findall(r"web +(http://\S+?)/", said)
        yield Running(folder, web, login, password, tuple(re.findall(r"kiosk +(http://\S+?)/ ", said)))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with town() as found:
        wait_for(lambda: _visits(found) >= 4, "four visits", 120)
        for login in NEXT.values():
            done = subprocess.run(
                [
                    str(Path(sys.executable).parent / "kakou-hub"), "--data", str(found.folder), "user", "add", login,
                    "--name", "王芳", "--role", "supervisor", "--password-stdin",
                ],
                input=PASSWORD + "\n", capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def _visits(found: Running) -> int:
    ((number,),) = rows(found.folder / "hub.db", "select count(*) from visits where plate is not null")
    assert isinstance(number, int)
    return number


def contradict(found: Running, batch: int) -> None:
    """Opens ten conflicts, of ten vehicles, as the hub itself would."""
    ((seen,),) = rows(found.folder / "hub.db", "select visit_id from visits where plate is not null limit 1")
    opened = Town.open(found.folder)
    engine = writer(opened.settings.database_url)
    try:
        with engine.begin() as connection:
            for number in range(CONFLICTS):
                plate, before = f"鲁B7{batch}{number:03d}", f"{batch:08x}{number:024x}"
                finding = Finding(What.REVOKED_AFTER, (before, str(seen)), plate)
                conflicts.open_(connection, town=opened.id, finding=finding, key=opened.key, now=datetime.now(UTC))
    finally:
        engine.dispose()


def sign_in(page: Page, found: Running, login: str, password: str) -> None:
    page.goto(f"{found.web}/login")
    page.fill("#login", login)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_visible()


@contextmanager
def shift_page(browser: Browser, found: Running, language: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_cookies([{"name": "lang", "value": language, "url": found.web}])
    context.set_default_timeout(20_000)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda each: faults.append(each.url) if not each.url.startswith(found.web) else None)
    context.on("console", lambda each: faults.append(each.text) if "Content Security" in each.text else None)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert faults == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_whole_shift(browser: Browser, running: Running, language: str) -> None:
    with shift_page(browser, running, language) as page:
        sign_in(page, running, running.login, running.password)
        sign_on(page, running)
        hear_a_call_for_help(page, running, language)
        find_a_vehicle(page, running)
        settle_ten_at_once(page, running, batch=1 if language == "zh" else 2)
        order_to_every_gate(page, running)
        lose_nothing_by_an_expired_session(page, running)
        hand_over(page, running, NEXT[language])


def sign_on(page: Page, found: Running) -> None:
    page.goto(f"{found.web}/shift")
    # whoever the last shift left here has not gone off: its place is taken
    if page.locator("input[name=how][value=on]").count():
        page.locator("input[name=how][value=on]").check()
    page.locator(".sign-on button").click()
    expect(page.locator("#notes-title")).to_be_visible()
    page.fill("textarea[name=text]", "雨大，东卡口换班 heavy rain")
    page.locator("form[action$=notes] button").click()
    expect(page.locator(".notes").first).to_contain_text("heavy rain")


def hear_a_call_for_help(page: Page, found: Running, language: str) -> None:
    page.goto(f"{found.web}/ledger")
    button = page.locator("#alerts-sound")
    button.click()
    # a browser that lets a page sound by itself has turned it on meanwhile, and this click has turned it off
    expect(button).to_have_attribute("data-state", re.compile("^(on|off)$"))
    if button.get_attribute("data-state") == "off":
        button.click()
    expect(button).to_have_attribute("data-state", "on")
    Officer(found.kiosks[0 if language == "zh" else 1]).submit("/help", lane="1")
    bar = page.locator("#alerts-bar")
    expect(bar.locator(".calls-critical")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    expect(button).to_have_attribute("data-played", re.compile(r"\d"))
    words = bar.locator(".call-words").first.inner_text()
    bar.locator(".call-acts > .call-quick button").click()
    expect(bar.locator(".call-words").filter(has_text=words)).to_have_count(0)
    ((who,),) = rows(
        found.folder / "hub.db", "select acknowledged_by from alerts where what = 'help' order by id desc limit 1"
    )
    assert who is not None


def find_a_vehicle(page: Page, found: Running) -> None:
    ((plate,),) = rows(
        found.folder / "hub.db", "select plate from visits where plate is not null order by opened_at limit 1"
    )
    for address in ("/conflicts", "/orders", "/alerts"):
        page.goto(found.web + address)
        page.keyboard.press("/")
        expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(str(plate))
    page.keyboard.press("Enter")
    expect(page.locator("#visits-title")).to_be_visible()
    expect(page.locator("h1")).to_contain_text(str(plate)[-4:])
    assert str(plate) not in page.url


def settle_ten_at_once(page: Page, found: Running, batch: int) -> None:
    contradict(found, batch)
    page.goto(f"{found.web}/conflicts")
    before = int(page.locator("h1 .count").inner_text())
    assert before >= CONFLICTS
    page.locator("[data-tick-all]").click()
    page.fill(".settle-bar input.form-control", "核对录像，同车 checked by video")
    page.locator(".settle-bar button.btn-main").click()
    expect(page.locator(".said")).to_be_visible()
    ((still,),) = rows(
        found.folder / "hub.db",
        f"select count(*) from conflicts where settled_at is null and plate like '鲁B7{batch}%'",
    )
    assert still == 0


def order_to_every_gate(page: Page, found: Running) -> None:
    page.goto(f"{found.web}/orders")
    page.check("#to-every")
    page.fill("textarea[name=zh]", "暂停放行大货车")
    page.fill("textarea[name=en]", "Hold lorries")
    page.locator("form[action$='/orders'] button.btn-main, form.card.narrow button.btn-main").first.click()
    expect(page.locator("tbody tr").first).to_contain_text(re.compile("大货车|lorries"))
    # an officer confirms at each gate: nobody reloads the page
    page.evaluate("window.stayed = true")
    orders = rows(
        found.folder / "hub.db", "select id, gate, dispatch from orders order by issued_at desc, gate limit 2"
    )
    for (order, gate, _), kiosk in zip(orders, found.kiosks, strict=True):
        wait_for(partial(confirmed, found, Officer(kiosk), str(order)), f"the order at {gate}")
    expect(page.locator(f"#receipts-{orders[0][2]}")).to_contain_text(re.compile("2 of 2|2 个中的 2 个"))
    assert page.evaluate("window.stayed")


def confirmed(found: Running, officer: Officer, order: str) -> bool:
    """An officer at a gate touches "received"; False while the order is not there yet, or the hub does not know."""
    with suppress(OfficerError):
        officer.submit("/orders/received", order=order)
    query = f"select 1 from receipts where \"order\" = '{order}' and result = 'received'"
    return rows(found.folder / "hub.db", query) != []


def lose_nothing_by_an_expired_session(page: Page, found: Running) -> None:
    page.goto(f"{found.web}/passes/new")
    page.fill("#plate", "鲁B54321")
    found.sql("update sessions set expires_at = '2026-01-01T00:00:00.000Z'")
    page.locator("form.card button.btn-main").first.click()
    expect(page.locator("#password")).to_be_visible()
    page.fill("#login", found.login)
    page.fill("#password", found.password)
    page.keyboard.press("Enter")
    expect(page.locator("#password")).to_have_count(0)
    expect(page.locator("#plate")).to_have_value("鲁B54321")
    assert rows(found.folder / "hub.db", "select count(*) from passes where plate = '鲁B54321'") == [(0,)]


def hand_over(page: Page, found: Running, following: str) -> None:
    page.goto(f"{found.web}/shift/hand-over")
    page.fill("textarea[name=text]", "一切正常 all is well")
    page.locator("form.card button.btn-main").click()
    page.emulate_media(media="print")
    expect(page.locator("body")).to_contain_text("all is well")
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.context.clear_cookies(name=re.compile("session|kakou"))
    sign_in(page, found, following, PASSWORD)
    page.goto(f"{found.web}/shift")
    page.locator("input[name=how][value^=offer]").first.check()
    page.locator(".sign-on button").click()
    expect(page.locator("#notes-title")).to_be_visible()
    assert hub(found.folder, "verify").returncode == 0
