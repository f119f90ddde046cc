"""The buttons of a lane's page, by the lane's phase: one table, from which the page is drawn. Never more than six.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason, Verdict
from edge.gate.view import LaneView
from edge.lane.phase import Phase


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
HOLD = Act("hold", "暂扣", "Hold")
OVERRIDE = Act("override", "特批放行", "Override", page=True)
DETAIN = Act("detain", "扣留", "Detained", page=True)
EMERGENCY = Act("emergency", "应急", "EMERGENCY", "emergency")

TAKE_OVER = Act("take_over", "接管落杆", "Lower barrier", "yes")

BY_PHASE: Mapping[Phase, tuple[Act, ...]] = {
    Phase.WAITING: (REGISTER,),
    Phase.CHECKING: (REGISTER,),
    Phase.ASKING: (ADMIT, TURN_BACK, REGISTER, MISMATCH, HOLD),
    Phase.REFUSED: (TURN_BACK, REGISTER, OVERRIDE, HOLD),
    Phase.HELD: (OVERRIDE, TURN_BACK, DETAIN),
    Phase.DISINFECTING: (DISINFECTED, WASHED, TURN_BACK, MISMATCH, OVERRIDE),
    Phase.CONTACT: (TURN_BACK, MISMATCH, OVERRIDE),
    Phase.OPENING: (TURN_BACK, MISMATCH),
    Phase.OPEN: (DISINFECTED, TURN_BACK, MISMATCH),
    Phase.DRIVING: (),
    Phase.RECALLED: (ADMIT,),
    Phase.CLOSING: (),
    Phase.LEFT_OPEN: (REGISTER, TAKE_OVER),
    Phase.FAULT: (REGISTER, ADMIT, TURN_BACK),
}


def acts(lane: LaneView) -> tuple[Act, ...]:
    """The buttons of a lane as it stands now; the emergency's is always the last."""
    return (*(each for each in BY_PHASE[lane.phase] if _fits(each, lane)), EMERGENCY)


def _fits(act: Act, lane: LaneView) -> bool:
    if act is MISMATCH:
        return lane.read_by is ReadBy.QR and lane.plate != ""
    if act is ADMIT and lane.phase is Phase.RECALLED:
        return lane.verdict is not Verdict.STOP
    if act is DISINFECTED and lane.phase is Phase.OPEN:
        return lane.reason is not Reason.DISINFECTION_DUE
    return True
