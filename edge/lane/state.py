"""What a lane is at one moment, what it hears, and what a step may look at besides. Frozen values; no I/O, no clock.

Tested in `tests/edge/lane/test_table.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.contract.facts import Disinfected, Part
from edge.contract.reasons import Direction
from edge.decision.decision import Decision
from edge.lane.actions import Action
from edge.lane.events import (
    AdmitPressed,
    BarrierDown,
    BarrierUp,
    DetainPressed,
    DisinfectedPressed,
    FaultCleared,
    HoldPressed,
    Loop,
    LoopChanged,
    OverridePressed,
    SprayDone,
    TimerFired,
    TurnBackPressed,
)
from edge.lane.phase import Phase


@dataclass(frozen=True, slots=True)
class Presented:
    """A vehicle was judged: by its QR, by hand, or by the emergency button. `visit` is a new id; `text` the QR's.

    With the reason `plate_mismatch` it is the vehicle at the lane, judged anew: the officer saw another plate on it.
    """

    visit: str
    decision: Decision
    text: str | None = None


LaneInput = (
    Presented
    | AdmitPressed
    | TurnBackPressed
    | OverridePressed
    | HoldPressed
    | DetainPressed
    | DisinfectedPressed
    | FaultCleared
    | SprayDone
    | LoopChanged
    | TimerFired
    | BarrierUp
    | BarrierDown
)
"""What `gate` hands to `lane.step`."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The batch of disinfectant in the tank."""

    batch: str
    agent: str
    concentration: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step needs besides the state: who is on shift, what is in the tank, what is fitted, and times in seconds.

    `solution` None: none was mixed, or it has expired; the sprayer's own word then counts for nothing. `sprayed`, `litres`:
    for how long, and how much, for the vehicle at the lane (litres None: no flow sensor). `contact`: how long the solution
    must act; `waited`: how long the lane is in its phase. `rise`, `fall`: when the barrier is up, or down, or stuck where an
    end switch is fitted that should say so (`tells_up`, `tells_down`). `picture`: the SHA-256 of the camera's picture, for a
    visit that begins. `raised`: the barrier is held up at this moment, whatever the phase.
    """

    officer: str | None = None
    solution: Solution | None = None
    spray_seconds: float = 10.0
    sprayed: float = 0.0
    litres: float | None = None
    contact: float = 0.0
    waited: float = 0.0
    parts: tuple[Part, ...] = ("tyres", "chassis", "body")
    passage: float = 30.0
    clear: float = 0.25
    rise: float = 1.0
    fall: float = 10.0
    tells_up: bool = False
    tells_down: bool = False
    picture: str | None = None
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle's stay at the lane. `spray`: what was kept of its disinfection. `let`: the barrier was raised for it."""

    id: str
    decision: Decision
    text: str | None = None
    spray: Disinfected | None = None
    let: bool = False

    @property
    def disinfected(self) -> bool:
        """Returns True if it was sprayed."""
        return self.spray is not None


class Course(StrEnum):
    """How far the vehicle at the lane has come, as the loops tell it. Near is the loop that it came to first."""

    COMING = "coming"
    """Not at the far loop yet."""
    OVER = "over"
    """On both loops: under the barrier."""
    BEYOND = "beyond"
    """On the far loop, or past it, and off the near one."""
    FOLLOWED = "followed"
    """Beyond, and another vehicle is on the near loop."""
    BACK = "back"
    """The vehicle was over both loops, and left the far loop again."""


@dataclass(frozen=True, slots=True)
class LaneState:
    """The whole state. `visits`: who is at the lane, the first in line first; more than one only behind a raised barrier.

    `first`: the loop that went on first, while a loop is occupied or the vehicle is at the lane. `unconfirmed`: the sprayer
    stopped but cannot vouch. `dismissed`: the QR text of a vehicle that was turned back and still stands here.
    """

    phase: Phase = Phase.WAITING
    visits: tuple[Visit, ...] = ()
    occupied: frozenset[Loop] = frozenset()
    first: Loop | None = None
    course: Course = Course.COMING
    unconfirmed: bool = False
    dismissed: str | None = None

    @property
    def visit(self) -> Visit | None:
        """The vehicle whose turn it is."""
        return self.visits[0] if self.visits else None

    @property
    def raised(self) -> bool:
        """Returns True if the barrier is up, or on its way."""
        return self.phase in RAISED

    @property
    def far(self) -> Loop | None:
        """The loop beyond the barrier, for the vehicle whose turn it is."""
        if self.visit is None:
            return None
        return Loop.INNER if self.visit.decision.direction is Direction.IN else Loop.OUTER


UP: Final = frozenset({Phase.OPEN, Phase.DRIVING, Phase.RECALLED})
"""The barrier is known to be up."""
RAISED: Final = UP | {Phase.OPENING, Phase.CLOSING}
Step = tuple[LaneState, tuple[Action, ...]]
