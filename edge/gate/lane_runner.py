"""One lane at work: its state, its hardware, and what of it is shown. Tested in `tests/edge/gate/test_loop.py`."""

from dataclasses import replace
from typing import Protocol

from edge.config import LaneSettings
from edge.contract.policy import Policy
from edge.contract.reasons import Colour, Direction
from edge.gate.view import LaneView
from edge.lane.events import Loop, QrSeen, Timer
from edge.lane.phase import Phase
from edge.lane.state import LaneState

BEEP = 0.6
"""Seconds that the buzzer sounds when a vehicle is stopped or drives through."""


STUCK = "the barrier did not move as it was told to"


FREE = frozenset({Phase.WAITING, Phase.CHECKING})
"""Nobody at the lane was judged."""


JUDGES = FREE | {Phase.LEFT_OPEN}
"""Who was read a moment ago is judged as soon as its direction is known."""


class Hands(Protocol):
    """The devices of one lane, as `hardware.LaneHardware` has them."""

    @property
    def sprayed(self) -> float: ...
    @property
    def litres(self) -> float | None: ...
    @property
    def raised(self) -> bool: ...
    @property
    def tells_up(self) -> bool: ...
    @property
    def tells_down(self) -> bool: ...
    def raise_barrier(self) -> bool: ...
    def lower_barrier(self) -> bool: ...
    def fail_barrier(self, *, up: bool) -> None: ...
    def start_spray(self, seconds: float) -> None: ...
    def stop_spray(self) -> None: ...
    def forget_spray(self) -> None: ...
    def light(self, colour: Colour) -> None: ...
    def buzz(self, seconds: float) -> None: ...


class LaneRunner:
    """A lane as the loop holds it."""

    def __init__(self, settings: LaneSettings, hands: Hands, since: float, *, stays_open: bool) -> None:
        self.settings = settings
        self.hands = hands
        self.state = LaneState(_first_phase(hands, stays_open=stays_open))
        self.since = since
        self.held: QrSeen | None = None
        self.low = False
        self.told: float | None = since
        self.timers = {Timer.CLEAR: since + settings.times.clear} if self.state.phase is Phase.CLOSING else {}

    @property
    def direction(self) -> Direction | None:
        """From where the vehicle at the lane came, if that is known."""
        if self.settings.direction != "loops":
            return Direction(self.settings.direction)
        if self.state.first is None:
            return None
        return Direction.IN if self.state.first is Loop.OUTER else Direction.OUT


def _first_phase(hands: Hands, *, stays_open: bool) -> Phase:
    if not hands.raised:
        return Phase.WAITING
    # one that the last run left up over a vehicle comes down when that is gone
    return Phase.LEFT_OPEN if stays_open else Phase.CLOSING


def lane_view(lane: LaneRunner, policy: Policy | None) -> LaneView:
    state = lane.state
    view = LaneView(
        lane.settings.name,
        state.phase,
        lane.since,
        tuple(sorted(state.occupied)),
        lane.direction,
        sprayed=lane.hands.sprayed,
        litres=lane.hands.litres,
        contact_until=lane.timers.get(Timer.CONTACT),
        low=lane.low,
        fault=STUCK if state.phase is Phase.FAULT else None,
    )
    if state.visit is None:
        return view
    made = state.visit.decision
    return replace(
        view,
        direction=made.direction,
        visit=state.visit.id,
        verdict=made.verdict,
        reason=made.reason,
        plate=made.plate,
        vehicle_class=made.vehicle_class,
        read_by=made.read_by,
        owed=made.owed and not state.visit.disinfected,
        unconfirmed=state.unconfirmed,
        first=made.first,
        before=made.before,
        watched=made.watched,
        spray_seconds=policy.spray_of(made.vehicle_class) if policy and made.owed else None,
    )
