"""One lane as a state machine: `step(state, event, scene) -> (state, actions)`, from one table. No I/O, no clock, no ids made.

Read `TABLE`: for each phase, what it answers to, with whom and where that may lead, and what it deliberately ignores; a test
holds that nothing is left out. `LEAVING` says what ends with a phase, whichever way it is left: that is why the sprayer is
off in every phase but `disinfecting`. Every record of a step stands before its other actions, and `gate` stops at one that
cannot be kept: that is why nothing moves without a record.

`python -m edge.lane.table` writes the diagram of the table to `edge/lane/lane.md`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from edge.lane import loops
from edge.lane import verdicts as answers
from edge.lane.actions import Action, FailBarrier, Keep, LowerBarrier, StopSpray, StopTimer, TurnBarrier
from edge.lane.columns import Column, Move, What, what
from edge.lane.events import Timer
from edge.lane.phase import Phase
from edge.lane.state import LaneInput, LaneState, Scene, Step


@dataclass(frozen=True, slots=True)
class Row:
    """A phase: its moves, and what it ignores on purpose. Together they name every column."""

    moves: Mapping[Column[Any], Move]
    ignores: frozenset[Column[Any]]


def _row(moves: Sequence[Move], ignores: frozenset[Column[Any]]) -> Row:
    return Row({move.column: move for move in moves}, ignores)


_JUDGED = (Phase.ASKING, Phase.REFUSED, Phase.DISINFECTING, Phase.OPENING)
_GONE = (Phase.WAITING, Phase.CHECKING, Phase.CLOSING)
"""Closing where the barrier had been left open over it."""
_OFFICER: Final[frozenset[Column[Any]]] = frozenset({What.OVERRIDE, What.HOLD, What.DETAIN})
_DONE: Final[frozenset[Column[Any]]] = frozenset({What.SPRAY_DONE, What.CONTACT})
"""A spray or a contact time that ended while the lane was somewhere else already."""
_BARRIER: Final[frozenset[Column[Any]]] = frozenset(
    {What.RISE, What.FALL, What.UP, What.DOWN, What.PASSAGE, What.FAULT_CLEARED}
)
"""What the barrier says, or its timers, where it lies down and has nothing to say."""
_ADMITTING: Final[frozenset[Column[Any]]] = frozenset({What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED})
"""What concerns a vehicle that was judged, where none was."""
_SEEN: Final[frozenset[Column[Any]]] = frozenset({What.READ, What.REGISTERED})

TABLE: Final[Mapping[Phase, Row]] = {
    Phase.WAITING: _row(
        [
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _JUDGED),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.LOOP_ON.by(loops.arrived, (Phase.CHECKING,)),
            What.LOOP_OFF.by(loops.loop_off),
            What.CLEAR.by(loops.free),
        ],
        _OFFICER | _DONE | _BARRIER | _ADMITTING,
    ),
    Phase.CHECKING: _row(
        [
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _JUDGED),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closed),
            What.CLEAR.by(loops.free, (Phase.WAITING,)),
        ],
        _OFFICER | _DONE | _BARRIER | _ADMITTING,
    ),
    Phase.ASKING: _row(
        [
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _JUDGED),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.ADMIT.by(answers.admitted, (Phase.DISINFECTING, Phase.OPENING)),
            What.TURN_BACK.by(answers.turned_back, _GONE),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED, Phase.CLOSING)),
            What.OVERRIDE.by(answers.overridden, (Phase.DISINFECTING, Phase.OPENING)),
            What.HOLD.by(answers.held, (Phase.HELD,)),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closed),
            What.CLEAR.by(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        ],
        _DONE | _BARRIER | {What.DETAIN, What.DISINFECTED},
    ),
    Phase.REFUSED: _row(
        [
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _JUDGED),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _GONE),
            What.OVERRIDE.by(answers.overridden, (Phase.DISINFECTING, Phase.OPENING)),
            What.HOLD.by(answers.held, (Phase.HELD,)),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closed),
            What.CLEAR.by(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        ],
        _DONE | _BARRIER | {What.ADMIT, What.MISMATCH, What.DETAIN, What.DISINFECTED},
    ),
    Phase.HELD: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _GONE),
            What.OVERRIDE.by(answers.overridden, (Phase.DISINFECTING, Phase.OPENING)),
            What.DETAIN.by(answers.detained, _GONE),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closed),
            What.CLEAR.by(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        ],
        _SEEN | _DONE | _BARRIER | {What.ADMIT, What.MISMATCH, What.HOLD, What.DISINFECTED},
    ),
    Phase.DISINFECTING: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _GONE),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED, Phase.CLOSING)),
            What.OVERRIDE.by(answers.spared, (Phase.OPENING,)),
            What.DISINFECTED.by(answers.vouched, (Phase.CONTACT, Phase.OPENING)),
            What.SPRAY_DONE.by(answers.sprayed, (Phase.CONTACT, Phase.OPENING)),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closed),
            What.CLEAR.by(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        ],
        _SEEN | _BARRIER | {What.ADMIT, What.HOLD, What.DETAIN, What.CONTACT},
    ),
    Phase.CONTACT: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _GONE),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED, Phase.CLOSING)),
            What.OVERRIDE.by(answers.spared, (Phase.OPENING,)),
            What.CONTACT.by(answers.acted, (Phase.OPENING,)),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closed),
            What.CLEAR.by(loops.gone, (Phase.WAITING, Phase.CLOSING)),
        ],
        _SEEN | _BARRIER | {What.ADMIT, What.HOLD, What.DETAIN, What.DISINFECTED, What.SPRAY_DONE},
    ),
    Phase.OPENING: _row(
        [
            What.EMERGENCY.by(answers.emergency),
            What.TURN_BACK.by(answers.recalled, (Phase.RECALLED, Phase.CLOSING)),
            What.MISMATCH.by(answers.mismatched, (Phase.RECALLED, Phase.CLOSING)),
            What.DISINFECTED.by(answers.noted),
            What.LOOP_ON.by(loops.driven_onto, (Phase.DRIVING,)),
            What.LOOP_OFF.by(loops.loop_off),
            What.RISE.by(loops.had_its_time, (Phase.OPEN, Phase.FAULT)),
            What.UP.by(loops.is_up, (Phase.OPEN,)),
        ],
        _SEEN | _OFFICER | _DONE | {What.ADMIT, What.CLEAR, What.PASSAGE, What.FALL, What.DOWN, What.FAULT_CLEARED},
    ),
    Phase.OPEN: _row(
        [
            What.EMERGENCY.by(answers.emergency),
            What.TURN_BACK.by(answers.recalled, (Phase.RECALLED, Phase.CLOSING)),
            What.MISMATCH.by(answers.mismatched, (Phase.RECALLED, Phase.CLOSING)),
            What.DISINFECTED.by(answers.noted),
            What.LOOP_ON.by(loops.driven_onto, (Phase.DRIVING,)),
            What.LOOP_OFF.by(loops.loop_off),
            What.CLEAR.by(loops.between, (Phase.CLOSING,)),
            What.PASSAGE.by(loops.nobody_drove, (Phase.CLOSING,)),
        ],
        _SEEN | _OFFICER | _DONE | {What.ADMIT, What.RISE, What.FALL, What.UP, What.DOWN, What.FAULT_CLEARED},
    ),
    Phase.DRIVING: _row(
        [
            What.EMERGENCY.by(answers.emergency),
            What.LOOP_ON.by(loops.followed),
            What.LOOP_OFF.by(loops.driven_off, (Phase.OPEN, Phase.CLOSING, Phase.RECALLED)),
            What.CLEAR.by(loops.passed, (Phase.OPEN, Phase.CLOSING)),
        ],
        _SEEN | _OFFICER | _DONE | _BARRIER | _ADMITTING,
    ),
    Phase.RECALLED: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPEN,)),
            What.ADMIT.by(answers.readmitted, (Phase.OPEN,)),
            What.LOOP_ON.by(loops.driven_onto, (Phase.DRIVING,)),
            What.LOOP_OFF.by(loops.loop_off),
            What.CLEAR.by(loops.backed_out, (Phase.CLOSING,)),
        ],
        _SEEN | _OFFICER | _DONE | _BARRIER | {What.TURN_BACK, What.MISMATCH, What.DISINFECTED},
    ),
    Phase.CLOSING: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.LOOP_ON.by(loops.came_under, (Phase.DRIVING,)),
            What.LOOP_OFF.by(loops.left_closing),
            What.CLEAR.by(loops.lower_again),
            What.FALL.by(loops.not_down, (Phase.FAULT,)),
            What.DOWN.by(loops.came_down, (Phase.WAITING, Phase.CHECKING, Phase.REFUSED)),
        ],
        _SEEN
        | _OFFICER
        | _DONE
        | _ADMITTING
        | frozenset[Column[Any]]({What.PASSAGE, What.RISE, What.UP, What.FAULT_CLEARED}),
    ),
    Phase.LEFT_OPEN: _row(
        [
            What.READ.by(answers.presented_left_open, _JUDGED),
            What.REGISTERED.by(answers.presented_left_open, _JUDGED),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.FAULT_CLEARED.by(answers.taken_over, (Phase.CLOSING,)),
            What.LOOP_ON.by(loops.loop_on),
            What.LOOP_OFF.by(loops.left_closing),
            What.CLEAR.by(loops.left_open),
        ],
        _OFFICER
        | _DONE
        | _ADMITTING
        | frozenset[Column[Any]]({What.PASSAGE, What.RISE, What.FALL, What.UP, What.DOWN}),
    ),
    Phase.FAULT: _row(
        [
            What.READ.by(answers.presented_at_fault, _JUDGED),
            What.REGISTERED.by(answers.presented_at_fault, _JUDGED),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.ADMIT.by(answers.tried_again, (Phase.OPENING, Phase.CLOSING)),
            What.TURN_BACK.by(answers.recalled, (Phase.RECALLED,)),
            What.FAULT_CLEARED.by(answers.tried_again, (Phase.OPENING, Phase.CLOSING)),
            What.LOOP_ON.by(loops.onto_by_key),
            What.LOOP_OFF.by(loops.off_by_key),
            What.CLEAR.by(loops.by_key),
            What.UP.by(loops.is_up, (Phase.OPEN,)),
            What.DOWN.by(loops.came_down, (Phase.WAITING, Phase.CHECKING)),
        ],
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


def reads(state: LaneState) -> bool:
    """Returns True if the lane judges a pass that is read now; else the code is left unread."""
    return What.READ in TABLE[state.phase].moves


def diagram() -> str:
    """The table as a Mermaid state diagram inside a Markdown page."""
    arrows: dict[tuple[Phase, Phase], list[str]] = {}
    for phase, row in TABLE.items():
        for column, move in row.moves.items():
            for target in move.to:
                if target is not phase:
                    arrows.setdefault((phase, target), []).append(column.name)
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    head = "# The lane\n\nDrawn from the table in `edge/lane/table.py` by `python -m edge.lane.table`; a test keeps it true.\n\n"
    return head + "```mermaid\nstateDiagram-v2\n    [*] --> waiting\n" + "\n".join(lines) + "\n```\n"


DIAGRAM = Path(__file__).with_name("lane.md")

if __name__ == "__main__":
    DIAGRAM.write_text(diagram(), encoding="utf-8")
