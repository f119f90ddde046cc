"""The page of exports in a real browser: a hundred thousand rows with progress that moves by itself, then the file counted."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert

from edge.contract.records import wall_text
from hub.database.schema import export_jobs, visits
from hub.exports.jobs import new_id
from tests.chromium import NEEDED
from tests.hub.ledgers import table
from tests.hub.web.test_browser import LOOKS, OFFICE, PHONE, Served, browser, judged, serving, visiting

__all__ = ["browser"]
"""The fixture of the other tests in a browser."""
pytestmark = [NEEDED, pytest.mark.timeout(600)]
MANY = 100_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("exports")) as found:
        begin = datetime.now(UTC) - timedelta(days=400)
        with found.place.engine.begin() as connection:
            for first in range(0, MANY, 5_000):
                connection.execute(insert(visits), [visit(number, begin) for number in range(first, first + 5_000)])
        yield found


def visit(number: int, begin: datetime) -> dict[str, Any]:
    at = wall_text(begin + timedelta(minutes=number))
    return {
        "visit_id": f"{number:032x}", "town": "demo", "gate": "north", "direction": "in", "opened_at": at, "closed_at": at,
        "received_at": at, "plate": f"鲁B{number:05d}", "outcome": "passed",
    }  # fmt: skip


def of_each_state(served: Served) -> None:
    """Exports of the officer in every state that the page shows."""
    now = datetime.now(UTC)
    officer = next(row["id"] for row in table(served.place, "users") if row["login"] == "boss")
    rows = [
        {
            "id": new_id(), "town": "demo", "user": officer, "role": "admin", "what": what, "format": "xlsx", "header": "zh",
            "filter": '{"gate": "east", "start": "2026-03-01T00:00:00.000Z"}', "reason": reason, "state": state, "rows_done": 61_000,
            "rows_all": 100_000, "bytes": 4_200_000, "error": error, "begun_at": wall_text(now - timedelta(hours=ago)),
            "ended_at": wall_text(now - timedelta(hours=ago)),
        }
        for what, state, error, reason, ago in (
            ("visits", "done", None, "上报", 1), ("audit", "done", None, None, 30), ("visits", "failed", "stopped", None, 2),
            ("passes", "failed", "full", None, 3), ("alerts", "cancelled", None, None, 4),
        )
    ]  # fmt: skip
    with served.place.engine.begin() as connection:
        connection.execute(insert(export_jobs), rows)


def progress(page: Page, seconds: float = 400.0) -> list[int]:
    """What the bar showed, until the file is ready."""
    seen: list[int] = []
    deadline = time.monotonic() + seconds
    while page.locator("#jobs tr[data-state=done]").count() == 0:
        bar = page.locator("#jobs progress")
        value = int(bar.first.get_attribute("value") or 0) if bar.count() else 100
        if not seen or value != seen[-1]:
            seen.append(value)
        assert time.monotonic() < deadline, seen
        page.wait_for_timeout(150)
    return seen


def test_a_hundred_thousand_rows_with_progress_and_then_the_file(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with visiting(browser, served, login="officer", size=OFFICE) as (page, _watch):
        page.goto(f"{served.address}/ledger?gate=north")
        page.get_by_role("button", name="XLSX").first.click()
        expect(page).to_have_url(f"{served.address}/exports")
        expect(page.locator(".said")).to_contain_text("this page shows how far it is")
        seen = progress(page)
        assert len(seen) > 3, seen
        assert seen == sorted(seen)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").first.click()
        assert download.value.suggested_filename.startswith("visits-demo-")
        download.value.save_as(tmp_path / "list.xlsx")
        book = openpyxl.load_workbook(tmp_path / "list.xlsx", read_only=True)
        count = sum(1 for _ in book.worksheets[0].iter_rows(min_row=6, max_col=1, values_only=True))
        book.close()
    north = sum(row["gate"] == "north" for row in table(served.place, "visits"))
    assert count == north >= MANY


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_the_page(browser: Browser, served: Served, language: str, theme: str) -> None:
    if not any(row["what"] == "audit" for row in table(served.place, "export_jobs")):
        of_each_state(served)
    axe = Axe()
    faults: dict[str, Any] = {}
    for size in (OFFICE, PHONE):
        with visiting(browser, served, language=language, theme=theme, login="boss", size=size) as (page, _watch):
            for name in ("/exports", "/ledger", "/passes", "/shifts"):
                page.goto(f"{served.address}{name}")
                faults |= judged(axe, page, f"{name} {size}")
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, (name, size)
    assert faults == {}
