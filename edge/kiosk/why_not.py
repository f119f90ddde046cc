"""Why a button that was pressed did nothing: one line in both languages, for the officer who pressed it.

A plain function of the event and of what the lane was before and is now. Tested in `tests/edge/kiosk/test_why_not.py`.
"""

from collections.abc import Mapping
from typing import Final

from edge.contract.facts import ReadBy
from edge.contract.reasons import Verdict
from edge.gate.view import GateView, LaneView
from edge.kiosk.buttons import is_left_up
from edge.lane.events import (
    AdmitPressed,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    Event,
    FaultCleared,
    HoldPressed,
    OfAVisit,
    OverridePressed,
    PlateMismatch,
    Registered,
    SprayAgainPressed,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.phase import Arm, Phase

Words = tuple[str, str]

NOT_KEPT: Final = ("未能保存：请用纸质登记，用钥匙开栏。", "Not kept: register on paper, open the barrier by key.")
NOBODY: Final = ("车道上没有待处理的车辆。", "Nobody is at the lane.")
NOT_JUDGED: Final = ("该车尚未读码或登记，请先登记。", "Nobody is judged at the lane: read a pass or register first.")
ANOTHER: Final = ("车道上已是另一辆车：请重新核对。", "Another vehicle is at the lane now: look again.")
SIGN_ON: Final = ("无人当班：请先上岗签到。", "Nobody is on shift: sign on first.")
STUCK: Final = ("栏杆卡住：用钥匙操作。", "The arm is stuck: use the key.")
NOT_STANDING: Final = ("车辆须先停在感应线圈上。", "The vehicle must stand on the loop first.")
SPRAYING: Final = ("正在喷洒。", "It is being sprayed.")
LET_THROUGH: Final = ("该车已放行。", "It is let through already.")
UNDER: Final = ("车辆已在栏杆下，请让其驶过。", "It is under the barrier: let it drive through.")
SENT_BACK: Final = ("该车已劝返。", "It is turned back already.")
IS_HELD: Final = ("该车已暂扣。", "It is held already.")
MAY_NOT_PASS: Final = ("禁止通行：只能登记、劝返或特批放行。", "It may not pass: register, turn back or override.")
HELD_HERE: Final = ("车辆已暂扣：请特批放行、劝返或扣留。", "It is held: override, turn back or detain.")
PLATE_DIFFERS: Final = ("车牌与通行证不符，不能放行。", "Its plate is not its pass's: it may not pass.")
DISINFECT_FIRST: Final = ("该车须先消毒。", "It must be disinfected first.")
IS_DISINFECTED: Final = ("消毒已登记。", "The disinfection is noted already.")
NO_SPRAY_OWED: Final = ("该车现在无需喷洒。", "It owes no spraying now.")
NOT_HELD_NOW: Final = ("现在不能暂扣，可以劝返。", "It cannot be held now: turn it back.")
HOLD_FIRST: Final = ("请先暂扣，再登记扣留。", "Hold it first.")
NO_PASS: Final = ("未读到通行证，没有可核对的车牌。", "No pass was read: there is no plate to differ from.")
EMERGENCY_BEHIND: Final = (
    "后方的应急车辆已放行，栏杆须保持升起。",
    "An emergency behind it was let through: the barrier stays up.",
)
OTHER_FIRST: Final = ("请先处理车道上的车辆。", "Deal with the vehicle at the lane first.")
ANSWERED: Final = ("此问题已有答案。", "That is answered already.")
ASKED_ANEW: Final = ("现在问的是另一辆车，请重新查看。", "The question is about another vehicle now: look again.")
NOT_BACK: Final = ("入口线圈上没有退回的车辆。", "Nobody came back: the loop before the barrier is free.")
IS_FREE: Final = ("栏杆已正常，无需操作。", "The barrier is free already.")
MAY_BE_UNDER: Final = ("栏杆下可能有车，待其驶离后再按。", "Somebody may be under it: press again when it has left.")
MOVED_ON: Final = ("车道状态已变化，请重新查看。", "The lane has gone on meanwhile: look again.")
NOT_POSSIBLE: Final = ("现在不能这样操作。", "Not possible now.")

_LET: Final[Mapping[Phase, Words]] = {
    Phase.NEXT: LET_THROUGH,
    Phase.OPENING: LET_THROUGH,
    Phase.OPEN: LET_THROUGH,
    Phase.DRIVING: UNDER,
    Phase.RECALLED: SENT_BACK,
}
_NOT_SPRAYED_NOW: Final[Mapping[Phase, Words]] = dict.fromkeys(Phase, NO_SPRAY_OWED) | {Phase.CONTACT: IS_DISINFECTED}
_BY_PHASE: Final[Mapping[type[OfAVisit], Mapping[Phase, Words]]] = {
    AdmitPressed: {
        **_LET,
        Phase.REFUSED: MAY_NOT_PASS,
        Phase.HELD: HELD_HERE,
        Phase.DISINFECTING: DISINFECT_FIRST,
        Phase.CONTACT: DISINFECT_FIRST,
        Phase.RECALLED: PLATE_DIFFERS,
    },
    TurnBackPressed: {Phase.DRIVING: UNDER, Phase.RECALLED: SENT_BACK},
    OverridePressed: _LET,
    HoldPressed: {
        **dict.fromkeys(Phase, NOT_HELD_NOW),
        Phase.DRIVING: UNDER,
        Phase.RECALLED: SENT_BACK,
        Phase.HELD: IS_HELD,
    },
    DetainPressed: dict.fromkeys(Phase, HOLD_FIRST),
    PlateMismatch: {
        Phase.REFUSED: MAY_NOT_PASS,
        Phase.HELD: IS_HELD,
        Phase.OPENING: EMERGENCY_BEHIND,
        Phase.OPEN: EMERGENCY_BEHIND,
        Phase.DRIVING: UNDER,
        Phase.RECALLED: SENT_BACK,
    },
    DisinfectedPressed: {**_NOT_SPRAYED_NOW, Phase.OPENING: IS_DISINFECTED, Phase.OPEN: IS_DISINFECTED},
    SprayAgainPressed: _NOT_SPRAYED_NOW,
}
"""Why the lane does not answer an officer's word of a vehicle, by what it does with that vehicle."""


def why_not(event: Event, before: LaneView | None, view: GateView) -> Words:
    """Returns why nothing came of the event, in both languages. `before`: the lane as it was when the event was given to it."""
    if view.fault is not None:
        return NOT_KEPT
    name = getattr(event, "lane", None)
    lane = None if name is None else view.lane(name)
    if lane is None:
        return NOT_POSSIBLE
    return _of_the_lane(event, lane, view) or _in_general(lane, before)


def _of_the_lane(event: Event, lane: LaneView, view: GateView) -> Words | None:
    if isinstance(event, WentThrough | CameBack):
        return _of_the_question(event, lane)
    if isinstance(event, OfAVisit):
        return _of_a_visit(event, lane, view)
    if isinstance(event, FaultCleared):
        return MAY_BE_UNDER if is_left_up(lane) else None if lane.arm is Arm.STUCK else IS_FREE
    if isinstance(event, Registered):
        return OTHER_FIRST if lane.visit is not None else None
    return None


def _of_the_question(event: WentThrough | CameBack, lane: LaneView) -> Words | None:
    if lane.unclear is None:
        return ANSWERED
    if lane.unclear != event.visit:
        return ASKED_ANEW
    if isinstance(event, CameBack):
        return OTHER_FIRST if lane.visit is not None else NOT_BACK
    return None


def _of_a_visit(event: OfAVisit, lane: LaneView, view: GateView) -> Words | None:
    if lane.visit is None:
        return NOT_JUDGED if lane.occupied else NOBODY
    if event.visit is not None and event.visit != lane.visit:
        return ANOTHER
    if lane.arm is Arm.STUCK and lane.phase is Phase.OPENING:
        return STUCK
    if isinstance(event, PlateMismatch) and lane.read_by is not ReadBy.QR:
        return NO_PASS
    if isinstance(event, AdmitPressed) and lane.phase is Phase.RECALLED and lane.verdict is not Verdict.STOP:
        return None
    if lane.phase is Phase.DISINFECTING and isinstance(event, DisinfectedPressed):
        return SIGN_ON if view.officer is None else None
    if lane.phase is Phase.DISINFECTING and isinstance(event, SprayAgainPressed):
        return SPRAYING if lane.spraying else None if lane.standing else NOT_STANDING
    return _BY_PHASE[type(event)].get(lane.phase)


def _in_general(lane: LaneView, before: LaneView | None) -> Words:
    if lane.arm is Arm.STUCK:
        return STUCK
    if before is not None and (before.shown is not lane.shown or before.visit != lane.visit):
        return MOVED_ON
    return NOT_POSSIBLE
