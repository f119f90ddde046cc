"""How a lane answers to verdicts and to its officer: who is judged, sprayed, admitted, held, turned back.

What may never happen, and why it cannot:

- the arm goes up for a vehicle that owes a disinfection: only `admit` wants it up for a judged vehicle, and `_onward` leads
  there only when nothing is owed, `_after_spray` only when the disinfection was just kept and has acted, `spared` only with an
  officer's name and reason;
- a vehicle goes on the word of another: each word belongs to a visit, each visit to a vehicle, and `pass_on` waits until the
  vehicle before is gone;
- an emergency waits: `emergency` answers in every phase, and asks for nothing.

Tested in `tests/edge/lane/test_table.py`.
"""

from dataclasses import replace

from edge.contract.facts import Disinfected, Disinfection, Outcome, ReadBy, VerifiedBy
from edge.contract.reasons import Colour, Verdict
from edge.decision.decision import Decision
from edge.lane import records
from edge.lane.actions import Keep, Light, StartSpray, StartTimer, WantArm
from edge.lane.events import (
    DetainPressed,
    DisinfectedPressed,
    OverridePressed,
    SprayDone,
    Timer,
    TurnBackPressed,
)
from edge.lane.phase import Arm, Phase
from edge.lane.state import LET, LaneState, PhaseInput, Presented, Scene, Step, Visit, faces
from edge.lane.vehicle import Place

SPRAY_TOLERANCE = 0.2
"""Seconds by which a timer may be early or late."""


# -- where a vehicle goes ----------------------------------------------------------------------------------------------


def admit(state: LaneState, visits: tuple[Visit, ...]) -> Step:
    """The arm goes up for `visits`, or stays up."""
    let = tuple(replace(visit, let=True) for visit in visits)
    opened = replace(
        state, phase=Phase.OPENING, visits=let, unconfirmed=False, spraying=False, dismissed=None, left_open=False
    )
    # the lamp of an arm that is stuck, or was told already, is green when it is up, and not before
    told = state.guard.arm is Arm.STUCK or state.phase is Phase.OPENING
    green = () if told else (Light(Colour.GREEN),)
    return opened, (WantArm(True), *green)


def pass_on(state: LaneState, scene: Scene, *visits: Visit) -> Step:
    """Nothing stands in its way but the vehicle before it, which may not have left yet."""
    visits = tuple(replace(visit, cleared=True) for visit in visits)
    if not state.leaving:
        return admit(state, visits)
    waits = replace(state, phase=Phase.NEXT, visits=visits, unconfirmed=False, spraying=False, dismissed=None)
    return waits, (StartTimer(Timer.PASSAGE, scene.passage), Light(Colour.RED))


def close_lane(state: LaneState, dismissed: str | None = None) -> Step:
    """Nobody's turn any more: red, and the arm comes down once nobody is under it."""
    closed = replace(
        state, visits=(), unconfirmed=False, spraying=False, dismissed=dismissed, left_open=False, phase=Phase.WAITING
    )
    phase = Phase.WAITING if closed.vehicle is None else Phase.CHECKING
    return replace(closed, phase=phase), (Light(Colour.RED), WantArm(False))


def end(state: LaneState, outcome: Outcome, scene: Scene, dismissed: str | None = None, why: str | None = None) -> Step:
    """The visits of the vehicle whose turn it is, and of those let through behind it, end so."""
    keeps = tuple(records.closed(visit, outcome, scene, why) for visit in state.visits)
    closed, actions = close_lane(state, dismissed)
    return closed, (*keeps, *actions)


def _onward(state: LaneState, visit: Visit, scene: Scene) -> Step:
    # nothing else stands in its way: first the disinfection, then the barrier
    if not visit.decision.owed:
        return pass_on(state, scene, visit)
    owes = replace(state, phase=Phase.DISINFECTING, visits=(visit,), unconfirmed=False, spraying=False, dismissed=None)
    if not owes.stands:
        return owes, (Light(Colour.AMBER),)  # the sprayer waits until it stands where it is sprayed
    spraying, actions = spray(owes, scene)
    return spraying, (Light(Colour.AMBER), *actions)


def spray(state: LaneState, scene: Scene) -> Step:
    """The sprayer begins a new run."""
    run = state.run + 1
    return replace(state, run=run, spraying=True, unconfirmed=False), (StartSpray(scene.spray_seconds, run),)


def _receive(state: LaneState, visit: Visit, scene: Scene) -> Step:
    verdict, by_hand = visit.decision.verdict, visit.decision.read_by is ReadBy.HAND
    if verdict is Verdict.STOP:
        return replace(state, phase=Phase.REFUSED, visits=(visit,), dismissed=None), (Light(Colour.RED),)
    if verdict is Verdict.LOOK and not by_hand:
        return replace(state, phase=Phase.ASKING, visits=(visit,), dismissed=None), (Light(Colour.AMBER),)
    # an officer who registers a vehicle by hand has looked at it
    return _onward(state, visit, scene)


def end_beside(judged: Decision, before: Visit) -> Outcome:
    """How a visit ended, by whom was judged at the lane after it: another plate says that it passed, the same that it came back."""
    if not judged.plate or not before.decision.plate:
        return Outcome.UNCLEAR
    return Outcome.ABANDONED if judged.plate == before.decision.plate else Outcome.PASSED


def _one_on_each_side(state: LaneState) -> bool:
    sides = {vehicle.side for vehicle in state.track.vehicles if vehicle.place is Place.NEAR}
    return state.track.two_way and len(sides) > 1


def _settled(state: LaneState, event: Presented, scene: Scene) -> tuple[LaneState, tuple[Keep, ...]]:
    """Somebody is judged at the lane: that tells what became of a vehicle of which the loops could not."""
    keeps = []
    for visit in state.leaving:
        if visit.maybe is None:
            continue
        either = event.decision.read_by is ReadBy.QR and _one_on_each_side(state)  # one camera: whose pass it read
        outcome = Outcome.UNCLEAR if either or faces(state, visit) else end_beside(event.decision, visit)
        keeps.append(records.closed(visit, outcome, scene))
    return replace(state, leaving=tuple(visit for visit in state.leaving if visit.maybe is None)), tuple(keeps)


# -- verdicts ----------------------------------------------------------------------------------------------------------


def presented(state: LaneState, event: Presented, scene: Scene) -> Step:
    """A verdict on a vehicle."""
    vehicle = state.of_direction(event.decision.direction)
    among = vehicle is None and bool(state.track.vehicles)
    visit = Visit(event.visit, event.decision, event.text, vehicle=vehicle.number if vehicle else None, among=among)
    left, told = _settled(state, event, scene)
    # a vehicle that was refused and is now registered, or shows another pass, begins a visit of its own
    before = tuple(records.closed(old, Outcome.TURNED_BACK, scene) for old in state.visits)
    judged = replace(left, left_open=False, track=left.track.certain(visit.vehicle))
    received, actions = _receive(judged, visit, scene)
    # it takes over an arm that was left open: down that comes, unless for this vehicle it is up
    lowers = (WantArm(False),) if state.left_open and received.phase is not Phase.OPENING else ()
    return received, (*told, *before, records.opened(visit, scene), *actions, *lowers)


def taken_over(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The officer is there: the arm that was left open comes down."""
    return (replace(state, left_open=False), (WantArm(False),)) if state.left_open else (state, ())


def emergency(state: LaneState, event: Presented, scene: Scene) -> Step:
    """The button: a record, and up it goes. Pressed again it is one vehicle, and one record, until that is through."""
    let = state.phase in LET
    if let and state.visits[-1].decision.read_by is ReadBy.EMERGENCY:
        return (state, (WantArm(True),)) if state.phase is Phase.DRIVING else admit(state, state.visits)
    left, told = _settled(state, event, scene)
    visit = Visit(event.visit, event.decision, let=True, cleared=True)
    keep = records.opened(visit, scene)
    if state.phase is Phase.DRIVING:
        opened, actions = admit(replace(left, leaving=(*left.leaving, *state.visits)), (visit,))
        return opened, (keep, *told, *actions)
    if let:
        opened, actions = admit(left, (*state.visits, visit))
        return opened, (keep, *told, *actions)
    outcome = Outcome.TURNED_BACK if state.phase is Phase.RECALLED else Outcome.ABANDONED
    before = tuple(records.closed(old, outcome, scene) for old in state.visits)
    vehicle = state.vehicle
    opened, actions = admit(left, (replace(visit, vehicle=vehicle.number if vehicle else None),))
    return opened, (keep, *told, *before, *actions)


def mismatched(state: LaneState, event: Presented, scene: Scene) -> Step:
    """Its plate is not its pass's: the visit as it was judged ends, the same pass begins another, which may not go on."""
    before = state.visit
    assert before is not None
    if len(state.visits) > 1:
        return state, ()  # an emergency waits behind it: the barrier stays up
    visit = Visit(event.visit, event.decision, event.text, vehicle=before.vehicle)
    keeps = (records.closed(before, Outcome.TURNED_BACK, scene), records.opened(visit, scene))
    phase = Phase.RECALLED if state.phase in LET and state.track.vehicles else Phase.REFUSED
    refused = replace(state, phase=phase, visits=(visit,), unconfirmed=False, spraying=False)
    return refused, (*keeps, Light(Colour.RED), WantArm(False))


# -- the officer's word ------------------------------------------------------------------------------------------------


def admitted(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The officer looked, and it may go on."""
    assert state.visit is not None
    return _onward(state, state.visit, scene)


def readmitted(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The vehicle was turned back under the raised barrier, and may drive after all."""
    visit = state.visits[0]
    if visit.decision.verdict is Verdict.STOP:
        return state, ()  # it was stopped at the open barrier: its plate is not its pass's
    # one that drove unadmitted and came back owes still what it owed
    return pass_on(state, scene, *state.visits) if visit.cleared else _onward(state, visit, scene)


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
    opened, actions = pass_on(state, scene, visit)
    return opened, (*keeps, *actions)


def held(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The vehicle waits until somebody decides."""
    return replace(state, phase=Phase.HELD), (Light(Colour.RED),)


def detained(state: LaneState, event: DetainPressed, scene: Scene) -> Step:
    """The held vehicle is taken away."""
    assert state.visit is not None
    return end(state, Outcome.DETAINED, scene, state.visit.text if state.vehicle else None, event.why)


def turned_back(state: LaneState, event: TurnBackPressed, scene: Scene) -> Step:
    """The vehicle goes back; the barrier was never up for it."""
    if state.visit is None:
        return state, ()
    return end(state, Outcome.TURNED_BACK, scene, state.visit.text if state.vehicle else None, event.why)


def recalled(state: LaneState, event: TurnBackPressed, scene: Scene) -> Step:
    """The vehicle goes back though the arm rose: that comes down once nobody is under it."""
    if not state.track.vehicles or state.visits[0].vehicle is None:
        return end(state, Outcome.TURNED_BACK, scene, why=event.why)
    called = tuple(replace(visit, let=False) for visit in state.visits)
    return replace(state, phase=Phase.RECALLED, visits=called), (Light(Colour.RED), WantArm(False))


# -- disinfection ------------------------------------------------------------------------------------------------------


def _after_spray(state: LaneState, said: Disinfected, scene: Scene) -> Step:
    assert state.visit is not None
    visit = replace(state.visit, spray=said)
    if not scene.contact:
        return pass_on(state, scene, visit)
    acting = replace(state, phase=Phase.CONTACT, visits=(visit,), unconfirmed=False, spraying=False)
    return acting, (StartTimer(Timer.CONTACT, scene.contact),)


def sprayed(state: LaneState, event: SprayDone, scene: Scene) -> Step:
    """The sprayer has finished: its flow sensor vouches for it, or the officer must."""
    assert state.visit is not None
    if event.run != state.run:
        return state, ()  # the end of an earlier run says nothing of this vehicle
    flowed = event.litres is not None and event.litres > 0 and state.stands
    if scene.solution is None or not flowed or event.seconds + SPRAY_TOLERANCE < scene.spray_seconds:
        return replace(state, unconfirmed=True, spraying=False), ()
    said = records.spray(scene, event.seconds, event.litres, VerifiedBy.SENSOR)
    onward, actions = _after_spray(state, said, scene)
    return onward, (records.disinfected(state.visit, said), *actions)


def sprayed_again(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The officer has it sprayed once more, or now."""
    return (state, ()) if state.spraying else spray(state, scene)


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


def acted(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The solution has acted for its time."""
    assert state.visit is not None
    assert state.visit.spray is not None
    opened, actions = pass_on(state, scene, state.visit)
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
