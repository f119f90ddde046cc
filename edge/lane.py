"""One lane as a state machine: `step(state, event, scene) -> (state, actions)`, from one table. No I/O, no clock, no ids made.

Two loops lie in the lane, one on each side of the barrier. A vehicle has passed when the far loop (seen from where it came)
went on and both loops are free again for `clear` seconds. What may never happen, and why it cannot:

- the barrier moves up without a record: every `Keep` of a step stands before its other actions, and `gate` stops at a failed one;
- the barrier moves up for a vehicle that owes a disinfection: only `_admit` raises it for a judged vehicle, and `_onward`
  leads there only when nothing is owed or the disinfection was just kept;
- the barrier comes down onto a vehicle: only `_close_lane` and `_lower_again` lower it, they have seen both loops free, and
  the hardware refuses while one is not;
- a vehicle is judged before a barrier that is still up: the lane is `closing` until `BarrierDown`, and judges nobody. One
  that drives through all the same is told as an alarm (`TellPassage`);
- an emergency waits: `_emergency` answers in every phase, and asks for nothing.

`python -m edge.lane` writes the diagram of the table to `edge/lane.md`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge.contract.reasons import Colour, Direction, Reason, Verdict
from edge.contract.records import (
    Disinfected,
    Disinfection,
    Kind,
    Outcome,
    Overridden,
    ReadBy,
    VerifiedBy,
    VisitClosed,
    VisitOpened,
)
from edge.events import (
    Action,
    AdmitPressed,
    BarrierDown,
    Decision,
    DetainPressed,
    DisinfectedPressed,
    HoldPressed,
    Keep,
    Light,
    Loop,
    LoopChanged,
    LowerBarrier,
    OverridePressed,
    Phase,
    RaiseBarrier,
    SprayDone,
    StartSpray,
    StartTimer,
    StopSpray,
    StopTimer,
    TellPassage,
    Timer,
    TimerFired,
    TurnBackPressed,
)


class What(StrEnum):
    """What a lane answers to: the columns of the table."""

    READ = "read"
    REGISTERED = "registered"
    EMERGENCY = "emergency"
    ADMIT = "admit"
    TURN_BACK = "turn_back"
    MISMATCH = "mismatch"
    OVERRIDE = "override"
    HOLD = "hold"
    DETAIN = "detain"
    DISINFECTED = "disinfected"
    SPRAY_DONE = "spray_done"
    LOOP_ON = "loop_on"
    LOOP_OFF = "loop_off"
    CLEAR = "clear"
    PASSAGE = "passage"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Presented:
    """A vehicle was judged: by its QR, by hand, or by the emergency button. `visit` is a new id; `text` the QR's.

    With the reason `plate_mismatch` it is the vehicle at the lane, judged anew: the officer saw another plate on it.
    """

    visit: str
    decision: Decision
    text: str | None = None


LaneInput = (
    Presented
    | AdmitPressed
    | TurnBackPressed
    | OverridePressed
    | HoldPressed
    | DetainPressed
    | DisinfectedPressed
    | SprayDone
    | LoopChanged
    | TimerFired
    | BarrierDown
)  # what `gate` hands to `step`


@dataclass(frozen=True, slots=True)
class Solution:
    """The batch of disinfectant in the tank."""

    batch: str
    agent: str
    concentration: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step needs besides the state: who is on shift, what is in the tank, and times in seconds.

    `solution` None: none was mixed, or it has expired; the sprayer's own word then counts for nothing. `sprayed`: how long
    the sprayer ran for the vehicle at the lane. `picture`: the SHA-256 of the camera's picture, for a visit that begins.
    """

    officer: str | None = None
    solution: Solution | None = None
    spray_seconds: float = 10.0
    sprayed: float = 0.0
    passage: float = 30.0
    clear: float = 0.25
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A vehicle's stay at the lane."""

    id: str
    decision: Decision
    text: str | None = None
    disinfected: bool = False


@dataclass(frozen=True, slots=True)
class LaneState:
    """The whole state. `visits`: who is at the lane, the first in line first; more than one only behind a raised barrier.

    `first`: the loop that went on first, while a loop is occupied or the vehicle is at the lane. `unconfirmed`: the sprayer
    stopped but cannot vouch. `dismissed`: the QR text of a vehicle that was turned back and still stands here.
    """

    phase: Phase = Phase.WAITING
    visits: tuple[Visit, ...] = ()
    occupied: frozenset[Loop] = frozenset()
    first: Loop | None = None
    unconfirmed: bool = False
    dismissed: str | None = None

    @property
    def visit(self) -> Visit | None:
        """The vehicle whose turn it is."""
        return self.visits[0] if self.visits else None

    @property
    def raised(self) -> bool:
        """Whether the barrier is up."""
        return self.phase in RAISED


RAISED: Final = frozenset({Phase.OPEN, Phase.DRIVING, Phase.RECALLED, Phase.CLOSING})
Step = tuple[LaneState, tuple[Action, ...]]
Handler = Callable[[LaneState, LaneInput, Scene], Step]


@dataclass(frozen=True, slots=True)
class Move:
    """A cell of the table: who answers, and the phases it may lead to (its own is always allowed)."""

    handler: Handler
    to: tuple[Phase, ...] = ()


# -- records -----------------------------------------------------------------------------------------------------------


def _opened(visit: Visit, scene: Scene) -> Keep:
    made = visit.decision
    body = VisitOpened(
        read_by=made.read_by,
        direction=made.direction,
        verdict=made.verdict,
        reason=made.reason,
        vehicle_class=made.vehicle_class,
        pass_id=made.pass_id,
        officer=scene.officer,
        operation=made.operation,
        disinfection=made.disinfection,
        policy=made.policy,
        passlist=made.passlist,
        first=made.first,
        picture=scene.picture,
    )
    private = {name: value for name, value in made.fields.items() if value}
    if made.plate or made.read_by is ReadBy.HAND:
        private["plate"] = made.plate
    return Keep(Kind.VISIT_OPENED, body, visit.id, private)


def _closed(visit: Visit, outcome: Outcome, scene: Scene, why: str | None = None) -> Keep:
    return Keep(Kind.VISIT_CLOSED, VisitClosed(outcome=outcome, officer=scene.officer, why=why), visit.id)


def _disinfected(visit: Visit, seconds: float, verified_by: VerifiedBy, scene: Scene) -> Keep:
    solution = scene.solution
    body = Disinfected(
        batch=solution.batch if solution else None,
        agent=solution.agent if solution else None,
        concentration=solution.concentration if solution else None,
        parts=("tyres", "chassis", "body"),
        washed_first=False,
        seconds=round(seconds, 1),
        verified_by=verified_by,
        officer=scene.officer,
    )
    return Keep(Kind.DISINFECTED, body, visit.id)


# -- where a vehicle goes ----------------------------------------------------------------------------------------------


def _admit(state: LaneState, visits: tuple[Visit, ...], scene: Scene) -> Step:
    opened = replace(state, phase=Phase.OPEN, visits=visits, unconfirmed=False, dismissed=None)
    return opened, (RaiseBarrier(), Light(Colour.GREEN), StartTimer(Timer.PASSAGE, scene.passage))


def _onward(state: LaneState, visit: Visit, scene: Scene) -> Step:
    # nothing else stands in its way: first the disinfection, then the barrier
    if not visit.decision.owed:
        return _admit(state, (visit,), scene)
    spraying = replace(state, phase=Phase.DISINFECTING, visits=(visit,), unconfirmed=False, dismissed=None)
    return spraying, (Light(Colour.AMBER), StartSpray(scene.spray_seconds))


def _receive(state: LaneState, visit: Visit, scene: Scene) -> Step:
    verdict, by_hand = visit.decision.verdict, visit.decision.read_by is ReadBy.HAND
    if verdict is Verdict.STOP:
        return replace(state, phase=Phase.REFUSED, visits=(visit,), dismissed=None), (Light(Colour.RED),)
    if verdict is Verdict.LOOK and not by_hand:
        return replace(state, phase=Phase.ASKING, visits=(visit,), dismissed=None), (Light(Colour.AMBER),)
    # an officer who registers a vehicle by hand has looked at it
    return _onward(state, visit, scene)


def _close_lane(state: LaneState, scene: Scene, dismissed: str | None = None) -> Step:
    actions: tuple[Action, ...] = (Light(Colour.RED),)
    if state.phase is Phase.DISINFECTING:
        actions = (StopSpray(), *actions)
    if state.raised:
        # a vehicle may be on a loop already, untold: then it is tried again
        actions = (*actions, StopTimer(Timer.PASSAGE), LowerBarrier(), StartTimer(Timer.CLEAR, scene.clear))
    first = state.first if state.occupied else None
    phase = Phase.CLOSING if state.raised else Phase.WAITING
    return LaneState(phase, occupied=state.occupied, first=first, dismissed=dismissed), actions


def _end(
    state: LaneState, outcome: Outcome, scene: Scene, dismissed: str | None = None, why: str | None = None
) -> Step:
    keeps = tuple(_closed(visit, outcome, scene, why) for visit in state.visits)
    closed, actions = _close_lane(state, scene, dismissed)
    return closed, (*keeps, *actions)


def _far_loop(state: LaneState) -> Loop | None:
    if state.visit is None:
        return None
    return Loop.INNER if state.visit.decision.direction is Direction.IN else Loop.OUTER


# -- the answers -------------------------------------------------------------------------------------------------------


def _ignored(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    return state, ()


def _presented(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, Presented)
    visit = Visit(event.visit, event.decision, event.text)
    # a vehicle that was refused and is now registered, or shows another pass, begins a visit of its own
    before = tuple(_closed(old, Outcome.TURNED_BACK, scene) for old in state.visits)
    received, actions = _receive(state, visit, scene)
    return received, (*before, _opened(visit, scene), *actions)


def _emergency(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, Presented)
    pending = state.visits[-1].decision.read_by if state.phase is Phase.OPEN else None
    if pending is ReadBy.EMERGENCY:
        return _admit(state, state.visits, scene)  # pressed twice: one vehicle, one record
    visit = Visit(event.visit, event.decision)
    keep = _opened(visit, scene)
    if state.phase is Phase.DRIVING:
        return replace(state, visits=(*state.visits, visit)), (keep, RaiseBarrier(), Light(Colour.GREEN))
    if state.phase is Phase.OPEN:
        opened, actions = _admit(state, (*state.visits, visit), scene)
        return opened, (keep, *actions)
    outcome = Outcome.TURNED_BACK if state.phase is Phase.RECALLED else Outcome.ABANDONED
    before = tuple(_closed(old, outcome, scene) for old in state.visits)
    opened, actions = _admit(state, (visit,), scene)
    stop = (StopSpray(),) if state.phase is Phase.DISINFECTING else ()
    return opened, (keep, *before, *actions, *stop)


def _admitted(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert state.visit is not None
    return _onward(state, state.visit, scene)


def _readmitted(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    if state.visit is not None and state.visit.decision.verdict is Verdict.STOP:
        return state, ()  # it was stopped at the open barrier: its plate is not its pass's
    return _admit(state, state.visits, scene)


def _shortfall(scene: Scene) -> str | None:
    """Why the sprayer could not have vouched; None: it could."""
    if scene.solution is None:
        return "disinfected by hand: no batch"
    if scene.sprayed + SPRAY_TOLERANCE < scene.spray_seconds:
        return f"disinfected by hand: sprayed {scene.sprayed:.1f} s of {scene.spray_seconds:.1f} s"
    return None


def _vouched(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert state.visit is not None
    if scene.officer is None:
        return state, ()  # nobody answers for it: somebody signs on first
    opened, actions = _admit(state, (replace(state.visit, disinfected=True),), scene)
    keep = _disinfected(state.visit, scene.sprayed, VerifiedBy.OFFICER, scene)
    why = _shortfall(scene)
    body = Overridden(officer=scene.officer, reason=why) if why else None
    named = (Keep(Kind.OVERRIDDEN, body, state.visit.id),) if body else ()
    return opened, (keep, *named, StopSpray(), *actions)


def _noted(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # not owed, done all the same: the barrier is up already, the record says so, once
    assert state.visit is not None
    if state.visit.disinfected:
        return state, ()
    done = replace(state.visit, disinfected=True)
    keep = _disinfected(state.visit, scene.sprayed, VerifiedBy.OFFICER, scene)
    return replace(state, visits=(done, *state.visits[1:])), (keep,)


def _sprayed(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, SprayDone)
    assert state.visit is not None
    if scene.solution is None or event.seconds + SPRAY_TOLERANCE < scene.spray_seconds:
        return replace(state, unconfirmed=True), ()
    opened, actions = _admit(state, (replace(state.visit, disinfected=True),), scene)
    return opened, (_disinfected(state.visit, event.seconds, VerifiedBy.SENSOR, scene), *actions)


def _turned_back(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, TurnBackPressed)
    assert state.visit is not None
    return _end(state, Outcome.TURNED_BACK, scene, state.visit.text if state.occupied else None, event.why)


def _overridden(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # against the verdict: what it owes by its class it still owes
    assert isinstance(event, OverridePressed)
    assert state.visit is not None
    if event.what != "verdict":
        return state, ()
    onward, actions = _onward(state, state.visit, scene)
    return onward, (_by_name(state.visit, event), *actions)


def _spared(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # without the disinfection: nobody says that it was done
    assert isinstance(event, OverridePressed)
    assert state.visit is not None
    if event.what != "disinfection":
        return state, ()
    spared = replace(state.visit, decision=replace(state.visit.decision, disinfection=Disinfection.OFF))
    opened, actions = _admit(state, (spared,), scene)
    return opened, (_by_name(state.visit, event), StopSpray(), *actions)


def _by_name(visit: Visit, event: OverridePressed) -> Keep:
    body = Overridden(officer=event.officer, reason=event.reason, what=event.what)
    return Keep(Kind.OVERRIDDEN, body, visit.id)


def _held(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    return replace(state, phase=Phase.HELD), (Light(Colour.RED),)


def _detained(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, DetainPressed)
    assert state.visit is not None
    return _end(state, Outcome.DETAINED, scene, state.visit.text if state.occupied else None, event.why)


def _recalled(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    if not state.occupied:
        return _end(state, Outcome.TURNED_BACK, scene)
    return replace(state, phase=Phase.RECALLED), (Light(Colour.RED), StopTimer(Timer.PASSAGE))


def _mismatched(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # the visit as it was judged ends here; the same pass begins another, which may not go on
    assert isinstance(event, Presented)
    assert state.visit is not None
    if len(state.visits) > 1:
        return state, ()  # an emergency waits behind it: the barrier stays up
    visit = Visit(event.visit, event.decision, event.text)
    keeps = (_closed(state.visit, Outcome.TURNED_BACK, scene), _opened(visit, scene))
    if state.raised and state.occupied:
        recalled = replace(state, phase=Phase.RECALLED, visits=(visit,))
        return recalled, (*keeps, Light(Colour.RED), StopTimer(Timer.PASSAGE))
    closed, actions = _close_lane(state, scene)
    phase = Phase.CLOSING if closed.phase is Phase.CLOSING else Phase.REFUSED
    refused = replace(state, phase=phase, visits=(visit,), unconfirmed=False)
    return refused, (*keeps, *actions)


def _loop_on(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, LoopChanged)
    first = state.first or event.loop
    came = replace(state, occupied=state.occupied | {event.loop}, first=first)
    return came, (StopTimer(Timer.CLEAR),)


def _driven_onto(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    came, actions = _loop_on(state, event, scene)
    assert isinstance(event, LoopChanged)
    if event.loop is not _far_loop(state):
        return came, actions
    return replace(came, phase=Phase.DRIVING), (*actions, StopTimer(Timer.PASSAGE))


def _loop_off(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, LoopChanged)
    left = replace(state, occupied=state.occupied - {event.loop})
    return left, () if left.occupied else (StartTimer(Timer.CLEAR, scene.clear),)


def _gone(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # it drove off before anybody admitted it
    return (state, ()) if state.occupied else _end(state, Outcome.ABANDONED, scene)


def _free(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    return (state, ()) if state.occupied else (LaneState(), ())


def _between(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # a short vehicle may be between the loops, under the barrier: it gets the whole time anew
    return state, (StartTimer(Timer.PASSAGE, scene.passage),)


def _passed(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    if state.occupied:
        return state, ()
    through, rest = state.visits[0], state.visits[1:]
    if not rest:
        return _end(state, Outcome.PASSED, scene)
    opened, actions = _admit(replace(state, first=None), rest, scene)
    return opened, (_closed(through, Outcome.PASSED, scene), *actions)


def _backed_out(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    return (state, ()) if state.occupied else _end(state, Outcome.TURNED_BACK, scene)


def _nobody_drove(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    if state.occupied:
        return state, (StartTimer(Timer.PASSAGE, scene.passage),)
    return _end(state, Outcome.ABANDONED, scene)


def _lower_again(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    if state.occupied:
        return state, ()
    return replace(state, first=None), (LowerBarrier(), StartTimer(Timer.CLEAR, scene.clear))


def _left_closing(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    assert isinstance(event, LoopChanged)
    left, actions = _loop_off(state, event, scene)
    if state.first is None or event.loop is state.first or event.loop not in state.occupied:
        return left, actions
    # it left over the far loop, and nobody had registered it
    way = Direction.IN if state.first is Loop.OUTER else Direction.OUT
    return left, (TellPassage(way), *actions)


def _came_down(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    # a vehicle whose plate differs waited for the barrier: now it is refused
    phase = Phase.REFUSED if state.visits else Phase.WAITING
    return replace(state, phase=phase), (StopTimer(Timer.CLEAR),)


SPRAY_TOLERANCE = 0.2
"""Seconds by which a timer may be early or late."""

_JUDGED = (Phase.ASKING, Phase.REFUSED, Phase.DISINFECTING, Phase.OPEN)
IGNORE = Move(_ignored)

# every phase answers everything; what is deliberately ignored says so
TABLE: dict[Phase, dict[What, Move]] = {
    Phase.WAITING: {
        What.READ: Move(_presented, _JUDGED),
        What.REGISTERED: Move(_presented, _JUDGED),
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: IGNORE,
        What.TURN_BACK: IGNORE,
        What.MISMATCH: IGNORE,
        What.OVERRIDE: IGNORE,
        What.HOLD: IGNORE,
        What.DETAIN: IGNORE,
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_loop_on),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_free),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.ASKING: {
        What.READ: Move(_presented, _JUDGED),
        What.REGISTERED: Move(_presented, _JUDGED),
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: Move(_admitted, (Phase.DISINFECTING, Phase.OPEN)),
        What.TURN_BACK: Move(_turned_back, (Phase.WAITING,)),
        What.MISMATCH: Move(_mismatched, (Phase.REFUSED,)),
        What.OVERRIDE: Move(_overridden, (Phase.DISINFECTING, Phase.OPEN)),
        What.HOLD: Move(_held, (Phase.HELD,)),
        What.DETAIN: IGNORE,
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_loop_on),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_gone, (Phase.WAITING,)),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.REFUSED: {
        What.READ: Move(_presented, _JUDGED),
        What.REGISTERED: Move(_presented, _JUDGED),
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: IGNORE,
        What.TURN_BACK: Move(_turned_back, (Phase.WAITING,)),
        What.MISMATCH: IGNORE,
        What.OVERRIDE: Move(_overridden, (Phase.DISINFECTING, Phase.OPEN)),
        What.HOLD: Move(_held, (Phase.HELD,)),
        What.DETAIN: IGNORE,
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_loop_on),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_gone, (Phase.WAITING,)),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.HELD: {
        What.READ: IGNORE,
        What.REGISTERED: IGNORE,
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: IGNORE,
        What.TURN_BACK: Move(_turned_back, (Phase.WAITING,)),
        What.MISMATCH: IGNORE,
        What.OVERRIDE: Move(_overridden, (Phase.DISINFECTING, Phase.OPEN)),
        What.HOLD: IGNORE,
        What.DETAIN: Move(_detained, (Phase.WAITING,)),
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_loop_on),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_gone, (Phase.WAITING,)),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.DISINFECTING: {
        What.READ: IGNORE,
        What.REGISTERED: IGNORE,
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: IGNORE,
        What.TURN_BACK: Move(_turned_back, (Phase.WAITING,)),
        What.MISMATCH: Move(_mismatched, (Phase.REFUSED,)),
        What.OVERRIDE: Move(_spared, (Phase.OPEN,)),
        What.HOLD: IGNORE,
        What.DETAIN: IGNORE,
        What.DISINFECTED: Move(_vouched, (Phase.OPEN,)),
        What.SPRAY_DONE: Move(_sprayed, (Phase.OPEN,)),
        What.LOOP_ON: Move(_loop_on),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_gone, (Phase.WAITING,)),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.OPEN: {
        What.READ: IGNORE,
        What.REGISTERED: IGNORE,
        What.EMERGENCY: Move(_emergency),
        What.ADMIT: IGNORE,
        What.TURN_BACK: Move(_recalled, (Phase.RECALLED, Phase.CLOSING)),
        What.MISMATCH: Move(_mismatched, (Phase.CLOSING, Phase.RECALLED)),
        What.OVERRIDE: IGNORE,
        What.HOLD: IGNORE,
        What.DETAIN: IGNORE,
        What.DISINFECTED: Move(_noted),
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_driven_onto, (Phase.DRIVING,)),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_between),
        What.PASSAGE: Move(_nobody_drove, (Phase.CLOSING,)),
        What.DOWN: IGNORE,
    },
    Phase.DRIVING: {
        What.READ: IGNORE,
        What.REGISTERED: IGNORE,
        What.EMERGENCY: Move(_emergency),
        What.ADMIT: IGNORE,
        What.TURN_BACK: IGNORE,
        What.MISMATCH: IGNORE,
        What.OVERRIDE: IGNORE,
        What.HOLD: IGNORE,
        What.DETAIN: IGNORE,
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_loop_on),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_passed, (Phase.CLOSING, Phase.OPEN)),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.RECALLED: {
        What.READ: IGNORE,
        What.REGISTERED: IGNORE,
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: Move(_readmitted, (Phase.OPEN,)),
        What.TURN_BACK: IGNORE,
        What.MISMATCH: IGNORE,
        What.OVERRIDE: IGNORE,
        What.HOLD: IGNORE,
        What.DETAIN: IGNORE,
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_driven_onto, (Phase.DRIVING,)),
        What.LOOP_OFF: Move(_loop_off),
        What.CLEAR: Move(_backed_out, (Phase.CLOSING,)),
        What.PASSAGE: IGNORE,
        What.DOWN: IGNORE,
    },
    Phase.CLOSING: {
        What.READ: IGNORE,
        What.REGISTERED: IGNORE,
        What.EMERGENCY: Move(_emergency, (Phase.OPEN,)),
        What.ADMIT: IGNORE,
        What.TURN_BACK: IGNORE,
        What.MISMATCH: IGNORE,
        What.OVERRIDE: IGNORE,
        What.HOLD: IGNORE,
        What.DETAIN: IGNORE,
        What.DISINFECTED: IGNORE,
        What.SPRAY_DONE: IGNORE,
        What.LOOP_ON: Move(_driven_onto, (Phase.DRIVING,)),
        What.LOOP_OFF: Move(_left_closing),
        What.CLEAR: Move(_lower_again),
        What.PASSAGE: IGNORE,
        What.DOWN: Move(_came_down, (Phase.WAITING, Phase.REFUSED)),
    },
}


def what(event: LaneInput) -> What:
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
        case AdmitPressed():
            return What.ADMIT
        case TurnBackPressed():
            return What.TURN_BACK
        case OverridePressed():
            return What.OVERRIDE
        case HoldPressed():
            return What.HOLD
        case DetainPressed():
            return What.DETAIN
        case DisinfectedPressed():
            return What.DISINFECTED
        case SprayDone():
            return What.SPRAY_DONE
        case BarrierDown():
            return What.DOWN
        case LoopChanged(occupied=occupied):
            return What.LOOP_ON if occupied else What.LOOP_OFF
        case TimerFired(timer=timer):
            return What.CLEAR if timer is Timer.CLEAR else What.PASSAGE


def step(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """What becomes of the lane, and what to do, every record before anything that moves."""
    return TABLE[state.phase][what(event)].handler(state, event, scene)


def ignores(state: LaneState, column: What) -> bool:
    """Whether the lane would not answer: the kiosk then says so instead of pretending."""
    return TABLE[state.phase][column] is IGNORE


def diagram() -> str:
    """The table as a Mermaid state diagram inside a Markdown page."""
    arrows: dict[tuple[Phase, Phase], list[str]] = {}
    for phase, row in TABLE.items():
        for column, move in row.items():
            for target in move.to:
                arrows.setdefault((phase, target), []).append(column.value)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    head = "# The lane\n\nDrawn from the table in `edge/lane.py` by `python -m edge.lane`; a test keeps it true.\n\n"
    return head + "```mermaid\nstateDiagram-v2\n    [*] --> waiting\n" + "\n".join(lines) + "\n```\n"


DIAGRAM = Path(__file__).with_name("lane.md")

if __name__ == "__main__":
    DIAGRAM.write_text(diagram(), encoding="utf-8")
