"""The look of a lane on its page: shape and colour, words, buttons.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from edge.camera.frames import Hint
from edge.contract.policy import Policy, VehicleClass
from edge.contract.reasons import VERDICT_WORDS, WORDS, Verdict
from edge.gate.view import LaneView
from edge.kiosk import words
from edge.kiosk.buttons import Act, acts
from edge.kiosk.desk import Known
from edge.lane.phase import Phase
from edge.scanner.advice import WORDS as HINTS

USUAL = 5
"""Classes that fit beside each other under the plate."""


UP = frozenset({Phase.OPENING, Phase.OPEN, Phase.DRIVING})


@dataclass(frozen=True, slots=True)
class LanePanel:
    """A lane as the screen draws it: its look (a shape and a colour), words in both languages, buttons.

    `big`: the verdict; `do`: what to do now; `before`: when the vehicle was here last; `left`: how long it still takes.
    """

    look: str
    big: tuple[str, ...]
    do: tuple[str, ...]
    acts: tuple[Act, ...]
    before: tuple[str, str] | None = None
    left: tuple[str, str] | None = None
    hint: tuple[str, str] | None = None


def lane_panel(
    lane: LaneView, policy: Policy | None, now: float, hint: Hint | None = None, *, paper: bool = False
) -> LanePanel:
    """How the screen draws a lane; `now` on the monotonic clock. `paper`: no record can be kept, and so nobody is judged."""
    shown = HINTS[hint] if hint else None
    if lane.verdict is None and paper:
        big, do = words.ON_PAPER
        return LanePanel("stop", big, do, acts(lane))
    if lane.verdict is None:
        zh, en = words.state_words(lane)
        look = "stop" if lane.phase in {Phase.FAULT, Phase.LEFT_OPEN} else "none"
        return LanePanel(look, (zh,), (en,), acts(lane), left=words.left_words(lane, now), hint=shown)
    do = words.state_words(lane)
    if lane.phase in {Phase.ASKING, Phase.REFUSED} and lane.reason is not None:
        reason = WORDS[lane.reason]
        do = (f"{do[0]}：{reason.do_zh}", f"{do[1]}: {reason.do_en}")
    look, big = _look(lane, lane.verdict)
    return LanePanel(look, big, do, acts(lane), words.before_words(lane, policy), words.left_words(lane, now), shown)


def _look(lane: LaneView, verdict: Verdict) -> tuple[str, tuple[str, str]]:
    """The shape and the big words: of what the lane does now, else of the verdict."""
    if lane.phase in UP:
        return Verdict.GO, VERDICT_WORDS[Verdict.GO]
    if lane.phase in {Phase.DISINFECTING, Phase.CONTACT}:
        return Verdict.HOLD, VERDICT_WORDS[Verdict.HOLD]
    if lane.phase in {Phase.RECALLED, Phase.FAULT, Phase.HELD}:
        return Verdict.STOP, VERDICT_WORDS[verdict]
    return verdict, VERDICT_WORDS[verdict]


def usual_classes(policy: Policy | None, known: Sequence[Known]) -> tuple[VehicleClass, ...]:
    """The classes that come most often at this gate, then the others in the policy's order; emergencies have their own button."""
    if policy is None:
        return ()
    often = Counter(each.vehicle_class for each in known)
    ordinary = [each for each in policy.classes if not each.emergency]
    return tuple(sorted(ordinary, key=lambda each: -often[each.id]))[:USUAL]
