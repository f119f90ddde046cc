"""A whole lane, put together: sensors become vehicle events, the arm's guard is asked, and the phases answer. Pure.

`sense` is what no record is needed for: it is done at once, whatever the journal says, and says to what the table of phases then
answers, records first. `ordered` makes that table's wishes for the arm into the guard's orders.
"""

from collections.abc import Sequence
from dataclasses import replace

from edge.lane import guard, track
from edge.lane.actions import Action, StartTimer, StopTimer, WantArm
from edge.lane.events import (
    BarrierDown,
    BarrierMoving,
    BarrierUp,
    FaultCleared,
    LoopChanged,
    Timer,
    TimerFired,
)
from edge.lane.guard import Cue
from edge.lane.phase import Arm
from edge.lane.state import LET, ArmReported, LaneInput, LaneState, PhaseInput, Scene, Step, VehiclesGone
from edge.lane.track import Track, Tracked
from edge.lane.vehicle import Moved

Sensed = tuple[LaneState, tuple[Action, ...], tuple[PhaseInput, ...]]
"""The state, what is done at once, and what the phases then answer to."""
_CUES = {BarrierUp: Cue.AT_UP, BarrierDown: Cue.AT_DOWN, BarrierMoving: Cue.MOVING}
_TIMERS = {Timer.FREE: Cue.FREE, Timer.RISE: Cue.RISE, Timer.FALL: Cue.FALL}


def at_start(sensors: Track, scene: Scene, *, raised: bool, stays: bool) -> Step:
    """A lane when the gate starts: nobody is known to be here. `raised`: the arm is held up; `stays`: the policy wants it so."""
    arm, actions = guard.at_start(scene.reach, raised=raised, stays=stays)
    return LaneState(track=sensors, guard=arm, left_open=raised and stays), actions


def sense(state: LaneState, event: LaneInput, scene: Scene) -> Sensed:
    """What sensors, switches and timers say: the vehicles and the arm, before anything is decided."""
    match event:
        case LoopChanged(loop=loop, occupied=occupied):
            visit = state.visit if state.phase in LET else None
            lying = state.guard.arm is Arm.LYING
            let = visit.vehicle if visit else None
            return _tracked(state, track.edge(state.track, loop, occupied, lying=lying, let=let), scene)
        case TimerFired(timer=Timer.CLEAR):
            return _tracked(state, track.cleared(state.track), scene)
        case TimerFired(timer=Timer.BETWEEN):
            return _tracked(state, track.passed_by(state.track), scene)
        case TimerFired(timer=Timer.STAND):
            return _tracked(state, track.stood(state.track), scene)
        case TimerFired(timer=timer) if timer in _TIMERS:
            return _cued(state, _TIMERS[timer], scene)
        case BarrierUp() | BarrierDown() | BarrierMoving():
            return _cued(state, _CUES[type(event)], scene)
        case FaultCleared():
            freed, actions, inputs = _cued(state, Cue.FREED, scene)
            return freed, actions, (*inputs, event)
        case _:
            return state, (), (event,)


def kept_up(state: LaneState, scene: Scene) -> Sensed:
    """The hardware did not lower the arm: somebody came under it at this very moment."""
    return _cued(state, Cue.KEPT, scene)


def ordered(state: LaneState, actions: Sequence[Action], scene: Scene) -> Sensed:
    """The actions of a step, each wish for the arm replaced by the guard's orders."""
    done: list[Action] = []
    inputs: list[PhaseInput] = []
    for action in actions:
        if not isinstance(action, WantArm):
            done.append(action)
            continue
        state, orders, reports = _cued(state, Cue.WANT_UP if action.up else Cue.WANT_DOWN, scene)
        done += orders
        inputs += reports
    if state.track.busy is not state.guard.busy:
        # the officer said where a vehicle is
        state, orders, reports = _cued(state, Cue.BUSY if state.track.busy else Cue.CLEARED, scene)
        done += orders
        inputs += reports
    return state, tuple(done), tuple(inputs)


def _cued(state: LaneState, cue: Cue, scene: Scene) -> Sensed:
    arm, actions, report = guard.answer(state.guard, cue, scene.reach)
    return replace(state, guard=arm), actions, () if report is None else (ArmReported(report),)


def _tracked(state: LaneState, tracked: Tracked, scene: Scene) -> Sensed:
    """The track as it is now, its timers, and the guard's answer to who is under the arm."""
    before, (after, moved) = state.track, tracked
    state = replace(state, track=after)
    timers = _timers(before, after, scene)
    here = {vehicle.number for vehicle in after.vehicles}
    inputs: tuple[PhaseInput, ...] = moved
    if any(vehicle.number not in here for vehicle in before.vehicles):
        inputs = (*moved, VehiclesGone())
    drives = after.busy and any(each.what is Moved.UNDER for each in moved)
    if after.busy is state.guard.busy and not drives:
        return state, timers, inputs
    # of two loops one may be another vehicle's: they say nothing of an arm that should lie
    lies = state.guard.arm is Arm.LYING and after.guarded
    cue = Cue.DRIVES if drives and lies else Cue.BUSY if after.busy else Cue.CLEARED
    state, actions, reports = _cued(state, cue, scene)
    return state, (*timers, *actions), (*inputs, *reports)


def _timers(before: Track, after: Track, scene: Scene) -> tuple[Action, ...]:
    timers: list[Action] = []
    if after.arriving - before.arriving:
        timers.append(StartTimer(Timer.STAND, scene.stand))
    if after.lingering - before.lingering:
        timers.append(StartTimer(Timer.BETWEEN, scene.between))
    if before.on and not after.on:
        timers.append(StartTimer(Timer.CLEAR, max(scene.between, scene.clear) if after.lingering else scene.clear))
    if after.on and not before.on:
        timers.append(StopTimer(Timer.CLEAR))
    return tuple(timers)
