"""The gate's loop, on one thread: it takes events from the inbox and routes each to the lane, or the part, that answers it.

Every other thread (camera, pins, kiosk, link) only puts an event into the inbox. After each event the gate's view is made anew.
"""

import threading
from collections.abc import Callable, Mapping

from edge.config import Settings
from edge.contract.facts import ClockSet, Kind
from edge.decision.rules import Rules
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.commands import Orders
from edge.gate.gate_state import GateState
from edge.gate.inbox import ANSWERED, Inbox
from edge.gate.lane import Lane
from edge.gate.make_view import gate_view
from edge.gate.performer import Hands
from edge.gate.recorder import AGAIN, Journal
from edge.gate.recovery import Past
from edge.gate.view import GateView
from edge.lane.actions import Keep
from edge.lane.events import (
    AlarmBegan,
    AlarmEnded,
    ClockChanged,
    CommandDone,
    CommandsCame,
    Event,
    OrderConfirmed,
    PlateFilled,
    RoomChanged,
    SignedOff,
    SignedOn,
    SolutionMixed,
    TimerFired,
    VisitFinished,
)

IDLE = 0.5
"""Seconds between two turns of an idle loop: its beat for the watchdog."""


class Gate:
    """The gate: its lanes, and its state beside them. `view`: what it shows of itself; `beat` counts the loop's turns.

    `hands`: the devices of each lane; `rules()` gives the rules as they stand now; `past`: what the journal remembers;
    `inbox`: where events wait, if some may come before there is a gate to answer them.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        hands: Mapping[str, Hands],
        rules: Callable[[], Rules],
        clocks: Clocks,
        *,
        callbacks: Callbacks | None = None,
        past: Past | None = None,
        inbox: Inbox | None = None,
    ) -> None:
        past, callbacks = past or Past(), callbacks or Callbacks()
        self._rules = rules
        self._monotonic = clocks.monotonic
        self._shown = callbacks.shown
        self._inbox = inbox or Inbox()
        self._state = GateState(settings, journal, lambda: rules().policy, clocks, callbacks, past)
        self._recorder = self._state.recorder
        self.lanes = {
            each.name: Lane(each, hands[each.name], self._state, rules, clocks, callbacks) for each in settings.lanes
        }
        self._orders = Orders(
            lambda keep: self._recorder.keep((keep, None)),
            now=clocks.now,
            clock=clocks.trust,
            answered=past.answered,
            errands=callbacks.errands,
        )
        self._tried = clocks.monotonic()
        self.beat = 0
        self.view = self._look()

    def post(self, event: Event) -> None:
        """Puts an event on the queue; from any thread, at once."""
        self._inbox.post(event)

    def ask(self, event: Event, patience: float = ANSWERED) -> bool:
        """Puts an event on the queue and waits for the answer, as `Inbox.ask` does."""
        return self._inbox.ask(event, patience)

    def run(self, stop: threading.Event) -> None:
        """Answers events until `stop` is set."""
        while not stop.is_set():
            self.beat += 1
            self.turn(IDLE)

    def turn(self, patience: float = 0.0) -> None:
        """One turn: the timers that are due, then the next event, waited for `patience` seconds at most."""
        for fired in self._due():
            self.handle(fired)
        self._tend()
        soonest = min((due for lane in self.lanes.values() for due in lane.performer.timers.values()), default=None)
        if soonest is not None:
            patience = min(patience, max(0.0, soonest - self._monotonic()))
        if not self._inbox.answer_next(self.handle, patience):
            self._judge_held()

    def handle(self, event: Event) -> bool:
        """Answers one event, wholly, on the caller's thread. Returns True if anything came of it."""
        done = self._answer(event)
        self._judge_held()
        if self._recorder.fault is None:
            self._recorder.catch_up()
        self.view = self._look()
        self._shown(self.view)
        return done

    def _answer(self, event: Event) -> bool:
        match event:
            case SignedOn() | SignedOff() | SolutionMixed() | VisitFinished() | PlateFilled():
                return self._state.answer(event)
            case AlarmBegan() | AlarmEnded():
                return self._state.answer(event)
            case ClockChanged(before, after):
                return self._recorder.keep((Keep(Kind.CLOCK_SET, ClockSet(before=before, after=after)), None))
            case RoomChanged(closed):
                return self._recorder.close(closed)
            case CommandsCame() | OrderConfirmed() | CommandDone():
                return self._orders.answer(event, self._state.shift.officer)
            case _:
                return self.lanes[event.lane].answer(event)

    def _tend(self) -> None:
        """What time alone changes: a batch expires, a passage has been shown long enough, the journal may take records again."""
        changed = self._state.solutions.watch_batches()
        if self._recorder.behind and self._monotonic() - self._tried >= AGAIN:
            self._tried = self._monotonic()
            changed |= self._recorder.catch_up()
        for lane in self.lanes.values():
            changed |= lane.end_passages()
        if changed:
            self.view = self._look()

    def _due(self) -> list[TimerFired]:
        now = self._monotonic()
        return [fired for lane in self.lanes.values() for fired in lane.performer.due(now)]

    def _judge_held(self) -> None:
        for lane in self.lanes.values():
            lane.judge_held()

    def _look(self) -> GateView:
        officer = self._state.shift.officer
        orders = (self._orders.open_for(officer), self._orders.confirmed(officer))
        return gate_view(self.lanes.values(), self._state, self._rules().policy, orders)
