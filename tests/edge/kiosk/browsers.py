"""The kiosk in a real browser, at the size of the gate's own screen: its sizes, its looks, pictures of it to look at."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from edge.kiosk import cookie

SCREEN, PHONE = (800, 480), (390, 844)
MM = (154.08 / SCREEN[0], 85.92 / SCREEN[1])
"""Millimetres of a pixel, across and down, on the 7-inch screen."""
LEAST = 12.0
"""Millimetres that a gloved finger needs."""
LOOKS = [(language, look) for language in ("zh", "en") for look in ("night", "sun")]
TOUCHED = "a, button, input:not([type=hidden]):not([type=radio]), label:has(input[type=radio])"
SMALL = """(all, mm) => all.map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width * mm[0] < mm[2] || box.height * mm[1] < mm[2]))
  .map(([name, box]) => `${name} ${box.width.toFixed()}x${box.height.toFixed()}`)"""


@contextmanager
def screen(
    browser: Browser, address: str, size: tuple[int, int] = SCREEN, look: str = "night", language: str = "zh"
) -> Iterator[Page]:
    """A page that fails the test for whatever the browser complains of, or fetches from elsewhere."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=True)
    for name, value in (("lang", language), ("look", look)):
        context.add_cookies([{"name": cookie("demo", "east", name), "value": value, "url": address}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith(address) else None)
    page.goto(address)
    yield page
    context.close()
    assert said == []


@contextmanager
def accessible(browser: Browser, address: str, size: tuple[int, int], look: str, language: str) -> Iterator[Page]:
    """A page into which axe may be put, past the page's own policy."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, bypass_csp=True)
    for name, value in (("lang", language), ("look", look)):
        context.add_cookies([{"name": cookie("demo", "east", name), "value": value, "url": address}])
    yield context.new_page()
    context.close()


def shoot(page: Page, name: str) -> None:
    """A picture to look at, where the environment names a folder for them; and nothing of it may need scrolling sideways."""
    if folder := os.environ.get("KAKOU_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
