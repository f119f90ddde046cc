"""The words that a lane says aloud: a verdict and the plate, Chinese first.

`prompt_for` is a plain function of what a lane showed before and shows now; `sentence` puts the prompt into words. Tested in
`tests/edge/kiosk/test_voice.py`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from edge.contract.commands import Command
from edge.contract.reasons import WORDS, Reason, Verdict
from edge.gate.view import LaneView
from edge.lane.phase import Arm, Phase

DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
"""As plates are read over the radio: 1 is yāo, which nobody takes for 7."""


class Cue(StrEnum):
    """What a prompt says; each cue has a tone as well."""

    GO = "go"
    LOOK = "look"
    HOLD = "hold"
    STOP = "stop"
    BACK = "back"
    WAIT = "wait"
    ORDER = "order"
    URGENT = "urgent"


CUES = {Verdict.GO: Cue.GO, Verdict.LOOK: Cue.LOOK, Verdict.HOLD: Cue.HOLD, Verdict.STOP: Cue.STOP}
CUE_WORDS: dict[Cue, tuple[str, str]] = {
    Cue.GO: ("请通行", "go"),
    Cue.LOOK: ("请等待核对", "wait, please"),
    Cue.HOLD: ("请停车消毒", "stop for disinfection"),
    Cue.STOP: ("禁止通行", "stop"),
    Cue.BACK: ("请掉头", "turn back"),
    Cue.WAIT: ("请等待", "wait"),
    Cue.ORDER: ("有新指令，请查看", "a new order: please read it"),
    Cue.URGENT: ("紧急指令，请立即查看", "an urgent order: read it now"),
}
_BREATHS = re.compile(r"[^。！？；，、.!?;,\n]{1,40}[。！？；，、.!?;,\n]*|[。！？；，、.!?;,\n]+")
UP = frozenset({Phase.OPENING, Phase.OPEN, Phase.DRIVING})


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to say at a lane. `lane`: its name where the gate has several; `reason`: why not, for a stop or a look.

    `text`: a piece of an order that is read out, in one `language` (`zh`, `en`); no tone stands for it.
    """

    cue: Cue
    plate: str = ""
    reason: Reason | None = None
    lane: str | None = None
    text: str = ""
    language: str | None = None


def prompt_for(before: LaneView | None, after: LaneView, lane: str | None = None) -> Prompt | None:
    """What to say about the change from `before` to `after`; None: nothing worth a word."""
    if _is_unclear(after):
        # for whom a word would be cannot be said: whoever stands there must not drive
        return None if before is not None and _is_unclear(before) else Prompt(Cue.STOP, lane=lane)
    if after.visit is None or after.verdict is None:
        return None
    cue = _cue(after, after.verdict)
    same = before is not None and (before.visit, before.verdict) == (after.visit, after.verdict)
    if before is not None and same and not _is_unclear(before) and _cue(before, after.verdict) is cue:
        return None
    why = after.reason if cue in {Cue.STOP, Cue.LOOK} else None
    return Prompt(cue, after.plate, why, lane)


def _cue(view: LaneView, verdict: Verdict) -> Cue:
    """What is to be said to the vehicle of a view."""
    if view.phase is Phase.RECALLED:
        return Cue.BACK
    if _is_called(view):
        return Cue.GO
    # let through, and the one before it is still there or the arm is stuck
    return Cue.WAIT if view.phase in UP or view.phase is Phase.NEXT else CUES[verdict]


def _is_unclear(view: LaneView) -> bool:
    """Returns True if an officer must say first what became of the vehicle before; an emergency drives all the same."""
    return view.unclear is not None and not _is_called(view)


def _is_called(view: LaneView) -> bool:
    """Returns True if the vehicle is told to drive: it was let through, and its arm is not stuck on the way up."""
    return view.phase in UP and not (view.phase is Phase.OPENING and view.arm is Arm.STUCK)


def sentence(prompt: Prompt, language: str) -> str:
    """The prompt in words, `zh` or `en`; the plate letter by letter. Empty: it is read out in the other language alone."""
    if prompt.text:
        return prompt.text if prompt.language == language else ""
    place = 0 if language == "zh" else 1
    parts = [_lane_words(prompt.lane, language), plate_words(prompt.plate, language), CUE_WORDS[prompt.cue][place]]
    if prompt.reason is not None:
        words = WORDS[prompt.reason]
        parts.append(words.zh if language == "zh" else words.en)
    return ("，" if language == "zh" else ", ").join(part for part in parts if part)


def order_prompts(order: Command) -> tuple[Prompt, ...]:
    """What is said of a new order: that there is one, and, if the order is to be read out, its text in pieces of one breath."""
    cue = Cue.URGENT if order.urgent else Cue.ORDER
    if not order.aloud:
        return (Prompt(cue),)
    # an order that was written in one language has the same text twice
    texts = {order.zh: "en" if order.zh.isascii() else "zh"} | ({order.en: "en"} if order.en != order.zh else {})
    return (
        Prompt(cue),
        *(Prompt(cue, text=piece, language=said) for text, said in texts.items() for piece in pieces(text)),
    )


def pieces(text: str) -> list[str]:
    """A text cut behind its stops, and where there is none for long; no piece takes longer to say than a lane can wait."""
    return [found for each in _BREATHS.findall(text) if (found := each.strip())]


def plate_words(plate: str, language: str) -> str:
    """A plate as it is read out: each character by itself. Its province has no English: the voice reads the rest."""
    if language == "zh":
        return " ".join(DIGITS.get(each, each) for each in plate)
    return " ".join(each for each in plate if each.isascii())


def _lane_words(lane: str | None, language: str) -> str:
    if lane is None:
        return ""
    return f"{lane}号车道" if language == "zh" else f"lane {lane}"
