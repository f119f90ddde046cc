"""How a lane answers to its loops, its timers and its barrier: who came, who went through, who went back.

Two loops lie in the lane, one on each side of the barrier. A vehicle has passed when the far loop (seen from where it came)
went on and both loops are free again for `clear` seconds. What may never happen, and why it cannot:

- the barrier comes down onto a vehicle: only `verdicts.close_lane` and `lower_again` lower it, when both loops are free,
  and the hardware refuses while one is not; where an end switch tells that it is on its way still, it turns round over a vehicle
  that comes under it;
- a vehicle is judged before a barrier that is still up: the lane is `closing` until `BarrierDown`, and judges nobody. One
  that drives through all the same is told as an alarm.

Tested in `tests/edge/lane/test_table.py`.
"""

from dataclasses import replace

from edge.contract.alarms import BARRIER_STUCK, FORCED, REVERSING, TAILGATING, UNREGISTERED
from edge.contract.facts import Outcome
from edge.contract.reasons import Colour, Direction
from edge.lane import records
from edge.lane.actions import Action, FailBarrier, Light, LowerBarrier, Settle, StartTimer, StopTimer, Tell, TurnBarrier
from edge.lane.events import Loop, LoopChanged, Timer
from edge.lane.phase import Phase
from edge.lane.state import Course, LaneInput, LaneState, Scene, Step
from edge.lane.verdicts import admit, close_lane, end

# -- loops -------------------------------------------------------------------------------------------------------------


def loop_on(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """A vehicle came onto a loop."""
    came = replace(state, occupied=state.occupied | {event.loop}, first=state.first or event.loop)
    return came, (StopTimer(Timer.CLEAR),)


def loop_off(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """The vehicle left a loop."""
    left = replace(state, occupied=state.occupied - {event.loop})
    return left, () if left.occupied else (StartTimer(Timer.CLEAR, scene.clear),)


def arrived(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """A vehicle came to the free lane."""
    came, actions = loop_on(state, event, scene)
    return replace(came, phase=Phase.CHECKING), actions


def left_closed(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """The vehicle left a loop before the closed barrier; over the far one it has driven through all the same."""
    left, actions = loop_off(state, event, scene)
    if state.first is None or event.loop is state.first or state.occupied != {event.loop}:
        return left, actions
    return replace(left, course=Course.BEYOND), (Tell(FORCED, _way(state.first)), *actions)


def driven_onto(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """The vehicle whose turn it is reached the far loop: it drives. One that was called back drives against the officer's word."""
    came, actions = loop_on(state, event, scene)
    if state.visit is None or event.loop is not state.far:
        return came, actions
    course = Course.OVER if came.occupied - {event.loop} else Course.BEYOND
    told = () if state.visit.let else (Tell(FORCED, state.visit.decision.direction),)
    return replace(came, phase=Phase.DRIVING, course=course), (*told, *actions)


def came_under(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """A vehicle is on both loops while the barrier comes down: it is under it, and the barrier turns round."""
    came, actions = driven_onto(state, event, scene)
    return came, (TurnBarrier(), *actions) if came.occupied == set(Loop) else actions


def followed(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """While it drives, a loop goes on: behind a vehicle that has left the near one that is another vehicle."""
    came, actions = loop_on(state, event, scene)
    if event.loop is state.far or state.course is not Course.BEYOND or len(state.visits) > 1:
        return came, actions
    return replace(came, course=Course.FOLLOWED), actions


def driven_off(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """While it drives, it leaves a loop: forwards, backwards, or with another behind it."""
    left, actions = loop_off(state, event, scene)
    if event.loop is state.far:
        return _left_far(left, actions, scene) if left.occupied else (left, actions)
    if state.course is Course.FOLLOWED:
        assert state.visit is not None
        return replace(left, course=Course.BEYOND), (Tell(TAILGATING, state.visit.decision.direction), *actions)
    return replace(left, course=Course.BEYOND), actions


def _left_far(left: LaneState, actions: tuple[Action, ...], scene: Scene) -> Step:
    # the near loop is occupied: by itself, rolling back, or by who follows
    if left.course is Course.OVER:
        return _rolled_back(left, actions, scene)
    through, rest = left.visits[0], left.visits[1:]
    keep = records.closed(through, Outcome.PASSED, scene)
    if rest:
        opened, more = admit(left, rest, scene)
        return opened, (keep, *actions, *more)
    closing, more = close_lane(left, scene)
    return replace(closing, course=Course.FOLLOWED), (keep, *actions, *more)


def _rolled_back(left: LaneState, actions: tuple[Action, ...], scene: Scene) -> Step:
    """From under the barrier: who was let through may try again; who was not is called back, and holds up no emergency."""
    first, rest = left.visits[0], left.visits[1:]
    if first.let:
        back = replace(left, phase=Phase.OPEN, course=Course.BACK)
        return back, (*actions, StartTimer(Timer.PASSAGE, scene.passage))
    if rest:
        opened, more = admit(left, rest, scene)
        return opened, (records.closed(first, Outcome.TURNED_BACK, scene), *actions, *more)
    return replace(left, phase=Phase.RECALLED, course=Course.COMING), actions


def left_closing(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """A vehicle left a loop under a barrier that should be down; over the far one, nobody had let it through."""
    left, actions = loop_off(state, event, scene)
    if state.first is None or event.loop is state.first or event.loop not in state.occupied:
        return left, actions
    alarm = TAILGATING if state.course is Course.FOLLOWED else UNREGISTERED
    return left, (Tell(alarm, _way(state.first)), *actions)


def _way(first: Loop) -> Direction:
    return Direction.IN if first is Loop.OUTER else Direction.OUT


# -- both loops stayed free --------------------------------------------------------------------------------------------


def gone(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The vehicle drove off before anybody admitted it: back, or through the closed barrier."""
    if state.occupied:
        return state, ()
    return end(state, Outcome.PASSED if state.course is Course.BEYOND else Outcome.ABANDONED, scene)


def free(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """Nobody is here."""
    return (state, ()) if state.occupied else (LaneState(), ())


def between(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """A short vehicle may be between the loops, under the barrier: it gets the whole time anew. One that rolled back is gone."""
    if state.course is not Course.BACK or len(state.visits) > 1:
        return state, (StartTimer(Timer.PASSAGE, scene.passage),)
    assert state.visit is not None
    ended, actions = end(state, Outcome.ABANDONED, scene)
    return ended, (*actions, Tell(REVERSING, state.visit.decision.direction))


def passed(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The vehicle is through; who was let through behind it is next."""
    if state.occupied:
        return state, ()
    through, rest = state.visits[0], state.visits[1:]
    if not rest:
        return end(state, Outcome.PASSED, scene)
    opened, actions = admit(replace(state, first=None), rest, scene)
    return opened, (records.closed(through, Outcome.PASSED, scene), *actions)


def backed_out(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """Who was called back has left."""
    return (state, ()) if state.occupied else end(state, Outcome.TURNED_BACK, scene)


def lower_again(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier that could not come down is told again."""
    if state.occupied:
        return state, ()
    return replace(state, first=None, course=Course.COMING), (LowerBarrier(), StartTimer(Timer.CLEAR, scene.clear))


def left_open(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """Nobody is at the barrier that was left open: it stays so."""
    return (state, ()) if state.occupied else (replace(state, first=None, course=Course.COMING), ())


def onto_by_key(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """A vehicle came onto a loop of a lane whose barrier is moved by key."""
    came, actions = loop_on(state, event, scene)
    return (replace(came, course=Course.OVER) if event.loop is state.far else came), actions


def off_by_key(state: LaneState, event: LoopChanged, scene: Scene) -> Step:
    """The vehicle left a loop there: forwards or backwards, registered or not."""
    if state.visit is None:
        return left_closing(state, event, scene)
    left, actions = loop_off(state, event, scene)
    if state.course is not Course.OVER:
        return left, actions
    back = event.loop is state.far and left.occupied
    return replace(left, course=Course.COMING if back else Course.BEYOND), actions


def by_key(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """A vehicle left a lane whose barrier is moved by key."""
    if state.occupied:
        return state, ()
    if state.visit is None:
        return replace(state, first=None, course=Course.COMING), (FailBarrier(),)
    return end(state, Outcome.PASSED if state.course is Course.BEYOND else Outcome.ABANDONED, scene)


# -- the barrier -------------------------------------------------------------------------------------------------------


def is_up(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier is up: somebody should drive."""
    if state.visit is None:
        return state, ()  # opened by key, for nobody that the gate knows
    settled = (Settle(BARRIER_STUCK),) if scene.tells_up else ()
    return replace(state, phase=Phase.OPEN), (*settled, StartTimer(Timer.PASSAGE, scene.passage))


def had_its_time(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier had its time to rise: it is up, unless a switch should have said so."""
    return _stuck(state) if scene.tells_up else is_up(state, event, scene)


def came_down(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier is down. A vehicle whose plate differs waited for that: now it is refused."""
    if state.phase is Phase.FAULT and state.visits:
        return state, ()  # that one still waits for the key
    phase = Phase.REFUSED if state.visits else Phase.CHECKING if state.occupied else Phase.WAITING
    settled = (Settle(BARRIER_STUCK),) if scene.tells_down else ()
    return replace(state, phase=phase, course=Course.COMING), (*settled, StopTimer(Timer.CLEAR))


def not_down(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier had its time to come down: it is stuck, unless a vehicle is in its way or nothing would say that it is down."""
    if state.occupied or not scene.tells_down:
        return state, (StartTimer(Timer.FALL, scene.fall),)
    return _stuck(state)


def _stuck(state: LaneState) -> Step:
    return replace(state, phase=Phase.FAULT), (Light(Colour.RED), FailBarrier(), Tell(BARRIER_STUCK))


def nobody_drove(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """The barrier was up long enough."""
    if state.occupied:
        return state, (StartTimer(Timer.PASSAGE, scene.passage),)
    return end(state, Outcome.ABANDONED, scene)
