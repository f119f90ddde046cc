"""What a step of a lane wants done is done here: barrier, sprayer, lamps, buzzer, timers, alarms of the lane.

Tested through the loop, in `tests/edge/gate/test_loop.py` and `tests/edge/lane/test_alarms.py`.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from edge.contract.reasons import Colour, Direction
from edge.gate.gate_state import GateState
from edge.lane.actions import (
    Action,
    Keep,
    Light,
    LowerBarrier,
    RaiseBarrier,
    Settle,
    StartSpray,
    StartTimer,
    StopSpray,
    StopTimer,
    Tell,
    WantArm,
)
from edge.lane.events import Timer, TimerFired

BEEP = 0.6
"""Seconds that the buzzer sounds when a vehicle is stopped or drives through."""


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
    @property
    def at_up(self) -> bool: ...
    @property
    def at_down(self) -> bool: ...
    @property
    def guarded(self) -> bool: ...
    def raise_barrier(self) -> None: ...
    def lower_barrier(self) -> bool: ...
    def start_spray(self, seconds: float, run: int) -> None: ...
    def stop_spray(self) -> None: ...
    def forget_spray(self) -> None: ...
    def light(self, colour: Colour) -> None: ...
    def buzz(self, seconds: float) -> None: ...


class Performer:
    """Performs the actions of one lane. `timers`: when each that runs is due; `alarm_since`: the newest alarm of a passage.

    `spray_since`: the monotonic second at which the last run of the sprayer began.
    """

    def __init__(self, lane: str, hands: Hands, gate: GateState, monotonic: Callable[[], float]) -> None:
        self._lane = lane
        self._gate = gate
        self._monotonic = monotonic
        self.hands = hands
        self.timers: dict[Timer, float] = {}
        # the last run may have left one standing
        self.alarm_since: float | None = monotonic()
        self.spray_since: float | None = None

    def perform(self, actions: Sequence[Action]) -> bool:
        """Does all of it, in order. Records are kept before, and left out here.

        Returns False if the arm should have been lowered and was not: somebody is under it at this moment.
        """
        obeyed = True
        for action in actions:
            match action:
                case RaiseBarrier():
                    self.hands.raise_barrier()
                case LowerBarrier():
                    obeyed = self.hands.lower_barrier()
                case StartSpray(seconds, run):
                    self._spray(seconds, run)
                case StopSpray():
                    self.hands.stop_spray()
                case Light(colour):
                    self.hands.light(colour)
                case StartTimer(timer, seconds):
                    self.start_timer(timer, seconds)
                case StopTimer(timer):
                    self.timers.pop(timer, None)
                case Tell(alarm, direction):
                    self._raise_passage(alarm, direction)
                case Settle(alarm):
                    self._gate.recorder.clear_alarm(alarm, self._lane)
                case Keep() | WantArm():
                    pass
        return obeyed

    def start_timer(self, timer: Timer, seconds: float) -> None:
        """Starts a timer, or starts it anew."""
        self.timers[timer] = self._monotonic() + seconds

    def due(self, now: float) -> list[TimerFired]:
        """Returns the timers that ran out by that monotonic second; they run no more."""
        out = [timer for timer, due in self.timers.items() if due <= now]
        for timer in out:
            del self.timers[timer]
        return [TimerFired(self._lane, timer) for timer in out]

    def _spray(self, seconds: float, run: int) -> None:
        self.spray_since = self._monotonic()
        self.hands.start_spray(seconds, run)
        if self._gate.solutions.batch_at(self._lane) is None:
            self._gate.solutions.sprayed_without(self._lane)

    def _raise_passage(self, alarm: str, direction: Direction | None) -> None:
        self.hands.buzz(BEEP)
        self.alarm_since = self._monotonic()
        where = f"lane {self._lane}, {direction}" if direction else f"lane {self._lane}"
        self._gate.recorder.raise_anew(alarm, where, self._lane)
