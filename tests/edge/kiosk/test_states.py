"""Every state of a lane on the gate's own screen: nothing is cut off, nothing overlaps, every button fits a glove.

`KAKOU_SHOTS=folder` keeps a picture of each to look at.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from edge.camera.frames import Hint
from edge.contract.facts import ReadBy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.decision.decision import LastSeen
from edge.gate.view import LaneView
from edge.kiosk import Kiosk, create_app
from edge.kiosk.notices import is_tight
from edge.kiosk.words import PAPER
from edge.lane.phase import Arm, Phase
from tests.chromium import NEEDED, chromium
from tests.contract.samples import POLICY
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
from tests.edge.kiosk.views import (
    CHECKING,
    EMPTY,
    ENDED,
    JUDGED,
    MONO,
    NOW,
    OWING,
    PRIORITY,
    STOPPED,
    ViewDesk,
    asked,
    burdened,
    gate,
    lane_in,
)

pytestmark = NEEDED
BEFORE = LastSeen("c" * 32, "south", Direction.IN, NOW - timedelta(hours=3))
STATES: dict[str, LaneView] = {
    **{str(phase): lane_in(phase, Arm.UP if phase in {Phase.OPEN, Phase.DRIVING} else Arm.LYING) for phase in Phase},
    "next": replace(lane_in(Phase.NEXT, Arm.UP), behind=True),
    "opening": replace(PRIORITY, behind=True, opposite=True),
    "recalled": lane_in(Phase.RECALLED, Arm.UP),
    "waiting-held-up": replace(EMPTY, arm=Arm.HOLDING),
    "waiting-falling": replace(EMPTY, arm=Arm.FALLING),
    "waiting-keyed": replace(EMPTY, arm=Arm.KEYED),
    "waiting-stuck": replace(EMPTY, arm=Arm.STUCK),
    "waiting-left-open": replace(EMPTY, arm=Arm.UP, left_open=True),
    "checking-held-up": replace(CHECKING, arm=Arm.HOLDING, behind=True),
    "checking-falling": replace(CHECKING, arm=Arm.FALLING),
    "checking-stuck": replace(CHECKING, arm=Arm.STUCK),
    "checking-left-open": replace(CHECKING, arm=Arm.UP, left_open=True),
    "asking-held-up": replace(JUDGED, arm=Arm.HOLDING, behind=True),
    "asking-stuck": replace(JUDGED, arm=Arm.STUCK),
    "refused-keyed": replace(STOPPED, arm=Arm.KEYED),
    "refused-stuck": replace(STOPPED, arm=Arm.STUCK, opposite=True),
    "held-stuck": replace(lane_in(Phase.HELD), arm=Arm.STUCK),
    "disinfecting-coming": replace(OWING, standing=False),
    "disinfecting-by-hand-coming": replace(OWING, standing=False, read_by=ReadBy.HAND, plate="", reason=Reason.NO_PASS),
    "disinfecting-again": replace(OWING, unconfirmed=True, sprayed=4.0),
    "disinfecting-up": replace(OWING, spraying=True, arm=Arm.UP),
    "disinfecting-stuck": replace(OWING, unconfirmed=True, sprayed=4.0, arm=Arm.STUCK),
    "next-keyed": replace(lane_in(Phase.NEXT), arm=Arm.KEYED),
    "next-stuck": replace(lane_in(Phase.NEXT), arm=Arm.STUCK),
    "opening-stuck": replace(PRIORITY, arm=Arm.STUCK),
    "opening-keyed": replace(PRIORITY, arm=Arm.KEYED),
    "open-opposite": replace(lane_in(Phase.OPEN, Arm.UP), opposite=True),
    "driving-behind": replace(lane_in(Phase.DRIVING, Arm.HOLDING), behind=True),
    "recalled-stuck": replace(lane_in(Phase.RECALLED), arm=Arm.STUCK),
    "recalled-differs": replace(lane_in(Phase.RECALLED, Arm.UP), verdict=Verdict.STOP, reason=Reason.PLATE_MISMATCH),
    "asking-before": replace(JUDGED, reason=Reason.ALREADY_INSIDE, before=BEFORE, behind=True),
    "refused-watched": replace(STOPPED, reason=Reason.WATCH_LIST, watched="stolen, call the police", behind=True),
    "disinfecting-litres": replace(OWING, spraying=True, spray_since=MONO, litres=1.26, behind=True, opposite=True),
    "unclear-nobody": asked(replace(EMPTY, arm=Arm.HOLDING)),
    "unclear-checking": asked(replace(CHECKING, arm=Arm.HOLDING)),
    "unclear-no-plate": replace(asked(replace(CHECKING, arm=Arm.HOLDING)), unclear_plate=""),
    "unclear-asking": asked(replace(JUDGED, arm=Arm.HOLDING, behind=True)),
    "unclear-refused": asked(replace(STOPPED, arm=Arm.HOLDING, behind=True, opposite=True)),
    "unclear-disinfecting": asked(replace(OWING, arm=Arm.HOLDING, standing=False)),
    "unclear-asking-stuck": asked(replace(JUDGED, arm=Arm.STUCK, behind=True, opposite=True)),
    "unclear-opening": asked(PRIORITY),
}
STRIP = 40
"""Pixels that all notices together may take from the lanes while a vehicle is there."""
DRAW = """async () => {
  const text = await (await window.asked("/lane")).text();
  document.getElementById("live").innerHTML = text;
  document.querySelectorAll(".camera").forEach(each => each.classList.add("blind"));
}"""
NEXT = 7
"""So many further on in the list stands the state of the lane beside it."""
SHOWN = LOOKS if os.environ.get("KAKOU_SHOTS") else [("zh", "night"), ("en", "sun")]
"""Each language and each look once; all four where somebody looks at the pictures."""
CUT = """() => {
  const faults = [];
  for (const lane of document.querySelectorAll("section.lane")) {
    const sight = lane.querySelector(".sight").getBoundingClientRect();
    for (const each of lane.querySelectorAll(".words > *, .shape, .camera, .hint")) {
      const box = each.getBoundingClientRect();
      if (!box.height) continue;
      if (box.top < sight.top - 1 || box.bottom > sight.bottom + 1 || box.right > sight.right + 1)
        faults.push(`cut off: ${each.className.baseVal ?? each.className} ${Math.round(box.bottom - sight.bottom)} below, ${Math.round(sight.top - box.top)} above`);
      if (each.scrollWidth > each.clientWidth + 1) faults.push(`too wide: ${each.className}`);
    }
    const rows = [...lane.querySelectorAll(".acts > *")];
    for (const each of rows) {
      if (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1) faults.push(`words run over: ${each.textContent}`);
      if (each.getBoundingClientRect().bottom > innerHeight) faults.push(`below the screen: ${each.textContent}`);
    }
  }
  return faults;
}"""
"""What of the lanes is not whole on the screen."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def desk() -> ViewDesk:
    return ViewDesk()


@pytest.fixture
def address(desk: ViewDesk) -> Iterator[str]:
    served = Kiosk(create_app(desk, "not a secret: a test's"), "127.0.0.1", 0)
    served.start()
    yield f"http://127.0.0.1:{served.port}"
    served.stop()


def loaded(desk: ViewDesk, *lanes: LaneView, fault: str | None = None) -> None:
    """The desk shows these lanes, and with them all at once: an order, a call for help, open matters, the end of the
    operation, a hint of the camera's."""
    desk.shown, desk.rules, desk.hinted = burdened(gate(*lanes), fault=fault), ENDED, Hint.CLOSER


def still(page: Page) -> None:
    """The page without its own looking twice a second, which would put a state there that is over."""
    page.add_init_script("window.asked = window.fetch; window.fetch = () => new Promise(() => {});")
    page.reload()


def draw(page: Page) -> None:
    """Puts the lanes on the page as they are now."""
    page.evaluate(DRAW)


def faults_of(page: Page, desk: ViewDesk, name: str) -> list[str]:
    """What is not whole on the page, too small for a glove, or beside the one strip of 40 px."""
    found = page.evaluate(CUT)
    found += [f"under {LEAST} mm: {each}" for each in page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])]
    strips = page.eval_on_selector_all(".strip", "all => all.map(each => each.getBoundingClientRect().height)")
    if is_tight(desk.shown) and (
        len(strips) != bool(desk.shown.orders or desk.shown.alarms)
        or max(strips, default=0) > STRIP
        or page.locator(".banner:visible").count()
    ):
        found.append(f"expected one strip of {STRIP} px, found {strips}")
    return [f"{name}: {each}" for each in found]


@pytest.mark.parametrize(("language", "look"), SHOWN)
def test_every_state_is_whole_on_the_screen_and_made_for_gloves(
    browser: Browser, desk: ViewDesk, address: str, language: str, look: str
) -> None:
    """Also with everything that the screen has to say besides: web.md's banners of 68 px pushed verdict and seconds off the screen."""
    faults: list[str] = []
    with screen(browser, address, look=look, language=language) as page:
        still(page)
        for name, lane in STATES.items():
            for burden in (False, True):
                desk.shown, desk.rules, desk.hinted = gate(lane), POLICY, None
                if burden:
                    loaded(desk, lane)
                draw(page)
                shoot(page, f"{name}-{language}-{look}{'-all' if burden else ''}")
                faults += faults_of(page, desk, f"{name}, {burden}")
        desk.shown = gate(STATES["unclear-asking-stuck"])
        page.goto(f"{address}/more?lane=1")
        shoot(page, f"more-{language}-{look}")
        faults += page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("language", "look"), SHOWN)
def test_two_lanes_stand_beside_each_other_in_every_state(
    browser: Browser, desk: ViewDesk, address: str, language: str, look: str
) -> None:
    faults: list[str] = []
    names = list(STATES)
    with screen(browser, address, look=look, language=language) as page:
        still(page)
        for first, second in zip(names, [*names[NEXT:], *names[:NEXT]], strict=True):
            loaded(desk, STATES[first], replace(STATES[second], name="2"))
            draw(page)
            shoot(page, f"two-{first}-{second}-{language}-{look}")
            faults += faults_of(page, desk, f"{first}, {second}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("language", "look"), SHOWN)
@pytest.mark.parametrize("lanes", [1, 2])
def test_that_no_record_can_be_kept_is_read_whole_before_all_else(
    browser: Browser, desk: ViewDesk, address: str, language: str, look: str, lanes: int
) -> None:
    faults: list[str] = []
    with screen(browser, address, look=look, language=language) as page:
        still(page)
        for name in ("waiting", "checking", "disinfecting", "unclear-asking", "waiting-stuck"):
            loaded(desk, *[replace(STATES[name], name=str(number + 1)) for number in range(lanes)], fault="disk full")
            draw(page)
            shoot(page, f"paper-{lanes}-{name}-{language}-{look}")
            faults += faults_of(page, desk, name)
            bad = page.locator(".strip.bad .first")
            assert bad.inner_text() == f"✕ {PAPER[0]} · {PAPER[1]}"
            assert bad.evaluate("each => each.scrollHeight <= each.clientHeight + 1"), name
    assert not faults, "\n".join(faults)


def test_the_strip_leads_in_one_touch_to_all_that_waits(browser: Browser, desk: ViewDesk, address: str) -> None:
    loaded(desk, STATES["asking"])
    with screen(browser, address) as page:
        strip = page.locator(".strip")
        assert [each.strip() for each in strip.locator(".other").all_inner_texts()] == [
            "✉ 指令 1", "■ 行动已结束", "● 未了 2",
        ]  # fmt: skip
        assert "▲ 请求支援" in strip.inner_text()
        box = strip.bounding_box()
        assert box is not None
        # a glove that misses it by a finger's breadth hits it all the same
        page.touchscreen.tap(box["x"] + 300, box["y"] - 20)
        page.get_by_role("heading", name="未了事项").wait_for()
        shoot(page, "matters-all")
        for words in ("请求支援", "雨大路滑", "结束，请询问指挥部", "鲁B·55555"):
            assert page.get_by_text(words).count(), words
        page.goto(address)
        page.locator(".bar .button").tap()
        page.get_by_role("heading", name="值班台").wait_for()


def test_with_nobody_there_each_notice_has_a_banner_of_its_own(browser: Browser, desk: ViewDesk, address: str) -> None:
    loaded(desk, STATES["waiting"])
    with screen(browser, address) as page:
        assert page.locator(".strip").count() == 0
        assert page.locator(".banner:visible").count() == 4
        page.locator(".banner.order").tap()
        page.get_by_role("heading", name="指挥部指令").wait_for()


def test_the_answer_to_a_button_covers_nothing_of_the_lane(browser: Browser, desk: ViewDesk, address: str) -> None:
    loaded(desk, STATES["asking"])
    desk.answers = False
    with screen(browser, address, language="en") as page:
        page.get_by_role("button", name="Admit").tap()
        flash, lanes = page.locator("#flashes .flash").bounding_box(), page.locator(".lanes").bounding_box()
        shoot(page, "flash")
        assert flash is not None
        assert lanes is not None
        assert flash["y"] + flash["height"] <= lanes["y"]


@pytest.mark.parametrize(("language", "look"), LOOKS)
def test_every_new_state_is_accessible(
    browser: Browser, desk: ViewDesk, address: str, language: str, look: str
) -> None:
    faults: list[str] = []
    with accessible(browser, address, SCREEN, look, language) as page:
        for name in (
            "waiting-stuck",
            "next",
            "unclear-asking",
            "disinfecting-coming",
            "opening-stuck",
            "checking-held-up",
        ):
            desk.shown = gate(STATES[name])
            page.goto(address)
            result = Axe().run(page)
            faults += [f"{name}: {each['id']}: {each['nodes'][0]['html']}" for each in result.response["violations"]]
        desk.shown = gate(STATES["unclear-asking-stuck"])
        page.goto(f"{address}/more?lane=1")
        faults += [f"more: {each['id']}" for each in Axe().run(page).response["violations"]]
    assert not faults, "\n".join(faults)


def test_a_phone_shows_the_question_and_its_answers(browser: Browser, desk: ViewDesk, address: str) -> None:
    desk.shown = gate(STATES["unclear-asking"])
    with screen(browser, address, PHONE) as page:
        assert page.locator(".question").is_visible()
        assert page.get_by_role("button", name="前车已通过").is_visible()
        shoot(page, "phone-unclear-asking")


def test_the_officers_answer_takes_one_tap(browser: Browser, desk: ViewDesk, address: str) -> None:
    desk.shown, desk.after = gate(STATES["unclear-checking"]), gate(STATES["checking"])
    with screen(browser, address) as page:
        page.get_by_role("button", name="前车已通过").tap()
        page.get_by_text("已记录：前车已通过。").wait_for()
        assert page.locator(".question").count() == 0
