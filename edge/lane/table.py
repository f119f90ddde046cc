"""One lane as a state machine: `step(state, event, scene) -> (state, actions)`, from one table. No I/O, no clock, no ids made.

Read `TABLE`: for each phase, what it answers to, with whom and where that may lead, and what it deliberately ignores; a test
holds that nothing is left out. `LEAVING` says what ends with a phase, whichever way it is left: that is why the sprayer is
off in every phase but `disinfecting`. Every record of a step stands before its other actions, and `gate` stops at one that
cannot be kept: that is why nothing moves without a record.

`python -m edge.lane.table` writes the diagram of the table to `edge/lane/lane.md`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge.contract.facts import ReadBy
from edge.contract.reasons import Reason
from edge.decision.decision import Decision
from edge.lane import loops
from edge.lane import verdicts as answers
from edge.lane.actions import Action, FailBarrier, Keep, LowerBarrier, StopSpray, StopTimer, TurnBarrier
from edge.lane.events import (
    AdmitPressed,
    BarrierDown,
    BarrierUp,
    DetainPressed,
    DisinfectedPressed,
    FaultCleared,
    HoldPressed,
    LoopChanged,
    OverridePressed,
    SprayDone,
    Timer,
    TimerFired,
    TurnBackPressed,
)
from edge.lane.phase import Phase
from edge.lane.state import LaneInput, LaneState, Presented, Scene, Step


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
    FAULT_CLEARED = "fault_cleared"
    SPRAY_DONE = "spray_done"
    LOOP_ON = "loop_on"
    LOOP_OFF = "loop_off"
    CLEAR = "clear"
    PASSAGE = "passage"
    CONTACT = "contact"
    RISE = "rise"
    FALL = "fall"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Move:
    """A cell of the table: who answers, and the phases it may lead to (its own is always allowed)."""

    handler: Callable[[LaneState, LaneInput, Scene], Step]
    to: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A phase: its moves, and what it ignores on purpose. Together they name every column."""

    moves: Mapping[What, Move]
    ignores: frozenset[What]


_JUDGED = (Phase.ASKING, Phase.REFUSED, Phase.DISINFECTING, Phase.OPENING)
_GONE = (Phase.WAITING, Phase.CHECKING, Phase.CLOSING)
"""Closing where the barrier had been left open over it."""
_OFFICER = frozenset({What.OVERRIDE, What.HOLD, What.DETAIN})
_DONE = frozenset({What.SPRAY_DONE, What.CONTACT})
"""A spray or a contact time that ended while the lane was somewhere else already."""
_BARRIER = frozenset({What.RISE, What.FALL, What.UP, What.DOWN, What.PASSAGE, What.FAULT_CLEARED})
"""What the barrier says, or its timers, where it lies down and has nothing to say."""
_SEEN = frozenset({What.READ, What.REGISTERED})

TABLE: Final[Mapping[Phase, Row]] = {
    Phase.WAITING: Row(
        {
            What.READ: Move(answers.presented, _JUDGED),
            What.REGISTERED: Move(answers.presented, _JUDGED),
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.LOOP_ON: Move(loops.arrived, (Phase.CHECKING,)),
            What.LOOP_OFF: Move(loops.loop_off),
            What.CLEAR: Move(loops.free),
        },
        _OFFICER | _DONE | _BARRIER | {What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED},
    ),
    Phase.CHECKING: Row(
        {
            What.READ: Move(answers.presented, _JUDGED),
            What.REGISTERED: Move(answers.presented, _JUDGED),
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closed),
            What.CLEAR: Move(loops.free, (Phase.WAITING,)),
        },
        _OFFICER | _DONE | _BARRIER | {What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED},
    ),
    Phase.ASKING: Row(
        {
            What.READ: Move(answers.presented, _JUDGED),
            What.REGISTERED: Move(answers.presented, _JUDGED),
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.ADMIT: Move(answers.admitted, (Phase.DISINFECTING, Phase.OPENING)),
            What.TURN_BACK: Move(answers.turned_back, _GONE),
            What.MISMATCH: Move(answers.mismatched, (Phase.REFUSED, Phase.CLOSING)),
            What.OVERRIDE: Move(answers.overridden, (Phase.DISINFECTING, Phase.OPENING)),
            What.HOLD: Move(answers.held, (Phase.HELD,)),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closed),
            What.CLEAR: Move(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        },
        _DONE | _BARRIER | {What.DETAIN, What.DISINFECTED},
    ),
    Phase.REFUSED: Row(
        {
            What.READ: Move(answers.presented, _JUDGED),
            What.REGISTERED: Move(answers.presented, _JUDGED),
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK: Move(answers.turned_back, _GONE),
            What.OVERRIDE: Move(answers.overridden, (Phase.DISINFECTING, Phase.OPENING)),
            What.HOLD: Move(answers.held, (Phase.HELD,)),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closed),
            What.CLEAR: Move(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        },
        _DONE | _BARRIER | {What.ADMIT, What.MISMATCH, What.DETAIN, What.DISINFECTED},
    ),
    Phase.HELD: Row(
        {
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK: Move(answers.turned_back, _GONE),
            What.OVERRIDE: Move(answers.overridden, (Phase.DISINFECTING, Phase.OPENING)),
            What.DETAIN: Move(answers.detained, _GONE),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closed),
            What.CLEAR: Move(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        },
        _SEEN | _DONE | _BARRIER | {What.ADMIT, What.MISMATCH, What.HOLD, What.DISINFECTED},
    ),
    Phase.DISINFECTING: Row(
        {
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK: Move(answers.turned_back, _GONE),
            What.MISMATCH: Move(answers.mismatched, (Phase.REFUSED, Phase.CLOSING)),
            What.OVERRIDE: Move(answers.spared, (Phase.OPENING,)),
            What.DISINFECTED: Move(answers.vouched, (Phase.CONTACT, Phase.OPENING)),
            What.SPRAY_DONE: Move(answers.sprayed, (Phase.CONTACT, Phase.OPENING)),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closed),
            What.CLEAR: Move(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        },
        _SEEN | _BARRIER | {What.ADMIT, What.HOLD, What.DETAIN, What.CONTACT},
    ),
    Phase.CONTACT: Row(
        {
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK: Move(answers.turned_back, _GONE),
            What.MISMATCH: Move(answers.mismatched, (Phase.REFUSED, Phase.CLOSING)),
            What.OVERRIDE: Move(answers.spared, (Phase.OPENING,)),
            What.CONTACT: Move(answers.acted, (Phase.OPENING,)),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closed),
            What.CLEAR: Move(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        },
        _SEEN | _BARRIER | {What.ADMIT, What.HOLD, What.DETAIN, What.DISINFECTED, What.SPRAY_DONE},
    ),
    Phase.OPENING: Row(
        {
            What.EMERGENCY: Move(answers.emergency),
            What.TURN_BACK: Move(answers.recalled, (Phase.RECALLED, Phase.CLOSING)),
            What.MISMATCH: Move(answers.mismatched, (Phase.RECALLED, Phase.CLOSING)),
            What.DISINFECTED: Move(answers.noted),
            What.LOOP_ON: Move(loops.driven_onto, (Phase.DRIVING,)),
            What.LOOP_OFF: Move(loops.loop_off),
            What.RISE: Move(loops.had_its_time, (Phase.OPEN, Phase.FAULT)),
            What.UP: Move(loops.is_up, (Phase.OPEN,)),
        },
        _SEEN | _OFFICER | _DONE | {What.ADMIT, What.CLEAR, What.PASSAGE, What.FALL, What.DOWN, What.FAULT_CLEARED},
    ),
    Phase.OPEN: Row(
        {
            What.EMERGENCY: Move(answers.emergency),
            What.TURN_BACK: Move(answers.recalled, (Phase.RECALLED, Phase.CLOSING)),
            What.MISMATCH: Move(answers.mismatched, (Phase.RECALLED, Phase.CLOSING)),
            What.DISINFECTED: Move(answers.noted),
            What.LOOP_ON: Move(loops.driven_onto, (Phase.DRIVING,)),
            What.LOOP_OFF: Move(loops.loop_off),
            What.CLEAR: Move(loops.between, (Phase.CLOSING,)),
            What.PASSAGE: Move(loops.nobody_drove, (Phase.CLOSING,)),
        },
        _SEEN | _OFFICER | _DONE | {What.ADMIT, What.RISE, What.FALL, What.UP, What.DOWN, What.FAULT_CLEARED},
    ),
    Phase.DRIVING: Row(
        {
            What.EMERGENCY: Move(answers.emergency),
            What.LOOP_ON: Move(loops.followed),
            What.LOOP_OFF: Move(loops.driven_off, (Phase.OPEN, Phase.CLOSING, Phase.RECALLED)),
            What.CLEAR: Move(loops.passed, (Phase.OPEN, Phase.CLOSING)),
        },
        _SEEN | _OFFICER | _DONE | _BARRIER | {What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED},
    ),
    Phase.RECALLED: Row(
        {
            What.EMERGENCY: Move(answers.emergency, (Phase.OPEN,)),
            What.ADMIT: Move(answers.readmitted, (Phase.OPEN,)),
            What.LOOP_ON: Move(loops.driven_onto, (Phase.DRIVING,)),
            What.LOOP_OFF: Move(loops.loop_off),
            What.CLEAR: Move(loops.backed_out, (Phase.CLOSING,)),
        },
        _SEEN | _OFFICER | _DONE | _BARRIER | {What.TURN_BACK, What.MISMATCH, What.DISINFECTED},
    ),
    Phase.CLOSING: Row(
        {
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.LOOP_ON: Move(loops.came_under, (Phase.DRIVING,)),
            What.LOOP_OFF: Move(loops.left_closing),
            What.CLEAR: Move(loops.lower_again),
            What.FALL: Move(loops.not_down, (Phase.FAULT,)),
            What.DOWN: Move(loops.came_down, (Phase.WAITING, Phase.CHECKING, Phase.REFUSED)),
        },
        _SEEN
        | _OFFICER
        | _DONE
        | {What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED}
        | {What.PASSAGE, What.RISE, What.UP, What.FAULT_CLEARED},
    ),
    Phase.LEFT_OPEN: Row(
        {
            What.READ: Move(answers.presented_left_open, _JUDGED),
            What.REGISTERED: Move(answers.presented_left_open, _JUDGED),
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.FAULT_CLEARED: Move(answers.taken_over, (Phase.CLOSING,)),
            What.LOOP_ON: Move(loops.loop_on),
            What.LOOP_OFF: Move(loops.left_closing),
            What.CLEAR: Move(loops.left_open),
        },
        _OFFICER
        | _DONE
        | {What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED}
        | {What.PASSAGE, What.RISE, What.FALL, What.UP, What.DOWN},
    ),
    Phase.FAULT: Row(
        {
            What.READ: Move(answers.presented_at_fault, _JUDGED),
            What.REGISTERED: Move(answers.presented_at_fault, _JUDGED),
            What.EMERGENCY: Move(answers.emergency, (Phase.OPENING,)),
            What.ADMIT: Move(answers.tried_again, (Phase.OPENING, Phase.CLOSING)),
            What.TURN_BACK: Move(answers.recalled, (Phase.RECALLED,)),
            What.FAULT_CLEARED: Move(answers.tried_again, (Phase.OPENING, Phase.CLOSING)),
            What.LOOP_ON: Move(loops.onto_by_key),
            What.LOOP_OFF: Move(loops.off_by_key),
            What.CLEAR: Move(loops.by_key),
            What.UP: Move(loops.is_up, (Phase.OPEN,)),
            What.DOWN: Move(loops.came_down, (Phase.WAITING, Phase.CHECKING)),
        },
        _OFFICER | _DONE | {What.MISMATCH, What.DISINFECTED, What.PASSAGE, What.RISE, What.FALL},
    ),
}

LEAVING: Final[Mapping[Phase, tuple[Action, ...]]] = {
    Phase.DISINFECTING: (StopSpray(),),
    Phase.CONTACT: (StopTimer(Timer.CONTACT),),
    Phase.OPENING: (StopTimer(Timer.RISE),),
    Phase.OPEN: (StopTimer(Timer.PASSAGE),),
    Phase.CLOSING: (StopTimer(Timer.FALL),),
}
"""What ends with a phase."""

_OF_TIMER: Final = {
    Timer.CLEAR: What.CLEAR,
    Timer.PASSAGE: What.PASSAGE,
    Timer.CONTACT: What.CONTACT,
    Timer.RISE: What.RISE,
    Timer.FALL: What.FALL,
}
_OF_EVENT: Final[Mapping[type[LaneInput], What]] = {
    AdmitPressed: What.ADMIT,
    TurnBackPressed: What.TURN_BACK,
    OverridePressed: What.OVERRIDE,
    HoldPressed: What.HOLD,
    DetainPressed: What.DETAIN,
    DisinfectedPressed: What.DISINFECTED,
    FaultCleared: What.FAULT_CLEARED,
    SprayDone: What.SPRAY_DONE,
    BarrierUp: What.UP,
    BarrierDown: What.DOWN,
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
        case LoopChanged(occupied=occupied):
            return What.LOOP_ON if occupied else What.LOOP_OFF
        case TimerFired(timer=timer):
            return _OF_TIMER[timer]
        case _:
            return _OF_EVENT[type(event)]


def step(state: LaneState, event: LaneInput, scene: Scene) -> Step:
    """What becomes of the lane, and what to do: every record first, then what ends with the phase, then the rest."""
    move = TABLE[state.phase].moves.get(what(event))
    if move is None:
        return state, ()
    after, actions = move.handler(state, event, scene)
    if after.phase is state.phase:
        return after, actions
    keeps = tuple(action for action in actions if isinstance(action, Keep))
    moves = tuple(action for action in actions if not isinstance(action, Keep))
    return after, (*keeps, *LEAVING.get(state.phase, ()), *moves)


def unkept(state: LaneState, actions: Sequence[Action], scene: Scene) -> Step:
    """What becomes of a lane whose step could not be kept: nothing of it, but what makes the lane safer, and that is shown.

    A barrier that comes down ends every visit before it (an officer ends them in the journal, later); a sprayer that stopped
    waits for the officer's word.
    """
    if LowerBarrier() in actions and state.phase is not Phase.FAULT:
        closed, closing = answers.close_lane(replace(state, phase=Phase.CLOSING), scene)
        return closed, (*LEAVING.get(state.phase, ()), *closing)
    safer = tuple(
        action for action in actions if isinstance(action, StopSpray | LowerBarrier | TurnBarrier | FailBarrier)
    )
    return (replace(state, unconfirmed=True) if StopSpray() in safer else state), safer


def ignores(state: LaneState, column: What) -> bool:
    """Returns True if the lane would not answer: the kiosk then says so instead of pretending."""
    return column in TABLE[state.phase].ignores


def diagram() -> str:
    """The table as a Mermaid state diagram inside a Markdown page."""
    arrows: dict[tuple[Phase, Phase], list[str]] = {}
    for phase, row in TABLE.items():
        for column, move in row.moves.items():
            for target in move.to:
                if target is not phase:
                    arrows.setdefault((phase, target), []).append(column.value)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    head = "# The lane\n\nDrawn from the table in `edge/lane/table.py` by `python -m edge.lane.table`; a test keeps it true.\n\n"
    return head + "```mermaid\nstateDiagram-v2\n    [*] --> waiting\n" + "\n".join(lines) + "\n```\n"


DIAGRAM = Path(__file__).with_name("lane.md")

if __name__ == "__main__":
    DIAGRAM.write_text(diagram(), encoding="utf-8")
