"""The buttons of a lane: at most six on its page, none out of reach, and each does something or says why not."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason, Verdict
from edge.kiosk import create_app
from edge.kiosk.buttons import (
    BARRIER_FREE,
    BY_PHASE,
    CAME_BACK,
    EMERGENCY,
    GIVES_WAY,
    MORE,
    MOST,
    SPRAY_NOW,
    WENT_THROUGH,
    Act,
    acts,
    is_left_up,
    more,
)
from edge.lane import events
from edge.lane.events import CameBack, FaultCleared, OfAVisit, SprayAgainPressed, WentThrough
from edge.lane.phase import Arm, Phase
from tests.edge.kiosk.views import (
    CHECKING,
    JUDGED,
    OWING,
    STOPPED,
    UNCLEAR,
    VISIT,
    ViewDesk,
    asked,
    every_lane,
    gate,
    lane_in,
)

KEY = "not a secret: a test's"
EVENTS = {
    "register": events.Registered,
    "admit": events.AdmitPressed,
    "turn_back": events.TurnBackPressed,
    "mismatch": events.PlateMismatch,
    "disinfected": events.DisinfectedPressed,
    "washed": events.DisinfectedPressed,
    "spray": SprayAgainPressed,
    "hold": events.HoldPressed,
    "detain": events.DetainPressed,
    "went_through": WentThrough,
    "came_back": CameBack,
    "take_over": FaultCleared,
    "barrier_free": FaultCleared,
    "emergency": events.EmergencyPressed,
}
"""Each button but the override's, which asks for a PIN (`test_app.py`), and the event that it posts."""


def names(found: tuple[Act, ...]) -> list[str]:
    return [each.name for each in found]


def test_no_lane_has_more_than_six_buttons_and_the_last_is_the_emergencys() -> None:
    for lane in every_lane():
        found = acts(lane)
        assert 1 <= len(found) <= MOST, lane
        assert found[-1] is EMERGENCY, lane
        assert len(set(found)) == len(found), lane


def test_no_function_is_out_of_reach_and_more_stands_there_only_with_something_behind_it() -> None:
    for lane in every_lane():
        shown, hidden = acts(lane), more(lane)
        assert (MORE in shown) is bool(hidden), lane
        wanted = {each.name for each in BY_PHASE[lane.phase]}
        wanted |= {"went_through", "came_back"} if lane.unclear else set()
        wanted |= {"barrier_free"} if lane.arm is Arm.STUCK else {"take_over"} if is_left_up(lane) else set()
        if lane.read_by is not ReadBy.QR:
            wanted.discard("mismatch")
        if lane.spraying:
            wanted.discard("spray")
        assert {*names(shown), *names(hidden)} - {"more", "emergency"} == wanted, lane


def test_what_only_this_button_can_answer_never_gives_way() -> None:
    for lane in every_lane():
        assert not {each.name for each in more(lane)} & {
            "went_through",
            "came_back",
            "barrier_free",
            "take_over",
            "admit",
        }
    assert not {EMERGENCY, MORE} & set(GIVES_WAY)


def test_an_arm_that_is_stuck_has_its_button_in_every_phase() -> None:
    for phase in Phase:
        assert "barrier_free" in names(acts(lane_in(phase, Arm.STUCK))), phase
        assert "barrier_free" not in names(acts(lane_in(phase))), phase


def test_a_barrier_that_was_left_open_is_taken_over_and_a_vehicle_registered() -> None:
    assert names(acts(replace(CHECKING, left_open=True, arm=Arm.UP))) == ["register", "take_over", "emergency"]


def test_an_arm_that_was_opened_by_key_is_taken_over_in_every_phase() -> None:
    for phase in Phase:
        assert "take_over" in names(acts(lane_in(phase, Arm.KEYED))), phase


def test_the_sprayers_button_stands_there_while_it_is_off_and_says_what_it_would_do() -> None:
    rests = replace(OWING, unconfirmed=True, sprayed=4.0)
    assert [each.zh for each in acts(rests)] == ["已消毒", "重新喷洒", "劝返", "车牌不符", "更多", "应急"]
    assert names(more(rests)) == ["washed", "override"]
    coming = replace(OWING, standing=False, read_by=ReadBy.HAND)
    assert [each.en for each in acts(coming)][1] == "Spray now"
    on = replace(OWING, spraying=True)
    assert names(acts(on)) == ["disinfected", "washed", "turn_back", "mismatch", "override", "emergency"]


def test_the_question_of_the_vehicle_ahead_stands_first() -> None:
    assert names(acts(asked(CHECKING))) == ["went_through", "came_back", "register", "emergency"]
    both = asked(replace(JUDGED, arm=Arm.STUCK))
    assert names(acts(both)) == ["went_through", "came_back", "barrier_free", "admit", "more", "emergency"]
    assert names(more(both)) == ["turn_back", "register", "mismatch", "hold"]


def test_who_waits_for_the_one_ahead_can_be_turned_back_or_found_to_have_another_plate() -> None:
    assert names(acts(lane_in(Phase.NEXT))) == ["turn_back", "mismatch", "emergency"]


def test_who_was_stopped_at_the_open_barrier_is_not_admitted_again() -> None:
    recalled = lane_in(Phase.RECALLED, Arm.UP)
    assert names(acts(recalled)) == ["admit", "register", "emergency"]
    stopped = replace(recalled, verdict=Verdict.STOP, reason=Reason.PLATE_MISMATCH)
    assert names(acts(stopped)) == ["register", "emergency"], "a wrong word is put right by hand"


class Officer:
    """An officer at the page: presses what stands on it, as the form on it would."""

    def __init__(self, desk: ViewDesk) -> None:
        self.desk = desk
        self.client = create_app(desk, KEY).test_client()

    def page(self, path: str = "/") -> str:
        return self.client.get(path).get_data(as_text=True)

    def press(self, act: Act, page: str) -> list[str]:
        """Presses the button on that page; the lines that the screen then shows."""
        form = dict(re.findall(r'<input type="hidden"[^>]* name="([^"]+)" value="([^"]*)"', page))
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert token
        action = re.search(rf'formaction="([^"]+)"[^>]*>(?:<span>)?(?:{act.zh}|{act.en})', page)
        path = f"/{act.name.replace('_', '-')}" if act.page else action[1] if action else None
        assert path, f"{act.name} is not on the page"
        typed = {"vehicle_class": "resident", "plate": "鲁B7"} if act.name == "register" else {}
        answer = self.client.post(path, data={**form, **typed, "lane": "1", "csrf_token": token[1]})
        assert answer.status_code == 303, act
        with self.client.session_transaction() as session:
            return [f"{'✓' if kind == 'done' else '✕'} {line}" for kind, line in session.pop("_flashes", ())]


def test_every_button_that_is_shown_posts_its_event_and_where_that_does_nothing_one_line_says_why() -> None:
    """In both languages, and for the vehicle that was shown. The officer's curse: "another vehicle" where nobody was."""
    desk = ViewDesk(answers=False)
    officer = Officer(desk)
    for lane in every_lane():
        desk.shown = gate(lane)
        page, behind = officer.page(), officer.page("/more?lane=1")
        for act in (*acts(lane), *more(lane)):
            if act.name in {"more", "override"}:
                continue
            desk.asked.clear()
            (line,) = officer.press(act, behind if act in more(lane) else page)
            assert re.fullmatch(r"✕ [^·]*[一-鿿][^·]*。 · [A-Z][^·一-鿿]*\.", line), (act, line)
            assert "Another vehicle" not in line, (lane, act)
            (event,) = desk.asked
            assert isinstance(event, EVENTS[act.name]), (lane, act)
            if isinstance(event, OfAVisit):
                assert event.visit == (lane.visit or ""), (lane, act)
            if isinstance(event, WentThrough | CameBack):
                assert event.visit == UNCLEAR, (lane, act)


def test_what_was_done_is_said_in_one_line() -> None:
    officer = Officer(ViewDesk(asked(replace(OWING, arm=Arm.STUCK))))
    page, behind = officer.page("/?lang=en"), officer.page("/more?lane=1")
    assert officer.press(WENT_THROUGH, page) == ["✓ Noted: it went through."]
    assert officer.press(CAME_BACK, page) == ["✓ Noted: it came back."]
    assert officer.press(BARRIER_FREE, page) == ["✓ The barrier is worked from the screen again."]
    assert officer.press(SPRAY_NOW, behind) == ["✓ Spraying."]


def test_more_leads_back_once_nothing_is_behind_it() -> None:
    assert 'id="act-admit-1"' in Officer(ViewDesk(JUDGED)).client.get("/more", follow_redirects=True).text


def test_the_buttons_page_names_the_vehicle() -> None:
    page = Officer(ViewDesk(replace(OWING, unconfirmed=True, sprayed=4.0))).page("/more?lang=en")
    assert "鲁B·12345" in page
    assert f'name="visit-1" value="{VISIT}"' in page
    assert "Washed first" in page


@pytest.mark.parametrize("lane", [replace(STOPPED, arm=Arm.STUCK), replace(JUDGED, arm=Arm.STUCK)])
def test_an_emergency_at_an_arm_that_is_stuck_is_never_called_open(lane: object) -> None:
    assert isinstance(lane, type(JUDGED))
    officer = Officer(ViewDesk(lane))
    (line,) = officer.press(EMERGENCY, officer.page("/?lang=en"))
    assert "open by key" in line


def test_every_word_of_the_officer_has_a_button() -> None:
    assert {*get_args(OfAVisit), WentThrough, CameBack, FaultCleared} - {events.OverridePressed} <= {*EVENTS.values()}
