"""The buttons of a lane's page, by what the lane does and where its arm is. At most six stand on the page, the rarer ones behind "More".

Tested in `tests/edge/kiosk/test_buttons.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason, Verdict
from edge.gate.view import LaneView
from edge.lane.phase import Arm, Phase

MOST: Final = 6
"""Buttons that fit beside each other, as wide as a gloved finger needs them."""


@dataclass(frozen=True, slots=True)
class Act:
    """One button: the form it sends, or the `page` it opens; `look` yes, no or plain (empty)."""

    name: str
    zh: str
    en: str
    look: str = ""
    page: bool = False

    @property
    def label(self) -> Mapping[str, str]:
        """The words on the button, by language."""
        return {"zh": self.zh, "en": self.en}


REGISTER = Act("register", "登记", "Register", page=True)
ADMIT = Act("admit", "放行", "Admit", "yes")
TURN_BACK = Act("turn_back", "劝返", "Turn back", "no", page=True)
MISMATCH = Act("mismatch", "车牌不符", "Plate differs")
DISINFECTED = Act("disinfected", "已消毒", "Disinfected", "yes")
WASHED = Act("washed", "洗后消毒", "Washed first", "yes")
SPRAY_NOW = Act("spray", "现在喷洒", "Spray now")
SPRAY_AGAIN = Act("spray", "重新喷洒", "Spray again")
HOLD = Act("hold", "暂扣", "Hold")
OVERRIDE = Act("override", "特批放行", "Override", page=True)
DETAIN = Act("detain", "扣留", "Detained", page=True)
WENT_THROUGH = Act("went_through", "前车已通过", "It went through", "yes")
CAME_BACK = Act("came_back", "是前车退回", "It came back")
TAKE_OVER = Act("take_over", "接管落杆", "Lower barrier", "yes")
BARRIER_FREE = Act("barrier_free", "栏杆已正常", "Barrier is free again", "yes")
MORE = Act("more", "更多", "More", page=True)
EMERGENCY = Act("emergency", "应急", "EMERGENCY", "emergency")

BY_PHASE: Final[Mapping[Phase, tuple[Act, ...]]] = {
    Phase.WAITING: (REGISTER,),
    Phase.CHECKING: (REGISTER,),
    Phase.ASKING: (ADMIT, TURN_BACK, REGISTER, MISMATCH, HOLD),
    Phase.REFUSED: (TURN_BACK, REGISTER, OVERRIDE, HOLD),
    Phase.HELD: (OVERRIDE, TURN_BACK, DETAIN),
    Phase.DISINFECTING: (DISINFECTED, SPRAY_AGAIN, WASHED, TURN_BACK, MISMATCH, OVERRIDE),
    Phase.CONTACT: (TURN_BACK, MISMATCH, OVERRIDE),
    Phase.NEXT: (TURN_BACK, MISMATCH),
    Phase.OPENING: (TURN_BACK, MISMATCH),
    Phase.OPEN: (DISINFECTED, TURN_BACK, MISMATCH),
    Phase.DRIVING: (),
    Phase.RECALLED: (ADMIT, REGISTER),
}
"""The buttons of each phase, in their order."""
GIVES_WAY: Final = (WASHED, HOLD, OVERRIDE, DETAIN, MISMATCH, REGISTER, TURN_BACK, SPRAY_NOW, SPRAY_AGAIN)
"""Which stand behind "More" where there are too many: the first of these first."""


def acts(lane: LaneView) -> tuple[Act, ...]:
    """The buttons on the page of a lane as it stands now, at most `MOST`; the emergency's is always the last."""
    shown, hidden = _divided(lane)
    return (*shown, MORE, EMERGENCY) if hidden else (*shown, EMERGENCY)


def more(lane: LaneView) -> tuple[Act, ...]:
    """The buttons of a lane that stand behind "More" now; mostly none."""
    return _divided(lane)[1]


def _divided(lane: LaneView) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    """The buttons on the lane's page, and those behind "More"; each in its order, without the emergency's."""
    every = _every(lane)
    if len(every) < MOST:
        return every, ()
    room = MOST - 2
    rare = [each for each in GIVES_WAY if each in every][: len(every) - room]
    return tuple(each for each in every if each not in rare), tuple(each for each in every if each in rare)


def _every(lane: LaneView) -> tuple[Act, ...]:
    asked = (WENT_THROUGH, CAME_BACK) if lane.unclear else ()
    arm = (BARRIER_FREE,) if lane.arm is Arm.STUCK else (TAKE_OVER,) if is_left_up(lane) else ()
    usual = tuple(_named(each, lane) for each in BY_PHASE[lane.phase] if _fits(each, lane))
    # where nobody was judged, whoever comes is registered first
    return (*asked, *arm, *usual) if lane.visit or asked else (*usual, *arm)


def is_left_up(lane: LaneView) -> bool:
    """Returns True if the arm is up for nobody until an officer takes over: left so at the start, or by key."""
    return lane.left_open or lane.arm is Arm.KEYED


def _named(act: Act, lane: LaneView) -> Act:
    sprayed = lane.standing and (lane.unconfirmed or lane.sprayed > 0)
    return SPRAY_NOW if act is SPRAY_AGAIN and not sprayed else act


def _fits(act: Act, lane: LaneView) -> bool:
    if act is MISMATCH:
        return lane.read_by is ReadBy.QR and lane.plate != ""
    if act is SPRAY_AGAIN:
        return not lane.spraying
    if act is ADMIT and lane.phase is Phase.RECALLED:
        return lane.verdict is not Verdict.STOP
    if act is DISINFECTED and lane.phase is Phase.OPEN:
        return lane.reason is not Reason.DISINFECTION_DUE
    return True
