"""The organisation and a village's plan in a real browser: drawn and dragged with a pointer, readable by everybody, one page on paper."""

import re
from collections.abc import Iterator

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from scripts.town import organisation
from tests.chromium import NEEDED, chromium
from tests.hub import busy
from tests.hub.ledgers import settle, table
from tests.hub.towns import NOW
from tests.hub.web.test_browser import LOOKS, OFFICE, PHONE, Served, judged, visiting
from tests.ports import free_port

pytestmark = NEEDED
ADDRESSES = (
    "/organisation", "/organisation?search=网格", "/organisation/units/hetou", "/organisation/new?parent=hetou",
    "/organisation/levels", "/organisation/import", "/villages", "/villages/hetou", "/villages/shiqiao",
    "/villages/hetou/print", "/?unit=area-east", "/ledger?unit=area-east", "/figures?unit=area-east",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = settle(tmp_path_factory.mktemp("villages"))
    busy.fill(place)
    with place.engine.begin() as connection:
        organisation.fill(connection, "demo", ["east", "south", "west", "north"], {}, by="cli", now=NOW)
    served = Served(place, free_port())
    try:
        served.start()
        yield served
    finally:
        served.stop()
        place.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_the_pages_and_none_is_too_wide(
    browser: Browser, served: Served, language: str, theme: str
) -> None:
    axe, found = Axe(), {}
    for size in (OFFICE, PHONE) if theme == "light" else (OFFICE,):
        with visiting(browser, served, language=language, theme=theme, size=size, login="boss") as (page, _watch):
            for address in ADDRESSES:
                page.goto(served.address + address)
                if faults := judged(axe, page, address):
                    found[f"{address} {size}"] = faults
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, f"{address} {size}: {wide} px too wide"
    assert found == {}


def on_plan(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def test_an_area_is_drawn_with_the_pointer_and_a_mark_dragged(browser: Browser, served: Served) -> None:
    with visiting(browser, served, size=OFFICE) as (page, _watch):
        page.goto(f"{served.address}/villages/shiqiao")
        expect(page.locator("#map .map-sign").first).to_be_visible()
        areas = page.locator("#map path.map-area").count()
        page.select_option("#kind", "area")
        for x, y in ((0.3, 0.3), (0.5, 0.3), (0.5, 0.6), (0.9, 0.9)):
            page.mouse.click(*on_plan(page, x, y), delay=20)
            # two clicks near in time would count as a double one, which zooms
            page.wait_for_timeout(400)
        expect(page.locator("#map path.map-drawn")).to_have_count(1)
        page.click("[data-undraw]")
        assert page.input_value("#shape").count(";") == 2
        page.fill("#name", "新区域")
        page.fill("#officer", "石某某")
        page.click("#drawing button.btn-main")
        expect(page.locator("#map path.map-area")).to_have_count(areas + 1)
        sign = page.locator("#map .map-sign", has_text="西入口")
        box = sign.bounding_box()
        assert box
        before = page.locator("li", has_text="西入口").get_attribute("data-shape")
        page.mouse.move(box["x"] + 8, box["y"] + 8)
        page.mouse.down()
        page.mouse.move(*on_plan(page, 0.5, 0.8), steps=6)
        page.mouse.up()
        assert re.fullmatch(r"[\d.]+ [\d.]+", page.input_value("#move-shape"))
        page.click("#placing button.btn-main")
        expect(page.locator(".said")).to_contain_text("The mark is moved.")
        assert page.locator("li", has_text="西入口").get_attribute("data-shape") != before
    assert table(served.place, "audit")[-1]["action"] == "mark changed"


@pytest.mark.parametrize("village", ["beizhangjia", "shiqiao"])
def test_a_plan_is_one_page_of_a4_landscape(browser: Browser, served: Served, village: str) -> None:
    with visiting(browser, served, language="zh") as (page, _watch):
        page.goto(f"{served.address}/villages/{village}/print")
        paper = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    assert len(paper) == 1
    width, height = paper[0].get_size()
    assert width > height > 590
    text = paper[0].get_textpage().get_text_range()
    assert "平面图" in text
    assert "村东卡点" in text
    assert "•••" in text


def test_one_finds_the_way_from_the_menu_to_a_branchs_ledger(browser: Browser, served: Served) -> None:
    with visiting(browser, served, size=OFFICE) as (page, _watch):
        page.click(".menu-user summary")
        page.click("text=Organisation")
        page.locator("tr", has_text="Dongwangjia").first.locator("text=Ledger").click()
        expect(page.locator("#unit")).to_have_value("dongwangjia")
        gates = set(page.locator("td .way").all_inner_texts())
        assert gates
        assert all("East" in each for each in gates)
