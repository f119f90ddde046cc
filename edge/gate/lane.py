"""One lane of the gate: its events are routed to what answers them, and a vehicle that comes is judged.

Tested through the loop, in `tests/edge/gate/test_loop.py`.
"""

from collections.abc import Callable

from edge.config import LaneSettings
from edge.contract.alarms import HELP, TANK_LOW
from edge.contract.reasons import Direction, Reason
from edge.decision.decide import ByHand, EmergencyCall, Qr, Shown, decide, mismatched
from edge.decision.decision import Decision
from edge.decision.rules import Rules
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.gate_state import GateState
from edge.gate.lane_runner import LaneRunner
from edge.gate.performer import Hands, Performer
from edge.lane import table
from edge.lane.events import (
    EmergencyPressed,
    HelpGiven,
    HelpPressed,
    LaneEvent,
    OfAVisit,
    PlateMismatch,
    QrSeen,
    Registered,
    TankChanged,
)
from edge.lane.phase import Phase
from edge.lane.state import LaneState, Presented, way

FREE = frozenset({Phase.WAITING, Phase.CHECKING})
"""Nobody at the lane was judged."""
HELD_SECONDS = 5.0
"""A code read before its vehicle reached the loop is judged up to so much later."""
LEFT_SECONDS = 5.0
"""A code read on an empty lane so soon after a vehicle left may be that vehicle's: it counts only if it is in sight later."""
SHOWN_SECONDS = 60.0
"""Seconds that the screen shows the alarm of a passage, once the lane is free."""


class Lane:
    """A lane as the gate's loop knows it. `low`: the tank's switch says that it is low."""

    def __init__(
        self,
        settings: LaneSettings,
        hands: Hands,
        gate: GateState,
        rules: Callable[[], Rules],
        clocks: Clocks,
        callbacks: Callbacks,
    ) -> None:
        self.name = settings.name
        self.low = False
        self._fixed = None if settings.direction == "loops" else Direction(settings.direction)
        self._gate = gate
        self._rules = rules
        self._clocks = clocks
        self._callbacks = callbacks
        self._gone_at = -LEFT_SECONDS
        self._missed = False
        self._missed_leaving = False
        self.runner = LaneRunner(
            settings,
            hands,
            gate,
            lambda: rules().policy,
            monotonic=clocks.monotonic,
            picture=callbacks.picture,
        )

    @property
    def state(self) -> LaneState:
        """What the lane is at this moment."""
        return self.runner.state

    @property
    def performer(self) -> Performer:
        """What moves the lane's devices, and holds its timers."""
        return self.runner.performer

    @property
    def direction(self) -> Direction | None:
        """Where the vehicle at the lane goes, if that is known."""
        if self._fixed is not None or self.state.vehicle is None:
            return self._fixed
        return way(self.state.vehicle)

    def answer(self, event: LaneEvent) -> bool:
        """Answers an event of this lane. Returns True if anything came of it, and all its records are kept."""
        if isinstance(event, OfAVisit) and not self._is_here(event.visit):
            return False
        before, vehicles = self.state.visits, self.state.track.vehicles
        done = self._answer(event)
        here = {visit.id for visit in self.state.here}
        # who was judged before it came to a loop, and lost its visit: its code may be in sight still
        self._missed |= any(visit.text and visit.vehicle is None and visit.id not in here for visit in before)
        if len(self.state.track.vehicles) < len(vehicles):
            self._gone_at = self._clocks.monotonic()
            self.runner.held = None  # whatever was read belongs to the vehicle that left
        self._look_again()
        return done

    def _answer(self, event: LaneEvent) -> bool:
        match event:
            case HelpPressed():
                return self._gate.recorder.raise_alarm(HELP, f"lane {self.name}", self.name)
            case HelpGiven():
                return self._gate.recorder.clear_alarm(HELP, self.name)
            case TankChanged(low=low):
                return self._change_tank(low=low)
            case QrSeen():
                return self._read(event)
            case Registered(plate=plate, vehicle_class=class_, fields=fields, direction=direction):
                return self._present(ByHand(plate, class_, fields), direction)
            case EmergencyPressed():
                return self._present(EmergencyCall())
            case PlateMismatch():
                return self._refuse_plate()
            case _:
                return self.runner.step(event)

    def judge_held(self) -> None:
        """Judges the code that was read too early, if its vehicle is here now; drops the code if that took too long."""
        held = self.runner.held
        if held is None:
            return
        if self._clocks.monotonic() - held.at > HELD_SECONDS:
            self.runner.held = None
        elif self.state.phase in FREE and self.direction is not None:
            self.runner.held = None
            self._read(held)

    def end_passages(self) -> bool:
        """Ends the alarms of passages once they were shown long enough. Returns True if one stood."""
        since = self.performer.alarm_since
        if since is None or self.state.phase not in FREE or self._clocks.monotonic() - since < SHOWN_SECONDS:
            return False
        self.performer.alarm_since = None
        return self._gate.recorder.end_passages(self.name)

    def _is_here(self, visit: str | None) -> bool:
        """Returns True if the officer's word is for the vehicle at the lane, and not for one that the screen showed before."""
        here = self.state.visit
        return visit is None or (here is not None and here.id == visit)

    def _change_tank(self, *, low: bool) -> bool:
        self.low = low
        if low:
            return self._gate.recorder.raise_alarm(TANK_LOW, f"lane {self.name}", self.name)
        return self._gate.recorder.clear_alarm(TANK_LOW, self.name)

    def _read(self, seen: QrSeen) -> bool:
        state = self.state
        if seen.text == state.dismissed or any(visit.text == seen.text for visit in state.here):
            self._missed_leaving |= any(visit.text == seen.text for visit in state.leaving)
            return False  # its visit is open: the screen still shows the first verdict
        if not table.reads(state) or self._may_be_anothers(seen):
            self._missed = True
            return False
        if self.direction is None:
            self.runner.held = seen
            return False
        kept = self._present(Qr(seen.text), text=seen.text)
        if kept:
            self._callbacks.timed(self._clocks.monotonic() - seen.at)
        elif self._gate.recorder.fault is not None:
            self._missed = True  # the journal did not take it: the code is wanted again when it does
        return kept

    def _may_be_anothers(self, seen: QrSeen) -> bool:
        """Returns True if the code may not be that of the vehicle in turn: that is off its loop at this moment, or nobody waits at
        the lane and a vehicle leaves, or left just now.
        """
        state = self.state
        if state.off_loop:
            return True
        if state.vehicle is not None or state.visit is not None:
            return False
        return bool(state.track.vehicles) or seen.at - self._gone_at < LEFT_SECONDS

    def _look_again(self) -> None:
        """Has the camera report anew what is in sight, once a vehicle waits to be judged and a code came at a wrong moment."""
        state = self.state
        waits = state.phase is Phase.CHECKING and state.vehicle is not None and not state.off_loop
        if not waits or self._gate.recorder.fault is not None:
            return
        # the code of one that leaves, or another one's of the same text, counts again once that visit has ended
        if self._missed or (self._missed_leaving and not state.leaving):
            self._missed = self._missed_leaving = False
            self._callbacks.look_again(self.name)

    def _present(self, shown: Shown, direction: Direction | None = None, text: str | None = None) -> bool:
        rules, clocks = self._rules(), self._clocks
        # what the loops or the configuration say is physical; the officer's choice counts where they are silent
        physical, named = self.direction, self.state.of_direction(direction)
        if self._fixed is None and named is not None and way(named) is direction:
            physical = direction  # one waits on each side, and the officer says which
        recent = self._gate.recent_passes.beside(self.name, rules.policy.duplicate_seconds if rules.policy else 0.0)
        decision = decide(
            shown,
            rules,
            gate=self._gate.gate,
            direction=physical or direction or Direction.IN,
            now=clocks.now(),
            recent=recent,
            clock=clocks.trust(),
        )
        if decision.reason is Reason.NOT_A_PASS and self.state.visits:
            return False  # an advertisement on the windscreen does not end the visit of the vehicle behind it
        if text is not None and self._leaves(decision):
            self._missed_leaving = True
            return False
        return self.runner.step(Presented(self._callbacks.new_id(), decision, text))

    def _leaves(self, decision: Decision) -> bool:
        """Returns True if it is, or may be, the pass of a vehicle that drives off: an emergency's plate is not known."""
        plates = {visit.decision.plate for visit in self.state.leaving if visit.maybe is None}
        return "" in plates or (bool(decision.plate) and decision.plate in plates)

    def _refuse_plate(self) -> bool:
        visit = self.state.visit
        if visit is None or visit.decision.pass_id is None:
            return False  # without a pass there is no plate that it should have
        made = mismatched(visit.decision, disinfected=visit.disinfected)
        return self.runner.step(Presented(self._callbacks.new_id(), made, visit.text))
