"""The state of the gate as a whole, beside its lanes: shift, disinfectant, open visits, recent passes, alarms.

Every change is a record first; what is remembered changes only when the record is durable. Belongs to the gate's one thread.
Its parts have tests of their names. Tested in `tests/edge/gate/test_loop.py`.
"""

from collections.abc import Callable

from edge.config import Settings
from edge.contract.alarms import WATCH_LIST
from edge.contract.facts import Disinfected, Fact, Outcome, ReadBy, VisitClosed, VisitOpened
from edge.contract.policy import Policy
from edge.decision.decision import LastSeen
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.open_visits import OpenVisits
from edge.gate.recent_passes import RecentPasses
from edge.gate.recorder import Journal, Recorder
from edge.gate.recovery import Past
from edge.gate.shift import Shift
from edge.gate.solutions import Solutions
from edge.lane.events import AlarmBegan, AlarmEnded, PlateFilled, SignedOff, SignedOn, SolutionMixed, VisitFinished
from edge.lane.state import Visit

StateEvent = PlateFilled | VisitFinished | SignedOn | SignedOff | SolutionMixed | AlarmBegan | AlarmEnded


class GateState:
    """What one gate knows besides its lanes; `past`: what its journal remembers of the time before this start."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        policy: Callable[[], Policy | None],
        clocks: Clocks,
        callbacks: Callbacks,
        past: Past,
    ) -> None:
        self.gate = settings.gate
        self._now = clocks.now
        self._saw = callbacks.saw
        self.recorder = Recorder(journal, callbacks.wake, past.alarms)
        self.shift = Shift(self.recorder, past.officer)
        self.solutions = Solutions(
            self.recorder,
            {each.name: each.tank for each in settings.lanes},
            past.batches,
            policy,
            now=clocks.now,
            new_id=callbacks.new_id,
        )
        self.open_visits = OpenVisits(
            self.recorder, unfinished=past.unfinished, plateless=past.plateless, now=clocks.now
        )
        self.recent_passes = RecentPasses(past.passed, clocks)

    @property
    def open_matters(self) -> int:
        """How many visits and alarms wait for an officer."""
        visits = self.open_visits
        return len(visits.unfinished) + len(visits.plateless) + len(self.recorder.standing)

    def answer(self, event: StateEvent) -> bool:
        """Answers an event of the gate as a whole. Returns True if anything came of it."""
        match event:
            case SignedOn(officer):
                return self.shift.sign_on(officer)
            case SignedOff():
                return self.shift.sign_off(event, self.open_matters)
            case SolutionMixed():
                return self.solutions.mix(event, self.shift.officer)
            case VisitFinished(visit, outcome):
                return self.open_visits.finish(visit, outcome, self.shift.officer)
            case PlateFilled(visit, plate):
                return self.open_visits.fill_plate(visit, plate, self.shift.officer)
            case AlarmBegan(alarm, detail, lane):
                return self.recorder.raise_alarm(alarm, detail, lane)
            case AlarmEnded(alarm, lane):
                return self.recorder.clear_alarm(alarm, lane)

    def note(self, lane: str, visit: Visit, kept: Fact) -> None:
        """Notes what follows, for the gate as a whole, from a record that was kept of a lane's visit."""
        match kept:
            case VisitOpened() if visit.decision.watched is not None:
                # each is an alarm, also while the watched vehicle before is still here
                self.recorder.raise_anew(WATCH_LIST, visit.id)
            case VisitOpened(read_by=ReadBy.EMERGENCY):
                self.open_visits.await_plate(visit, lane)
            case VisitClosed(outcome=outcome):
                self._closed(visit, outcome)
            case Disinfected():
                self.solutions.used_up(kept)

    def _closed(self, visit: Visit, outcome: Outcome) -> None:
        made = visit.decision
        if outcome is Outcome.PASSED:
            if made.pass_id is not None:
                self.recent_passes.went_through(made.pass_id, visit.id)
            if vehicle := made.plate or made.pass_id:
                self._saw(vehicle, LastSeen(visit.id, self.gate, made.direction, self._now()))
        self.open_visits.closed(visit.id, outcome)
