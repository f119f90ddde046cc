"""Why a button did nothing: the one line that an officer is shown."""

from dataclasses import replace

import pytest

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason, Verdict
from edge.gate.view import LaneView
from edge.kiosk import why_not as lines
from edge.kiosk.why_not import why_not
from edge.lane.events import (
    AdmitPressed,
    AlarmBegan,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    FaultCleared,
    HoldPressed,
    OverridePressed,
    PlateMismatch,
    Registered,
    SprayAgainPressed,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.phase import Arm, Phase
from tests.edge.kiosk.views import CHECKING, EMPTY, JUDGED, OWING, STOPPED, UNCLEAR, VISIT, asked, gate, lane_in

OPENING, DRIVING, RECALLED = (lane_in(phase) for phase in (Phase.OPENING, Phase.DRIVING, Phase.RECALLED))
ADMIT, TURN_BACK, DISINFECTED = AdmitPressed("1", VISIT), TurnBackPressed("1", VISIT), DisinfectedPressed("1", VISIT)
SPRAY, REGISTER, CLEARED = SprayAgainPressed("1", VISIT), Registered("1", "鲁B7", "resident"), FaultCleared("1")
OVERRIDE = OverridePressed("1", VISIT, "u-2", "stroke")
DIFFERS = replace(RECALLED, verdict=Verdict.STOP, reason=Reason.PLATE_MISMATCH)


@pytest.mark.parametrize(
    ("event", "lane", "line"),
    [
        # whom the word is for
        (ADMIT, EMPTY, lines.NOBODY),
        (AdmitPressed("1", ""), CHECKING, lines.NOT_JUDGED),
        (TurnBackPressed("1", ""), replace(CHECKING, arm=Arm.STUCK), lines.NOT_JUDGED),
        (AdmitPressed("1"), EMPTY, lines.NOBODY),
        (AdmitPressed("1", "f" * 32), JUDGED, lines.ANOTHER),
        (AdmitPressed("1", ""), JUDGED, lines.ANOTHER),
        # what the lane does with that vehicle
        (ADMIT, STOPPED, lines.MAY_NOT_PASS),
        (ADMIT, replace(STOPPED, phase=Phase.HELD), lines.HELD_HERE),
        (ADMIT, OWING, lines.DISINFECT_FIRST),
        (ADMIT, OPENING, lines.LET_THROUGH),
        (ADMIT, DIFFERS, lines.PLATE_DIFFERS),
        (ADMIT, RECALLED, lines.NOT_POSSIBLE),
        (TURN_BACK, DRIVING, lines.UNDER),
        (TURN_BACK, RECALLED, lines.SENT_BACK),
        (OVERRIDE, OPENING, lines.LET_THROUGH),
        (HoldPressed("1", VISIT), replace(STOPPED, phase=Phase.HELD), lines.IS_HELD),
        (HoldPressed("1", VISIT), OWING, lines.NOT_HELD_NOW),
        (DetainPressed("1", VISIT), STOPPED, lines.HOLD_FIRST),
        (PlateMismatch("1", VISIT), replace(JUDGED, read_by=ReadBy.HAND), lines.NO_PASS),
        (PlateMismatch("1", VISIT), DRIVING, lines.UNDER),
        (PlateMismatch("1", VISIT), lane_in(Phase.OPEN, Arm.UP), lines.EMERGENCY_BEHIND),
        (REGISTER, OWING, lines.OTHER_FIRST),
        # disinfection
        (DISINFECTED, replace(OWING, phase=Phase.CONTACT), lines.IS_DISINFECTED),
        (DISINFECTED, lane_in(Phase.OPEN), lines.IS_DISINFECTED),
        (DISINFECTED, JUDGED, lines.NO_SPRAY_OWED),
        (SPRAY, replace(OWING, spraying=True), lines.SPRAYING),
        (SPRAY, replace(OWING, standing=False), lines.NOT_STANDING),
        (SPRAY, JUDGED, lines.NO_SPRAY_OWED),
        # the arm
        (CLEARED, EMPTY, lines.IS_FREE),
        (CLEARED, replace(EMPTY, arm=Arm.STUCK), lines.STUCK),
        (CLEARED, replace(CHECKING, arm=Arm.KEYED), lines.MAY_BE_UNDER),
        (TURN_BACK, replace(OPENING, arm=Arm.STUCK), lines.STUCK),
        (EmergencyPressed("1"), replace(EMPTY, arm=Arm.STUCK), lines.STUCK),
        # the one that the loops could not follow
        (WentThrough("1", UNCLEAR), CHECKING, lines.ANSWERED),
        (CameBack("1", "c" * 32), asked(CHECKING), lines.ASKED_ANEW),
        (CameBack("1", UNCLEAR), asked(JUDGED), lines.OTHER_FIRST),
        (CameBack("1", UNCLEAR), asked(EMPTY), lines.NOT_BACK),
        (WentThrough("1", UNCLEAR), asked(CHECKING), lines.NOT_POSSIBLE),
    ],
)
def test_the_line_says_what_stands_in_the_way(event: Event, lane: LaneView, line: tuple[str, str]) -> None:
    assert why_not(event, lane, gate(lane)) == line


def test_nobody_vouches_for_a_disinfection_unless_signed_on() -> None:
    assert why_not(DISINFECTED, OWING, gate(OWING, officer=None)) == lines.SIGN_ON
    assert why_not(DISINFECTED, OWING, gate(OWING)) == lines.NOT_POSSIBLE


def test_a_journal_that_takes_nothing_sends_the_officer_to_paper_and_key_whatever_was_pressed() -> None:
    for event in (ADMIT, CLEARED, EmergencyPressed("1"), AlarmBegan("camera", "gone")):
        assert why_not(event, EMPTY, gate(EMPTY, fault="full")) == lines.NOT_KEPT


def test_a_lane_that_has_gone_on_since_the_screen_was_drawn_says_so() -> None:
    assert why_not(REGISTER, JUDGED, gate(EMPTY)) == lines.MOVED_ON
    assert why_not(REGISTER, EMPTY, gate(EMPTY)) == lines.NOT_POSSIBLE
    assert why_not(AlarmBegan("camera", "gone"), None, gate(EMPTY)) == lines.NOT_POSSIBLE
