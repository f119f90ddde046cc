"""A register in a real browser, from a text that declares it to its form on paper; every page of registers is readable by everybody."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.chromium import NEEDED
from tests.hub.registers.views.filled import fill
from tests.hub.web.test_browser import LOOKS, OFFICE, PHONE, Served, browser, judged, serving, visiting

__all__ = ["browser"]
"""The fixture of the other tests in a browser."""
pytestmark = [NEEDED, pytest.mark.timeout(600)]
DECLARED = """
id = "dogs"
zh = "犬只台账"
en = "Dogs"
title = ["name"]
[[fields]]
id = "name"
zh = "名字"
en = "Name"
type = "text"
required = true
[[fields]]
id = "kind"
zh = "种类"
en = "Kind"
type = "choice"
choices = [{ id = "guard", zh = "看家", en = "Guard" }, { id = "stray", zh = "流浪", en = "Stray" }]
[[fields]]
id = "keeper"
zh = "饲养人"
en = "Keeper"
type = "name"
personal = true
see = "officer"
[[states]]
id = "seen"
zh = "待处置"
en = "Seen"
next = ["caught"]
[[states]]
id = "caught"
zh = "已处置"
en = "Caught"
needs = ["keeper"]
ends = true
look = "done"
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("registers")) as found:
        fill(found.place)
        yield found


def test_a_register_is_declared_filled_finished_and_taken_away(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with visiting(browser, served, login="boss", size=OFFICE) as (page, watch):
        page.goto(f"{served.address}/registers")
        page.get_by_role("link", name="Registers of one's own").click()
        watch.expected = "the server responded with a status of 400"
        page.fill("#text", DECLARED.replace('"choice"', '"chioce"'))
        page.get_by_role("button", name="Look at it").click()
        expect(page.locator("#own-wrong")).to_contain_text("fields.2.type")
        page.fill("#text", DECLARED)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_role("heading", name="Its form")).to_be_visible()
        page.get_by_role("button", name="Add Dogs").click()
        page.get_by_role("link", name="The list").click()
        expect(page.get_by_text("Nothing is in it yet: add the first row")).to_be_visible()
        page.get_by_role("link", name="New row").click()
        page.get_by_label("Name", exact=True).fill("旺财")
        page.get_by_label("Kind").select_option(label="Stray")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("旺财")
        page.locator("summary", has_text="Caught").click()
        page.get_by_label("Keeper").fill("王小明")
        page.get_by_role("button", name="Caught").click()
        expect(page.locator(".head .mark")).to_have_text("Caught")
        page.locator("main .crumb a").click()
        page.locator("#search").fill("旺")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="CSV", exact=True).click()
        waiting.value.save_as(tmp_path / "dogs.csv")
    (row,) = csv.DictReader((tmp_path / "dogs.csv").read_text("utf-8-sig").splitlines())
    assert (row["Name"], row["Kind"], row["Keeper"], row["State"]) == ("旺财", "Stray", "王小明", "Caught")
    more = tmp_path / "more.csv"
    more.write_text("Name,Kind,Keeper\n大黄,Guard,李小红\n", "utf-8")
    with visiting(browser, served, login="boss", size=OFFICE) as (page, _watch):
        page.goto(f"{served.address}/registers/dogs")
        page.get_by_role("link", name="Import a list").click()
        page.set_input_files("#list", more)
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Import 1 rows").click()
        page.goto(f"{served.address}/registers/dogs")
        expect(page.locator("tbody tr")).to_have_count(2)
        (words,) = on_paper(page, "Form as PDF", tmp_path)
    for word in ("Dogs", "Name", "Kind", "Keeper", "旺财", "Stray", "王小明", "大黄", "Guard", "李小红", "— 1 —"):
        assert word in words, word
    with visiting(browser, served, login="boss", size=OFFICE, language="zh") as (page, _watch):
        page.goto(f"{served.address}/registers/dogs?search=旺")
        (words,) = on_paper(page, "表格 PDF", tmp_path)
    for word in ("犬只台账", "序号", "名字", "种类", "饲养人", "旺财", "流浪", "王小明", "— 1 —"):
        assert word in words, word
    assert "大黄" not in words


def on_paper(page: Page, link: str, folder: Path) -> list[str]:
    """The words of each page of the form that a link of the list gives."""
    with page.expect_download() as waiting:
        page.get_by_role("link", name=link).click()
    waiting.value.save_as(folder / "form.pdf")
    with pypdfium2.PdfDocument(folder / "form.pdf") as document:
        return [document[number].get_textpage().get_text_range() for number in range(len(document))]


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_everybody_can_read_the_pages_of_registers(browser: Browser, served: Served, language: str, theme: str) -> None:
    axe = Axe()
    faults: dict[str, Any] = {}
    for size in (OFFICE, PHONE):
        with visiting(browser, served, language=language, theme=theme, size=size, login="boss") as (page, _watch):
            for address in (
                "", "/homes", "/homes/1", "/homes/new", "/homes/1/change", "/homes/import", "/faults?overdue=y", "/faults/6",
                "/home_days/days", "/own?template=patrols", "/own/homes",
            ):  # fmt: skip
                page.goto(f"{served.address}/registers{address}")
                expect(page.locator("h1")).to_be_visible()
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert wide <= 0, f"{address}: {wide} px too wide"
                faults |= judged(axe, page, f"{address} {size}")
    assert faults == {}
