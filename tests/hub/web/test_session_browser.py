"""The end of a session in a real browser: the warning, staying, and a half-filled form that comes back after signing in."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.town.settings import Session
from tests.chromium import NEEDED, chromium
from tests.hub import busy
from tests.hub.ledgers import settle, table
from tests.hub.towns import PASSWORD
from tests.hub.web.test_browser import OFFICE, PHONE, Served, log_in, visiting
from tests.ports import free_port

pytestmark = NEEDED
SECONDS = 24


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console whose supervisors are signed out after some seconds without a click."""
    place = settle(tmp_path_factory.mktemp("sessions"))
    busy.fill(place, datetime.now(UTC))
    session = Session(supervisor=SECONDS / 3600)
    settings = place.town.settings.model_copy(update={"session": session})
    (place.folder / "hub.toml").write_text(settings.text(), encoding="utf-8")
    served = Served(place, free_port())
    try:
        served.start()
        yield served
    finally:
        served.stop()
        place.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def type_an_order(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/orders")
    page.check("#to-east")
    page.fill("#zh", "北门改道")
    page.select_option("#hours", "24")


def sign_in(page: Page) -> None:
    page.fill("#login", "supervisor")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")


def stands_filled_in(page: Page, served: Served) -> None:
    expect(page.locator("#kept")).to_be_visible()
    assert page.url == f"{served.address}/orders"
    expect(page.locator("#zh")).to_have_value("北门改道")
    expect(page.locator("#hours")).to_have_value("24")
    expect(page.locator("#to-east")).to_be_checked()
    expect(page.locator("#to-west")).not_to_be_checked()
    assert not any(row["zh"] == "北门改道" for row in table(served.place, "orders"))


def boxes(page: Page) -> object:
    return page.evaluate("[...document.querySelectorAll('main *')].map(part => part.getBoundingClientRect().toJSON())")


@pytest.mark.parametrize("size", [OFFICE, PHONE])
def test_a_page_warns_without_moving_anything_and_one_click_stays(
    browser: Browser, served: Served, size: tuple[int, int]
) -> None:
    with visiting(browser, served, login=None, size=size) as (page, _watch):
        log_in(page, served, "supervisor")
        page.goto(f"{served.address}/orders")
        strip, before = page.locator("#session"), boxes(page)
        expect(strip).to_be_hidden()
        expect(strip).to_be_visible(timeout=SECONDS * 1000)
        assert boxes(page) == before
        expect(page.locator(".session-left")).to_have_text(re.compile(r"0:\d\d"))
        page.get_by_role("button", name="Stay signed in").click()
        expect(strip).to_be_hidden()
        assert page.url == f"{served.address}/orders"


def test_a_half_filled_form_that_stands_open_comes_back_after_signing_in(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login=None) as (page, watch):
        watch.expected = "the server responded with a status of 401"
        log_in(page, served, "supervisor")
        type_an_order(page, served)
        expect(page.locator("#password")).to_be_visible(timeout=2 * SECONDS * 1000)
        expect(page.locator("main")).to_contain_text("what you typed comes back")
        assert "北门" not in page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
        assert "北门改道" not in page.content()
        sign_in(page)
        stands_filled_in(page, served)
        page.reload()
        expect(page.locator("#kept")).to_have_count(0)
        expect(page.locator("#zh")).to_have_value("")


@pytest.mark.parametrize("how", ["by itself", "by hand"])
def test_what_a_page_asks_for_loses_no_form_that_stands_half_filled(browser: Browser, served: Served, how: str) -> None:
    with served.place.engine.begin() as connection:
        alerts.raise_(connection, "demo", AlertKind.FORCED, "east", "", datetime.now(UTC))
    with visiting(browser, served, login=None) as (page, watch):
        log_in(page, served, "supervisor")
        type_an_order(page, served)
        page.evaluate("document.getElementById('session').dataset.check = '/nowhere'")
        watch.expected = "the server responded with a status of 40"
        with served.place.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE sessions SET expires_at = '2026-01-01T00:00:00.000Z'")
        if how == "by hand":
            page.locator("#alerts-bar .call-quick button").first.click()
        else:
            page.evaluate("htmx.trigger(document.querySelector('.fresh-slot'), 'refresh')")
        expect(page.locator("main")).to_contain_text("what you typed comes back")
        sign_in(page)
        stands_filled_in(page, served)


def test_a_form_that_is_sent_too_late_comes_back_too_and_can_be_sent(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login=None) as (page, watch):
        log_in(page, served, "supervisor")
        type_an_order(page, served)
        # as after the machine slept: the session is over, and the page does not know
        page.evaluate("document.getElementById('session').dataset.check = '/nowhere'")
        watch.expected = "the server responded with a status of 40"
        with served.place.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE sessions SET expires_at = '2026-01-01T00:00:00.000Z'")
        page.get_by_role("button", name="Send", exact=True).click()
        sign_in(page)
        stands_filled_in(page, served)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".said")).to_contain_text("The order is on its way")
        assert [row["gate"] for row in table(served.place, "orders") if row["zh"] == "北门改道"] == ["east"]


def test_the_live_page_leads_to_the_sign_in_as_a_whole(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login=None) as (page, watch):
        watch.expected = "the server responded with a status of 401"
        log_in(page, served, "supervisor")
        with served.place.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE sessions SET expires_at = '2026-01-01T00:00:00.000Z'")
        busy.speak(served.place, "east", datetime.now(UTC))
        expect(page.locator("#password")).to_be_visible(timeout=2 * SECONDS * 1000)
        expect(page.locator(".bar")).to_have_count(1)
        sign_in(page)
        expect(page.locator("#board")).to_be_visible()
        assert page.url == f"{served.address}/"


def test_a_stream_whose_session_is_over_ends_without_a_complaint(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login=None) as (page, _watch):
        log_in(page, served, "supervisor")
        # this page does not ask when its session ends, so that its stream meets the end first
        page.evaluate("document.getElementById('session').remove()")
        with (
            page.expect_response(lambda answer: "/stream?" in answer.url and answer.status == 204, timeout=30_000),
            served.place.engine.begin() as connection,
        ):
            connection.exec_driver_sql("UPDATE sessions SET expires_at = '2026-01-01T00:00:00.000Z'")
        page.wait_for_timeout(200)
