"""All that the screen has to say besides its lanes: the most severe first, and how it becomes one strip."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.gate.view import GateView
from edge.kiosk import create_app
from edge.kiosk.notices import is_tight, notices, strip_of
from edge.lane.events import Loop
from tests.contract.samples import POLICY
from tests.edge.kiosk.views import CHECKING, EMPTY, ENDED, JUDGED, NOW, ViewDesk, asked, burdened, gate


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with create_app(ViewDesk(), "not a secret: a test's").test_request_context("/?lang=en"):
        yield


def looks(view: GateView) -> list[str]:
    return [each.look for each in notices(view, ENDED, NOW)]


def test_what_cannot_be_kept_comes_before_a_call_for_help_and_that_before_an_order() -> None:
    assert looks(burdened(gate(JUDGED), fault="disk full")) == ["bad", "alarm", "order", "over", "matter"]


def test_an_order_comes_before_an_alarm_that_can_wait() -> None:
    view = replace(burdened(gate(JUDGED)), alarms={"voice": ""})
    assert looks(view) == ["order", "alarm", "over", "matter"]


def test_nothing_to_say_is_no_strip() -> None:
    assert strip_of(notices(gate(JUDGED), POLICY, NOW)) is None


def test_the_strip_has_the_worst_with_its_words_and_counts_the_others() -> None:
    view = replace(burdened(gate(JUDGED)), alarms={"voice": "", "forced_passage": "", "help": ""})
    strip = strip_of(notices(view, ENDED, NOW))
    assert strip is not None
    assert (strip.look, strip.mark) == ("alarm", "▲")
    assert strip.line.endswith("help is asked for")
    assert strip.others == ("▲ +2", "✉ orders 1", "■ ended", "● open 2")


def test_a_long_order_is_cut_on_the_strip_alone() -> None:
    (order,) = [each for each in notices(burdened(gate(JUDGED)), POLICY, NOW) if each.look == "order"]
    assert order.lines[0].endswith("…")
    assert order.page == "duty.orders_page"


@pytest.mark.parametrize(
    ("view", "tight"),
    [
        (gate(EMPTY), False),
        (gate(EMPTY, replace(JUDGED, name="2")), True),
        (gate(CHECKING), True),
        (gate(replace(EMPTY, occupied=(Loop.INNER,))), True),
        (gate(asked(EMPTY)), True),
        (gate(EMPTY, fault="disk full"), True),
    ],
    ids=["nobody", "judged at the other lane", "being read", "on a loop", "asked about", "paper"],
)
def test_the_lanes_need_the_screen_while_somebody_is_at_one_and_when_all_goes_by_paper(
    view: GateView, tight: bool
) -> None:
    assert is_tight(view) is tight


def test_the_page_behind_the_strip_lists_all_of_it_and_an_order_is_confirmed_there() -> None:
    desk = ViewDesk()
    desk.shown, desk.rules = burdened(gate(JUDGED), fault="disk full"), ENDED
    client = create_app(desk, "not a secret: a test's").test_client()
    page = client.get("/matters?lang=en").text
    for words in (
        "records cannot be kept",
        "help is asked for",
        "operation over",
        "Heavy rain",
        "Emergency at",
        "鲁B·55555",
    ):
        assert words in page, words
    desk.shown = gate(EMPTY)
    desk.rules = POLICY
    assert "Nothing is open." in client.get("/matters?lang=en").text
