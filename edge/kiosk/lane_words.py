"""Words for what a lane does, where its arm is, and who else is near, in both languages, side by side.

Tested in `tests/edge/kiosk/test_lane_panel.py` and `test_app.py`.
"""

import math

from edge.contract.plates import spoken
from edge.contract.policy import Policy
from edge.contract.reasons import WORDS, Reason
from edge.gate.view import LaneView
from edge.kiosk import times
from edge.lane.phase import Arm, Phase

Words = tuple[str, str]

PHASES: dict[Phase, Words] = {
    Phase.WAITING: ("等待车辆", "waiting"),
    Phase.CHECKING: ("车辆到达，等待读码或登记", "vehicle at the lane: show a pass or register it"),
    Phase.ASKING: ("请核对车辆", "check the vehicle"),
    Phase.REFUSED: ("禁止通行", "may not pass"),
    Phase.HELD: ("已暂扣，等待处理", "held: somebody must decide"),
    Phase.DISINFECTING: ("正在消毒", "disinfecting"),
    Phase.CONTACT: ("消毒液作用中，请等待", "the solution acts: wait"),
    Phase.NEXT: ("已放行，等前车驶离后升杆", "let through: the barrier rises when the one ahead has left"),
    Phase.OPENING: ("栏杆正在升起", "the barrier is rising"),
    Phase.OPEN: ("栏杆已开，请驶过", "barrier open, drive on"),
    Phase.DRIVING: ("正在通过", "driving through"),
    Phase.RECALLED: ("已劝返，等待驶离", "turned back, waiting for it to leave"),
}
ARMS: dict[Arm, Words] = {
    Arm.LYING: ("栏杆已落下", "the barrier is down"),
    Arm.RISING: ("栏杆正在升起", "the barrier is rising"),
    Arm.UP: ("栏杆仍升起", "the barrier is still up"),
    Arm.HOLDING: ("栏杆保持升起：下方可能有车", "the barrier is held up: a vehicle may be under it"),
    Arm.FALLING: ("栏杆正在落下", "the barrier is coming down"),
    Arm.STUCK: ("栏杆故障：用钥匙操作", "the barrier does not move: use the key"),
    Arm.KEYED: ("栏杆由钥匙打开", "the barrier was opened by key"),
}
LEFT_OPEN = ("栏杆按预案敞开，请接管", "the barrier was left open: take over")
STUCK = ("栏杆故障", "STUCK")
"""Big, beside the vehicle for which the arm should move."""
BY_KEY = (
    "用钥匙操作，恢复后按“栏杆已正常”",
    "use the key, then press “Barrier is free again”",
)
LET_THROUGH = ("已放行", "let through")
RAISE_BY_KEY = ("已放行，用钥匙升杆", "let through: raise it by key")
TO_STAND = ("请驶上感应线圈停稳，等待喷洒", "stop on the loop to be sprayed")
TO_BE_SPRAYED = ("等待喷洒", "waiting for the sprayer")
UNCONFIRMED = ("请人工确认消毒", "confirm the disinfection")
DISINFECTED = ("已消毒", "disinfected")
BIG: dict[Phase, Words] = {
    Phase.HELD: ("暂扣", "HELD"),
    Phase.NEXT: ("等待", "WAIT"),
    Phase.RECALLED: ("劝返", "TURN BACK"),
}
"""Big words for what an officer or the lane decided after the verdict."""
BEHIND = ("后方有车", "another one behind")
OPPOSITE = ("对面有车", "one faces it")
BEFORE: dict[Reason, Words] = {
    Reason.ALREADY_INSIDE: ("先前驶入", "came in before"),
    Reason.DUPLICATE_READ: ("首次通过", "first passed"),
    Reason.NOT_INSIDE: ("上次驶出", "went out last"),
}
_SAID_BY_PHASE: dict[Phase, frozenset[Arm]] = {
    Phase.NEXT: frozenset(Arm) - {Arm.STUCK, Arm.KEYED},
    Phase.OPENING: frozenset({Arm.RISING, Arm.LYING}),
    Phase.OPEN: frozenset({Arm.RISING, Arm.UP}),
    Phase.DRIVING: frozenset({Arm.RISING, Arm.UP, Arm.HOLDING}),
    Phase.RECALLED: frozenset({Arm.RISING, Arm.UP, Arm.HOLDING}),
}
"""Where the arm is as a matter of course, so that nothing need be said of it; else it lies."""


def state_words(lane: LaneView) -> Words:
    """What the lane does with its vehicle, in both languages."""
    if lane.unconfirmed:
        return UNCONFIRMED
    if lane.phase is Phase.DISINFECTING and not lane.spraying:
        return TO_BE_SPRAYED if lane.standing else TO_STAND
    if lane.phase is Phase.OPENING and arm_words(lane) is not None:
        return LET_THROUGH
    return PHASES[lane.phase]


def arm_words(lane: LaneView) -> Words | None:
    """Where the arm is, in both languages; None: where it is as a matter of course."""
    if lane.arm is Arm.STUCK:
        return ARMS[Arm.STUCK]
    if lane.left_open:
        return LEFT_OPEN
    expected = _SAID_BY_PHASE.get(lane.phase, {Arm.LYING})
    # it is held up until the question is answered
    held = lane.unclear is not None and lane.arm in {Arm.UP, Arm.HOLDING}
    return None if held or lane.arm in expected else ARMS[lane.arm]


def question_words(lane: LaneView) -> Words | None:
    """What the officer is asked of a vehicle that the loops could not follow, in both languages; None: nothing."""
    if lane.unclear is None:
        return None
    plate = spoken(lane.unclear_plate)
    named = f" {plate} " if plate else ""
    return f"前车{named}去向不明：是否已通过？", f"Did {plate or 'the one ahead'} go through?"


def other_words(lane: LaneView) -> Words | None:
    """Who else is close to the vehicle whose turn it is, in both languages; None: nobody."""
    near = [words for words, here in ((BEHIND, lane.behind), (OPPOSITE, lane.opposite)) if here]
    return ("，".join(zh for zh, _en in near), ", ".join(en for _zh, en in near)) if near else None


def reason_words(lane: LaneView) -> Words:
    """Why, in both languages: what was owed and is done says so."""
    if lane.reason is Reason.DISINFECTION_DUE and not lane.owed:
        return DISINFECTED
    return (WORDS[lane.reason].zh, WORDS[lane.reason].en) if lane.reason else ("", "")


def left_words(lane: LaneView, now: float) -> Words | None:
    """How long it still takes, and what has flowed, in both languages; None: nobody waits for a time. `now` is monotonic."""
    if lane.phase is Phase.CONTACT and lane.contact_until is not None:
        left = max(0, math.ceil(lane.contact_until - now))
        return (f"还需 {left} 秒", f"{left} s more")
    if lane.phase is not Phase.DISINFECTING or not lane.spraying or lane.spray_seconds is None:
        return None
    began = lane.since if lane.spray_since is None else lane.spray_since
    left = max(0, math.ceil(lane.spray_seconds - max(lane.sprayed, now - began)))
    if lane.litres is None:
        return (f"还需 {left} 秒", f"{left} s more")
    return (f"还需 {left} 秒，{lane.litres:.1f} 升", f"{left} s more, {lane.litres:.1f} L")


def before_words(lane: LaneView, policy: Policy | None) -> Words | None:
    """When and where the vehicle was seen before, in both languages, by the town's clock; None: there is nothing to show."""
    seen = lane.before
    if seen is None or lane.reason not in BEFORE:
        return None
    info = policy.gates.get(seen.gate) if policy else None
    at = times.shown(seen.at, policy)
    (zh, en), names = BEFORE[lane.reason], (info.zh, info.en) if info else (seen.gate, seen.gate)
    return f"{zh}：{names[0]} {at}", f"{en}: {names[1]}"
