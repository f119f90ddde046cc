"""Takes the README's pictures: runs a demo town, opens its pages in a real browser, and writes a PNG of each.

Look at them before they are committed: nothing here knows whether they are beautiful.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, Page, sync_playwright

PICTURES = Path(__file__).with_name("pictures")
DEMO = Path(__file__).parents[1] / "demo"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WARM_UP = 35.0
"""Seconds until the ledger has something to show."""
MOMENT = 120.0
"""Seconds that a moment is waited for: vehicles of each sort come by within them."""
WIDTH = 1280
"""Of the console's pictures, in pixels."""
STOPPED = "section.lane.stop[data-state='refused']"
SPRAYING = "section.lane.hold[data-state='disinfecting']:has(.reason:has-text('disinfection due')) .left"
"""A disinfection that is due and running, with the seconds that it still takes."""
WEB = (
    ("live", "", "en"),
    ("ledger", "ledger", "zh"),
    ("passes", "passes", "zh"),
    ("alerts", "alerts", "en"),
    ("conflicts", "conflicts", "zh"),
    ("organisation", "organisation", "en"),
    ("village", "villages/dongwangjia", "zh"),
    ("village-paper", "villages/dongwangjia/print", "zh"),
    ("registers", "registers", "en"),
    ("register-row", "registers/isolated_households", "zh"),
    ("roster", "roster", "zh"),
    ("destruction", "operation/destruction", "en"),
)
"""Pictures of the console: name, address, language."""
OPENED = ("register-row",)
"""Pictures of the last row of a list, which is opened for them."""
FORM = ("register-form", "registers/isolated_households/paper.pdf", "zh")
"""A form on paper: name, address, language."""
STEPS = ("Arrived and judged", "Disinfected", "Ended")
"""The entries of a visit that has taken every step, as its page calls them."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """What the demo prints when it is up."""

    web: str
    login: str
    password: str
    kiosk: str
    pin: str


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="scripts/pictures", description="Takes the README's pictures from a running demo."
    )
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="where to (default: %(default)s)")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with _demo() as town, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        _kiosk(browser, town, out)
        _web(browser, town, out)
        browser.close()
    return 0


@contextmanager
def _demo() -> Iterator[Addresses]:
    process = subprocess.Popen([DEMO], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if " data " in line:
                break
        started = time.monotonic()
        print(f"the town is up; waiting {WARM_UP:.0f} s for its ledger to fill", file=sys.stderr)
        time.sleep(max(0.0, WARM_UP - (time.monotonic() - started)))
        yield _addresses(said)
    finally:
        process.terminate()
        process.communicate(timeout=120)


def _addresses(said: str) -> Addresses:
    web = re.search(r"web\s+(http\S+)", said)
    login = re.search(r"login\s+(\S+)\s+password (\S+)", said)
    kiosk = re.search(r"kiosk\s+(http\S+)", said)
    pin = re.search(r"pin\s+(\d+)", said)
    if web is None or login is None or kiosk is None or pin is None:
        raise SystemExit(f"pictures: the demo did not start: {said.strip()}")
    return Addresses(web[1], login[1], login[2], kiosk[1], pin[1])


def _kiosk(browser: Browser, town: Addresses, out: Path) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 480})
    page.goto(f"{town.kiosk}?look=night")
    _shoot_when(page, STOPPED, out / "kiosk-stop.png")
    page.goto(f"{town.kiosk}?look=sun")
    _shoot_when(page, SPRAYING, out / "kiosk-disinfect.png")
    for name, look, language in (("solution", "night", "zh"), ("shift", "sun", "en")):
        page.goto(f"{town.kiosk}{name}?look={look}&lang={language}")
        page.screenshot(path=out / f"kiosk-{name}.png")
    page.goto(f"{town.kiosk}override?look=night&lang=zh")
    page.locator("[data-step] label:visible").first.click()
    page.locator("[data-step] label:visible").first.click()
    for key in town.pin:
        page.click(f"#board [data-key='{key}']:visible")
    page.screenshot(path=out / "kiosk-override.png")
    page.goto(f"{town.kiosk}register?look=night&lang=en")
    for key in "鲁":
        page.click(f"#board [data-key='{key}']:visible")
    page.wait_for_timeout(300)
    page.screenshot(path=out / "kiosk-register.png")
    page.close()


def _shoot_when(page: Page, moment: str, path: Path) -> None:
    """A picture in which that can be seen: before it was taken, and still after."""
    end = time.monotonic() + MOMENT
    while time.monotonic() < end:
        page.wait_for_selector(moment, timeout=MOMENT * 1000)
        # the camera's picture is loaded after the page's words
        page.wait_for_timeout(400)
        page.screenshot(path=path)
        if page.locator(moment).count():
            return
    raise SystemExit(f"pictures: {path.name}: {moment} was not seen within {MOMENT:.0f} s")


def _web(browser: Browser, town: Addresses, out: Path) -> None:
    context = browser.new_context(viewport={"width": WIDTH, "height": 860})
    page = context.new_page()
    _log_in(page, town)
    _pages(page, town, out)
    _form(page, town, out)
    context.add_cookies([{"name": "lang", "value": "en", "url": town.web}])
    page.goto(_whole_visit(page, town))
    page.screenshot(path=out / "visit.png", full_page=True)
    page.click(".to-vehicle, a[href*='/vehicle/']")
    page.wait_for_selector("#visits-title")
    page.screenshot(path=out / "vehicle.png")
    context.close()


def _log_in(page: Page, town: Addresses) -> None:
    page.goto(town.web)
    page.fill('[name="login"]', town.login)
    page.fill('[name="password"]', town.password)
    page.press('[name="password"]', "Enter")
    page.wait_for_selector("main")


def _pages(page: Page, town: Addresses, out: Path) -> None:
    for name, address, language in WEB:
        page.context.add_cookies([{"name": "lang", "value": language, "url": town.web}])
        page.goto(town.web + address)
        if name in OPENED:
            page.locator("[data-open]").last.click()
            page.wait_for_load_state()
        page.wait_for_timeout(800)
        page.screenshot(path=out / f"{name}.png")


def _form(page: Page, town: Addresses, out: Path) -> None:
    """The first page of a form, as it is printed."""
    name, address, language = FORM
    page.context.add_cookies([{"name": "lang", "value": language, "url": town.web}])
    with pypdfium2.PdfDocument(page.context.request.get(town.web + address).body()) as document:
        sheet = document[0]
        picture = sheet.render(scale=WIDTH / sheet.get_width()).to_pil()
    picture.save(out / f"{name}.png", optimize=True)


def _whole_visit(page: Page, town: Addresses) -> str:
    """The address of a visit that took every step."""
    end = time.monotonic() + MOMENT
    while time.monotonic() < end:
        page.goto(town.web + "ledger")
        links = page.locator("a[href*='/visits/']").evaluate_all("links => links.map(link => link.href)")
        for address in dict.fromkeys(links):
            page.goto(address)
            if tuple(page.locator("ol.links h3").all_inner_texts()) == STEPS:
                return str(address)
    raise SystemExit(f"pictures: visit.png: no visit took every step within {MOMENT:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
