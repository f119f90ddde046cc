"""The pages of programs in a real browser: a token made and used, a target of the feed, in both languages, both themes, wide and narrow."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from hub.feed import store as feed
from hub.tokens import store as tokens
from hub.tokens.scopes import Scope
from tests.chromium import NEEDED, chromium
from tests.hub.web.test_browser import LOOKS, OFFICE, PHONE, Served, judged, serving, visiting

pytestmark = NEEDED


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("programs")) as served:
        now = datetime.now(UTC)
        with served.place.engine.begin() as connection:
            for name, scopes in (
                ("县指挥部平台", list(Scope)),
                ("bus company", [Scope.GATES_READ]),
                ("旧平台", [Scope.VISITS_READ]),
            ):
                tokens.make(connection, town="demo", name=name, scopes=scopes, days=90, by="cli", now=now)
            tokens.revoke(connection, town="demo", id_="t-3", by="cli", now=now)
            broken = feed.add(
                connection,
                town="demo",
                name="县平台",
                url="https://county.example/kakou/in",
                cursor=0,
                by="cli",
                now=now,
            )
            feed.failed(connection, "demo", broken, "answers 503", now)
            feed.add(
                connection, town="demo", name="province", url="https://p.example/", kinds=["visit_closed"], cursor=10_000, by="cli", now=now,
            )  # fmt: skip
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def open_forms(page: Page) -> None:
    for each in page.locator("details.act > summary").all():
        each.click()


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_the_pages_are_accessible_and_fit_wide_and_narrow(
    served: Served, browser: Browser, language: str, theme: str
) -> None:
    faults: dict[str, Any] = {}
    axe = Axe()
    for size in (OFFICE, PHONE):
        with visiting(browser, served, language=language, theme=theme, size=size, login="boss") as (page, _watch):
            for address in ("/tokens", "/feed"):
                page.goto(f"{served.address}{address}")
                open_forms(page)
                faults |= judged(axe, page, f"{address} {size}")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, size)
    assert faults == {}


def test_an_admin_makes_a_token_that_a_program_uses_and_ends_it(served: Served, browser: Browser) -> None:
    with visiting(browser, served, login="boss", size=OFFICE) as (page, _watch):
        page.click(".menu-user > summary")
        page.click("a[href='/tokens']")
        page.click("details.act > summary")
        page.fill("#name", "county")
        page.get_by_label("Gates and their states").check()
        page.click("details.act button")
        text = page.locator(".secret code").inner_text()
        asked = urllib.request.Request(f"{served.address}/api/v1/gates", headers={"Authorization": f"Bearer {text}"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert len(json.load(answer)["items"]) == 4
        page.goto(f"{served.address}/tokens?search=t-4")
        expect(page.locator(".secret")).to_have_count(0)
        page.get_by_label("Revoke token t-4").click()
        expect(page.locator("[role=status].said")).to_contain_text("opens nothing any more")
    with pytest.raises(OSError, match="401"):
        urllib.request.urlopen(asked, timeout=20)
