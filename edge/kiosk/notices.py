"""What the screen has to say besides its lanes: records that cannot be kept, alarms, orders, the operation's end, open matters.

While a vehicle is at a lane all of it shares one strip, so that nothing of the lane is pushed off the screen: the most severe with
its words, the others counted. With nobody there each has a banner of its own.

Tested in `tests/edge/kiosk/test_notices.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge.contract import alarms
from edge.contract.policy import Policy
from edge.gate.view import GateView
from edge.kiosk import words
from edge.kiosk.rules_held import ended
from edge.kiosk.words import _
from edge.lane.phase import Phase

SEVERE: Final = (
    alarms.CLOSED,
    alarms.HELP,
    alarms.FORCED,
    alarms.TAILGATING,
    alarms.UNREGISTERED,
    alarms.BARRIER_STUCK,
    alarms.UNCLEAR,
    alarms.REVERSING,
)
"""The alarms that come before an order, the most severe first."""
LONGEST: Final = 60
"""Characters of an order on the strip; the whole order stands on the page behind it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One sort of notice. `look`: its class in the style sheet; `lines`: all that it says; `counted`: what it is called where it is only counted.

    `page`: the page that shows more.
    """

    look: str
    mark: str
    lines: tuple[str, ...]
    counted: str
    page: str = "duty.matters_page"

    @property
    def count(self) -> str:
        """The notice as the strip counts it, with its mark."""
        return f"{self.mark} {self.counted}"


@dataclass(frozen=True, slots=True)
class Strip:
    """The one strip above the lanes: the most severe with its words, the others counted."""

    look: str
    mark: str
    line: str
    others: tuple[str, ...]


def notices(view: GateView, policy: Policy | None, now: datetime) -> tuple[Notice, ...]:
    """All that is to be said, in the language of the request and the most severe first."""
    alarmed, ordered = _alarms(view), _orders(view)
    urgent = any(each.urgent for each in view.orders)
    first, second = (alarmed, ordered) if set(view.alarms) & set(SEVERE) and not urgent else (ordered, alarmed)
    found = (_fault(view), first, second, _ended(policy, now), _matters(view))
    return tuple(each for each in found if each is not None)


def strip_of(found: Sequence[Notice]) -> Strip | None:
    """All notices in one line; None: there is none."""
    if not found:
        return None
    first, *rest = found
    more = [f"{first.mark} +{len(first.lines) - 1}"] if len(first.lines) > 1 else []
    return Strip(first.look, first.mark, first.lines[0], (*more, *(each.count for each in rest)))


def is_tight(view: GateView) -> bool:
    """Returns True if the lanes need the screen: a vehicle is at one (judged, on a loop, or asked about), or all goes by paper."""
    return view.fault is not None or any(
        lane.visit is not None or lane.occupied or lane.unclear is not None or lane.phase is not Phase.WAITING
        for lane in view.lanes
    )


def _fault(view: GateView) -> Notice | None:
    if view.fault is None:
        return None
    return Notice("bad", "✕", (" · ".join(words.PAPER),), words.PAPER[0])


def _alarms(view: GateView) -> Notice | None:
    by_weight = sorted(view.alarms, key=lambda each: SEVERE.index(each) if each in SEVERE else len(SEVERE))
    lines = tuple(words.alarm_lines(by_weight))
    return Notice("alarm", "▲", lines, _("alarms %(n)s", n=len(lines))) if lines else None


def _orders(view: GateView) -> Notice | None:
    lines = tuple(f"{words.order_title(each)}: {_short(words.order_text(each))}" for each in view.orders)
    return Notice("order", "✉", lines, _("orders %(n)s", n=len(lines)), "duty.orders_page") if lines else None


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _ended(policy: Policy | None, now: datetime) -> Notice | None:
    over = ended(policy, now)
    return Notice("over", "■", (" · ".join(over),), _("ended")) if over else None


def _matters(view: GateView) -> Notice | None:
    lines = tuple(words.matter_lines(view))
    n = len(view.plateless) + len(view.unfinished)
    return Notice("matter", "●", lines, _("open %(n)s", n=n)) if lines else None
