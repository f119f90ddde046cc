"""The officer's screen in a real browser, at the size of the gate's own: fingers in gloves, both looks, both languages."""

import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from edge.camera.frames import Hint
from edge.contract.facts import Kind, Outcome, SolutionPrepared, VisitClosed
from edge.contract.reasons import Direction, Reason
from edge.gate.recovery import Past
from edge.gate.view import OpenVisit
from edge.kiosk import Kiosk, Known, News, create_app
from edge.lane.events import EmergencyPressed, Loop, LoopChanged, QrSeen, SignedOn
from tests.brokers import until
from tests.chromium import NEEDED, chromium
from tests.edge.gates import TestTown, qr
from tests.edge.kiosk.browsers import (
    LEAST,
    LOOKS,
    MM,
    PHONE,
    SCREEN,
    SMALL,
    TOUCHED,
    accessible,
    screen,
    shoot,
)
from tests.edge.kiosk.test_app import KEY, PAGES, TownDesk, show, with_pin
from tests.edge.lane.test_alarms import OWN

pytestmark = NEEDED


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def desk() -> TownDesk:
    desk = TownDesk(TestTown())
    desk.before = tuple(Known(f"鲁B{number}2345", "resident") for number in range(9))
    return desk


@pytest.fixture
def address(desk: TownDesk) -> Iterator[str]:
    served = Kiosk(create_app(desk, KEY), "127.0.0.1", 0)
    served.start()
    yield f"http://127.0.0.1:{served.port}"
    served.stop()


def type_plate(page: Page, plate: str) -> None:
    for key in plate:
        page.locator(f"#board [data-key='{key}']:visible").tap()


def busy(desk: TownDesk) -> None:
    """A lane with a vehicle, an officer, an emergency without a plate, a hint of the camera's, and a dead link."""
    with_pin(desk)
    desk.ask(SignedOn("u-2"))
    desk.ask(EmergencyPressed("1"))
    desk.made.drive_through()
    desk.made.pass_time(60)
    show(desk, qr())
    desk.fresh = News(backlog=3)
    desk.hinted = Hint.CLOSER


def test_a_vehicle_without_a_pass_takes_two_taps_and_its_plate(browser: Browser, desk: TownDesk, address: str) -> None:
    desk.made.arrive(Loop.OUTER)
    with screen(browser, address) as page:
        page.get_by_role("link", name="登记").tap()
        type_plate(page, "鲁B12345")
        page.get_by_role("button", name="✓ 居民").tap()
        page.locator("[data-state=disinfecting]").wait_for()
        assert "鲁B·12345" in page.inner_text("#live")
        desk.made.log.clear()
        page.get_by_role("button", name="EMERGENCY").tap()
        page.locator("[data-state=open]").wait_for()
    assert desk.made.log[0] == "keep visit_opened"


def test_a_vehicle_that_was_here_before_is_not_typed_again(browser: Browser, desk: TownDesk, address: str) -> None:
    desk.made.arrive(Loop.OUTER)
    desk.before = (Known("鲁B88888", "samples"), Known("鲁B11111", "duty"), Known("苏A88811", None))
    with screen(browser, address, language="en") as page:
        page.get_by_role("link", name="Register").tap()
        type_plate(page, "鲁")
        expect(page.locator("[data-plate='苏A88811']")).to_be_hidden()
        page.locator("[data-plate='鲁B11111']").tap()
        assert page.locator("[data-quick=classes] button").first.inner_text() == "✓ Village duty"
        page.locator("[data-quick=classes] button").first.tap()
        page.locator(".plate", has_text="鲁B·11111").wait_for()
    (lane,) = desk.view().lanes
    assert (lane.plate, lane.vehicle_class) == ("鲁B11111", "duty")


def test_an_odd_plate_warns_while_it_is_typed_and_is_registered_all_the_same(
    browser: Browser, desk: TownDesk, address: str
) -> None:
    desk.made.arrive(Loop.OUTER)
    with screen(browser, address) as page:
        page.get_by_role("link", name="登记").tap()
        type_plate(page, "鲁BABC12")
        expect(page.locator("#plate-warning")).to_have_text("字母偏多，请再核对 · many letters: look again")
        page.get_by_role("button", name="✓ 居民").tap()
        page.locator(".plate", has_text="鲁B·ABC12").wait_for()


def test_only_what_the_operation_asks_is_asked(browser: Browser, desk: TownDesk, address: str) -> None:
    desk.made.arrive(Loop.OUTER)
    with screen(browser, address, language="en") as page:
        page.get_by_role("link", name="Register").tap()
        type_plate(page, "鲁B12345")
        page.get_by_role("button", name="Details").tap()
        assert page.locator(".fields input:visible").evaluate_all("all => all.map(each => each.name)") == [
            "origin",
            "destination",
        ]
        page.locator("input[name=origin]").tap()
        type_plate(page, "QD")
        page.locator("#board [data-key=done]:visible").tap()
        page.get_by_role("button", name="Register ✓").tap()
        page.locator("[data-state=disinfecting]").wait_for()
    assert desk.made.journal.entries[0].private == {"plate": "鲁B12345", "origin": "QD"}


def test_the_camera_is_on_the_screen_with_its_hint_and_its_absence_is_said(
    browser: Browser, desk: TownDesk, address: str
) -> None:
    desk.hinted = Hint.CLOSER
    with screen(browser, address) as page:
        camera = page.locator(".camera")
        until(lambda: page.evaluate("document.querySelector('.camera img').naturalWidth > 300"))
        expect(page.locator(".hint")).to_contain_text("请把通行证靠近一些")
        first = camera.locator("img").get_attribute("src")
        until(lambda: page.evaluate("first => document.querySelector('.camera img').src.indexOf(first) < 0", first))
        desk.shown = None
        expect(camera.locator(".none")).to_be_visible(timeout=5_000)
        assert "摄像头无画面" in camera.inner_text()


WORDS = {
    "zh": ("特批放行", "急病就医", "以本人名义特批", "登记配液", "交班"),
    "en": ("Override", "medical need", "Override, by my name", "Mixed", "Hand over"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_shift_from_its_beginning_to_its_end_by_touch_alone(
    browser: Browser, desk: TownDesk, address: str, language: str
) -> None:
    """Signs on, prepares a solution, overrides a stop with a PIN, hands over: each in the chosen language."""
    with_pin(desk)
    override, why, by_name, mixed, hand_over = WORDS[language]
    with screen(browser, address, language=language, look="sun" if language == "en" else "night") as page:
        page.locator(".bar .button").tap()
        page.locator("a[href='/shift']").tap()
        page.get_by_role("button", name="王伟").tap()
        page.locator(".bar .button", has_text="王伟").tap()
        page.locator("a[href='/solution']").tap()
        for name, value in (("lot", "L22"), ("target", "500"), ("water_litres", "20")):
            page.locator(f"input[name={name}]").tap()
            type_plate(page, value)
        page.locator("#board [data-key=done]:visible").tap()
        shoot(page, f"solution-{language}")
        page.get_by_role("button", name=mixed).tap()
        page.locator("#live").wait_for()
        show(desk, qr(gates=0b10))
        page.get_by_role("link", name=override, exact=True).tap()
        page.locator("label", has_text="王伟").tap()
        page.locator("label", has_text=why).tap()
        expect(page.locator("input[name=pin]")).to_be_focused()
        type_plate(page, "2580")
        shoot(page, f"override-{language}")
        page.get_by_role("button", name=by_name).tap()
        page.locator("[data-state=disinfecting]").wait_for()
        page.locator(".bar .button").tap()
        page.locator("a[href='/shift']").tap()
        page.get_by_role("button", name=hand_over).wait_for()
        shoot(page, f"shift-{language}")
        page.locator("label", has_text="李娜").tap()
        page.get_by_role("button", name=hand_over).tap()
        page.locator(".bar .button", has_text="李娜").wait_for()
    kinds = [kind for kind in desk.made.journal.kinds() if kind not in {Kind.ALARM_RAISED, Kind.ALARM_CLEARED}]
    assert kinds == [
        Kind.SHIFT_STARTED,
        Kind.SOLUTION_PREPARED,
        Kind.VISIT_OPENED,
        Kind.OVERRIDDEN,
        Kind.SHIFT_ENDED,
        Kind.SHIFT_STARTED,
    ]
    (batch,) = desk.made.journal.bodies(Kind.SOLUTION_PREPARED)
    assert isinstance(batch, SolutionPrepared)
    assert (batch.lot, batch.target, batch.water_litres) == ("L22", "500", 20.0)


ONCE = (("zh", "night"), ("en", "sun"))
"""A phone shows the same pages: each language and each look of it is judged once."""


@pytest.mark.parametrize(("language", "look"), LOOKS)
@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_every_page_is_accessible_and_made_for_gloves(
    browser: Browser, desk: TownDesk, address: str, size: tuple[int, int], language: str, look: str
) -> None:
    busy(desk)
    faults: list[str] = []
    with screen(browser, address, size, look, language) as page:
        for path in (*PAGES, "/nowhere"):
            if path == "/nowhere":
                page.set_content(page.request.get(address + path).text())
            else:
                page.goto(address + path)
            if size == SCREEN:
                small = page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])
                faults += [f"{path}: smaller than {LEAST} mm: {each}" for each in small]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            faults += [f"{path}: {wide} px too wide"] if wide > 0 else []
    if size == SCREEN or (language, look) in ONCE:
        with accessible(browser, address, size, look, language) as page:
            for path in (*PAGES, "/nowhere"):
                page.goto(address + path)
                found = Axe().run(page).response["violations"]
                faults += [f"{path}: {each['id']}: {each['nodes'][0]['html']}" for each in found]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("size", [SCREEN, PHONE], ids=["screen", "phone"])
def test_a_visit_that_was_left_open_is_ended_with_one_tap_also_as_unclear(
    browser: Browser, size: tuple[int, int]
) -> None:
    left = OpenVisit("f" * 32, "1", "2026-04-01T07:59:00.000Z", "鲁B12345", Direction.IN, Reason.OK)
    desk = TownDesk(TestTown(past=Past(unfinished=(left,))))
    served = Kiosk(create_app(desk, KEY), "127.0.0.1", 0)
    served.start()
    try:
        with screen(browser, f"http://127.0.0.1:{served.port}", size) as page:
            page.goto(f"http://127.0.0.1:{served.port}/matters")
            shoot(page, f"left-open-{size[0]}")
            small = page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST]) if size == SCREEN else []
            assert small == []
            page.locator("button[value='unclear']").tap()
            until(lambda: not desk.view().unfinished)
    finally:
        served.stop()
    (ended,) = desk.made.journal.bodies(Kind.VISIT_CLOSED)
    assert isinstance(ended, VisitClosed)
    assert ended.outcome is Outcome.UNCLEAR


def test_everything_that_is_pressed_at_the_lane_is_on_the_screen_without_scrolling(
    browser: Browser, desk: TownDesk, address: str
) -> None:
    busy(desk)
    with screen(browser, address) as page:
        # all at once: the page puts new buttons in their place while they are looked at
        ends = page.eval_on_selector_all(".acts > *", "all => all.map(each => each.getBoundingClientRect().bottom)")
        assert ends
        assert max(ends) <= SCREEN[1]


def test_the_look_is_switched_and_remembered(browser: Browser, desk: TownDesk, address: str) -> None:
    with screen(browser, address) as page:
        page.goto(f"{address}/desk")
        page.get_by_role("link", name="强光").tap()
        page.get_by_role("link", name="夜间").wait_for()
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("data-look", "sun")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_screen_whose_gate_died_says_so_and_comes_back_by_itself(browser: Browser, desk: TownDesk) -> None:
    served = Kiosk(create_app(desk, KEY), "127.0.0.1", 0)
    served.start()
    page = browser.new_page(viewport={"width": SCREEN[0], "height": SCREEN[1]})
    page.goto(f"http://127.0.0.1:{served.port}")
    served.stop()
    expect(page.locator("#lost")).to_be_visible(timeout=8_000)
    again = Kiosk(create_app(desk, KEY), "127.0.0.1", served.port)
    again.start()
    expect(page.locator("#lost")).to_be_hidden(timeout=8_000)
    page.close()
    again.stop()


def test_a_browser_that_hangs_starves_neither_the_lane_nor_the_page(desk: TownDesk, address: str) -> None:
    """Forty connections that ask and never listen, and forty that never finish asking."""
    port = int(address.rpartition(":")[2])
    hanging = [HTTPConnection("127.0.0.1", port) for _ in range(80)]
    for number, each in enumerate(hanging):
        each.connect()
        each.sock.sendall(b"GET /picture.jpg?lane=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (b"\r\n" if number % 2 else b""))
    waits = []
    for _ in range(20):
        began = time.monotonic()
        desk.ask(EmergencyPressed("1"))
        waits.append(time.monotonic() - began)
    alive = HTTPConnection("127.0.0.1", port, timeout=5)
    began = time.monotonic()
    alive.request("GET", "/lane")
    assert alive.getresponse().status == 200
    assert time.monotonic() - began < 3
    assert max(waits) < 0.5
    for each in (*hanging, alive):
        each.close()
    assert threading.active_count() < 30


@pytest.mark.parametrize(("language", "look"), LOOKS)
def test_two_lanes_are_on_one_screen_and_each_button_is_its_own_lanes(
    browser: Browser, language: str, look: str
) -> None:
    desk = TownDesk(TestTown(toml=OWN))
    served = Kiosk(create_app(desk, KEY), "127.0.0.1", 0)
    served.start()
    address = f"http://127.0.0.1:{served.port}"
    desk.ask(SignedOn("u-2"))
    for lane in ("1", "2"):
        desk.ask(LoopChanged(lane, Loop.OUTER, True))
    desk.ask(QrSeen("1", qr(), desk.made.time))
    desk.ask(QrSeen("2", qr(id="8899aabbccddeeff"), desk.made.time))
    try:
        with screen(browser, address, look=look, language=language) as page:
            first, second = (page.locator("section.lane").nth(number) for number in (0, 1))
            expect(first).to_have_attribute("data-state", "disinfecting")
            expect(second).to_have_attribute("data-state", "refused")
            shoot(page, f"two-lanes-{language}-{look}")
            small = page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])
            assert small == []
            ends = page.eval_on_selector_all(".acts", "all => all.map(each => each.getBoundingClientRect().bottom)")
            assert len(ends) == 2
            assert max(ends) <= SCREEN[1], "pressed without scrolling"
            second.get_by_role("button", name="EMERGENCY").tap()
            expect(second).to_have_attribute("data-state", "open")
            expect(first).to_have_attribute("data-state", "disinfecting")
            page.goto(f"{address}/solution")
            shoot(page, f"two-tanks-{language}-{look}")
            assert page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST]) == []
        with accessible(browser, address, SCREEN, look, language) as page:
            for path in ("/", "/solution"):
                page.goto(address + path)
                assert Axe().run(page).response["violations"] == []
    finally:
        served.stop()
