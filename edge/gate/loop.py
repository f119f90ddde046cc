"""The gate's loop, on one thread: event -> decision -> step -> keep -> perform.

Every other thread (camera, pins, kiosk, link) only puts an event on the queue. A step's records are committed together before
anything moves. If the journal cannot take them, nothing opens: the lane stays as it was, what makes it safer (sprayer off,
barrier down) is done and shown all the same, and the screen says that the paper procedure holds.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime

from edge.config import Settings
from edge.contract.alarms import HELP, TANK_LOW
from edge.contract.facts import ClockSet, ClockTrust, Disinfected, Kind, Outcome, ReadBy, VisitClosed, VisitOpened
from edge.contract.policy import Policy
from edge.contract.reasons import Direction, Reason
from edge.contract.records import new_visit, wall_text
from edge.decision.decide import ByHand, EmergencyCall, Qr, Shown, decide, mismatched
from edge.decision.decision import LastSeen
from edge.decision.rules import Rules
from edge.gate.commands import NO_ERRANDS, Errand, Orders
from edge.gate.inbox import ANSWERED, IDLE, Inbox
from edge.gate.lane_runner import BEEP, FREE, JUDGES, Hands, LaneRunner, lane_view
from edge.gate.recorder import Journal, Recorder
from edge.gate.recovery import Past
from edge.gate.view import GateView, OpenVisit
from edge.lane import table as lanes
from edge.lane.actions import (
    Action,
    FailBarrier,
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
    TurnBarrier,
)
from edge.lane.events import (
    AlarmBegan,
    AlarmEnded,
    BarrierDown,
    BarrierUp,
    ClockChanged,
    CommandDone,
    CommandsCame,
    EmergencyPressed,
    Event,
    HelpGiven,
    HelpPressed,
    OfAVisit,
    OrderConfirmed,
    PlateFilled,
    PlateMismatch,
    QrSeen,
    Registered,
    RoomChanged,
    SignedOff,
    SignedOn,
    SolutionMixed,
    TankChanged,
    TimerFired,
    VisitFinished,
)
from edge.lane.phase import Phase
from edge.lane.state import LaneInput, LaneState, Presented, Scene, Solution, Visit

HELD_SECONDS = 5.0
"""A code read before its vehicle reached the loop, or while another one drives, is judged up to so much later."""
AGAIN = 1.0
"""Seconds until what could not be kept is tried once more: the end of a timer, an alarm."""
TOLD = 60.0
"""Seconds that the screen shows the alarm of a passage, once the lane is free."""


class Gate:
    """The gate's mind: owns the lanes' states, their timers, the last passes, and the book.

    `rules()` gives the rules as they stand now; `now` is the wall clock; `wake` is called after records were kept;
    `timed(seconds)` hears, for each code, the time from its frame to its committed decision; `saw(vehicle, seen)` each
    vehicle (by its plate, else its pass) that passed. `clock()` says how far `now` can be trusted. `errands`: who does what a
    command of the hub asks for, by the command's kind. `shown(view)` hears each new picture of the gate; `picture(lane)` keeps
    one of the camera's and gives its SHA-256. Neither may wait for anything. `inbox`: where events wait, if some may come before
    there is a gate to answer them.
    """

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        hands: Mapping[str, Hands],
        rules: Callable[[], Rules],
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        past: Past | None = None,
        visit_id: Callable[[], str] = new_visit,
        wake: Callable[[], None] = lambda: None,
        timed: Callable[[float], None] = lambda seconds: None,
        saw: Callable[[str, LastSeen], None] = lambda vehicle, seen: None,
        clock: Callable[[], ClockTrust] = lambda: ClockTrust.SYNCED,
        shown: Callable[[GateView], None] = lambda view: None,
        picture: Callable[[str], str | None] = lambda lane: None,
        errands: Mapping[str, Errand] = NO_ERRANDS,
        inbox: Inbox | None = None,
    ) -> None:
        past = past or Past()
        self._gate = settings.gate
        self._rules = rules
        self._now = now
        self._monotonic = monotonic
        self._visit_id = visit_id
        self._timed = timed
        self._saw = saw
        self._clock = clock
        self._shown = shown
        self._picture = picture
        self._events: Inbox = queue.SimpleQueue() if inbox is None else inbox
        policy = rules().policy
        stays_open = policy is not None and policy.fails_open
        self._lanes = {
            each.name: LaneRunner(each, hands[each.name], monotonic(), stays_open=stays_open) for each in settings.lanes
        }
        tanks = {each.name: each.tank for each in settings.lanes}
        self._book = Recorder(journal, lambda: rules().policy, tanks, now=now, new_id=visit_id, wake=wake, past=past)
        self._orders = Orders(
            lambda keep: self._book.keep((keep, None)),
            now=now,
            clock=clock,
            answered=past.answered,
            errands=errands,
        )
        self._passed = {
            pass_id: (visit, monotonic() - (now() - closed).total_seconds())
            for pass_id, (visit, closed) in past.passed.items()
        }
        self._tried = monotonic()
        self.beat = 0
        self.view = self._look()

    # -- the loop ------------------------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Puts an event on the queue; from any thread, at once."""
        self._events.put((event, None))

    def ask(self, event: Event, patience: float = ANSWERED) -> bool:
        """Puts an event on the queue and waits until it is answered: whether the gate did anything about it.

        `TimeoutError` if the loop is too busy to say. Not for the gate's own thread.
        """
        answer: Future[bool] = Future()
        self._events.put((event, answer))
        try:
            return answer.result(timeout=patience)
        except TimeoutError:
            # who asked is told no: it must not be done later, to another vehicle
            if answer.cancel():
                raise
            return answer.result(timeout=patience)

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
        soonest = min((due for lane in self._lanes.values() for due in lane.timers.values()), default=None)
        if soonest is not None:
            patience = min(patience, max(0.0, soonest - self._monotonic()))
        try:
            event, answer = self._events.get(timeout=patience) if patience > 0 else self._events.get_nowait()
        except queue.Empty:
            if self._any_held():
                self._judge_held()
            return
        if answer is not None and not answer.set_running_or_notify_cancel():
            return
        done = self.handle(event)
        if answer is not None:
            answer.set_result(done)

    def handle(self, event: Event) -> bool:
        """Answers one event, wholly, on the caller's thread. Whether anything came of it."""
        done = self._answer(event)
        self._judge_held()
        if self._book.fault is None:
            self._book.catch_up()
        self.view = self._look()
        self._shown(self.view)
        return done

    def _answer(self, event: Event) -> bool:
        match event:
            case _ if isinstance(event, OfAVisit) and not self._meant(event):
                return False
            case HelpPressed(name):
                return self._book.raise_alarm(HELP, f"lane {name}", name)
            case HelpGiven(name):
                return self._book.clear_alarm(HELP, name)
            case TankChanged():
                return self._tank(self._lanes[event.lane], low=event.low)
            case QrSeen():
                return self._read(self._lanes[event.lane], event)
            case Registered():
                shown = ByHand(event.plate, event.vehicle_class, event.fields)
                return self._present(self._lanes[event.lane], shown, event.direction)
            case EmergencyPressed():
                return self._present(self._lanes[event.lane], EmergencyCall())
            case PlateMismatch():
                return self._mismatch(self._lanes[event.lane])
            case SignedOn() | SignedOff() | SolutionMixed() | VisitFinished() | PlateFilled():
                return self._book.answer(event)
            case AlarmBegan() | AlarmEnded():
                return self._book.answer(event)
            case ClockChanged(before, after):
                return self._book.keep((Keep(Kind.CLOCK_SET, ClockSet(before=before, after=after)), None))
            case RoomChanged(closed):
                return self._book.close(closed)
            case CommandsCame() | OrderConfirmed() | CommandDone():
                return self._orders.answer(event, self._book.officer)
            case _:
                return self._step(self._lanes[event.lane], event)

    def _meant(self, said: OfAVisit) -> bool:
        """Returns True if the officer's word is for the vehicle at the lane, and not for one that the screen showed before."""
        visit = self._lanes[said.lane].state.visit
        return said.visit is None or (visit is not None and visit.id == said.visit)

    def _tank(self, lane: LaneRunner, *, low: bool) -> bool:
        name, lane.low = lane.settings.name, low
        if low:
            return self._book.raise_alarm(TANK_LOW, f"lane {name}", name)
        return self._book.clear_alarm(TANK_LOW, name)

    def _tend(self) -> None:
        """What time alone changes: a batch expires, a passage has been shown long enough, the journal may take records again."""
        changed = self._book.watch_batches()
        if self._book.behind and self._monotonic() - self._tried >= AGAIN:
            self._tried = self._monotonic()
            changed |= self._book.catch_up()
        for lane in self._lanes.values():
            if lane.told is not None and lane.state.phase in FREE and self._monotonic() - lane.told >= TOLD:
                lane.told = None
                changed |= self._book.end_passages(lane.settings.name)
        if changed:
            self.view = self._look()

    def _due(self) -> list[TimerFired]:
        now = self._monotonic()
        fired = []
        for lane in self._lanes.values():
            for timer in [timer for timer, due in lane.timers.items() if due <= now]:
                del lane.timers[timer]
                fired.append(TimerFired(lane.settings.name, timer))
        return fired

    # -- a vehicle -----------------------------------------------------------------------------------------------------

    def _read(self, lane: LaneRunner, seen: QrSeen) -> bool:
        state = lane.state
        if seen.text == state.dismissed or any(visit.text == seen.text for visit in state.visits):
            return False  # its visit is open: the screen still shows the first verdict
        if state.raised or lane.direction is None:
            lane.held = seen
            return False
        if not lanes.reads(state):
            return False
        return self._present(lane, Qr(seen.text), seen=seen)

    def _any_held(self) -> bool:
        return any(lane.held for lane in self._lanes.values())

    def _judge_held(self) -> None:
        for lane in self._lanes.values():
            held = lane.held
            if held is None:
                continue
            if self._monotonic() - held.at > HELD_SECONDS:
                lane.held = None
            elif lane.state.phase in JUDGES and lane.direction is not None:
                lane.held = None
                self._read(lane, held)

    def _present(
        self, lane: LaneRunner, shown: Shown, direction: Direction | None = None, seen: QrSeen | None = None
    ) -> bool:
        rules = self._rules()
        # what the loops or the configuration say is physical; the officer's choice counts where they are silent
        way = lane.direction or direction or Direction.IN
        recent = self._recent(lane, rules.policy)
        decision = decide(
            shown, rules, gate=self._gate, direction=way, now=self._now(), recent=recent, clock=self._clock()
        )
        if decision.reason is Reason.NOT_A_PASS and lane.state.visits:
            return False  # an advertisement on the windscreen does not end the visit of the vehicle behind it
        text = seen.text if seen else None
        kept = self._step(lane, Presented(self._visit_id(), decision, text))
        if kept and seen is not None:
            self._timed(self._monotonic() - seen.at)
        return kept

    def _mismatch(self, lane: LaneRunner) -> bool:
        visit = lane.state.visit
        if visit is None or visit.decision.pass_id is None:
            return False  # without a pass there is no plate that it should have
        made = mismatched(visit.decision, disinfected=visit.disinfected)
        return self._step(lane, Presented(self._visit_id(), made, visit.text))

    def _recent(self, lane: LaneRunner, policy: Policy | None) -> dict[str, str]:
        """Passes that were here moments ago, or are at another lane now: pass id -> visit."""
        window = policy.duplicate_seconds if policy else 0.0
        since = self._monotonic() - window
        self._passed = {pass_id: (visit, at) for pass_id, (visit, at) in self._passed.items() if at >= since}
        recent = {pass_id: visit for pass_id, (visit, _) in self._passed.items()}
        for other in self._lanes.values():
            if other is not lane:
                recent |= {visit.decision.pass_id: visit.id for visit in other.state.visits if visit.decision.pass_id}
        return recent

    def _scene(self, lane: LaneRunner, event: LaneInput) -> Scene:
        policy, times, hands = self._rules().policy, lane.settings.times, lane.hands
        batch = self._book.batch_at(lane.settings.name)
        solution = Solution(batch.batch, batch.agent, batch.concentration) if batch else None
        scene = Scene(
            officer=self._book.officer,
            solution=solution,
            sprayed=hands.sprayed,
            litres=hands.litres,
            waited=self._monotonic() - lane.since,
            passage=times.passage,
            clear=times.clear,
            rise=times.stuck if hands.tells_up else times.rise,
            fall=times.stuck,
            tells_up=hands.tells_up,
            tells_down=hands.tells_down,
            picture=self._picture(lane.settings.name) if isinstance(event, Presented) else None,
            raised=hands.raised,
        )
        visit = event if isinstance(event, Presented) else lane.state.visit
        if policy is None or visit is None:
            return scene
        class_ = visit.decision.vehicle_class
        seconds, contact = policy.spray_of(class_), policy.contact_of(class_)
        return replace(scene, parts=policy.parts, spray_seconds=seconds, contact=contact)

    def _step(self, lane: LaneRunner, event: LaneInput) -> bool:
        """One step of a lane: keep, then perform. Whether anything came of it, and all its records are kept."""
        before = lane.state
        scene = self._scene(lane, event)
        after, actions = lanes.step(before, event, scene)
        if after == before and not actions:
            return False
        keeps = [action for action in actions if isinstance(action, Keep)]
        moves: list[Action] = [action for action in actions if not isinstance(action, Keep)]
        name = lane.settings.name
        # without room nobody new is judged; who is at the lane already goes on as long as the journal takes it
        opens = any(keep.kind is Kind.VISIT_OPENED for keep in keeps)
        kept = not (opens and self._book.closed_for) and self._book.keep(*((keep, name) for keep in keeps))
        if not kept:
            if any(keep.kind is not Kind.VISIT_CLOSED for keep in keeps):
                after, safer = lanes.unkept(before, moves, scene)
                moves = list(safer)
                if isinstance(event, TimerFired):
                    lane.timers[event.timer] = self._monotonic() + AGAIN
            # what only ended something is done: the visit waits for an officer to end it in the journal
            self._leave_unfinished(before, after, name)
        lane.state = after
        if after.phase is not before.phase:
            lane.since = self._monotonic()
            if after.phase is Phase.REFUSED:
                lane.hands.buzz(BEEP)
        moved = self._perform(lane, moves)
        self._note(lane, before, keeps if kept else [])
        if moved is not None:
            self._step(lane, moved)
        return kept

    def _note(self, lane: LaneRunner, before: LaneState, keeps: Sequence[Keep]) -> None:
        """What the gate itself remembers of a step's records."""
        visits = {visit.id: visit for visit in (*before.visits, *lane.state.visits)}
        for keep in keeps:
            visit = visits.get(keep.visit or "")
            if visit is None:
                continue
            match keep.body:
                case VisitOpened() if visit.decision.watched is not None:
                    self._book.watch_out(visit.id)
                case VisitOpened(read_by=ReadBy.EMERGENCY):
                    self._book.plateless[visit.id] = self._open_visit(visit, lane.settings.name)
                case VisitClosed(outcome=outcome):
                    self._closed(lane, visit, outcome)
                case Disinfected() as spray:
                    self._book.used_up(spray)
        if not lane.state.visits:
            lane.hands.forget_spray()
        self._book.supplement()

    def _closed(self, lane: LaneRunner, visit: Visit, outcome: Outcome) -> None:
        if lane.held is not None and lane.held.text == visit.text:
            lane.held = None
        made = visit.decision
        if outcome is Outcome.PASSED:
            if made.pass_id is not None:
                self._passed[made.pass_id] = (visit.id, self._monotonic())
            if vehicle := made.plate or made.pass_id:
                self._saw(vehicle, LastSeen(visit.id, self._gate, made.direction, self._now()))
        self._book.closed(visit.id, outcome)

    def _leave_unfinished(self, before: LaneState, after: LaneState, lane: str) -> None:
        there = {visit.id for visit in after.visits}
        for visit in before.visits:
            if visit.id not in there:
                self._book.unfinished[visit.id] = self._open_visit(visit, lane)

    def _open_visit(self, visit: Visit, lane: str) -> OpenVisit:
        made = visit.decision
        return OpenVisit(visit.id, lane, wall_text(self._now()), made.plate, made.direction, made.reason)

    def _perform(self, lane: LaneRunner, actions: Sequence[Action]) -> BarrierUp | BarrierDown | None:
        """Does it. Whether the barrier is up or down already; else its switch or a timer says so later."""
        hands, name = lane.hands, lane.settings.name
        moved: BarrierUp | BarrierDown | None = None
        for action in actions:
            match action:
                case RaiseBarrier():
                    moved = BarrierUp(name) if hands.raise_barrier() else None
                case LowerBarrier():
                    moved = BarrierDown(name) if hands.lower_barrier() else None
                case TurnBarrier():
                    hands.raise_barrier()
                case FailBarrier():
                    policy = self._rules().policy
                    hands.fail_barrier(up=policy is not None and policy.fails_open)
                case StartSpray(seconds):
                    hands.start_spray(seconds)
                    if self._book.batch_at(name) is None:
                        self._book.sprayed_without(name)
                case StopSpray():
                    hands.stop_spray()
                case Light(colour):
                    hands.light(colour)
                case StartTimer(timer, seconds):
                    lane.timers[timer] = self._monotonic() + seconds
                case StopTimer(timer):
                    lane.timers.pop(timer, None)
                case Tell(alarm, direction):
                    hands.buzz(BEEP)
                    lane.told = self._monotonic()
                    self._book.tell(alarm, name, direction)
                case Settle(alarm):
                    self._book.clear_alarm(alarm, name)
        return moved

    def _look(self) -> GateView:
        book = self._book
        return GateView(
            lanes=tuple(lane_view(lane, self._rules().policy) for lane in self._lanes.values()),
            officer=book.officer,
            tanks=book.tanks,
            unfinished=tuple(book.unfinished.values()),
            plateless=tuple(book.plateless.values()),
            alarms=dict(book.alarms),
            fault=book.fault or book.closed_for,
            orders=self._orders.open,
        )
