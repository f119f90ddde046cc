"""A vehicle whose end no sensor says: it stays on its far loop for longer than a passage takes, and others wait for it.

Tested in `tests/edge/lane/test_stories.py` and, physically, in `tests/edge/road`.
"""

from dataclasses import replace

from edge.contract.alarms import UNCLEAR
from edge.contract.facts import Outcome
from edge.lane.actions import Action, StartTimer, Tell
from edge.lane.events import Timer
from edge.lane.passages import close_leaving, end_turn, step_aside
from edge.lane.phase import Phase
from edge.lane.state import LaneState, PhaseInput, Scene, Step, way
from edge.lane.vehicle import Place, Vehicle


def stalled(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The vehicle has been on its far loop for long. Two loops of a lane of two ways: it may be one that came from there."""
    assert state.visit is not None
    vehicle = state.track.find(state.visit.vehicle)
    if vehicle is not None and state.track.met(vehicle):
        outcome, alarm = _unseen(vehicle)
        return end_turn(replace(state, track=state.track.without(vehicle.number)), outcome, scene, alarm)
    faced = not state.track.guarded and state.track.two_way
    if vehicle is None or vehicle.place is not Place.BEYOND or not faced:
        return state, (StartTimer(Timer.PASSAGE, scene.passage),)
    track = state.track.facing(vehicle)
    return step_aside(replace(state, track=track), let=state.visit.let, maybe=track.count)


def waited(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """The vehicle before has been on its far loop for long. In a lane of two ways it may be one that came from there: where the
    loops know nobody else who was judged, that is the one, and nobody can tell what became of the other.
    """
    visit = state.visit
    before = [(each, state.track.find(each.vehicle)) for each in state.leaving]
    met = next((pair for pair in before if pair[1] is not None and state.track.met(pair[1])), None)
    if met is not None and met[1] is not None:
        outcome, alarm = _unseen(met[1])
        after, actions = close_leaving(replace(state, track=state.track.without(met[1].number)), met[0], outcome, scene)
        return after, (*actions, *alarm, *_again(after, scene))
    stays = next((pair for pair in before if pair[1] is not None and pair[1].place is Place.BEYOND), None)
    if visit is None or visit.vehicle is not None or not state.track.two_way or stays is None:
        return state, (StartTimer(Timer.PASSAGE, scene.passage),)
    leaving, vehicle = stays
    assert vehicle is not None
    facing = state.track.facing(vehicle)
    track = facing.certain(facing.count)
    known = replace(visit, vehicle=track.count, among=False)
    after, actions = close_leaving(
        replace(state, track=track, visits=(known, *state.visits[1:])), leaving, Outcome.UNCLEAR, scene
    )
    return after, (*actions, Tell(UNCLEAR, way(vehicle)), *_again(after, scene))


def _unseen(vehicle: Vehicle) -> tuple[Outcome, tuple[Action, ...]]:
    """What became of a vehicle that drove off its far loop while another one stood on it: it is through, unless it was in doubt before."""
    if vehicle.doubt or vehicle.mixed:
        return Outcome.UNCLEAR, (Tell(UNCLEAR, way(vehicle)),)
    return Outcome.PASSED, ()


def _again(state: LaneState, scene: Scene) -> tuple[Action, ...]:
    return (StartTimer(Timer.PASSAGE, scene.passage),) if state.phase is Phase.NEXT else ()
