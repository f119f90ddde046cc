"""What can happen at a lane, and what can be done there: frozen facts, and nothing that does anything.

Adapters put events on the gate's queue and never call each other; `lane.step` answers an event with actions; `gate` performs
them. Times are monotonic seconds unless a name says otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from edge.contract.messages import Command
from edge.contract.reasons import Colour, Direction, Reason, Verdict
from edge.contract.records import Disinfection, Fact, Kind, Outcome, ReadBy

NOTHING: Mapping[str, str] = MappingProxyType({})


class Loop(StrEnum):
    """The two induction loops of a lane: outside the closed area and inside it, the barrier between them."""

    OUTER = "outer"
    INNER = "inner"


class Timer(StrEnum):
    """What a lane can wait for. CLEAR: both loops stay free. PASSAGE: the barrier is up and somebody should drive."""

    CLEAR = "clear"
    PASSAGE = "passage"


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
    """The officer sends the vehicle back (劝返)."""

    lane: str
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class PlateMismatch:
    """The officer sees another plate on the vehicle than its pass is bound to (车牌不符)."""

    lane: str
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class DisinfectedPressed:
    """The officer vouches that the vehicle was disinfected."""

    lane: str
    visit: str | None = None


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
    """The sprayer stopped by itself after running for so many seconds."""

    lane: str
    seconds: float


@dataclass(frozen=True, slots=True)
class BarrierDown:
    """The barrier really came down, as it was told to."""

    lane: str


@dataclass(frozen=True, slots=True)
class SignedOn:
    """An officer took the shift; whoever had it is signed off."""

    officer: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    """The officer on shift left."""


@dataclass(frozen=True, slots=True)
class SolutionMixed:
    """A batch of disinfectant was mixed. An empty `concentration` is the policy's for the agent."""

    agent: str
    concentration: str
    tank: str


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """A part of the gate needs attention (`camera`, `bad_list` …)."""

    alarm: str
    detail: str


@dataclass(frozen=True, slots=True)
class AlarmCleared:
    """It is over."""

    alarm: str


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
    """The officer has read an order and says "received" (收到)."""

    order: str


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A part of the gate has done what a command asked for, or could not; `detail`: why not."""

    command: str
    failed: bool = False
    detail: str = ""


GateEvent = (
    PlateFilled
    | VisitFinished
    | SignedOn
    | SignedOff
    | SolutionMixed
    | AlarmRaised
    | AlarmCleared
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
    | PlateMismatch
    | DisinfectedPressed
    | EmergencyPressed
    | LoopChanged
    | TimerFired
    | SprayDone
    | BarrierDown
)
Event = LaneEvent | GateEvent


# -- what a decision says ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """A vehicle went in or out: in which visit, at which gate, when (aware)."""

    visit: str
    gate: str
    direction: Direction
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The judgement on one vehicle, as the record will say it. `owed`: it must be disinfected before the barrier opens.

    `plate` and `fields` are personal and stand in the record's private part. `first`: for `duplicate_read`, the visit that
    the same pass made moments before. For the screen alone: `before`, when and where the vehicle was seen last, if that
    speaks against it; `watched`, why its plate is on the watch list (may be empty; None: it is not, or nobody asked to know).
    """

    reason: Reason
    verdict: Verdict
    direction: Direction
    read_by: ReadBy
    plate: str = ""
    vehicle_class: str | None = None
    pass_id: str | None = None
    disinfection: Disinfection = Disinfection.OFF
    fields: Mapping[str, str] = field(default_factory=dict)
    first: str | None = None
    operation: str | None = None
    policy: int | None = None
    passlist: int | None = None
    before: Seen | None = None
    watched: str | None = None

    @property
    def owed(self) -> bool:
        """Whether the barrier has to wait for a disinfection."""
        return self.disinfection is Disinfection.REQUIRED


# -- what can be done --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a record, durably, before anything moves."""

    kind: Kind
    body: Fact
    visit: str | None = None
    private: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RaiseBarrier:
    """Open."""


@dataclass(frozen=True, slots=True)
class LowerBarrier:
    """Close, unless a loop is occupied at this moment; `BarrierDown` says that it did."""


@dataclass(frozen=True, slots=True)
class StartSpray:
    """Spray for so many seconds; the sprayer stops by itself and says `SprayDone`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StopSpray:
    """Stop spraying now."""


@dataclass(frozen=True, slots=True)
class Light:
    """One lamp on, the others off."""

    colour: Colour


@dataclass(frozen=True, slots=True)
class StartTimer:
    """`TimerFired` comes after so many seconds; a running timer of that name starts anew."""

    timer: Timer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """It shall not fire."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class TellPassage:
    """A vehicle drove through unregistered before the barrier was down: an alarm, in the ledger."""

    direction: Direction


Action = Keep | RaiseBarrier | LowerBarrier | StartSpray | StopSpray | Light | StartTimer | StopTimer | TellPassage


# -- what a screen may know --------------------------------------------------------------------------------------------


class Phase(StrEnum):
    """What the lane is doing."""

    WAITING = "waiting"
    """Nobody is registered; barrier down."""
    ASKING = "asking"
    """An officer must look; barrier down."""
    REFUSED = "refused"
    """The vehicle must turn back or be registered by hand; barrier down."""
    DISINFECTING = "disinfecting"
    """It owes a disinfection; sprayer on, or waiting for the officer's word; barrier down."""
    OPEN = "open"
    """Barrier up; nobody drives yet."""
    DRIVING = "driving"
    """Barrier up; the vehicle is on the far loop."""
    RECALLED = "recalled"
    """Turned back after the barrier rose: it stays up only until the loops are free."""
    CLOSING = "closing"
    """The barrier was told to come down and is still up: a vehicle came onto a loop. Nobody is judged until it is down."""


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit that nobody closed, or an emergency whose plate is not known. `outcome` None: not closed yet."""

    visit: str
    lane: str
    opened_at: str
    plate: str
    direction: Direction
    reason: Reason
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of disinfectant as it was mixed."""

    batch: str
    agent: str
    concentration: str
    tank: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LaneView:
    """What the screen may know of a lane. `since`: monotonic second of the phase's begin."""

    name: str
    phase: Phase
    since: float
    occupied: tuple[Loop, ...]
    direction: Direction | None
    visit: str | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    plate: str = ""
    vehicle_class: str | None = None
    read_by: ReadBy | None = None
    owed: bool = False
    unconfirmed: bool = False
    first: str | None = None
    before: Seen | None = None
    watched: str | None = None


@dataclass(frozen=True, slots=True)
class GateView:
    """One frozen picture of the gate for the kiosk and for health, made anew after each event."""

    lanes: tuple[LaneView, ...]
    officer: str | None
    batch: Batch | None
    batch_valid: bool
    unfinished: tuple[OpenVisit, ...]
    plateless: tuple[OpenVisit, ...]
    alarms: Mapping[str, str]
    fault: str | None
    """Why the journal does not take records; None: it does."""
    orders: tuple[Command, ...] = ()
    """Orders of the hub that no officer has confirmed yet, oldest first; `OrderConfirmed(order.id)` does."""

    def lane(self, name: str) -> LaneView | None:
        """The lane of that name."""
        return next((each for each in self.lanes if each.name == name), None)
