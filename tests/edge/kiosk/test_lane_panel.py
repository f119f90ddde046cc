"""What the screen draws of a lane: look, words in both languages, the arm, who else is near."""

from dataclasses import replace

import pytest

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason
from edge.gate.view import LaneView
from edge.kiosk import create_app
from edge.kiosk.lane_panel import lane_panel
from edge.kiosk.lane_words import ARMS, PHASES, arm_words, left_words, other_words, question_words, state_words
from edge.lane.phase import Arm, Phase, Shown
from tests.contract.samples import POLICY
from tests.edge.kiosk.views import (
    CHECKING,
    EMPTY,
    JUDGED,
    MONO,
    OWING,
    PRIORITY,
    STOPPED,
    ViewDesk,
    asked,
    every_lane,
    lane_in,
)


def panel(lane: LaneView, *, paper: bool = False) -> tuple[str, str, str]:
    """Look, big words, what to do."""
    drawn = lane_panel(lane, POLICY, MONO, paper=paper)
    return drawn.look, " ".join(drawn.big), " · ".join(drawn.do)


def test_every_phase_and_every_arm_has_words_in_both_languages() -> None:
    assert (set(PHASES), set(ARMS)) == (set(Phase), set(Arm))
    for lane in every_lane():
        drawn = lane_panel(lane, POLICY, MONO)
        said = [*drawn.big, *drawn.do, *(drawn.arm or ()), *(drawn.asked or ())]
        assert any("一" <= each <= "鿿" for each in "".join(said)), lane
        assert any(each.isascii() and each.isalpha() for each in "".join(said)), lane
        assert drawn.look in {"go", "look", "hold", "stop", "wait", "none"}, lane


def test_an_arm_that_is_stuck_stops_the_lane_and_sends_the_officer_to_the_key() -> None:
    assert panel(replace(EMPTY, arm=Arm.STUCK)) == (
        "stop", "栏杆故障：用钥匙操作", "the barrier does not move: use the key",
    )  # fmt: skip
    let = lane_panel(replace(PRIORITY, arm=Arm.STUCK), POLICY, MONO)
    assert (let.look, let.big) == ("stop", ("栏杆故障", "STUCK"))
    assert let.do == ("已放行，用钥匙升杆", "let through: raise it by key")
    assert let.arm is not None
    assert "Barrier is free again" in let.arm[1]


def test_nothing_but_an_arm_that_is_up_or_goes_up_looks_like_go() -> None:
    """FAULT, turn back, Admit: it showed GO with the arm down."""
    for lane in every_lane():
        if lane_panel(lane, POLICY, MONO).look == "go":
            assert lane.phase in {Phase.OPENING, Phase.OPEN, Phase.DRIVING}, lane
            assert lane.arm is not Arm.STUCK, lane
            assert lane.unclear is None, lane


def test_what_was_decided_after_the_verdict_is_what_stands_there_big() -> None:
    assert panel(lane_in(Phase.RECALLED, Arm.UP))[:2] == ("stop", "劝返 TURN BACK")
    assert panel(lane_in(Phase.HELD))[:2] == ("stop", "暂扣 HELD")
    assert panel(lane_in(Phase.NEXT, Arm.UP)) == (
        "wait", "等待 WAIT", "已放行，等前车驶离后升杆 · let through: the barrier rises when the one ahead has left",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arm", "zh", "en"),
    [
        (Arm.HOLDING, "栏杆保持升起：下方可能有车", "the barrier is held up: a vehicle may be under it"),
        (Arm.FALLING, "栏杆正在落下", "the barrier is coming down"),
        (Arm.KEYED, "栏杆由钥匙打开", "the barrier was opened by key"),
        (Arm.UP, "栏杆仍升起", "the barrier is still up"),
    ],
)
def test_where_the_arm_is_stands_there_where_it_is_not_a_matter_of_course(arm: Arm, zh: str, en: str) -> None:
    nobody = lane_panel(replace(EMPTY, arm=arm), POLICY, MONO)
    assert (nobody.big, nobody.do) == ((zh,), (en,))
    assert lane_panel(replace(CHECKING, arm=arm), POLICY, MONO).arm == (zh, en)
    assert lane_panel(replace(STOPPED, arm=arm), POLICY, MONO).arm == (zh, en)
    assert arm_words(lane_in(Phase.NEXT, Arm.UP)) is None
    assert arm_words(asked(replace(CHECKING, arm=Arm.HOLDING))) is None, "until the question is answered"
    assert state_words(lane_in(Phase.OPENING, Arm.KEYED)) == ("已放行", "let through")
    assert arm_words(lane_in(Phase.OPEN, Arm.UP)) is None
    assert arm_words(lane_in(Phase.OPEN, Arm.KEYED)) is not None


def test_a_barrier_that_was_left_open_is_to_be_taken_over() -> None:
    left = replace(EMPTY, left_open=True, arm=Arm.UP)
    assert panel(left) == ("stop", "栏杆按预案敞开，请接管", "the barrier was left open: take over")
    assert lane_panel(replace(STOPPED, left_open=True, arm=Arm.UP), POLICY, MONO).arm is not None


def test_a_vehicle_that_does_not_stand_yet_is_asked_to_and_no_second_runs_before_it_is_sprayed() -> None:
    coming = replace(OWING, standing=False)
    assert state_words(coming) == ("请驶上感应线圈停稳，等待喷洒", "stop on the loop to be sprayed")
    assert left_words(coming, MONO + 60) is None
    sprayed = replace(OWING, spraying=True, spray_since=MONO)
    assert state_words(sprayed) == ("正在消毒", "disinfecting")
    assert left_words(sprayed, MONO + 3.5) == ("还需 7 秒", "7 s more")
    assert left_words(replace(sprayed, litres=1.26), MONO + 60) == ("还需 0 秒，1.3 升", "0 s more, 1.3 L")
    assert state_words(replace(OWING, unconfirmed=True)) == ("请人工确认消毒", "confirm the disinfection")
    assert state_words(OWING) == ("等待喷洒", "waiting for the sprayer")


def test_the_solutions_time_is_counted_down() -> None:
    acting = replace(OWING, phase=Phase.CONTACT, contact_until=MONO + 4.2)
    assert left_words(acting, MONO) == ("还需 5 秒", "5 s more")


def test_the_question_names_the_vehicle_as_its_plate_is_shown_elsewhere() -> None:
    assert question_words(asked(CHECKING)) == ("前车 鲁B·D67890 去向不明：是否已通过？", "Did 鲁B·D67890 go through?")
    nameless = replace(asked(CHECKING), unclear_plate="")
    assert question_words(nameless) == ("前车去向不明：是否已通过？", "Did the one ahead go through?")
    assert question_words(CHECKING) is None
    assert lane_panel(asked(CHECKING), POLICY, MONO).look == "look"
    assert lane_panel(asked(STOPPED), POLICY, MONO).look == "stop"
    assert lane_panel(asked(PRIORITY), POLICY, MONO).look == "look"


def test_who_else_is_near_is_said() -> None:
    assert other_words(JUDGED) is None
    assert other_words(replace(JUDGED, behind=True)) == ("后方有车", "another one behind")
    assert other_words(replace(JUDGED, opposite=True)) == ("对面有车", "one faces it")
    assert other_words(replace(JUDGED, behind=True, opposite=True)) == (
        "后方有车，对面有车", "another one behind, one faces it",
    )  # fmt: skip


def test_where_no_record_can_be_kept_the_lane_works_on_paper() -> None:
    look, big, _do = panel(replace(CHECKING, arm=Arm.STUCK), paper=True)
    assert (look, "纸质登记" in big) == ("stop", True)
    assert lane_panel(replace(CHECKING, arm=Arm.STUCK), POLICY, MONO, paper=True).arm == ARMS[Arm.STUCK]


def test_the_page_and_its_json_show_all_of_it() -> None:
    lane = asked(replace(CHECKING, arm=Arm.KEYED, behind=True, opposite=True))
    client = create_app(ViewDesk(lane), "not a secret: a test's").test_client()
    page = client.get("/lane").text
    for words in (
        "前车 鲁B·D67890 去向不明：是否已通过？",
        "▲ 栏杆由钥匙打开",
        "● 后方有车，对面有车",
        'data-state="closing"',
    ):
        assert words in page, words
    (state,) = client.get("/state.json").get_json()["lanes"]
    assert (state["state"], state["arm"]) == (Shown.CLOSING, Arm.KEYED)
    assert (state["unclear"], state["behind"], state["opposite"]) == (lane.unclear, True, True)


def test_a_vehicle_registered_by_hand_without_a_plate_is_said_to_have_none() -> None:
    lane = replace(JUDGED, read_by=ReadBy.HAND, plate="", reason=Reason.NO_PASS)
    assert "无牌 no plate" in create_app(ViewDesk(lane), "not a secret: a test's").test_client().get("/lane").text


def test_the_handover_names_the_question_that_is_open() -> None:
    client = create_app(ViewDesk(asked(CHECKING)), "not a secret: a test's").test_client()
    assert "lane 1: Did 鲁B·D67890 go through?" in client.get("/shift?lang=en").text
    assert "1 号车道：前车 鲁B·D67890 去向不明：是否已通过？" in client.get("/shift?lang=zh").text
