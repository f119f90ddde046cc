"""Pages on paper: a heading, nothing of the bars, plates in black and white, forty rows on a page, room for signatures."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.chromium import NEEDED, chromium
from tests.hub import busy
from tests.hub.ledgers import send, settle, table
from tests.hub.towns import Place
from tests.hub.web.test_browser import Served, visiting
from tests.ports import free_port

pytestmark = NEEDED
PAPER: ViewportSize = {"width": 718, "height": 1047}
"""A4 without its margins, at 96 pixels an inch."""
LISTS = {
    "/ledger?gate=east": {"en": ("Ledger", "Gate: East"), "zh": ("台账", "卡口: 东门")},
    "/inside?search=8": {"en": ("Inside now", "Plate or pass: 8"), "zh": ("当前在区内", "车牌或通行证号: 8")},
    "/conflicts?state=all": {"en": ("Conflicts", "State: All"), "zh": ("疑点", "状态: 全部")},
    "/orders": {"en": ("Orders", "everything"), "zh": ("指令", "全部")},
    "/passes": {"en": ("Passes", "everything"), "zh": ("通行证", "全部")},
}


def many_vehicles(place: Place, now: datetime) -> None:
    east = place.gates["east"]
    for number in range(60):
        east.visit(f"鲁B{number:05}", now - timedelta(minutes=number))
        send(place, east)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = settle(tmp_path_factory.mktemp("print"))
    busy.fill(place, datetime.now(UTC))
    busy.go_wrong(place, datetime.now(UTC))
    many_vehicles(place, datetime.now(UTC))
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


def sheets(page: Page) -> list[str]:
    """The text of each page of the PDF that the browser would print."""
    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    try:
        return [sheet.get_textpage().get_text_range() for sheet in document]
    finally:
        document.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_list_has_forty_rows_on_a_page_and_its_header_row_on_each(
    browser: Browser, served: Served, language: str
) -> None:
    with visiting(browser, served, language=language) as (page, _watch):
        page.goto(f"{served.address}/ledger?gate=east")
        assert page.locator("tbody tr").count() == 40
        header, signature = {"zh": ("车牌", "审核人"), "en": ("Plate", "Checked by")}[language]
        (whole,) = sheets(page)
        assert signature in whole, "a page of the ledger is a page of paper"
        # a longer list goes on, on the next
        page.evaluate(
            "[...document.querySelectorAll('tbody tr')].slice(0, 15).forEach(row => row.after(row.cloneNode(true)))"
        )
        found = sheets(page)
        times = [len(re.findall(r"\d\d-\d\d \d\d:\d\d:\d\d", text.partition("demo")[2] if not n else text)) for n, text in enumerate(found)]  # fmt: skip
        assert len(found) == 2, found
        # the first page's heading has two times of its own
        assert times == [42, 15]
        assert all(header in text for text in found)
        assert signature in found[-1]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("address", LISTS)
def test_paper_says_whose_it_is_what_was_asked_for_when_and_by_whom(
    browser: Browser, served: Served, address: str, language: str
) -> None:
    with visiting(browser, served, language=language, theme="dark") as (page, _watch):
        page.goto(served.address + address)
        page.emulate_media(media="print")
        page.set_viewport_size(PAPER)
        heading = page.locator(".print-head")
        for words in (*LISTS[address][language], "demo", "李芳 (supervisor)", f"{datetime.now(UTC):%Y-}"):
            expect(heading).to_contain_text(words)
        assert shown(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
        colours = page.evaluate(
            "[...document.querySelectorAll('.plate')].map(plate => getComputedStyle(plate))"
            ".map(look => [look.color, look.backgroundColor, look.borderTopStyle, look.borderTopColor].join(' '))"
        )
        assert set(colours) <= {
            "rgb(0, 0, 0) rgb(255, 255, 255) solid rgb(0, 0, 0)",
            "rgb(0, 0, 0) rgb(255, 255, 255) dashed rgb(0, 0, 0)",
        }
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def shown(page: Page) -> list[str]:
    """What shows of the bars, buttons, forms and alerts."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('body > :not(main), .btn, form:not([data-ticks]), .settle-bar, .cell-tick, nav, .head, .alarm, .session')]"
        ".filter(part => part.getClientRects().length).map(part => part.outerHTML.slice(0, 80))"
    )
    return found


def test_a_visit_goes_on_paper(browser: Browser, served: Served) -> None:
    visit = table(served.place, "visits")[0]["visit_id"]
    with visiting(browser, served, login="boss") as (page, _watch):
        page.goto(f"{served.address}/visits/{visit}")
        page.emulate_media(media="print")
        expect(page.locator(".print-head")).to_contain_text(visit)
        assert shown(page) == []
        assert "Checked by" in sheets(page)[-1]


def test_the_button_prints_and_the_time_is_the_hubs(browser: Browser, served: Served) -> None:
    with visiting(browser, served) as (page, _watch):
        page.add_init_script(
            "window.print = function () { window.dispatchEvent(new Event('beforeprint')); window.printed = true; }"
        )
        page.goto(f"{served.address}/ledger")
        before = page.locator("[data-printed-at]").inner_text() or page.locator("[data-printed-at]").text_content()
        page.evaluate(
            "document.querySelector('[data-printed-at]').dataset.printedAt = String(Date.UTC(2026, 2, 1, 4) / 1000)"
        )
        page.get_by_role("button", name="Print").click()
        assert page.evaluate("window.printed")
        after = page.locator("[data-printed-at]").text_content() or ""
        assert after.startswith("2026-03-01 12:00:"), f"{before} -> {after}"
