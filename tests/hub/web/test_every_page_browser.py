"""Every page of a town with something on each, in a real browser: readable by everybody, and none wider than a desk's or a phone's screen.

Which pages there are is asked of the console itself (`tests/hub/everything.py`): a new address is looked at without being added here.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.chromium import NEEDED
from tests.hub import everything
from tests.hub.ledgers import settle
from tests.hub.web.test_browser import OFFICE, SMALL_PHONE, Served, browser, judged, unfold, visiting
from tests.ports import free_port

__all__ = ["browser"]
"""The fixture of the other tests in a browser."""
pytestmark = [NEEDED, pytest.mark.timeout(600)]
LISTS = {
    "/registers/supplies/import": ("品名,出入库,数量,单位\n口罩,入库,20,包\n口罩,借,x,包\n", "#list"),
    "/passes/import": ("车牌,类别,有效期止\n鲁B11111,居民,\n鲁B33333,坦克,\n", "#list"),
    "/organisation/import": ("级别,中文名称,上级\n村,新村,城东管区\n村,,无此单位\n", "#list"),
    "/roster/import/staff": ("姓名,电话\n钱一,13900000001\n,x\n", "#list"),
}
"""A list for each page that previews one: something in it is right, something wrong."""
PARTS = 4
"""Parts into which the pages are cut, each a test: so that several processes share them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = settle(tmp_path_factory.mktemp("everything"))
    everything.fill(place, datetime.now(UTC))
    found = Served(place, free_port())
    try:
        found.start()
        yield found
    finally:
        found.stop()
        place.engine.dispose()


def look(axe: Axe, page: Page, name: str) -> dict[str, Any]:
    """What is wrong with a page that is open: on a desk with everything unfolded, and on a small phone."""
    expect(page.locator("h1, .plate, .qr-picture").first).to_be_visible()
    unfold(page)
    faults = judged(axe, page, name)
    for size in (OFFICE, SMALL_PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            faults[f"{name}: {size[0]} px"] = f"{wide} px too wide"
    page.set_viewport_size({"width": OFFICE[0], "height": OFFICE[1]})
    return faults


@pytest.fixture(scope="module")
def pages(served: Served) -> list[str]:
    return everything.pages(served.place, datetime.now(UTC))


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("language", "theme"), [("zh", "light"), ("en", "dark")])
def test_everybody_can_read_every_page_and_none_is_too_wide(
    browser: Browser, served: Served, pages: list[str], language: str, theme: str, part: int
) -> None:
    assert len(pages) > 120
    axe = Axe()
    faults: dict[str, Any] = {}
    with visiting(browser, served, language=language, theme=theme, size=OFFICE, login="boss") as (page, _watch):
        for address in pages[part::PARTS]:
            answer = page.goto(served.address + address)
            assert answer is not None
            if answer.status != 200:
                faults[address] = answer.status
            faults |= look(axe, page, address)
    assert faults == {}


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
def test_everybody_can_read_what_a_preview_shows(
    browser: Browser, served: Served, language: str, theme: str, tmp_path: Path
) -> None:
    axe = Axe()
    faults: dict[str, Any] = {}
    with visiting(browser, served, language=language, theme=theme, size=OFFICE, login="boss") as (page, watch):
        watch.expected = "the server responded with a status of 400"
        for address, (text, field) in LISTS.items():
            file = tmp_path / "list.csv"
            file.write_text(text, encoding="utf-8-sig")
            page.goto(served.address + address)
            page.set_input_files(f"main {field}, main input[type=file]", file)
            page.locator("main form:has(input[type=file]) button").first.click()
            expect(page.locator("main")).to_contain_text("list.csv")
            unfold(page)
            faults |= judged(axe, page, f"preview of {address}")
        page.goto(f"{served.address}/operation/rules/edit?part=classes&number=0")
        page.locator("main form [name=default_days]").fill("7")
        page.locator("main form .btn-main").last.click()
        expect(page.locator("main")).to_contain_text("7")
        assert "/preview" in page.url
        unfold(page)
        faults |= judged(axe, page, "preview of rules")
    assert faults == {}
