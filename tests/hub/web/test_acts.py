"""The ten commonest acts of the command post, each from the live page with at most three clicks, counted in a real browser."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contract.canonical import sha256_hex
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from tests.chromium import NEEDED
from tests.hub import busy
from tests.hub.ledgers import send, table
from tests.hub.web.test_browser import OFFICE, Served, visiting
from tests.hub.web.test_browser import browser as browser  # a fixture
from tests.hub.web.test_browser import served as served  # a fixture

pytestmark = NEEDED
MOST = 3
PLATE, WITH_PASS = "鲁B70707", busy.PLATES[3]
COUNTED = """addEventListener("click", event => {
  if (event.isTrusted && event.detail) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks")) + 1);
}, true)"""
"""A click by pointer; Enter on a button is none."""


def find(page: Page, plate: str = PLATE) -> None:
    page.keyboard.press("/")
    page.keyboard.type(plate)
    page.keyboard.press("Enter")
    expect(page.locator("#visits-title")).to_be_visible()


def open_a_visit(page: Page) -> None:
    page.locator("#crossings .plate").first.click()
    expect(page.locator("#picture, .hashes").first).to_be_attached()


def acknowledge(page: Page) -> None:
    before = page.locator(".calls-row").get_attribute("data-calls")
    page.locator("#alerts-bar > .calls-row > .call-acts > .call-quick button").click()
    expect(page.locator(".calls-row")).not_to_have_attribute("data-calls", str(before))


def settle(page: Page) -> None:
    page.locator('.tabs a[href="/conflicts"]').click()
    page.locator("[data-tick-all] input").click()
    page.keyboard.type("looked at the pictures")
    page.locator(".settle-bar .btn-main").click()
    expect(page.locator(".said")).to_contain_text("Settled: ")


def issue_and_print(page: Page) -> None:
    page.locator('.tabs a[href="/passes"]').click()
    page.locator(".head .btn-main").click()
    expect(page.locator("#plate")).to_be_focused()
    page.keyboard.type("鲁B70708")
    with page.expect_download() as card:
        page.locator("button[value=print]").click()
    assert card.value.suggested_filename.endswith(".pdf")


def block(page: Page) -> None:
    find(page, WITH_PASS)
    act(page, "block")
    expect(page.locator(".said")).to_contain_text("The pass is blocked")


def watch(page: Page) -> None:
    find(page)
    act(page, "watch")
    expect(page.locator(".said")).to_contain_text("The plate is watched")


def act(page: Page, name: str) -> None:
    form = page.locator(f"details.act:has(form[action$={name}])").first
    form.locator("summary").click()
    form.locator("[name$=why]").click()
    page.keyboard.type("seen on the ring road")
    form.locator(".btn").click()


def order_to_every_gate(page: Page) -> None:
    page.locator('.tabs a[href="/orders"]').click()
    page.locator("#to-every").click()
    page.keyboard.type("暂停放行大货车")
    page.locator(".order-form .btn-main").click()
    expect(page.locator(".said")).to_contain_text("The order is on its way")


def table_of_today(page: Page) -> None:
    page.locator('.tabs a[href="/ledger"]').click()
    with page.expect_download() as written:
        page.locator("button[name=preset][value=today]").click()
    assert written.value.suggested_filename.endswith(".csv")


def picture(page: Page) -> None:
    page.locator("#crossings tr", has_text="70707").locator("a").first.click()
    page.get_by_role("button", name="Ask the gate for the picture").click()
    expect(page.locator("#picture")).to_contain_text("appears here by itself")


@contextmanager
def counting(browser: Browser, served: Served) -> Iterator[tuple[Page, Callable[[], int]]]:
    with visiting(browser, served, size=OFFICE, login="boss") as (page, _watch):
        page.add_init_script(COUNTED)
        page.reload()
        yield page, lambda: int(page.evaluate("sessionStorage.getItem('clicks') || 0"))


@pytest.fixture(scope="module")
def town(served: Served) -> Served:
    """A town with a vehicle that has a pass and a picture, an alert, and conflicts."""
    north = served.place.gates["north"]
    north.visit(PLATE, datetime.now(UTC), picture=sha256_hex(b"a picture"))
    send(served.place, north)
    with served.place.engine.begin() as connection:
        alerts.raise_(connection, "demo", AlertKind.FORCED, "east", "", datetime.now(UTC))
    assert any(row["settled_at"] is None for row in table(served.place, "conflicts"))
    return served


@pytest.mark.parametrize(
    "do",
    [
        find, open_a_visit, picture, acknowledge, settle, issue_and_print, block, watch, order_to_every_gate,
        table_of_today,
    ],
)  # fmt: skip
def test_none_of_the_ten_commonest_acts_takes_more_than_three_clicks(browser: Browser, town: Served, do: Any) -> None:
    with counting(browser, town) as (page, clicks):
        do(page)
        assert clicks() <= MOST
