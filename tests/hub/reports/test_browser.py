"""Figures and a report in a real browser: charts are drawn, nothing is inline, and the report is printed on A4 across."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pypdfium2
import pytest
from playwright.sync_api import Browser, expect

from tests.chromium import NEEDED, chromium
from tests.hub import busy
from tests.hub.ledgers import settle
from tests.hub.web.test_browser import PHONE, Served, reported, visiting
from tests.ports import free_port

pytestmark = NEEDED
DRAWN = """canvas => { const c = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(Array.from({length: c.length / 4}, (_, n) => c[4 * n + 3] ? c.slice(4 * n, 4 * n + 3).join() : "")).size; }"""
"""How many colours a chart shows."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = settle(tmp_path_factory.mktemp("figures"))
    busy.fill(place, datetime.now(UTC))
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


@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_every_chart_is_drawn_from_its_table(browser: Browser, served: Served, language: str, theme: str) -> None:
    with visiting(browser, served, language=language, theme=theme, login="viewer") as (page, _watch):
        # an hour after midnight there is nothing of today yet
        page.goto(f"{served.address}/figures?preset=week")
        charts = page.locator("canvas[data-chart]")
        assert charts.count() == 10
        for number in range(charts.count()):
            assert charts.nth(number).evaluate(DRAWN) > 5, number


def test_a_number_is_two_touches_from_the_live_page_and_leads_to_its_visits(browser: Browser, served: Served) -> None:
    with visiting(browser, served, login="officer") as (page, _watch):
        page.locator(".tabs").get_by_text("Figures").click()
        page.goto(f"{served.address}/figures?preset=week")
        cell = page.locator("#table-verdict tbody tr").filter(has_text="STOP").locator("td a")
        count = int(cell.inner_text())
        cell.click()
        expect(page.locator("main tbody tr")).to_have_count(min(count, 40))


@pytest.mark.parametrize("address", ["/figures?preset=week", "/reports", "report"])
def test_figures_and_reports_fit_a_phone(browser: Browser, served: Served, address: str) -> None:
    with visiting(browser, served, size=PHONE) as (page, _watch):
        page.goto(served.address + (f"/reports/{reported(served)}" if address == "report" else address))
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} px too wide"


def test_a_report_is_printed_on_a4_across_with_nothing_of_the_page_around_it(browser: Browser, served: Served) -> None:
    with visiting(browser, served, language="zh") as (page, _watch):
        page.goto(f"{served.address}/reports/{reported(served)}")
        document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    first = document[0]
    assert (round(first.get_width()), round(first.get_height())) == (842, 595)
    text = "".join(each.get_textpage().get_text_range() for each in document)
    for each in ("卡口日报", "填报单位（盖章）", "当日", "累计", "无", "负责人", "填表人"):
        assert each in text, each
    for each in ("填写备注", "重新生成", "XLSX"):
        assert each not in text, each
