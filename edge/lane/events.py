"""What can happen at a lane, and what can be done there: frozen facts, and nothing that does anything.

Adapters put events on the gate's queue and never call each other; `edge.lane.whole` answers an event with actions; `gate` performs them. Times are monotonic seconds unless a name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from edge.contract.commands import Command
from edge.contract.facts import Outcome, Part
from edge.contract.reasons import Direction


class Loop(StrEnum):
    """What senses vehicles in a lane: a loop outside the closed area, one inside it, the barrier between them.

    SAFETY: a third one under the arm itself, a loop or a light barrier, where it is fitted.
    """

    OUTER = "outer"
    INNER = "inner"
    SAFETY = "safety"


class Timer(StrEnum):
    """What a lane can wait for.

    CLEAR: every sensor stays free: whoever was here is gone. BETWEEN: the time is over for which a short vehicle may be between
    two sensors. STAND: a vehicle on its loop stands there. PASSAGE: the arm is up and nobody comes, or one stays on its far loop.
    CONTACT: the solution has acted long enough. FREE: nobody is under the arm any more. RISE, FALL: the arm has had its time.
    """

    CLEAR = "clear"
    BETWEEN = "between"
    STAND = "stand"
    PASSAGE = "passage"
    CONTACT = "contact"
    FREE = "free"
    RISE = "rise"
    FALL = "fall"


# -- what can happen ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QrSeen:
    """The camera read a text that was not there before. `at`: when the frame was taken."""

    lane: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Registered:
    """An officer registered a vehicle by hand. `direction` None: as the loops say. `fields`: what the operation asks."""

    lane: str
    plate: str
    vehicle_class: str | None
    direction: Direction | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdmitPressed:
    """The officer looked and lets the vehicle pass.

    `visit`, here and below: whom the screen showed; the word counts for no other. None: a button, for who is at the lane.
    """

    lane: str
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class TurnBackPressed:
    """The officer sends the vehicle back (劝返); `why`: a code of the policy's `turn_back`."""

    lane: str
    visit: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class OverridePressed:
    """An officer lets the vehicle pass against the verdict, or without the disinfection that it owes.

    The PIN was checked before this is posted. `officer` gave it, and need not be who is on shift.
    """

    lane: str
    visit: str | None
    officer: str
    reason: str
    what: Literal["verdict", "disinfection"] = "verdict"


@dataclass(frozen=True, slots=True)
class HoldPressed:
    """The vehicle must wait here until somebody decides."""

    lane: str
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class DetainPressed:
    """The vehicle that was held is taken away."""

    lane: str
    visit: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class HelpPressed:
    """Somebody at the lane needs help: an alarm, until `HelpGiven`."""

    lane: str


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """Somebody came."""

    lane: str


@dataclass(frozen=True, slots=True)
class FaultCleared:
    """The officer says that the barrier moves again."""

    lane: str


@dataclass(frozen=True, slots=True)
class PlateMismatch:
    """The officer sees another plate on the vehicle than its pass is bound to (车牌不符)."""

    lane: str
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class DisinfectedPressed:
    """The officer vouches that the vehicle was disinfected. `parts` None: those that the policy names."""

    lane: str
    visit: str | None = None
    parts: tuple[Part, ...] | None = None
    washed_first: bool = False


@dataclass(frozen=True, slots=True)
class SprayAgainPressed:
    """The officer has the vehicle sprayed once more, or now: nothing flowed, or no loop says that it stands."""

    lane: str
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class WentThrough:
    """The officer saw the vehicle drive through that the loops could not follow. `visit`: whose passage is unclear."""

    lane: str
    visit: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """The officer saw that the vehicle which the loops could not follow came back: it is the one at the lane now."""

    lane: str
    visit: str


@dataclass(frozen=True, slots=True)
class EmergencyPressed:
    """One button: a record, and the barrier opens at once."""

    lane: str


@dataclass(frozen=True, slots=True)
class PlateFilled:
    """The plate of an emergency visit, filled in afterwards."""

    visit: str
    plate: str


@dataclass(frozen=True, slots=True)
class VisitFinished:
    """The officer says how a visit ended that a power cut left open."""

    visit: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LoopChanged:
    """A vehicle came onto a loop, or left it."""

    lane: str
    loop: Loop
    occupied: bool


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer of the lane ran out."""

    lane: str
    timer: Timer


@dataclass(frozen=True, slots=True)
class SprayDone:
    """The sprayer stopped by itself. `seconds`: of flow where a flow sensor is fitted, else of its relay.

    `litres`: what the sensor saw flow; None: there is no sensor. `run`: which run it was, as `StartSpray` named it.
    """

    lane: str
    seconds: float
    litres: float | None = None
    run: int = 0


@dataclass(frozen=True, slots=True)
class TankChanged:
    """The tank's level switch says whether it is low."""

    lane: str
    low: bool


@dataclass(frozen=True, slots=True)
class BarrierUp:
    """The arm came to its upper end: its end switch closed."""

    lane: str


@dataclass(frozen=True, slots=True)
class BarrierDown:
    """The arm came to its lower end: its end switch closed."""

    lane: str


@dataclass(frozen=True, slots=True)
class BarrierMoving:
    """The arm left one of its ends: that end's switch opened."""

    lane: str


@dataclass(frozen=True, slots=True)
class SignedOn:
    """An officer took the shift; whoever had it is signed off."""

    officer: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    """The officer on shift left; `to`: who takes over. `note`: what the next one must know."""

    to: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SolutionMixed:
    """A batch of disinfectant was mixed. An empty `concentration` is the policy's for the agent."""

    agent: str
    concentration: str
    tank: str
    lot: str | None = None
    label: str | None = None
    target: str | None = None
    strip: str | None = None
    water_litres: float | None = None
    litres: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmBegan:
    """A part of the gate needs attention: a code of `contract.alarms`. `lane` None: the gate as a whole."""

    alarm: str
    detail: str
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmEnded:
    """An alarm is over."""

    alarm: str
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class ClockChanged:
    """The wall clock was set, or has become synced: what it would have shown and what it shows, at one instant."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """How much room the journal has. `closed`: too little to judge another vehicle; why, in one line, or None."""

    closed: str | None


@dataclass(frozen=True, slots=True)
class CommandsCame:
    """What the hub wants of this gate now, all of it."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """An officer has read an order and says "received" (收到). `officer` None: the one on shift."""

    order: str
    officer: str | None = None


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A part of the gate has done what a command asked for, or could not; `detail`: why not."""

    command: str
    failed: bool = False
    detail: str = ""


OfAVisit = (
    AdmitPressed
    | TurnBackPressed
    | OverridePressed
    | HoldPressed
    | DetainPressed
    | PlateMismatch
    | DisinfectedPressed
    | SprayAgainPressed
)
"""What is said of the vehicle that the screen showed, and counts for no other."""
GateEvent = (
    PlateFilled
    | VisitFinished
    | SignedOn
    | SignedOff
    | SolutionMixed
    | AlarmBegan
    | AlarmEnded
    | CommandsCame
    | OrderConfirmed
    | CommandDone
    | ClockChanged
    | RoomChanged
)
LaneEvent = (
    QrSeen
    | Registered
    | AdmitPressed
    | TurnBackPressed
    | OverridePressed
    | HoldPressed
    | DetainPressed
    | HelpPressed
    | HelpGiven
    | FaultCleared
    | PlateMismatch
    | DisinfectedPressed
    | SprayAgainPressed
    | WentThrough
    | CameBack
    | EmergencyPressed
    | LoopChanged
    | TimerFired
    | SprayDone
    | TankChanged
    | BarrierUp
    | BarrierDown
    | BarrierMoving
)
Event = LaneEvent | GateEvent
