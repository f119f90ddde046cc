"""Every state of a lane on the gate's own screen: nothing is cut off, nothing overlaps, every button fits a glove.

`KAKOU_SHOTS=folder` keeps a picture of each to look at.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from edge.contract.facts import ReadBy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.records import wall_text
from edge.gate.view import LaneView, OpenVisit
from edge.kiosk import Kiosk, create_app
from edge.lane.phase import Arm, Phase
from tests.chromium import NEEDED, chromium
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
    JUDGED,
    NOW,
    OWING,
    PRIORITY,
    STOPPED,
    ViewDesk,
    asked,
    gate,
    lane_in,
)

pytestmark = NEEDED
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
    "unclear-nobody": asked(replace(EMPTY, arm=Arm.HOLDING)),
    "unclear-checking": asked(replace(CHECKING, arm=Arm.HOLDING)),
    "unclear-no-plate": replace(asked(replace(CHECKING, arm=Arm.HOLDING)), unclear_plate=""),
    "unclear-asking": asked(replace(JUDGED, arm=Arm.HOLDING, behind=True)),
    "unclear-refused": asked(replace(STOPPED, arm=Arm.HOLDING, behind=True, opposite=True)),
    "unclear-disinfecting": asked(replace(OWING, arm=Arm.HOLDING, standing=False)),
    "unclear-asking-stuck": asked(replace(JUDGED, arm=Arm.STUCK, behind=True, opposite=True)),
    "unclear-opening": asked(PRIORITY),
}
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


@pytest.mark.parametrize(("language", "look"), SHOWN)
def test_every_state_is_whole_on_the_screen_and_made_for_gloves(
    browser: Browser, desk: ViewDesk, address: str, language: str, look: str
) -> None:
    faults: list[str] = []
    with screen(browser, address, look=look, language=language) as page:
        for name, lane in STATES.items():
            desk.shown = gate(lane)
            page.goto(address)
            page.locator(f"[data-state={lane.shown}]").wait_for()
            shoot(page, f"{name}-{language}-{look}")
            faults += [f"{name}: {each}" for each in page.evaluate(CUT)]
            faults += [
                f"{name}: under {LEAST} mm: {each}" for each in page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])
            ]
        desk.shown = gate(STATES["unclear-asking-stuck"])
        page.goto(f"{address}/more?lane=1")
        shoot(page, f"more-{language}-{look}")
        faults += page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ["unclear-checking", "unclear-asking", "unclear-asking-stuck", "asking-stuck", "next"])
def test_under_banners_what_matters_most_is_whole(browser: Browser, desk: ViewDesk, address: str, name: str) -> None:
    """An emergency without a plate, a visit left open, an alarm: each takes its line from the lane."""
    left = OpenVisit("d" * 32, "1", wall_text(NOW), "鲁B55555", Direction.IN, Reason.OK)
    desk.shown = replace(gate(STATES[name]), plateless=(left,), unfinished=(left,), alarms={"barrier_stuck": ""})
    with screen(browser, address) as page:
        shoot(page, f"busy-{name}")
        for each in (".shape", ".question", ".big", ".plate", ".reason"):
            if page.locator(each).count():
                inner, outer = (page.locator(place).bounding_box() for place in (each, ".sight"))
                assert inner is not None
                assert outer is not None
                assert inner["y"] >= outer["y"], each
                assert inner["y"] + inner["height"] <= outer["y"] + outer["height"], each
        page.goto(f"{address}/matters")
        shoot(page, "matters")


PAIRS = (
    ("waiting-stuck", "unclear-asking-stuck"),
    ("disinfecting-again", "unclear-checking"),
    ("next", "opening-stuck"),
    ("disinfecting-coming", "unclear-refused"),
)


@pytest.mark.parametrize(("language", "look"), SHOWN)
def test_two_lanes_stand_beside_each_other_in_every_new_state(
    browser: Browser, desk: ViewDesk, address: str, language: str, look: str
) -> None:
    faults: list[str] = []
    with screen(browser, address, look=look, language=language) as page:
        for first, second in PAIRS:
            desk.shown = gate(STATES[first], replace(STATES[second], name="2"))
            page.goto(address)
            page.locator("section.lane").nth(1).wait_for()
            shoot(page, f"two-{first}-{second}-{language}-{look}")
            faults += [f"{first}, {second}: {each}" for each in page.evaluate(CUT)]
            faults += page.eval_on_selector_all(TOUCHED, SMALL, [*MM, LEAST])
    assert not faults, "\n".join(faults)


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
