"""Backups in a real browser: one is asked for, the page shows by itself when it is proven, it is taken away, and the guide is printed."""

import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from edge.contract.canonical import fingerprint, public_hex
from hub.backup.age import is_encrypted
from hub.service.serve import Schedule
from tests.chromium import NEEDED, chromium
from tests.hub.ledgers import table
from tests.hub.web.test_browser import PHONE, Served, judged, serving, visiting

pytestmark = NEEDED


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("backups")) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def test_a_backup_is_made_with_one_click_and_the_page_shows_it_by_itself(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    schedule = Schedule(served.place.town.settings)
    with visiting(browser, served, language="en", login="boss") as (page, _watch):
        page.goto(f"{served.address}/backups")
        page.get_by_role("button", name="Make a backup now").click()
        expect(page.locator("#backup-state")).to_contain_text("it begins in a moment")
        page.evaluate("window.still = true")
        # what `serve` does all the time
        deadline = time.monotonic() + 60
        while not table(served.place, "backups") and time.monotonic() < deadline:
            schedule.poll()
            page.wait_for_timeout(200)
        assert schedule._running is not None
        schedule._running.wait(30)
        expect(page.locator("#backup-state")).to_contain_text("Proven", timeout=20_000)
        expect(page.locator("#backup-state")).to_contain_text("made and proven")
        assert page.evaluate("window.still"), "the page was not loaded anew"
        (row,) = table(served.place, "backups")
        with page.expect_download() as started:
            page.get_by_role("link", name=row["file"]).click()
        file = tmp_path / "taken"
        started.value.save_as(file)
        assert started.value.suggested_filename == row["file"]
        assert file.stat().st_size == row["bytes"]
        assert is_encrypted(file)
        assert judged(Axe(), page, "backups") == {}


def test_the_guide_is_printed_on_paper_without_what_is_only_for_the_screen(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with visiting(browser, served, language="en", login="boss") as (page, _watch):
        page.goto(f"{served.address}/backups/restore")
        page.pdf(path=tmp_path / "guide.pdf", format="A4")
    document = pypdfium2.PdfDocument(tmp_path / "guide.pdf")
    text = " ".join(each.get_textpage().get_text_bounded() for each in document)
    assert len(document) <= 2
    assert fingerprint(public_hex(served.place.town.key)) in text
    assert "restore" in text
    assert "Quarantine" not in text
    document.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_schedule_that_is_none_is_said_at_its_field_on_a_phone_too(
    browser: Browser, served: Served, language: str
) -> None:
    with visiting(browser, served, language=language, size=PHONE, login="boss") as (page, watch):
        watch.expected = "the server responded with a status of 400"
        page.goto(f"{served.address}/backups")
        page.evaluate("document.querySelector('#keep').removeAttribute('min')")
        page.fill("#keep", "0")
        page.locator(".schedule button").click()
        expect(page.locator("#keep-error")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
        assert judged(Axe(), page, "schedule") == {}
