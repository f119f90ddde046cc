"""Accounts in a real browser: a user's life from the first password to the end, and a town that is set up from the code to a gate's bundle."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from edge.contract.messages import Bundle
from hub.accounts import store
from hub.database.engine import writer
from hub.lifecycle.founding import found
from hub.town.settings import Settings
from hub.town.town import Town
from tests.chromium import NEEDED, chromium
from tests.hub.ledgers import settle, table
from tests.hub.towns import PASSWORD, Place
from tests.hub.web.test_browser import LOOKS, PHONE, Served, judged, visiting
from tests.ports import free_port

pytestmark = NEEDED
OWN = "winter radish moon"
PIN = "58214"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    place = settle(tmp_path)
    yield from serving(place)


def serving(place: Place) -> Iterator[Served]:
    served = Served(place, free_port())
    try:
        served.start()
        yield served
    finally:
        served.stop()
        place.engine.dispose()


def sign_in(page: Page, served: Served, login: str, password: str) -> None:
    page.goto(f"{served.address}/login")
    page.fill("#login", login)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def row(served: Served, login: str) -> dict[str, object]:
    return next(each for each in table(served.place, "users") if each["login"] == login)


def test_a_users_life(browser: Browser, served: Served) -> None:
    with (
        visiting(browser, served, login="boss") as (boss, watch),
        visiting(browser, served, login=None) as (liu, other),
    ):
        watch.expected = other.expected = "the server responded with a status of 40"
        # added, with a password that is shown once
        boss.locator(".menu-user summary").click()
        boss.get_by_role("link", name="Accounts").click()
        boss.get_by_role("link", name="Add a user").click()
        boss.fill("#name", "刘洋")
        boss.fill("#login", "liuyang")
        boss.get_by_role("button", name="Add").click()
        made = boss.locator("#made").inner_text()
        assert made not in str(table(served.place, "audit"))
        boss.get_by_role("link", name="Written down").click()
        expect(boss.locator("h1")).to_have_text("刘洋")
        expect(boss.locator(".head")).to_contain_text("Must set a password")

        # signs in: whatever is opened, the own password comes first
        sign_in(liu, served, "liuyang", made)
        expect(liu.locator("h1")).to_have_text("Set your own password")
        liu.goto(f"{served.address}/ledger")
        expect(liu.locator("h1")).to_have_text("Set your own password")
        expect(liu.locator(".tabs")).to_have_count(0)
        liu.fill("#old_password", made)
        liu.fill("#new_password", "liuyang liuyang")
        liu.fill("#again_password", "liuyang liuyang")
        liu.keyboard.press("Enter")
        expect(liu.locator(".wrong")).to_contain_text("not guessed soon")
        for field, text in (("old", made), ("new", OWN), ("again", OWN)):
            liu.fill(f"#{field}_password", text)
        liu.keyboard.press("Enter")
        expect(liu.locator("#board")).to_be_visible()

        # an own PIN
        liu.goto(f"{served.address}/account")
        liu.fill("#pin_password", OWN)
        liu.fill("#pin", PIN)
        liu.fill("#again_pin", PIN)
        liu.get_by_role("button", name="Set the PIN").click()
        expect(liu.locator(".said")).to_contain_text("Your PIN is set")

        # another role, and a form that was open meanwhile changes nothing
        id_ = str(row(served, "liuyang")["id"])
        boss.goto(f"{served.address}/accounts/{id_}")
        boss.select_option("#role", "supervisor")
        boss.get_by_role("button", name="Save").click()
        expect(boss.locator(".said")).to_have_text("Changed.")
        expect(boss.locator("main")).to_contain_text("PIN at every gate")
        liu.goto(f"{served.address}/audit")
        expect(liu.locator("h1")).to_have_text("Audit")
        boss.evaluate("document.querySelectorAll('[name=version]').forEach(field => { field.value = '1' })")
        boss.select_option("#role", "viewer")
        boss.get_by_role("button", name="Save").click()
        expect(boss.locator(".wrong-box")).to_contain_text("somebody else changed this user")
        assert row(served, "liuyang")["role"] == "supervisor"

        # the session is ended; on duty, then disabled with what is left open
        expect(boss.locator(".sessions li")).to_have_count(1)
        boss.locator(".sessions").get_by_role("button", name=re.compile("^End")).click()
        expect(boss.locator(".said")).to_have_text("Sessions ended: 1.")
        liu.goto(f"{served.address}/shift")
        expect(liu.locator("#login")).to_be_visible()
        sign_in(liu, served, "liuyang", OWN)
        expect(liu.locator("#board")).to_be_visible()
        liu.goto(f"{served.address}/shift")
        liu.get_by_role("button", name=re.compile("^Sign on")).click()
        boss.get_by_role("link", name="Disable …").click()
        for words in ("On duty at the post", "Open sessions: 1", "East does not answer"):
            expect(boss.locator(".left-open")).to_contain_text(words)
        boss.get_by_role("button", name="Disable").click()
        expect(boss.locator(".head")).to_contain_text("Disabled")
        liu.goto(served.address)
        expect(liu.locator("#login")).to_be_visible()
        sign_in(liu, served, "liuyang", OWN)
        expect(liu.locator(".wrong-box")).to_contain_text("Login or password is wrong.")
        # the stream of a page that stood open ends as well
        other.expected = ""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[tuple[Served, str]]:
    founded = found(Settings.of({"town": "demo", "language": "en"}, tmp_path / "hub"), datetime.now(UTC), wizard=True)
    place = Place(tmp_path / "hub", founded.town, writer(founded.town.settings.database_url), {}, {})
    for served in serving(place):
        yield served, founded.setup_code


@pytest.mark.parametrize(("language", "theme"), [LOOKS[0], LOOKS[3]])
def test_a_town_is_set_up_from_the_code_to_a_bundle(
    browser: Browser, empty: tuple[Served, str], language: str, theme: str, tmp_path: Path
) -> None:
    served, code = empty
    axe, faults = Axe(), dict[str, object]()
    with visiting(browser, served, language=language, theme=theme, size=PHONE, login=None) as (page, watch):
        watch.expected = "the server responded with a status of 40"

        def looked_at(name: str, shows: str) -> None:
            expect(page.locator(shows).first).to_be_visible()
            faults.update(judged(axe, page, name))
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px too wide"

        def save() -> None:
            page.locator("main form.card .btn-main").click()

        page.goto(f"{served.address}/ledger")
        assert page.url.endswith("/setup/code")
        looked_at("code", "#code")
        page.fill("#code", "0000-0000-0000")
        page.keyboard.press("Enter")
        expect(page.locator(".wrong-box")).to_be_visible()
        looked_at("wrong code", ".wrong-box")
        page.fill("#code", code.lower().replace("-", " "))
        page.keyboard.press("Enter")
        looked_at("admin", "#again_password")
        for field, text in (("name", "陈静"), ("login", "chen"), ("password", PASSWORD), ("again_password", PASSWORD)):
            page.fill(f"#{field}", text)
        save()
        expect(page.locator("#timezone")).to_have_value("Asia/Shanghai")
        looked_at("display", "#timezone")
        page.select_option("#language", language)
        save()
        page.select_option("#disinfection", "optional")
        page.fill("#en", "Swine fever")
        looked_at("operation", "#disinfection")
        save()
        # somebody looks around, and comes back to where it was
        page.goto(f"{served.address}/ledger")
        looked_at("waits", ".setup-waits")
        page.locator(".setup-waits a").click()
        expect(page.locator("#gate")).to_be_visible()
        page.fill("#gate", "East Gate")
        page.keyboard.press("Enter")
        expect(page.locator(".wrong-box")).to_be_visible()
        page.fill("#gate", "east")
        page.fill("#zh", "东门")
        page.fill("#en", "East gate")
        page.keyboard.press("Enter")
        looked_at("gates", ".sessions li")
        with page.expect_download() as download:
            page.locator(".sessions .btn").click()
        assert download.value.suggested_filename == "east.bundle.json"
        bundle = Bundle.model_validate_json(Path(download.value.path()).read_bytes())
        assert (bundle.town, bundle.gate) == ("demo", "east")
        page.reload()
        expect(page.locator(".sessions .btn")).to_have_count(0)
        page.locator("form[action$='/gates/done'] button").click()
        looked_at("done", ".next")
        page.locator("main form .btn-main").click()
        expect(page.locator("#board")).to_contain_text("East gate" if language == "en" else "东门")
        page.goto(f"{served.address}/setup")
        expect(page.locator(".lone-code")).to_have_text("404")
    assert faults == {}
    rules = Town.open(served.place.folder).rules
    assert rules.en == "Swine fever"
    with served.place.engine.begin() as connection:
        assert [user.login for user in store.every_user(connection)] == ["chen"]


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_the_pages_that_show_a_first_password(
    browser: Browser, served: Served, language: str, theme: str
) -> None:
    axe, faults = Axe(), dict[str, object]()
    with visiting(browser, served, language=language, theme=theme, size=PHONE, login="boss") as (page, watch):
        watch.expected = "the server responded with a status of 40"
        page.goto(f"{served.address}/accounts/new")
        page.fill("#name", "刘洋")
        page.fill("#login", "Liu Yang")
        page.keyboard.press("Enter")
        expect(page.locator(".wrong-box")).to_be_visible()
        faults.update(judged(axe, page, "refused"))
        page.fill("#login", f"liu-{language}-{theme}")
        page.keyboard.press("Enter")
        expect(page.locator("#made")).to_be_visible()
        faults.update(judged(axe, page, "shown once"))
        made = page.locator("#made").inner_text()
        page.locator(".menu-user summary").click()
        page.locator(".menu-user form button").click()
        sign_in(page, served, f"liu-{language}-{theme}", made)
        expect(page.locator("#old_password")).to_be_visible()
        faults.update(judged(axe, page, "own password"))
    assert faults == {}
