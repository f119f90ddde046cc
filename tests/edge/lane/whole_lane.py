"""A whole lane whose journal takes everything: what comes of an event, with all that follows from it."""

from collections import deque

from edge.lane import table, whole
from edge.lane.state import LaneInput, LaneState, PhaseInput, Scene, Step


def answer(state: LaneState, event: PhaseInput, scene: Scene) -> whole.Sensed:
    """A step of the phases, with what the arm's guard makes of their wishes."""
    after, actions = table.step(state, event, scene)
    return whole.ordered(after, actions, scene)


def run(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The state after an event and all that follows from it, and every action."""
    state, actions, inputs = whole.sense(state, event, scene)
    done, waiting = list(actions), deque(inputs)
    while waiting:
        state, actions, more = answer(state, waiting.popleft(), scene)
        done += actions
        waiting += more
    return state, tuple(done)
