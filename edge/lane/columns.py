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
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    FaultCleared,
    HoldPressed,
    OverridePressed,
    SprayAgainPressed,
    SprayDone,
    Timer,
    TimerFired,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.guard import Report
from edge.lane.phase import Phase
from edge.lane.state import ArmReported, LaneState, PhaseInput, Presented, Scene, Step, VehiclesGone
from edge.lane.vehicle import Moved, VehicleMoved

E = TypeVar("E", bound=PhaseInput)


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
    SPRAY_AGAIN = Column("spray_again", SprayAgainPressed)
    WENT_THROUGH = Column("went_through", WentThrough)
    RETURNED = Column("returned", CameBack)
    SPRAY_DONE = Column("spray_done", SprayDone)
    ARRIVED = Column("arrived", VehicleMoved)
    STOOD = Column("stood", VehicleMoved)
    MOVED_OFF = Column("moved_off", VehicleMoved)
    UNDER = Column("under", VehicleMoved)
    THROUGH = Column("through", VehicleMoved)
    BACKED_OFF = Column("backed_off", VehicleMoved)
    CAME_BACK = Column("came_back", VehicleMoved)
    UNCLEAR = Column("unclear", VehicleMoved)
    GONE = Column("gone", VehiclesGone)
    PASSAGE = Column("passage", TimerFired)
    CONTACT = Column("contact", TimerFired)
    UP = Column("up", ArmReported)
    NOT_UP = Column("not_up", ArmReported)


COLUMNS: Final = frozenset(column for column in vars(What).values() if isinstance(column, Column))
"""All of them."""

_OF_TIMER: Final[Mapping[Timer, Column[TimerFired]]] = {Timer.PASSAGE: What.PASSAGE, Timer.CONTACT: What.CONTACT}
_OF_VEHICLE: Final[Mapping[Moved, Column[VehicleMoved]]] = {
    Moved.ARRIVED: What.ARRIVED,
    Moved.BEHIND: What.ARRIVED,
    Moved.OPPOSITE: What.ARRIVED,
    Moved.STOOD: What.STOOD,
    Moved.MOVED_OFF: What.MOVED_OFF,
    Moved.UNDER: What.UNDER,
    Moved.THROUGH: What.THROUGH,
    Moved.BACKED_OFF: What.BACKED_OFF,
    Moved.CAME_BACK: What.CAME_BACK,
    Moved.UNCLEAR: What.UNCLEAR,
}
_OF_REPORT: Final[Mapping[Report, Column[ArmReported]]] = {
    Report.UP: What.UP,
    Report.LEFT: What.NOT_UP,
    Report.STUCK: What.NOT_UP,
}
_OF_EVENT: Final[Mapping[type[PhaseInput], Column[Any]]] = {
    AdmitPressed: What.ADMIT,
    TurnBackPressed: What.TURN_BACK,
    OverridePressed: What.OVERRIDE,
    HoldPressed: What.HOLD,
    DetainPressed: What.DETAIN,
    DisinfectedPressed: What.DISINFECTED,
    SprayAgainPressed: What.SPRAY_AGAIN,
    WentThrough: What.WENT_THROUGH,
    CameBack: What.RETURNED,
    FaultCleared: What.FAULT_CLEARED,
    SprayDone: What.SPRAY_DONE,
    VehiclesGone: What.GONE,
}


def what(event: PhaseInput) -> Column[Any]:
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
        case VehicleMoved(what=moved):
            return _OF_VEHICLE[moved]
        case ArmReported(what=report):
            return _OF_REPORT[report]
        case TimerFired(timer=timer):
            return _OF_TIMER[timer]
        case _:
            return _OF_EVENT[type(event)]
