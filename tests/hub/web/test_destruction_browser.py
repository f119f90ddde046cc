"""An operation that is over, in two admins' real browsers: from the decisions to the signed report, after which nothing of a person is left."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from hub import cli
from tests.chromium import NEEDED
from tests.hub.destruction.endings import WORDS, filled, second_admin, traces
from tests.hub.ledgers import settle, table
from tests.hub.web.test_browser import OFFICE, Served, browser, visiting
from tests.ports import free_port

__all__ = ["browser"]
"""The fixture of the other tests in a browser."""
pytestmark = [NEEDED, pytest.mark.timeout(600)]
PATIENCE = 240.0
"""Seconds that the destruction, a process of its own, is waited for."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    place = filled(settle(tmp_path))
    second_admin(place)
    found = Served(place, free_port())
    try:
        found.start()
        yield found
    finally:
        if found.process.poll() is None:
            found.stop()
        place.engine.dispose()


def test_two_admins_take_an_operation_to_its_report_and_nothing_is_left(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    folder = served.place.folder
    address = f"{served.address}/operation/destruction"
    assert {each.split(": ")[-1] for each in traces(folder)} >= set(WORDS)
    with (
        visiting(browser, served, login="boss", size=OFFICE) as (boss, _),
        visiting(browser, served, login="chief", size=OFFICE) as (chief, _),
    ):
        boss.goto(address)
        expect(boss.get_by_role("button", name="Ask for the destruction")).to_have_count(0)
        boss.fill("#reason-every", "law, article 85")
        boss.locator("form", has=boss.locator("#reason-every")).get_by_role("button", name="Decide").click()
        expect(boss.locator("main").get_by_text("Not decided")).to_have_count(0)
        # the dry run: how much of each part would go, and what cannot be reached
        ledger = boss.locator(".destruction-parts tbody tr").filter(has_text="Personal values of the ledger")
        expect(ledger).to_contain_text("entries with personal values 7, visits 6")
        expect(ledger).to_contain_text("law, article 85")
        expect(boss.get_by_role("heading", name="What it cannot reach")).to_be_visible()
        boss.get_by_role("button", name="Ask for the destruction").click()
        expect(boss.get_by_role("heading", name="Asked for")).to_be_visible()
        expect(boss.get_by_role("button", name="Confirm, and destroy")).to_have_count(0)
        assert table(served.place, "destructions")[0]["state"] == "requested"
        chief.goto(address)
        chief.get_by_role("button", name="Confirm, and destroy").click()
        expect(chief.get_by_text("It is confirmed, and has begun")).to_be_visible()
        wait_until_done(chief)
        expect(chief.locator(".destruction-gates tbody tr")).to_have_count(4)
        report = json.loads(downloaded(chief, "JSON", tmp_path / "report.json").read_text("utf-8"))
        paper = downloaded(chief, "PDF", tmp_path / "report.pdf")
    content = report["content"]
    assert (content["requested"]["name"], content["confirmed"]["name"]) == ("陈静", "周平")
    with pypdfium2.PdfDocument(paper) as document:
        words = "".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    assert all(each in words for each in ("陈静", "周平", "law, article 85"))
    assert [each for each in WORDS if each in words or each in json.dumps(report, ensure_ascii=False)] == []
    served.stop()
    assert cli.main(["--data", str(folder), "verify"]) == 0
    served.place.engine.dispose()
    assert traces(folder) == []


def wait_until_done(page: Page) -> None:
    """Looks at the page again until the other process has come to its end and has signed its report."""
    end = time.monotonic() + PATIENCE
    while page.get_by_role("heading", name="Signed report").count() == 0:
        assert time.monotonic() < end, page.locator("main").inner_text()
        page.wait_for_timeout(500)
        page.reload()


def downloaded(page: Page, link: str, to: Path) -> Path:
    """The file that a link of the page gives."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link, exact=True).click()
    waiting.value.save_as(to)
    return to
