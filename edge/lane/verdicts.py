"""How a lane answers to verdicts and to its officer: who is judged, sprayed, admitted, held, turned back.

What may never happen, and why it cannot:

- the barrier moves up for a vehicle that owes a disinfection: only `admit` raises it for a judged vehicle, and `_onward`
  leads there only when nothing is owed, `_after_spray` only when the disinfection was just kept and has acted, `spared`
  only with an officer's name and reason;
- an emergency waits: `emergency` answers in every phase, and asks for nothing.

Tested in `tests/edge/lane/test_table.py`.
"""

from dataclasses import replace

from edge.contract.alarms import BARRIER_STUCK
from edge.contract.facts import Disinfected, Disinfection, Outcome, ReadBy, VerifiedBy
from edge.contract.reasons import Colour, Verdict
from edge.lane import records
from edge.lane.actions import Action, FailBarrier, Light, LowerBarrier, RaiseBarrier, Settle, StartSpray, StartTimer
from edge.lane.events import DetainPressed, DisinfectedPressed, OverridePressed, SprayDone, Timer, TurnBackPressed
from edge.lane.phase import Phase
from edge.lane.state import UP, Course, LaneInput, LaneState, Presented, Scene, Step, Visit

SPRAY_TOLERANCE = 0.2
"""Seconds by which a timer may be early or late."""


# -- where a vehicle goes ----------------------------------------------------------------------------------------------


def admit(state: LaneState, visits: tuple[Visit, ...], scene: Scene) -> Step:
    """The barrier rises for `visits`, or stays up."""
    up = state.phase in UP
    let = tuple(replace(visit, let=True) for visit in visits)
    opened = replace(
        state,
        phase=Phase.OPEN if up else Phase.OPENING,
        visits=let,
        course=Course.COMING,
        unconfirmed=False,
        dismissed=None,
    )
    timer = StartTimer(Timer.PASSAGE, scene.passage) if up else StartTimer(Timer.RISE, scene.rise)
    return opened, (RaiseBarrier(), Light(Colour.GREEN), timer)


def close_lane(state: LaneState, scene: Scene, dismissed: str | None = None) -> Step:
    """Nobody's turn any more: red, and the barrier comes down if it is up."""
    actions: tuple[Action, ...] = (Light(Colour.RED),)
    phase = _after(state, scene)
    if phase is Phase.CLOSING:
        # a vehicle may be on a loop already, untold: then it is tried again
        actions = (
            *actions,
            LowerBarrier(),
            StartTimer(Timer.CLEAR, scene.clear),
            StartTimer(Timer.FALL, scene.fall),
        )
    elif phase is Phase.FAULT:
        actions = (*actions, FailBarrier())
    first = state.first if state.occupied else None
    return LaneState(phase, occupied=state.occupied, first=first, dismissed=dismissed), actions


def _after(state: LaneState, scene: Scene) -> Phase:
    if state.phase is Phase.FAULT:
        return Phase.FAULT
    # one that was left open, and could not come down because a vehicle stood there, comes down behind that one
    if state.raised or scene.raised:
        return Phase.CLOSING
    return Phase.CHECKING if state.occupied else Phase.WAITING


def end(state: LaneState, outcome: Outcome, scene: Scene, dismissed: str | None = None, why: str | None = None) -> Step:
    """Every visit at the lane ends so."""
    keeps = tuple(records.closed(visit, outcome, scene, why) for visit in state.visits)
    closed, actions = close_lane(state, scene, dismissed)
    return closed, (*keeps, *actions)


def _onward(state: LaneState, visit: Visit, scene: Scene) -> Step:
    # nothing else stands in its way: first the disinfection, then the barrier
    if not visit.decision.owed:
        return admit(state, (visit,), scene)
    spraying = replace(
        state, phase=Phase.DISINFECTING, visits=(visit,), course=Course.COMING, unconfirmed=False, dismissed=None
    )
    return spraying, (Light(Colour.AMBER), StartSpray(scene.spray_seconds))


def _receive(state: LaneState, visit: Visit, scene: Scene) -> Step:
    verdict, by_hand = visit.decision.verdict, visit.decision.read_by is ReadBy.HAND
    if verdict is Verdict.STOP:
        return replace(state, phase=Phase.REFUSED, visits=(visit,), dismissed=None), (Light(Colour.RED),)
    if verdict is Verdict.LOOK and not by_hand:
        return replace(state, phase=Phase.ASKING, visits=(visit,), dismissed=None), (Light(Colour.AMBER),)
    # an officer who registers a vehicle by hand has looked at it
    return _onward(state, visit, scene)


# -- verdicts ----------------------------------------------------------------------------------------------------------


def presented(state: LaneState, event: Presented, scene: Scene) -> Step:
    """A verdict on a vehicle."""
    visit = Visit(event.visit, event.decision, event.text)
    # a vehicle that was refused and is now registered, or shows another pass, begins a visit of its own
    before = tuple(records.closed(old, Outcome.TURNED_BACK, scene) for old in state.visits)
    received, actions = _receive(state, visit, scene)
    return received, (*before, records.opened(visit, scene), *actions)


def presented_at_fault(state: LaneState, event: Presented, scene: Scene) -> Step:
    """A verdict where the barrier is moved by key: one vehicle after the other, and nobody's before it may be down."""
    if state.visits:
        return state, ()
    judged, actions = presented(state, event, scene)
    return judged, (*actions, LowerBarrier()) if judged.phase is not Phase.OPENING else actions


def presented_left_open(state: LaneState, event: Presented, scene: Scene) -> Step:
    """The first verdict at a barrier that was left open: it takes over. Down it comes, unless for this vehicle it is up."""
    judged, actions = presented(state, event, scene)
    return judged, (*actions, LowerBarrier()) if judged.phase is not Phase.OPENING else actions


def taken_over(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The officer is there: the barrier that was left open comes down."""
    return close_lane(replace(state, phase=Phase.CLOSING), scene)


def emergency(state: LaneState, event: Presented, scene: Scene) -> Step:
    """The button: a record, and up it goes. Pressed twice it is one vehicle, and one record."""
    waits = state.phase in {Phase.OPENING, Phase.OPEN, Phase.FAULT} and state.visits != ()
    if waits and state.visits[-1].decision.read_by is ReadBy.EMERGENCY:
        return admit(state, state.visits, scene)
    visit = Visit(event.visit, event.decision, let=True)
    keep = records.opened(visit, scene)
    if state.phase is Phase.DRIVING:
        return replace(state, visits=(*state.visits, visit)), (keep, RaiseBarrier(), Light(Colour.GREEN))
    if state.phase in {Phase.OPENING, Phase.OPEN}:
        opened, actions = admit(state, (*state.visits, visit), scene)
        return opened, (keep, *actions)
    outcome = Outcome.TURNED_BACK if state.phase is Phase.RECALLED else Outcome.ABANDONED
    before = tuple(records.closed(old, outcome, scene) for old in state.visits)
    opened, actions = admit(state, (visit,), scene)
    return opened, (keep, *before, *actions)


def mismatched(state: LaneState, event: Presented, scene: Scene) -> Step:
    """Its plate is not its pass's: the visit as it was judged ends, the same pass begins another, which may not go on."""
    assert state.visit is not None
    if len(state.visits) > 1:
        return state, ()  # an emergency waits behind it: the barrier stays up
    visit = Visit(event.visit, event.decision, event.text)
    keeps = (records.closed(state.visit, Outcome.TURNED_BACK, scene), records.opened(visit, scene))
    if state.raised and state.occupied:
        return replace(state, phase=Phase.RECALLED, visits=(visit,)), (*keeps, Light(Colour.RED))
    closed, actions = close_lane(state, scene)
    phase = Phase.CLOSING if closed.phase is Phase.CLOSING else Phase.REFUSED
    refused = replace(state, phase=phase, visits=(visit,), course=Course.COMING, unconfirmed=False)
    return refused, (*keeps, *actions)


# -- the officer's word ------------------------------------------------------------------------------------------------


def admitted(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The officer looked, and it may go on."""
    assert state.visit is not None
    return _onward(state, state.visit, scene)


def readmitted(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The vehicle was turned back under the raised barrier, and may drive after all."""
    if state.visit is not None and state.visit.decision.verdict is Verdict.STOP:
        return state, ()  # it was stopped at the open barrier: its plate is not its pass's
    return admit(state, state.visits, scene)


def tried_again(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier that did not move is told again: up for a vehicle that was let through, else down."""
    if state.visit is None:
        closing, actions = close_lane(replace(state, phase=Phase.CLOSING), scene)
        return closing, (Settle(BARRIER_STUCK), *actions)
    return admit(state, state.visits, scene) if state.visit.let else (state, ())


def overridden(state: LaneState, event: OverridePressed, scene: Scene) -> Step:
    """By name, against the verdict: what it owes by its class it still owes."""
    assert state.visit is not None
    if event.what != "verdict":
        return state, ()
    onward, actions = _onward(state, state.visit, scene)
    return onward, (records.overridden(state.visit, event), *actions)


def spared(state: LaneState, event: OverridePressed, scene: Scene) -> Step:
    """By name, without the disinfection or without its contact time."""
    assert state.visit is not None
    if event.what != "disinfection":
        return state, ()
    keeps = [records.overridden(state.visit, event)]
    visit = state.visit
    if visit.spray is None:
        visit = replace(visit, decision=replace(visit.decision, disinfection=Disinfection.OFF))
    else:
        keeps.append(records.acted(visit, visit.spray, scene.waited))
    opened, actions = admit(state, (visit,), scene)
    return opened, (*keeps, *actions)


def held(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The vehicle waits until somebody decides."""
    return replace(state, phase=Phase.HELD), (Light(Colour.RED),)


def detained(state: LaneState, event: DetainPressed, scene: Scene) -> Step:
    """The held vehicle is taken away."""
    assert state.visit is not None
    return end(state, Outcome.DETAINED, scene, state.visit.text if state.occupied else None, event.why)


def turned_back(state: LaneState, event: TurnBackPressed, scene: Scene) -> Step:
    """The vehicle goes back; the barrier was never up for it."""
    if state.visit is None:
        return state, ()
    return end(state, Outcome.TURNED_BACK, scene, state.visit.text if state.occupied else None, event.why)


def recalled(state: LaneState, event: TurnBackPressed, scene: Scene) -> Step:
    """The vehicle goes back though the barrier rose: that comes down once the loops are free."""
    if not state.occupied:
        return end(state, Outcome.TURNED_BACK, scene, why=event.why)
    called = tuple(replace(visit, let=False) for visit in state.visits)
    return replace(state, phase=Phase.RECALLED, visits=called), (Light(Colour.RED),)


# -- disinfection ------------------------------------------------------------------------------------------------------


def _after_spray(state: LaneState, said: Disinfected, scene: Scene) -> Step:
    assert state.visit is not None
    visit = replace(state.visit, spray=said)
    if not scene.contact:
        return admit(state, (visit,), scene)
    acting = replace(state, phase=Phase.CONTACT, visits=(visit,), unconfirmed=False)
    return acting, (StartTimer(Timer.CONTACT, scene.contact),)


def sprayed(state: LaneState, event: SprayDone, scene: Scene) -> Step:
    """The sprayer has finished: its flow sensor vouches for it, or the officer must."""
    assert state.visit is not None
    flowed = event.litres is not None and event.litres > 0
    if scene.solution is None or not flowed or event.seconds + SPRAY_TOLERANCE < scene.spray_seconds:
        return replace(state, unconfirmed=True), ()
    said = records.spray(scene, event.seconds, event.litres, VerifiedBy.SENSOR)
    onward, actions = _after_spray(state, said, scene)
    return onward, (records.disinfected(state.visit, said), *actions)


def vouched(state: LaneState, event: DisinfectedPressed, scene: Scene) -> Step:
    """The officer says that it was done, and answers for it by name where the sprayer could not have done it."""
    assert state.visit is not None
    if scene.officer is None:
        return state, ()  # nobody answers for it: somebody signs on first
    said = _by_officer(event, scene)
    onward, actions = _after_spray(state, said, scene)
    why = _shortfall(scene)
    named = (records.vouched(state.visit, scene.officer, why),) if why else ()
    return onward, (records.disinfected(state.visit, said), *named, *actions)


def noted(state: LaneState, event: DisinfectedPressed, scene: Scene) -> Step:
    """Not owed, done all the same: the barrier is up already, the record says so, once."""
    assert state.visit is not None
    if state.visit.disinfected:
        return state, ()
    said = _by_officer(event, scene)
    done = replace(state.visit, spray=said)
    return replace(state, visits=(done, *state.visits[1:])), (records.disinfected(state.visit, said),)


def acted(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The solution has acted for its time."""
    assert state.visit is not None
    assert state.visit.spray is not None
    opened, actions = admit(state, state.visits, scene)
    return opened, (records.acted(state.visit, state.visit.spray, scene.contact), *actions)


def _by_officer(event: DisinfectedPressed, scene: Scene) -> Disinfected:
    return records.spray(
        scene, scene.sprayed, scene.litres, VerifiedBy.OFFICER, event.parts, washed_first=event.washed_first
    )


def _shortfall(scene: Scene) -> str | None:
    """Why the sprayer could not have done it; None: it could."""
    if scene.solution is None:
        return "disinfected by hand: no batch"
    if scene.sprayed + SPRAY_TOLERANCE < scene.spray_seconds:
        return f"disinfected by hand: sprayed {scene.sprayed:.1f} s of {scene.spray_seconds:.1f} s"
    return None
