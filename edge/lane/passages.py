"""How a lane answers to its vehicles and to its arm: who came, who is under the arm, who went through, who went back.

What may never happen, and why it cannot: a vehicle is taken for another. Each event names a vehicle, and each answer asks first
whose visit that is: the one whose turn it is, one that leaves, or nobody's. Tested in `tests/edge/lane/test_table.py`.
"""

from dataclasses import replace

from edge.contract.alarms import FORCED, REVERSING, TAILGATING, UNCLEAR, UNREGISTERED
from edge.contract.facts import Outcome, ReadBy
from edge.contract.reasons import Colour
from edge.lane import records
from edge.lane.actions import Action, Light, StartTimer, StopSpray, Tell
from edge.lane.events import CameBack, Timer, WentThrough
from edge.lane.phase import Phase
from edge.lane.state import ArmReported, LaneState, PhaseInput, Scene, Step, Visit, faces, way
from edge.lane.vehicle import Moved, Place, VehicleMoved
from edge.lane.verdicts import admit, close_lane, end, end_beside, spray

# -- whose vehicle it is -----------------------------------------------------------------------------------------------


def _is_turn(state: LaneState, event: VehicleMoved) -> bool:
    return state.visit is not None and state.visit.vehicle == event.vehicle.number


def _leaves(state: LaneState, event: VehicleMoved) -> Visit | None:
    """The visit of a vehicle that is past its turn."""
    return next((visit for visit in state.leaving if visit.vehicle == event.vehicle.number), None)


def _followed(state: LaneState, event: VehicleMoved) -> Visit | None:
    """The visit whose vehicle this may be, where nobody can tell."""
    return next((visit for visit in state.leaving if visit.maybe == event.vehicle.number), None)


def _part(state: LaneState, visit: Visit, becomes: Visit | None = None) -> LaneState:
    """The state without a visit that was leaving, or with what becomes of it."""
    rest = tuple(each for each in state.leaving if each.id != visit.id)
    return replace(state, leaving=rest if becomes is None else (*rest, becomes))


def close_leaving(state: LaneState, visit: Visit, outcome: Outcome, scene: Scene) -> Step:
    """A visit of a vehicle that was leaving ends, and whoever waited for that is next."""
    left = _part(state, visit)
    if left.phase is Phase.CHECKING and left.vehicle is None:
        left = replace(left, phase=Phase.WAITING, dismissed=None)  # whoever was behind it drove through as well
    after, actions = admit(left, left.visits) if left.phase is Phase.NEXT and not left.leaving else (left, ())
    return after, (records.closed(visit, outcome, scene), *actions)


def step_aside(state: LaneState, *, let: bool, maybe: int | None = None) -> Step:
    """The vehicle whose turn it was is past its turn: emergencies behind it go on, else nobody's turn it is."""
    assert state.visit is not None
    leaving = (*state.leaving, replace(state.visit, let=let, maybe=maybe))
    if state.visits[1:]:
        return admit(replace(state, leaving=leaving), state.visits[1:])
    return close_lane(replace(state, leaving=leaving, visits=()))


# -- who comes ---------------------------------------------------------------------------------------------------------


def _bound(state: LaneState, event: VehicleMoved) -> LaneState | None:
    """The state in which this vehicle is the one that was judged before it came to a loop; None: nobody was."""
    place = next((place for place, visit in enumerate(state.visits) if visit.vehicle is None), None)
    if place is None:
        return None
    made = state.visits[place].decision
    # an emergency that was called on an empty lane comes from either side
    alone = made.read_by is ReadBy.EMERGENCY and not state.leaving and len(state.visits) == 1
    if way(event.vehicle) is not made.direction and not alone:
        return None
    visit = replace(state.visits[place], vehicle=event.vehicle.number, among=False)
    return replace(state, visits=(*state.visits[:place], visit, *state.visits[place + 1 :]))


def arrived(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """A vehicle comes onto a loop: behind one that leaves it is next, and no word of the other counts for it."""
    if state.visit is None:
        return replace(state, phase=Phase.CHECKING, dismissed=None), ()
    bound = _bound(state, event)
    if bound is not None:
        return bound, ()
    if state.visit.vehicle is None:
        # who was judged before it came did not come: this is another one
        after, actions = end_turn(state, Outcome.ABANDONED, scene)
        return (after if after.visits else replace(after, phase=Phase.CHECKING)), actions
    before = state.track.find(state.visit.vehicle)
    if event.what is not Moved.BEHIND or before is None or before.place is Place.NEAR:
        return state, ()
    return step_aside(state, let=state.visit.let)


def stood(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """The vehicle that owes a disinfection stands where it is sprayed."""
    if not _is_turn(state, event) or state.unconfirmed:
        return state, ()
    begun, actions = spray(state, scene)
    # a run that began before, on an empty place, counts for nobody
    return begun, (StopSpray(), *actions) if state.spraying else actions


def moved_off(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """The vehicle that is sprayed leaves its place: the sprayer stops, and begins anew when it stands there again."""
    if not _is_turn(state, event) or not state.spraying:
        return state, ()
    return replace(state, spraying=False), (StopSpray(),)


# -- who is under the arm ----------------------------------------------------------------------------------------------


def under(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """A vehicle drives that nobody let through: that is recorded, whoever it is."""
    direction = way(event.vehicle)
    if _is_turn(state, event):
        after, actions = step_aside(state, let=False)
        alarm = TAILGATING if state.leaving else FORCED
        return after, (Tell(alarm, direction), *actions)
    followed = _followed(state, event)
    if followed is not None and faces(state, followed):
        after, actions = close_leaving(state, followed, Outcome.UNCLEAR, scene)
        return after, (*actions, Tell(UNREGISTERED, direction))
    if followed is not None:
        # either it is the one that was let through, or the one behind that: the first has passed when this one has
        becomes = replace(followed, vehicle=event.vehicle.number, maybe=None)
        drives, keeps = _others_end(_part(state, followed, becomes), followed.maybe, Outcome.UNCLEAR, scene)
        return drives, (*keeps, Tell(TAILGATING, direction))
    leaving = _leaves(state, event)
    if leaving is not None:
        return state, () if leaving.let else (Tell(FORCED, direction),)
    alarm = TAILGATING if state.leaving else FORCED if event.vehicle.forced else UNREGISTERED
    return state, (Tell(alarm, direction),)


def driven_under(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """The vehicle that was let through drives: red for whoever is behind it."""
    if not _is_turn(state, event):
        return under(state, event, scene)
    if state.visits[1:]:
        assert state.visit is not None
        return step_aside(state, let=state.visit.let)
    return replace(state, phase=Phase.DRIVING), (Light(Colour.RED), StartTimer(Timer.PASSAGE, scene.passage))


# -- who is gone -------------------------------------------------------------------------------------------------------


def through(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """A vehicle went through."""
    leaving = _leaves(state, event)
    if leaving is not None:
        return close_leaving(state, leaving, Outcome.PASSED, scene)
    if not _is_turn(state, event):
        return _nobodys(state)
    return end_turn(state, Outcome.PASSED, scene)


def backed_off(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """A vehicle went back to where it came from."""
    direction = way(event.vehicle)
    alarm: tuple[Action, ...] = (Tell(REVERSING, direction),) if event.vehicle.was_under else ()
    if _is_turn(state, event):
        outcome = Outcome.TURNED_BACK if state.phase is Phase.RECALLED else Outcome.ABANDONED
        return end_turn(state, outcome, scene, alarm)
    followed = _followed(state, event)
    if followed is not None:
        return _stays_unclear(state, followed, Tell(UNCLEAR, direction), scene)
    leaving = _leaves(state, event)
    if leaving is not None:
        after, actions = close_leaving(state, leaving, Outcome.ABANDONED, scene)
        return after, (*actions, *alarm)
    return _nobodys(state)


def end_turn(state: LaneState, outcome: Outcome, scene: Scene, alarm: tuple[Action, ...] = ()) -> Step:
    """The visit of the vehicle whose turn it is ends, and its vehicle is gone."""
    assert state.visit is not None
    if not state.visits[1:]:
        ended, actions = end(state, outcome, scene)
        return ended, (*actions, *alarm)
    # an emergency was let through behind it, and goes on
    keep = records.closed(state.visit, outcome, scene)
    after, actions = admit(state, state.visits[1:])
    return after, (keep, *actions, *alarm)


def _stays_unclear(state: LaneState, visit: Visit, alarm: Tell, scene: Scene) -> Step:
    """The vehicle that may have been the one of this visit is gone as well: nobody will say what became of it."""
    after, actions = close_leaving(state, visit, Outcome.UNCLEAR, scene)
    rest, more = _nobodys(after)
    return rest, (*actions, alarm, *more)


def _nobodys(state: LaneState) -> Step:
    """A vehicle that nobody had judged is gone."""
    if state.phase is Phase.CHECKING and state.vehicle is None:
        return replace(state, phase=Phase.WAITING, dismissed=None), ()
    return (replace(state, dismissed=None), ()) if state.phase is Phase.CHECKING else (state, ())


def came_back(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """A vehicle was under the arm and is on its first loop again: its word counts still, unless it was judged anew there."""
    state = _renamed(state, event)
    leaving = _leaves(state, event)
    if leaving is None:
        if _is_turn(state, event) and state.phase is Phase.DRIVING:
            return admit(state, state.visits)
        return (replace(state, phase=Phase.CHECKING), ()) if state.phase is Phase.WAITING else (state, ())
    if leaving.let and state.visit is None:
        return admit(_part(state, leaving), (leaving,))
    after, actions = close_leaving(state, leaving, Outcome.ABANDONED, scene)
    phase = Phase.CHECKING if after.phase is Phase.WAITING else after.phase
    return replace(after, phase=phase), (*actions, Tell(REVERSING, way(event.vehicle)))


def _renamed(state: LaneState, event: VehicleMoved) -> LaneState:
    """The state in which a vehicle that was known by two numbers has one."""
    if event.maybe is None:
        return state

    def named(visit: Visit) -> Visit:
        number = event.vehicle.number
        return replace(
            visit,
            vehicle=number if visit.vehicle == event.maybe else visit.vehicle,
            maybe=number if visit.maybe == event.maybe else visit.maybe,
        )

    visits, leaving = tuple(map(named, state.visits)), tuple(map(named, state.leaving))
    return replace(state, visits=visits, leaving=leaving)


# -- what nobody can tell ----------------------------------------------------------------------------------------------


def unclear(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    """Nobody can tell whether a vehicle went through or came back: red, and the officer is asked."""
    leaving = _leaves(state, event)
    if leaving is not None:
        return _leaving_unclear(state, leaving, event, scene)
    if _is_turn(state, event):
        return _turn_unclear(state, event, scene)
    followed = _followed(state, event)
    if followed is not None:
        return _stays_unclear(state, followed, Tell(TAILGATING, way(event.vehicle)), scene)
    if event.vehicle.was_under:
        return _nobodys(state)  # the alarm was given when it drove
    after, actions = _nobodys(state)
    drove = FORCED if event.vehicle.place is Place.NEAR else UNCLEAR
    return after, (Tell(TAILGATING if state.leaving else drove, way(event.vehicle)), *actions)


def _leaving_unclear(state: LaneState, visit: Visit, event: VehicleMoved, scene: Scene) -> Step:
    judged = next((each for each in state.visits if each.vehicle == event.maybe is not None), None)
    if judged is not None:
        # the one on the near loop was judged already: as another vehicle, so that this one has passed, or as the same
        return close_leaving(state, visit, end_beside(judged.decision, visit), scene)
    if event.maybe is not None:
        return _part(state, visit, replace(visit, maybe=event.maybe)), ()
    after, actions = close_leaving(state, visit, Outcome.UNCLEAR, scene)
    drove = event.vehicle.was_under and not visit.let  # that was an alarm
    return after, actions if drove else (*actions, Tell(UNCLEAR, way(event.vehicle)))


def _turn_unclear(state: LaneState, event: VehicleMoved, scene: Scene) -> Step:
    assert state.visit is not None
    if event.maybe is not None:
        return step_aside(state, let=state.visit.let, maybe=event.maybe)
    keep = records.closed(state.visit, Outcome.UNCLEAR, scene)
    after, actions = step_aside(state, let=False)
    alarm = UNCLEAR if state.visit.let or event.vehicle.was_under else TAILGATING if state.leaving else FORCED
    return replace(after, leaving=state.leaving), (keep, Tell(alarm, way(event.vehicle)), *actions)


def gone(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """No visit is left without its vehicle: where all events together did not say what became of it, nobody can tell."""
    here = {None, *(vehicle.number for vehicle in state.track.vehicles)}
    done: list[Action] = []
    for visit in state.leaving:
        known = visit.maybe if visit.maybe in here else None
        if visit.vehicle in here or known is not None:
            state = _part(state, visit, replace(visit, maybe=known)) if known != visit.maybe else state
            continue
        state, actions = close_leaving(state, visit, Outcome.UNCLEAR, scene)
        done += [*actions, Tell(UNCLEAR)]
    alone = not state.track.vehicles
    lost = [visit for visit in state.visits if visit.vehicle not in here or (visit.among and alone)]
    if not lost:
        return state, tuple(done)
    keeps = [records.closed(visit, Outcome.UNCLEAR, scene) for visit in lost]
    rest = tuple(visit for visit in state.visits if visit not in lost)
    if rest and state.visit in rest:
        return replace(state, visits=rest), (*keeps, *done, Tell(UNCLEAR))
    after, actions = admit(state, rest) if rest else close_lane(state)
    return after, (*keeps, *done, *actions, Tell(UNCLEAR))


def went_through(state: LaneState, event: WentThrough, scene: Scene) -> Step:
    """The officer saw it drive through."""
    visit = state.unclear
    if visit is None or visit.id != event.visit:
        return state, ()
    after, actions = close_leaving(state, visit, Outcome.PASSED, scene)
    return replace(after, track=after.track.without(visit.vehicle)), actions


def returned(state: LaneState, event: CameBack, scene: Scene) -> Step:
    """The officer saw it come back: it is the one at the lane, and its word counts still."""
    visit = state.unclear
    if visit is None or visit.id != event.visit or state.visit is not None:
        return state, ()
    if faces(state, visit):
        # it came back, and is gone: who is at the lane came from the other side
        return close_leaving(state, visit, Outcome.ABANDONED, scene)
    back = replace(visit, vehicle=visit.maybe, maybe=None)
    left = _part(replace(state, track=state.track.without(visit.vehicle)), visit)
    left, keeps = _others_end(left, visit.maybe, Outcome.PASSED, scene)
    if visit.let:
        after, actions = admit(left, (back,))
        return after, (*keeps, *actions)
    return replace(left, phase=Phase.RECALLED, visits=(back,)), (*keeps, Light(Colour.RED))


def _others_end(state: LaneState, number: int | None, outcome: Outcome, scene: Scene) -> Step:
    """Others that might have been that vehicle were not: each ends so, unless the sensors follow it still."""
    keeps: list[Action] = []
    for visit in state.leaving:
        if visit.maybe != number:
            continue
        follows = state.track.find(visit.vehicle) is not None
        state = _part(state, visit, replace(visit, maybe=None) if follows else None)
        if not follows:
            keeps.append(records.closed(visit, outcome, scene))
    return state, tuple(keeps)


# -- the arm -----------------------------------------------------------------------------------------------------------


def is_up(state: LaneState, event: ArmReported, scene: Scene) -> Step:
    """The arm is up for the vehicle: it should drive."""
    if state.phase is Phase.OPEN:
        return state, ()
    return replace(state, phase=Phase.OPEN), (Light(Colour.GREEN), StartTimer(Timer.PASSAGE, scene.passage))


def is_not_up(state: LaneState, event: ArmReported, scene: Scene) -> Step:
    """The arm does not go up, or does not stay there: red, until the key has opened it or it moves again."""
    return replace(state, phase=Phase.OPENING), (Light(Colour.RED),)


def nobody_drove(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The arm was up long enough: it comes down, unless the vehicle is still here."""
    if state.track.vehicles:
        return state, (StartTimer(Timer.PASSAGE, scene.passage),)
    return end(state, Outcome.ABANDONED, scene)
