"""The columns of the lane's table: what a lane answers to, and of which type the event is that comes in each.

A cell is made by its column (`What.READ.by(handler, ...)`), so that the type checker holds that the handler takes that event.
Tested in `tests/edge/lane/test_table.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason
from edge.decision.decision import Decision
from edge.lane.events import (
    AdmitPressed,
    BarrierDown,
    BarrierUp,
    DetainPressed,
    DisinfectedPressed,
    FaultCleared,
    HoldPressed,
    LoopChanged,
    OverridePressed,
    SprayDone,
    Timer,
    TimerFired,
    TurnBackPressed,
)
from edge.lane.phase import Phase
from edge.lane.state import LaneInput, LaneState, Presented, Scene, Step

E = TypeVar("E", bound=LaneInput)


@dataclass(frozen=True, slots=True)
class Move:
    """A cell of the table: its column, who answers, and the phases that the answer may lead to (its own is always allowed)."""

    column: "Column[Any]"
    handler: Callable[[LaneState, Any, Scene], Step]
    to: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Column(Generic[E]):
    """A column of the table: its name in the diagram, and the type of its events."""

    name: str
    event: type[E]

    def by(self, handler: Callable[[LaneState, E, Scene], Step], to: tuple[Phase, ...] = ()) -> Move:
        """The cell of this column in which `handler` answers."""
        return Move(self, handler, to)


class What:
    """Every column, by name."""

    READ = Column("read", Presented)
    REGISTERED = Column("registered", Presented)
    EMERGENCY = Column("emergency", Presented)
    ADMIT = Column("admit", AdmitPressed)
    TURN_BACK = Column("turn_back", TurnBackPressed)
    MISMATCH = Column("mismatch", Presented)
    OVERRIDE = Column("override", OverridePressed)
    HOLD = Column("hold", HoldPressed)
    DETAIN = Column("detain", DetainPressed)
    DISINFECTED = Column("disinfected", DisinfectedPressed)
    FAULT_CLEARED = Column("fault_cleared", FaultCleared)
    SPRAY_DONE = Column("spray_done", SprayDone)
    LOOP_ON = Column("loop_on", LoopChanged)
    LOOP_OFF = Column("loop_off", LoopChanged)
    CLEAR = Column("clear", TimerFired)
    PASSAGE = Column("passage", TimerFired)
    CONTACT = Column("contact", TimerFired)
    RISE = Column("rise", TimerFired)
    FALL = Column("fall", TimerFired)
    UP = Column("up", BarrierUp)
    DOWN = Column("down", BarrierDown)


COLUMNS: Final = frozenset(column for column in vars(What).values() if isinstance(column, Column))
"""All of them."""

_OF_TIMER: Final[Mapping[Timer, Column[TimerFired]]] = {
    Timer.CLEAR: What.CLEAR,
    Timer.PASSAGE: What.PASSAGE,
    Timer.CONTACT: What.CONTACT,
    Timer.RISE: What.RISE,
    Timer.FALL: What.FALL,
}
_OF_EVENT: Final[Mapping[type[LaneInput], Column[Any]]] = {
    AdmitPressed: What.ADMIT,
    TurnBackPressed: What.TURN_BACK,
    OverridePressed: What.OVERRIDE,
    HoldPressed: What.HOLD,
    DetainPressed: What.DETAIN,
    DisinfectedPressed: What.DISINFECTED,
    FaultCleared: What.FAULT_CLEARED,
    SprayDone: What.SPRAY_DONE,
    BarrierUp: What.UP,
    BarrierDown: What.DOWN,
}


def what(event: LaneInput) -> Column[Any]:
    """The column of an event."""
    match event:
        case Presented(decision=Decision(reason=Reason.PLATE_MISMATCH)):
            return What.MISMATCH
        case Presented(decision=Decision(read_by=ReadBy.QR)):
            return What.READ
        case Presented(decision=Decision(read_by=ReadBy.HAND)):
            return What.REGISTERED
        case Presented():
            return What.EMERGENCY
        case LoopChanged(occupied=occupied):
            return What.LOOP_ON if occupied else What.LOOP_OFF
        case TimerFired(timer=timer):
            return _OF_TIMER[timer]
        case _:
            return _OF_EVENT[type(event)]
