"""What a lane is at one moment, what it answers to, and what a step may look at besides. Frozen values; no I/O, no clock.

Tested in `tests/edge/lane/test_table.py`.
"""

from dataclasses import dataclass, field
from typing import Final

from edge.contract.facts import Disinfected, Part
from edge.contract.reasons import Direction
from edge.decision.decision import Decision
from edge.lane.actions import Action
from edge.lane.events import (
    AdmitPressed,
    BarrierDown,
    BarrierMoving,
    BarrierUp,
    CameBack,
    DetainPressed,
    DisinfectedPressed,
    FaultCleared,
    HoldPressed,
    Loop,
    LoopChanged,
    OverridePressed,
    SprayAgainPressed,
    SprayDone,
    TimerFired,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.guard import Guard, Reach, Report
from edge.lane.phase import Phase
from edge.lane.track import Track
from edge.lane.vehicle import Place, Vehicle, VehicleMoved


@dataclass(frozen=True, slots=True)
class Presented:
    """A vehicle was judged: by its QR, by hand, or by the emergency button. `visit` is a new id; `text` the QR's.

    With the reason `plate_mismatch` it is the vehicle at the lane, judged anew: the officer saw another plate on it.
    """

    visit: str
    decision: Decision
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ArmReported:
    """The guard of the arm says that it is up, or stuck."""

    what: Report


@dataclass(frozen=True, slots=True)
class VehiclesGone:
    """All is said of what vehicles did, and some are not here any more: no visit may be left without its vehicle."""


Word = (
    Presented
    | AdmitPressed
    | TurnBackPressed
    | OverridePressed
    | HoldPressed
    | DetainPressed
    | DisinfectedPressed
    | SprayAgainPressed
    | WentThrough
    | CameBack
)
"""A verdict, or an officer's word."""
LaneInput = Word | FaultCleared | SprayDone | LoopChanged | TimerFired | BarrierUp | BarrierDown | BarrierMoving
"""What `gate` hands to a lane."""
PhaseInput = Word | FaultCleared | SprayDone | TimerFired | VehicleMoved | VehiclesGone | ArmReported
"""What the table of phases answers to: sensors, switches and most timers are made into vehicle events and reports before."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The batch of disinfectant in the tank."""

    batch: str
    agent: str
    concentration: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step needs besides the state: who is on shift, what is in the tank, the barrier's reach, and times in seconds.

    `solution` None: none was mixed, or it has expired; the sprayer's own word then counts for nothing. `sprayed`, `litres`:
    for how long, and how much, for the vehicle at the lane (litres None: no flow sensor). `contact`: how long the solution
    must act; `waited`: how long the lane is in its phase. `clear`: every sensor free for so long means that nobody is here;
    `between`: for so long a vehicle shorter than the loops are apart may be on none; `stand`: how long one is on its loop before
    it stands. `picture`: the SHA-256 of the camera's picture, for a visit that begins.
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
    between: float = 3.0
    stand: float = 1.0
    picture: str | None = None
    reach: Reach = field(default_factory=Reach)


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle's stay at the lane. `spray`: what was kept of its disinfection. `let`: the barrier was raised for it.

    `cleared`: it has its word, and nothing stands in its way but the vehicle before it. `vehicle`: its number in the track;
    None: it has not come to a loop yet, or, if it was judged `among` others, is one that no sensor tells from them. `maybe`, where
    nobody can tell whether it went through: the number of the vehicle at the lane that may be it.
    """

    id: str
    decision: Decision
    text: str | None = None
    spray: Disinfected | None = None
    let: bool = False
    cleared: bool = False
    vehicle: int | None = None
    among: bool = False
    maybe: int | None = None

    @property
    def disinfected(self) -> bool:
        """Returns True if it was sprayed."""
        return self.spray is not None


@dataclass(frozen=True, slots=True)
class LaneState:
    """The whole state. `visits`: the vehicle whose turn it is, and emergencies that were let through behind it.

    `leaving`: the visits of vehicles that are past their turn and not known to be gone. `track`: which vehicles are here;
    `guard`: the arm. `left_open`: the arm was up when the gate started, and stays so. `run`: the sprayer's last run; `spraying`:
    it is on. `unconfirmed`: the sprayer stopped but cannot vouch. `dismissed`: the QR text of a vehicle that was turned back and
    still stands here.
    """

    phase: Phase = Phase.WAITING
    visits: tuple[Visit, ...] = ()
    leaving: tuple[Visit, ...] = ()
    track: Track = field(default_factory=Track)
    guard: Guard = field(default_factory=Guard)
    left_open: bool = False
    run: int = 0
    spraying: bool = False
    unconfirmed: bool = False
    dismissed: str | None = None

    @property
    def visit(self) -> Visit | None:
        """The visit of the vehicle whose turn it is."""
        return self.visits[0] if self.visits else None

    @property
    def here(self) -> tuple[Visit, ...]:
        """Every visit that is open at the lane, those that leave first."""
        return (*self.leaving, *self.visits)

    @property
    def unclear(self) -> Visit | None:
        """The visit of which the officer is asked whether its vehicle went through."""
        return next((visit for visit in self.leaving if visit.maybe is not None), None)

    @property
    def occupied(self) -> frozenset[Loop]:
        """The sensors on which somebody is."""
        return self.track.on

    @property
    def vehicle(self) -> Vehicle | None:
        """The vehicle whose turn it is, or would be: on its first loop, and nobody else's visit."""
        if self.visit is not None and self.visit.vehicle is not None:
            return self.track.find(self.visit.vehicle)
        return next(iter(self._waiting), None)

    @property
    def off_loop(self) -> bool:
        """Returns True if the vehicle whose turn it is, or would be, waits and is off its loop at this moment: it may be gone."""
        vehicle = self.vehicle
        return vehicle is not None and vehicle.place is Place.NEAR and vehicle.side not in self.track.on

    def of_direction(self, direction: Direction | None) -> Vehicle | None:
        """The vehicle whose turn it would be; where nobody's turn it is and one waits on each side, the one of that direction."""
        if self.visit is not None and self.visit.vehicle is not None:
            return self.vehicle
        return next((each for each in self._waiting if way(each) is direction), self.vehicle)

    @property
    def _waiting(self) -> list[Vehicle]:
        """Who is on its first loop and nobody's visit; who is known for certain comes first.

        Where vehicles come from one side only, none waits on the other.
        """
        taken = {visit.vehicle for visit in self.here}
        near = (each for each in self.track.vehicles if each.place is Place.NEAR and each.number not in taken)
        waiting = (each for each in near if self.track.only in {None, each.side})
        return sorted(waiting, key=lambda each: (each.mixed, each.number))

    @property
    def stands(self) -> bool:
        """Returns True if the vehicle whose turn it is stands on its loop."""
        judged_before_it_came = self.visit is not None and self.visit.vehicle is None
        return self.vehicle is not None and self.vehicle.standing and not judged_before_it_came


LET: Final = frozenset({Phase.OPENING, Phase.OPEN, Phase.DRIVING})
"""Somebody was let through and may drive."""
Step = tuple[LaneState, tuple[Action, ...]]


def faces(state: LaneState, visit: Visit) -> bool:
    """Returns True if the vehicle at the lane that may be the one of this visit came from the other side: then it is another."""
    vehicle = state.track.find(visit.maybe)
    return vehicle is not None and way(vehicle) is not visit.decision.direction


def way(vehicle: Vehicle) -> Direction:
    """Where a vehicle goes, by the loop to which it came first."""
    return Direction.IN if vehicle.side is Loop.OUTER else Direction.OUT
