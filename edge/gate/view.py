"""What the gate shows of itself: to the kiosk, to the health message, to the voice.

Tested in `tests/edge/gate/test_loop.py` and `tests/edge/kiosk/test_app.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edge.contract.commands import Command
from edge.contract.facts import Outcome, ReadBy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.decision.decision import LastSeen
from edge.lane.events import Loop
from edge.lane.phase import Arm, Phase, Shown


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
class SolutionBatch:
    """A batch of disinfectant as it was mixed; `used`: litres of it that a flow sensor saw flow."""

    batch: str
    agent: str
    concentration: str
    tank: str
    expires_at: datetime
    litres: float | None = None
    used: float = 0.0

    @property
    def left(self) -> float | None:
        """Litres that are left of it, where they are known."""
        return None if self.litres is None else max(0.0, self.litres - self.used)

    def less(self, batch: str | None, litres: float) -> "SolutionBatch":
        """This batch after a spray with that batch: so much less of it if it is the same."""
        return replace(self, used=self.used + litres) if batch == self.batch else self


@dataclass(frozen=True, slots=True)
class Tank:
    """A tank that lanes of this gate spray from, with the newest batch in it; `valid`: it counts now."""

    name: str
    batch: SolutionBatch | None = None
    valid: bool = False


@dataclass(frozen=True, slots=True)
class LaneView:
    """What the screen may know of a lane. `since`: monotonic second of the phase's begin.

    `spray_seconds`: how long it is to be sprayed; `sprayed`, `litres`: what was, as of this view (litres None: no flow sensor,
    so that the officer's word is needed). `contact_until`: the monotonic second at which the solution has acted long enough.
    `low`: the tank's switch says that it is low. `fault`: why the barrier must be moved by key.

    `arm`: where the arm is; `left_open`: it was left up at the start, as the policy wants it in a fault. `standing`: the vehicle
    stands on its loop; `spraying`: the sprayer is on for it, since the monotonic second `spray_since`. `unclear`: the visit of a
    vehicle of which the loops cannot say whether it went through or came back, with `unclear_plate`: the officer is asked.
    `behind`, `opposite`: another vehicle is close behind the one whose turn it is, or faces it.
    """

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
    before: LastSeen | None = None
    watched: str | None = None
    spray_seconds: float | None = None
    sprayed: float = 0.0
    litres: float | None = None
    contact_until: float | None = None
    low: bool = False
    fault: str | None = None
    arm: Arm = Arm.LYING
    left_open: bool = False
    standing: bool = False
    spraying: bool = False
    spray_since: float | None = None
    unclear: str | None = None
    unclear_plate: str = ""
    behind: bool = False
    opposite: bool = False

    @property
    def shown(self) -> Shown:
        """The one word for the lane: its arm's trouble first, then the phase."""
        if self.arm is Arm.STUCK:
            return Shown.FAULT
        if self.left_open:
            return Shown.LEFT_OPEN
        if self.phase in {Phase.WAITING, Phase.CHECKING} and self.arm is not Arm.LYING:
            return Shown.CLOSING
        return Shown(self.phase)


@dataclass(frozen=True, slots=True)
class GateView:
    """One frozen picture of the gate for the kiosk and for health, made anew after each event."""

    lanes: tuple[LaneView, ...]
    officer: str | None
    tanks: tuple[Tank, ...]
    unfinished: tuple[OpenVisit, ...]
    plateless: tuple[OpenVisit, ...]
    alarms: Mapping[str, str]
    """The alarms that are on: code -> details, one for each lane that has it."""
    fault: str | None
    """Why the journal does not take records; None: it does."""
    orders: tuple[Command, ...] = ()
    """Orders of the hub that wait for the officer on shift, urgent ones first; `OrderConfirmed(order.id)` confirms one."""
    confirmed: tuple[Command, ...] = ()
    """Orders to every officer that the officer on shift has confirmed: another officer may still do so by name."""

    @property
    def solution_valid(self) -> bool:
        """Returns True if what is in every tank counts."""
        return all(tank.valid for tank in self.tanks)

    def lane(self, name: str) -> LaneView | None:
        """The lane of that name."""
        return next((each for each in self.lanes if each.name == name), None)
