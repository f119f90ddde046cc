"""faults C: no browser window over the lane. The unit's own command line of Chromium on a virtual screen, looked at as a whole."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from flask import Flask, Response
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from edge.camera.opencv import cv2
from edge.contract.facts import Kind
from edge.kiosk import Kiosk, create_app
from tests.brokers import until
from tests.chromium import CHROMIUM, QUIET
from tests.edge.gates import TestTown, qr
from tests.edge.kiosk.test_app import KEY, TownDesk, show, with_pin
from tests.edge.screens import (
    HEIGHT,
    POLICY,
    UNIT,
    WHY_NOT,
    WIDTH,
    Picture,
    Screen,
    UnitBrowser,
    before_command,
    browser_command,
)  # fmt: skip

pytestmark = [
    pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT)),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="chromium is not installed"),
]
BLOCK = 16
"""Pixels of a side of the squares by which pictures are compared: letters may be smoothed differently."""
COVERED = 0.02
"""Share of the screen that must differ before something lies over it: a mouse pointer is less, a bubble much more."""
FLASHED = 5.5
"""Seconds after which the page's own line about what was done is gone."""
KEYS = (
    "ctrl+n", "ctrl+t", "ctrl+shift+n", "ctrl+o", "ctrl+p", "ctrl+s", "ctrl+f", "ctrl+h", "ctrl+j", "ctrl+u", "ctrl+d", "ctrl+plus",
    "ctrl+shift+i", "ctrl+shift+j", "ctrl+shift+Delete", "shift+Escape", "alt+f", "alt+Home", "F1", "F3", "F6", "F7", "F10", "F11",
    "F12", "Menu",
)  # fmt: skip


def differing(one: Picture, other: Picture) -> float:
    """The share of squares in which two pictures of one size differ."""
    size = (WIDTH // BLOCK, HEIGHT // BLOCK)
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA).astype(np.int16) for each in (one, other)]
    return float((np.abs(small[0] - small[1]).max(axis=2) > 24).mean())


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The same pages without anything around them."""
    made = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    yield made
    made.close()


@pytest.fixture
def desk() -> TownDesk:
    desk = TownDesk(TestTown())
    with_pin(desk)
    show(desk, qr(id="8899aabbccddeeff"))
    return desk


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder that an ordinary user may pass through; pytest's are closed to others."""
    folder = Path("/tmp") / f"kakou-screen-{os.getpid()}-{tmp_path.name}"  # removed below; made anew, else an error
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def as_before(app: Flask) -> Flask:
    """The pages as they were when the browser offered to save the PIN and to translate them."""

    @app.after_request
    def older(response: Response) -> Response:
        if response.mimetype == "text/html":
            text = response.get_data(as_text=True)
            for new, old in (
                (' translate="no"', ""),
                ('<meta name="google" content="notranslate">', ""),
                ('type="text" class="pin"', 'type="password" class="pin"'),
                ('autocomplete="one-time-code"', 'autocomplete="off"'),
            ):
                text = text.replace(new, old)
            response.set_data(text)
        return response

    return app


@contextmanager
def served(desk: TownDesk, *, old: bool = False) -> Iterator[str]:
    app = create_app(desk, KEY)
    kiosk = Kiosk(as_before(app) if old else app, "127.0.0.1", 0)
    kiosk.start()
    yield f"http://127.0.0.1:{kiosk.port}/"
    kiosk.stop()


def shot(page: Page, address: str) -> Picture:
    """The page's own picture."""
    page.goto(address)
    page.wait_for_timeout(1_000)
    data = np.frombuffer(page.screenshot(), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def centre(page: Page, selector: str) -> tuple[float, float]:
    page.locator(selector).first.wait_for()
    # found and measured in one call: the page puts new buttons in their place meanwhile
    left, right, top, bottom = page.evaluate(
        "css => { const box = document.querySelector(css).getBoundingClientRect(); return [box.left, box.right, box.top, box.bottom]; }",
        selector,
    )
    assert right > left
    return (left + right) / 2, (top + bottom) / 2


def override(screen: Screen, page: Page, address: str) -> None:
    """Overrides with a PIN, by mouse and keys, where the page without a browser around it has its buttons."""
    page.goto(address)
    screen.click(*centre(page, "#act-override-1"))
    page.goto(f"{address}override?lane=1")
    screen.settled()
    for chosen in ("input[name=officer]", "input[name=why]"):
        screen.click(*centre(page, chosen))
        page.locator(chosen).first.check()
        screen.settled(0.5)
    screen.hand("type", "2580")
    keep(screen.picture(), "pin")
    screen.click(*centre(page, "button.no"))


def keep(picture: Picture, name: str) -> None:
    """Keeps a picture for a person to look at, in the folder that KAKOU_SHOTS names."""
    if folder := os.environ.get("KAKOU_SHOTS"):
        cv2.imwrite(str(Path(folder) / f"screen-{name}.png"), picture)


@pytest.mark.parametrize(
    ("old", "policies", "covered"),
    [
        pytest.param(False, (POLICY,), False, id="as installed"),
        pytest.param(True, (POLICY,), False, id="the policy alone is enough"),
        pytest.param(False, (), False, id="the pages alone are enough"),
        pytest.param(True, (), True, id="control: without both the browser asks"),
    ],
)
def test_nothing_lies_over_the_lane_when_a_pin_was_sent(
    desk: TownDesk, page: Page, room: Path, old: bool, policies: tuple[Path, ...], covered: bool
) -> None:
    """faults C: "Save password?" and the offer to translate a Chinese page in a browser that speaks English."""
    with (
        served(desk, old=old) as address,
        Screen(room) as screen,
        UnitBrowser(screen, address, room / "run", policies),
    ):
        want = shot(page, address)
        until(lambda: differing(screen.picture(), want) < (0.3 if covered else COVERED), 30)
        before = screen.settled(2.0)
        keep(before, f"{old}-{len(policies)}-before")
        assert (differing(before, want) > COVERED) is covered, "the offer to translate"
        override(screen, page, address)
        until(lambda: desk.made.journal.kinds().count(Kind.OVERRIDDEN) == 1, 10)
        page.wait_for_timeout(FLASHED * 1_000)
        after = screen.settled(1.0)
        keep(after, f"{old}-{len(policies)}-after")
        assert (differing(after, shot(page, address)) > COVERED) is covered, "the offer to save the PIN"


def test_no_key_and_no_menu_opens_a_window(desk: TownDesk, page: Page, room: Path) -> None:
    """faults C: each of the browser's own keys, and the right button (a long press), on the screen and in a field."""
    with served(desk) as address, Screen(room) as screen, UnitBrowser(screen, address, room / "run"):
        want = shot(page, address)
        until(lambda: differing(screen.picture(), want) < COVERED, 30)
        screen.click(WIDTH / 2, HEIGHT / 2)
        faults = []
        for keys in KEYS:
            screen.hand("key", keys)
            if differing(screen.settled(0.4, 3.0), want) > COVERED:
                keep(screen.picture(), keys)
                faults.append(keys)
                screen.hand("key", "Escape")
        screen.click(WIDTH / 2, HEIGHT / 2, 3)
        if differing(screen.settled(0.5, 3.0), want) > COVERED:
            faults.append("the right button")
        screen.hand("keydown", "ctrl", "click", "4", "click", "4", "keyup", "ctrl")
        if differing(screen.settled(0.5, 3.0), want) > COVERED:
            faults.append("zoom")
        assert faults == []


def test_the_screen_comes_up_after_a_crash_and_after_another_host_name(desk: TownDesk, page: Page, room: Path) -> None:
    """faults C: a lock of another host name stopped the browser for ever; a crash asks to restore pages. A fresh profile does not."""
    profile = room / "run" / "profile"
    with served(desk) as address, Screen(room) as screen:
        want = shot(page, address)
        with UnitBrowser(screen, address, room / "run") as browser:
            until(lambda: differing(screen.picture(), want) < COVERED, 30)
            browser.kill()
        (profile / "SingletonLock").unlink(missing_ok=True)
        (profile / "SingletonLock").symlink_to("another-host-4711")
        # the control: without what the unit does first, the lock holds the browser up
        with UnitBrowser(screen, address, room / "run", before=False) as browser:
            page.wait_for_timeout(6_000)
            assert differing(screen.settled(1.0), want) > COVERED
        with UnitBrowser(screen, address, room / "run"):
            until(lambda: differing(screen.picture(), want) < COVERED, 30)
            assert differing(screen.settled(2.0), want) < COVERED


def test_only_the_gates_own_pages_can_be_opened(desk: TownDesk, page: Page, room: Path) -> None:
    """faults C: every address but this machine's is blocked, the browser's own pages too."""
    with served(desk) as address, Screen(room) as screen:
        want = shot(page, address)
        with UnitBrowser(screen, "file:///etc/hostname", room / "run"):
            page.wait_for_timeout(5_000)
            blocked = screen.settled(2.0)  # "This page is blocked": looked at by a person
            keep(blocked, "blocked")
        with UnitBrowser(screen, "file:///etc/hostname", room / "run", ()):
            page.wait_for_timeout(5_000)
            keep(screen.picture(), "control")
            assert not np.array_equal(screen.settled(2.0), blocked), "the control: without the policy it is shown"
        for elsewhere in ("chrome://version/", "https://example.org/", "http://127.0.0.1.example.org/"):
            with UnitBrowser(screen, elsewhere, room / "run"):
                page.wait_for_timeout(4_000)
                keep(screen.picture(), elsewhere.partition(":")[0])
                assert differing(screen.settled(1.0, 5.0), want) > COVERED
        for name in ("localhost", "127.0.0.1"):
            with UnitBrowser(screen, address.replace("127.0.0.1", name), room / "run"):
                until(lambda: differing(screen.picture(), want) < COVERED, 30)


def test_this_browser_knows_every_policy(playwright: Playwright, room: Path) -> None:
    """A policy whose name or value the browser does not know would be ignored in silence."""
    policy = json.loads(POLICY.read_text())
    # only so that the page that lists them can be read here
    policy["URLAllowlist"] = [*policy["URLAllowlist"], "chrome://policy"]
    closed = {"DeveloperToolsAvailability", "RemoteDebuggingAllowed"}
    managed = room / "policies" / "managed"
    managed.mkdir(parents=True)
    (managed / POLICY.name).write_text(json.dumps({name: policy[name] for name in policy.keys() - closed}))
    started = room / "chromium"
    started.write_text(
        f'#!/bin/sh\nexec unshare --mount sh -c \'mount --bind {room} /etc/chromium && exec {CHROMIUM} "$@"\' sh "$@"\n'
    )
    started.chmod(0o755)
    browser = playwright.chromium.launch(executable_path=str(started), args=QUIET)
    page = browser.new_page()
    page.goto("chrome://policy")
    page.wait_for_timeout(1_500)
    rows = dict(page.evaluate(ROWS))
    browser.close()
    assert {name: rows.get(name) for name in policy.keys() - closed if rows.get(name) not in {"OK", "Deprecated"}} == {}
    assert rows.get("DeveloperToolsAvailability") == rows.get("RemoteDebuggingAllowed") == "Not set."


ROWS = """() => {
  const rows = [];
  const walk = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.localName === "policy-row") {
        const text = (selector) => each.shadowRoot.querySelector(selector)?.textContent.trim();
        rows.push([text(".name .link, .name"), text(".messages")]);
      }
      if (each.shadowRoot) walk(each.shadowRoot);
    }
  };
  walk(document);
  return rows;
}"""


def test_the_policy_and_the_unit_agree_on_where_the_page_is() -> None:
    assert json.loads(POLICY.read_text())["URLBlocklist"] == ["*"]
    allowed = json.loads(POLICY.read_text())["URLAllowlist"]
    assert sorted(allowed) == ["http://127.0.0.1", "http://[::1]", "http://localhost"], (
        "any port: kiosk.port may differ"
    )


def test_the_profile_lies_in_memory_and_is_emptied_at_each_start() -> None:
    assert "/var/lib" not in UNIT.read_text()
    assert before_command(Path("/run/kakou-kiosk")) == [["/bin/rm", "-rf", "/run/kakou-kiosk/profile"]]
    assert "--user-data-dir=/run/kakou-kiosk/profile" in browser_command(
        "http://127.0.0.1:8100/", Path("/run/kakou-kiosk")
    )
