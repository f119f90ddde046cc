"""The look of a lane on its page: shape and colour, words, buttons.

Tested in `tests/edge/kiosk/test_lane_panel.py`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.camera.frames import Hint
from edge.contract.policy import Policy, VehicleClass
from edge.contract.reasons import VERDICT_WORDS, WORDS, Verdict
from edge.gate.view import LaneView
from edge.kiosk import lane_words, words
from edge.kiosk.buttons import Act, acts
from edge.kiosk.desk import Known
from edge.kiosk.lane_words import Words
from edge.lane.phase import Arm, Phase
from edge.scanner.advice import WORDS as HINTS

USUAL = 5
"""Classes that fit beside each other under the plate."""


UP = frozenset({Phase.OPENING, Phase.OPEN, Phase.DRIVING})


@dataclass(frozen=True, slots=True)
class LanePanel:
    """A lane as the screen draws it: its look (a shape and a colour), words in both languages, buttons.

    `big`: the verdict; `do`: what to do now; `before`: when the vehicle was here last; `left`: how long it still takes; `asked`: the
    question of a vehicle that the loops could not follow; `arm`: where the arm is, if not as a matter of course; `others`: who
    else is near.
    """

    look: str
    big: tuple[str, ...]
    do: tuple[str, ...]
    acts: tuple[Act, ...]
    before: Words | None = None
    left: Words | None = None
    hint: Words | None = None
    asked: Words | None = None
    arm: Words | None = None
    others: Words | None = None


def lane_panel(
    lane: LaneView, policy: Policy | None, now: float, hint: Hint | None = None, *, paper: bool = False
) -> LanePanel:
    """How the screen draws a lane; `now` on the monotonic clock. `paper`: no record can be kept, and so nobody is judged."""
    panel = _empty_panel(lane, paper=paper) if lane.verdict is None else _vehicle_panel(lane, lane.verdict, policy)
    asked = lane_words.question_words(lane)
    return replace(
        panel,
        # an answer is wanted, whatever else the lane does; an arm that is stuck comes first
        look=Verdict.LOOK if asked and panel.look != Verdict.STOP else panel.look,
        left=lane_words.left_words(lane, now),
        hint=HINTS[hint] if hint else None,
        asked=asked,
        others=lane_words.other_words(lane),
    )


def _empty_panel(lane: LaneView, *, paper: bool) -> LanePanel:
    """The panel of a lane at which nobody was judged: what it does, or where its arm is if that matters more."""
    arm = lane_words.arm_words(lane)
    if paper:
        big, do = words.ON_PAPER
        return LanePanel("stop", big, do, acts(lane), arm=arm)
    if lane.arm is Arm.STUCK or lane.left_open:
        zh, en = arm or lane_words.LEFT_OPEN
        return LanePanel("stop", (zh,), (en,), acts(lane))
    look = "look" if lane.arm is Arm.HOLDING else "none"
    if lane.phase is Phase.WAITING and arm is not None:
        return LanePanel(look, arm[:1], arm[1:], acts(lane))
    zh, en = lane_words.state_words(lane)
    return LanePanel(look, (zh,), (en,), acts(lane), arm=arm)


def _vehicle_panel(lane: LaneView, verdict: Verdict, policy: Policy | None) -> LanePanel:
    """The panel of a lane with a vehicle that was judged."""
    do = lane_words.state_words(lane)
    if lane.phase in {Phase.ASKING, Phase.REFUSED} and lane.reason is not None and lane.unclear is None:
        reason = WORDS[lane.reason]
        do = (f"{do[0]}：{reason.do_zh}", f"{do[1]}: {reason.do_en}")
    look, big = _look(lane, verdict)
    arm = lane_words.arm_words(lane)
    if lane.arm is Arm.STUCK:
        look, big, arm = Verdict.STOP, lane_words.STUCK, lane_words.BY_KEY
        do = lane_words.RAISE_BY_KEY if lane.phase in UP else do
    return LanePanel(look, big, do, acts(lane), lane_words.before_words(lane, policy), arm=arm)


def _look(lane: LaneView, verdict: Verdict) -> tuple[str, Words]:
    """The shape and the big words: of what the lane does now, else of the verdict."""
    if lane.phase in UP:
        return Verdict.GO, VERDICT_WORDS[Verdict.GO]
    if lane.phase in {Phase.DISINFECTING, Phase.CONTACT}:
        return Verdict.HOLD, VERDICT_WORDS[Verdict.HOLD]
    big = lane_words.BIG.get(lane.phase, VERDICT_WORDS[verdict])
    if lane.phase is Phase.NEXT:
        return "wait", big
    return Verdict.STOP if lane.phase in {Phase.RECALLED, Phase.HELD} else verdict, big


def usual_classes(policy: Policy | None, known: Sequence[Known]) -> tuple[VehicleClass, ...]:
    """The classes that come most often at this gate, then the others in the policy's order; emergencies have their own button."""
    if policy is None:
        return ()
    often = Counter(each.vehicle_class for each in known)
    ordinary = [each for each in policy.classes if not each.emergency]
    return tuple(sorted(ordinary, key=lambda each: -often[each.id]))[:USUAL]
