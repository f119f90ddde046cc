"""What a lane wants done: records to keep, the barrier, the sprayer, lamps, timers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.contract.facts import Fact, Kind
from edge.contract.reasons import Colour, Direction
from edge.lane.events import Timer


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a record, durably, before anything moves. `expires`: of an answer to a command: until when that counts."""

    kind: Kind
    body: Fact
    visit: str | None = None
    private: Mapping[str, str] = field(default_factory=dict)
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class WantArm:
    """The phases want the arm up, or down; `edge.lane.guard` makes orders to its relay of that."""

    up: bool


@dataclass(frozen=True, slots=True)
class RaiseBarrier:
    """Switch the barrier's relay on: the arm goes up, and is held up."""


@dataclass(frozen=True, slots=True)
class LowerBarrier:
    """Switch the barrier's relay off, unless somebody is under the arm at this moment: it comes down."""


@dataclass(frozen=True, slots=True)
class StartSpray:
    """Spray for so many seconds; the sprayer stops by itself and says `SprayDone` with the same `run`."""

    seconds: float
    run: int


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
    """The timer shall not fire."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Tell:
    """An alarm about this lane, in the ledger; `direction`: of the vehicle that it is about."""

    alarm: str
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """That alarm is over."""

    alarm: str


Action = (
    Keep
    | WantArm
    | RaiseBarrier
    | LowerBarrier
    | StartSpray
    | StopSpray
    | Light
    | StartTimer
    | StopTimer
    | Tell
    | Settle
)
