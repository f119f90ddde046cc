"""The guard of the arm: one small machine that owns the barrier, below everything else a lane does. Pure; no clock, no hardware.

The lane's phases only want the arm up or down. What may never happen, and why it cannot:

- the arm comes down onto a vehicle: `LowerBarrier` is ordered only while nobody is under the arm, as far as the sensors say; who
  comes under it while it falls makes it turn round;
- an arm that somebody opened by key falls on who drives under it when the key is taken out: the relay holds it from then on;
- a slow arm counts as stuck for good: each order to the relay starts its timer anew, and an end switch that speaks late is
  believed.

Read `TABLE`: for each state of the arm, what it answers to. `python -m edge.lane.table` draws it in `edge/lane/lane.md`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from edge.contract.alarms import BARRIER_STUCK
from edge.lane.actions import Action, LowerBarrier, RaiseBarrier, Settle, StartTimer, StopTimer, Tell
from edge.lane.events import Timer
from edge.lane.phase import Arm


@dataclass(frozen=True, slots=True)
class Reach:
    """What the guard may look at: which end switches are fitted, what they say now, and times in seconds.

    `travel`: how long an arm without end switches takes from end to end. `stuck`: one with them that says nothing for so long is
    stuck. `free`: how long nobody may be under it before it comes down. `fails_open`: where a stuck arm is wanted.
    """

    tells_up: bool = False
    tells_down: bool = False
    at_up: bool = False
    at_down: bool = False
    travel: float = 1.0
    stuck: float = 10.0
    free: float = 0.25
    fails_open: bool = False


class Cue(StrEnum):
    """What the guard answers to."""

    WANT_UP = "want_up"
    WANT_DOWN = "want_down"
    BUSY = "busy"
    """Somebody comes under the arm, or may."""
    DRIVES = "drives"
    """A vehicle is known to drive under it: a third sensor and a loop say so."""
    CLEARED = "cleared"
    """Nobody is under the arm any more."""
    FREE = "free"
    """Nobody has been under the arm for its time."""
    AT_UP = "at_up"
    AT_DOWN = "at_down"
    MOVING = "moving"
    """The arm left an end."""
    RISE = "rise"
    """The arm had its time to go up."""
    FALL = "fall"
    """The arm had its time to come down."""
    KEPT = "kept"
    """The hardware did not let it down: somebody came under it at this very moment."""
    FREED = "freed"
    """The officer says that the arm moves again."""


class Report(StrEnum):
    """What the guard reports of the arm to the phases."""

    UP = "up"
    LEFT = "left"
    """The arm was up for somebody and is not any more, though the relay holds it."""
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Guard:
    """The arm's state. `up`: where it is wanted. `busy`: somebody is under it, or may be. `known`: it is known to be up."""

    arm: Arm = Arm.LYING
    up: bool = False
    busy: bool = False
    known: bool = False


Guarded = tuple[Guard, tuple[Action, ...], Report | None]
Handler = Callable[[Guard, Reach], Guarded]


@dataclass(frozen=True, slots=True)
class Answer:
    """A cell of the table: who answers, and to which states that may lead."""

    handler: Handler
    to: tuple[Arm, ...] = ()


def at_start(reach: Reach, *, raised: bool, stays: bool) -> tuple[Guard, tuple[Action, ...]]:
    """The guard when the gate starts. `raised`: the relay holds the arm up already; `stays`: it shall remain so."""
    if raised and stays:
        known = reach.at_up or not reach.tells_up
        guard = Guard(Arm.UP if known else Arm.RISING, up=True, known=known)
        return guard, () if known else (_rise_time(reach),)
    if raised:
        return Guard(Arm.HOLDING, known=reach.at_up), (StartTimer(Timer.FREE, reach.free),)
    if reach.at_up:
        return Guard(Arm.KEYED), ()
    if reach.at_down or not reach.tells_down:
        return Guard(), ()
    return Guard(Arm.FALLING), (_fall_time(reach),)


def answer(guard: Guard, cue: Cue, reach: Reach) -> Guarded:
    """What becomes of the guard, what is done with the relay and the timers, and what is reported to the phases."""
    if cue in {Cue.WANT_UP, Cue.WANT_DOWN}:
        guard = replace(guard, up=cue is Cue.WANT_UP)
    if cue in {Cue.BUSY, Cue.DRIVES, Cue.CLEARED}:
        guard = replace(guard, busy=cue is not Cue.CLEARED)
    found = TABLE[guard.arm].get(cue)
    return (guard, (), None) if found is None else found.handler(guard, reach)


# -- orders to the relay -----------------------------------------------------------------------------------------------


def _rise_time(reach: Reach) -> StartTimer:
    return StartTimer(Timer.RISE, reach.stuck if reach.tells_up else reach.travel)


def _fall_time(reach: Reach) -> StartTimer:
    return StartTimer(Timer.FALL, reach.stuck if reach.tells_down else reach.travel)


def _rise(guard: Guard, reach: Reach) -> Guarded:
    """Up it goes, and its time runs from now."""
    stops = (StopTimer(Timer.FALL), StopTimer(Timer.FREE))
    return replace(guard, arm=Arm.RISING, known=False), (RaiseBarrier(), *stops, _rise_time(reach)), None


def _fall(guard: Guard, reach: Reach) -> Guarded:
    """Down it comes, and its time runs from now. Only where nobody is under it."""
    stops = (StopTimer(Timer.RISE), StopTimer(Timer.FREE))
    return replace(guard, arm=Arm.FALLING, known=False), (LowerBarrier(), *stops, _fall_time(reach)), None


def _down_if_free(guard: Guard, reach: Reach) -> Guarded:
    if guard.busy:
        return replace(guard, arm=Arm.HOLDING), (), None
    return _fall(guard, reach)


def _stand(guard: Guard, reach: Reach, *, relay: bool = False, settled: bool = True) -> Guarded:
    """The arm is up: for the vehicle for which it was wanted, or until nobody is under it."""
    raises: tuple[Action, ...] = (RaiseBarrier(),) if relay else ()
    settles: tuple[Action, ...] = (Settle(BARRIER_STUCK),) if settled and reach.tells_up else ()
    actions = (*raises, StopTimer(Timer.RISE), *settles)
    if guard.up:
        return replace(guard, arm=Arm.UP, known=True), actions, Report.UP
    waits: tuple[Action, ...] = () if guard.busy else (StartTimer(Timer.FREE, reach.free),)
    return replace(guard, arm=Arm.HOLDING, known=True), (*actions, *waits), None


def _lie(guard: Guard, reach: Reach) -> Guarded:
    """The arm is down."""
    settles: tuple[Action, ...] = (Settle(BARRIER_STUCK),) if reach.tells_down else ()
    return replace(guard, arm=Arm.LYING, known=False), (StopTimer(Timer.FALL), *settles), None


def _jam(guard: Guard, reach: Reach) -> Guarded:
    """The arm does not move: its relay goes to where the policy wants it in a fault, but never down onto somebody."""
    rests: Action = RaiseBarrier() if reach.fails_open or guard.busy else LowerBarrier()
    stops = (StopTimer(Timer.RISE), StopTimer(Timer.FALL), StopTimer(Timer.FREE))
    return replace(guard, arm=Arm.STUCK, known=False), (rests, *stops, Tell(BARRIER_STUCK)), Report.STUCK


# -- the cells ---------------------------------------------------------------------------------------------------------


def _same(guard: Guard, reach: Reach) -> Guarded:
    return guard, (), None


def _keyed(guard: Guard, reach: Reach) -> Guarded:
    return replace(guard, arm=Arm.KEYED), (), None


def _rise_over(guard: Guard, reach: Reach) -> Guarded:
    return _jam(guard, reach) if reach.tells_up else _stand(guard, reach)


def _fall_over(guard: Guard, reach: Reach) -> Guarded:
    if reach.tells_down:
        return _jam(guard, reach)
    return _keyed(guard, reach) if reach.at_up else _lie(guard, reach)


def _driven_over(guard: Guard, reach: Reach) -> Guarded:
    """A vehicle drives where the arm should lie: unless its end switch says that it does, the relay holds whatever still is up."""
    return _same(guard, reach) if reach.at_down else _rise(guard, reach)


def _wanted_up_rising(guard: Guard, reach: Reach) -> Guarded:
    # the relay is on already and its time runs: once more for an emergency
    return guard, (RaiseBarrier(),), None


def _wanted_up_again(guard: Guard, reach: Reach) -> Guarded:
    """It is held up: the relay is on, and stays so."""
    if guard.known or reach.at_up or not reach.tells_up:
        return _stand(guard, reach, relay=True, settled=False)
    return _rise(guard, reach)


def _left_up(guard: Guard, reach: Reach) -> Guarded:
    """It leaves its upper end though the relay holds it: its time to come back runs."""
    return replace(guard, arm=Arm.RISING, known=False), (_rise_time(reach),), Report.LEFT


def _stay_held(guard: Guard, reach: Reach) -> Guarded:
    return guard, (StopTimer(Timer.FREE),), None


def _soon_free(guard: Guard, reach: Reach) -> Guarded:
    return guard, (StartTimer(Timer.FREE, reach.free),), None


def _free(guard: Guard, reach: Reach) -> Guarded:
    return _same(guard, reach) if guard.busy else _fall(guard, reach)


def _kept(guard: Guard, reach: Reach) -> Guarded:
    held = replace(guard, arm=Arm.HOLDING)
    return held, (StopTimer(Timer.FALL), StartTimer(Timer.FREE, reach.free)), None


def _stuck_free(guard: Guard, reach: Reach) -> Guarded:
    """Nobody is under the stuck arm any more, or it is wanted down: its relay goes to where the policy wants it, and it stays
    stuck until it moves."""
    return guard, () if reach.fails_open or guard.busy else (LowerBarrier(),), None


def _stuck_busy(guard: Guard, reach: Reach) -> Guarded:
    """Somebody comes under the stuck arm: unless it lies, the relay holds whatever of it still comes down."""
    return guard, () if reach.at_down else (RaiseBarrier(),), None


def _by_key_up(guard: Guard, reach: Reach) -> Guarded:
    """It is up by key, or late: the relay holds it from now on if it is wanted up, or somebody is under it."""
    rests_up = guard.arm is Arm.STUCK and reach.fails_open
    if guard.up or guard.busy or rests_up:
        return _stand(guard, reach, relay=True)
    return replace(guard, arm=Arm.KEYED), (LowerBarrier(), Settle(BARRIER_STUCK)), None


def _by_key_down(guard: Guard, reach: Reach) -> Guarded:
    if guard.up:
        return _same(guard, reach)
    lying, actions, _ = _lie(guard, reach)
    return lying, (LowerBarrier(), *actions), None


def _tried_again(guard: Guard, reach: Reach) -> Guarded:
    """The officer says that it moves again: it gets the order once more, up or down as it is wanted."""
    settles: tuple[Action, ...] = (Settle(BARRIER_STUCK),)
    after, actions, report = _rise(guard, reach) if guard.up or guard.busy else _fall(guard, reach)
    return after, (*settles, *actions), report


def _keyed_over(guard: Guard, reach: Reach) -> Guarded:
    """Somebody drives under an arm that is up by key: it is held for as long as that takes."""
    return _stand(guard, reach, relay=True, settled=False) if reach.at_up else _rise(guard, reach)


def _leaves_keyed(guard: Guard, reach: Reach) -> Guarded:
    """It comes down by key: where no end switch says when it is down, after its time."""
    if guard.busy:
        return _keyed_over(guard, reach)
    if reach.tells_down:
        return _same(guard, reach)
    return replace(guard, arm=Arm.FALLING), (_fall_time(reach),), None


TABLE: Final[Mapping[Arm, Mapping[Cue, Answer]]] = {
    Arm.LYING: {
        Cue.WANT_UP: Answer(_rise, (Arm.RISING,)),
        Cue.DRIVES: Answer(_driven_over, (Arm.RISING,)),
        Cue.MOVING: Answer(_keyed, (Arm.KEYED,)),
        Cue.AT_UP: Answer(_by_key_up, (Arm.HOLDING, Arm.KEYED)),
        Cue.KEPT: Answer(_kept, (Arm.HOLDING,)),
    },
    Arm.RISING: {
        Cue.WANT_UP: Answer(_wanted_up_rising),
        Cue.WANT_DOWN: Answer(_free, (Arm.FALLING,)),
        Cue.AT_UP: Answer(_stand, (Arm.UP, Arm.HOLDING)),
        Cue.RISE: Answer(_rise_over, (Arm.UP, Arm.HOLDING, Arm.STUCK)),
    },
    Arm.UP: {
        Cue.WANT_UP: Answer(_wanted_up_again),
        Cue.WANT_DOWN: Answer(_down_if_free, (Arm.HOLDING, Arm.FALLING)),
        Cue.MOVING: Answer(_left_up, (Arm.RISING,)),
    },
    Arm.HOLDING: {
        Cue.WANT_UP: Answer(_wanted_up_again, (Arm.UP, Arm.RISING)),
        Cue.BUSY: Answer(_stay_held),
        Cue.CLEARED: Answer(_soon_free),
        Cue.FREE: Answer(_free, (Arm.FALLING,)),
        Cue.MOVING: Answer(_left_up, (Arm.RISING,)),
    },
    Arm.FALLING: {
        Cue.WANT_UP: Answer(_rise, (Arm.RISING,)),
        # somebody comes under the falling arm: it turns round, and admits nobody by that
        Cue.BUSY: Answer(_rise, (Arm.RISING,)),
        Cue.AT_DOWN: Answer(_lie, (Arm.LYING,)),
        Cue.FALL: Answer(_fall_over, (Arm.LYING, Arm.KEYED, Arm.STUCK)),
        Cue.KEPT: Answer(_kept, (Arm.HOLDING,)),
    },
    Arm.STUCK: {
        Cue.WANT_UP: Answer(_rise, (Arm.RISING,)),
        Cue.WANT_DOWN: Answer(_stuck_free),
        Cue.BUSY: Answer(_stuck_busy),
        Cue.CLEARED: Answer(_stuck_free),
        Cue.KEPT: Answer(_soon_free),
        Cue.FREE: Answer(_stuck_free),
        Cue.AT_UP: Answer(_by_key_up, (Arm.UP, Arm.HOLDING, Arm.KEYED)),
        Cue.AT_DOWN: Answer(_by_key_down, (Arm.LYING,)),
        Cue.FREED: Answer(_tried_again, (Arm.RISING, Arm.FALLING)),
    },
    Arm.KEYED: {
        Cue.WANT_UP: Answer(_rise, (Arm.RISING,)),
        Cue.BUSY: Answer(_keyed_over, (Arm.HOLDING, Arm.RISING)),
        Cue.AT_UP: Answer(_by_key_up, (Arm.HOLDING,)),
        Cue.AT_DOWN: Answer(_lie, (Arm.LYING,)),
        Cue.MOVING: Answer(_leaves_keyed, (Arm.HOLDING, Arm.RISING, Arm.FALLING)),
        Cue.KEPT: Answer(_kept, (Arm.HOLDING,)),
        Cue.FREED: Answer(_free, (Arm.FALLING,)),
    },
}
"""Everything else is ignored."""
