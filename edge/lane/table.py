"""What a lane does with its vehicles as a state machine: `step(state, event, scene) -> (state, actions)`, from one table. Pure.

Read `TABLE`: for each phase, what it answers to, with whom and where that may lead, and what it deliberately ignores; a test
holds that nothing is left out. The events are verdicts, officers' words, and what vehicles do (`edge.lane.track`); the phases
want the arm up or down, and `edge.lane.guard` sees to that. `LEAVING` says what ends with a phase, whichever way it is left:
that is why the sprayer is off in every phase but `disinfecting`. Every record of a step stands before its other actions, and
`gate` stops at one that cannot be kept: that is why nothing opens without a record.

`python -m edge.lane.table` writes the diagrams of this table and of the guard's to `edge/lane/lane.md`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from edge.lane import guard, long_waits, passages
from edge.lane import verdicts as answers
from edge.lane.actions import Action, Keep, StopSpray, StopTimer, WantArm
from edge.lane.columns import Column, Move, What, what
from edge.lane.events import Timer
from edge.lane.phase import Arm, Phase
from edge.lane.state import LaneState, PhaseInput, Scene, Step


@dataclass(frozen=True, slots=True)
class Row:
    """A phase: its moves, and what it ignores on purpose. Together they name every column."""

    moves: Mapping[Column[Any], Move]
    ignores: frozenset[Column[Any]]


def _row(moves: Sequence[Move], ignores: frozenset[Column[Any]]) -> Row:
    return Row({move.column: move for move in moves}, ignores)


_JUDGED = (Phase.ASKING, Phase.REFUSED, Phase.DISINFECTING, Phase.NEXT, Phase.OPENING)
_ONWARD = (Phase.DISINFECTING, Phase.NEXT, Phase.OPENING)
_NOBODY = (Phase.WAITING, Phase.CHECKING)
_LET_GO = (Phase.WAITING, Phase.CHECKING, Phase.OPENING)
"""Nobody's turn, or an emergency's that was let through behind the vehicle."""
_Columns = frozenset[Column[Any]]
_OFFICER: Final[_Columns] = frozenset({What.OVERRIDE, What.HOLD, What.DETAIN})
_ENDED: Final[_Columns] = frozenset({What.SPRAY_DONE, What.CONTACT})
_DONE: Final[_Columns] = _ENDED | {What.PASSAGE}
"""What ended while the lane was somewhere else already."""
_ARM: Final[_Columns] = frozenset({What.UP, What.NOT_UP})
"""The arm's reports, where nobody waits for it."""
_ADMITTING: Final[_Columns] = frozenset({What.ADMIT, What.TURN_BACK, What.MISMATCH, What.DISINFECTED, What.SPRAY_AGAIN})
"""What concerns a vehicle that was judged, where none was."""
_SEEN: Final[_Columns] = frozenset({What.READ, What.REGISTERED})


def _leaving_moves(
    ends: tuple[Phase, ...] = (),
    through: tuple[Phase, ...] = (),
    back: tuple[Phase, ...] = (),
    word: tuple[Phase, ...] = (),
) -> list[Move]:
    """What vehicles do, and the officer says of them, that are past their turn, or that nobody judged: alike in every phase.

    To which phases that may lead: `ends`: a vehicle backed off, or nobody can tell; `through`: it is through; `back`: it came
    back; `word`: the officer saw it drive through.
    """
    return [
        What.THROUGH.by(passages.through, through),
        What.BACKED_OFF.by(passages.backed_off, ends),
        What.CAME_BACK.by(passages.came_back, back),
        What.UNCLEAR.by(passages.unclear, ends),
        What.GONE.by(passages.gone, (*_NOBODY, Phase.OPENING)),
        What.WENT_THROUGH.by(passages.went_through, word),
        What.FAULT_CLEARED.by(answers.taken_over),
    ]


_CLOSED_MOVES: Final = [
    What.ARRIVED.by(passages.arrived, _NOBODY),
    What.UNDER.by(passages.under, _NOBODY),
    What.RETURNED.by(passages.returned),
    *_leaving_moves(ends=_NOBODY),
]
"""The same, and the rest, where a vehicle was judged and not let through."""


TABLE: Final[Mapping[Phase, Row]] = {
    Phase.WAITING: _row(
        [
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _ONWARD),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.ARRIVED.by(passages.arrived, _NOBODY),
            What.UNDER.by(passages.under, _NOBODY),
            What.RETURNED.by(passages.returned, (Phase.OPENING, Phase.RECALLED)),
            *_leaving_moves(back=(Phase.CHECKING, Phase.OPENING)),
        ],
        _OFFICER | _DONE | _ARM | _ADMITTING | {What.STOOD, What.MOVED_OFF},
    ),
    Phase.CHECKING: _row(
        [
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _ONWARD),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.ARRIVED.by(passages.arrived),
            What.UNDER.by(passages.under, _NOBODY),
            What.RETURNED.by(passages.returned, (Phase.OPENING, Phase.RECALLED)),
            *_leaving_moves((Phase.WAITING,), (Phase.WAITING,), back=(Phase.OPENING,), word=(Phase.WAITING,)),
        ],
        _OFFICER | _DONE | _ARM | _ADMITTING | {What.STOOD, What.MOVED_OFF},
    ),
    Phase.ASKING: _row(
        [
            What.READ.by(answers.presented, (Phase.REFUSED, *_ONWARD)),
            What.REGISTERED.by(answers.presented, _ONWARD),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.ADMIT.by(answers.admitted, _ONWARD),
            What.TURN_BACK.by(answers.turned_back, _NOBODY),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED,)),
            What.OVERRIDE.by(answers.overridden, _ONWARD),
            What.HOLD.by(answers.held, (Phase.HELD,)),
            *_CLOSED_MOVES,
        ],
        _DONE | _ARM | {What.DETAIN, What.DISINFECTED, What.SPRAY_AGAIN, What.STOOD, What.MOVED_OFF},
    ),
    Phase.REFUSED: _row(
        [
            What.READ.by(answers.presented, (Phase.ASKING, *_ONWARD)),
            What.REGISTERED.by(answers.presented, _ONWARD),
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _NOBODY),
            What.OVERRIDE.by(answers.overridden, _ONWARD),
            What.HOLD.by(answers.held, (Phase.HELD,)),
            *_CLOSED_MOVES,
        ],
        _DONE
        | _ARM
        | {What.ADMIT, What.MISMATCH, What.DETAIN, What.DISINFECTED, What.SPRAY_AGAIN, What.STOOD, What.MOVED_OFF},
    ),
    Phase.HELD: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _NOBODY),
            What.OVERRIDE.by(answers.overridden, _ONWARD),
            What.DETAIN.by(answers.detained, _NOBODY),
            *_CLOSED_MOVES,
        ],
        _SEEN
        | _DONE
        | _ARM
        | {What.ADMIT, What.MISMATCH, What.HOLD, What.DISINFECTED, What.SPRAY_AGAIN, What.STOOD, What.MOVED_OFF},
    ),
    Phase.DISINFECTING: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _NOBODY),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED,)),
            What.OVERRIDE.by(answers.spared, (Phase.NEXT, Phase.OPENING)),
            What.DISINFECTED.by(answers.vouched, (Phase.CONTACT, Phase.NEXT, Phase.OPENING)),
            What.SPRAY_AGAIN.by(answers.sprayed_again),
            What.SPRAY_DONE.by(answers.sprayed, (Phase.CONTACT, Phase.NEXT, Phase.OPENING)),
            What.STOOD.by(passages.stood),
            What.MOVED_OFF.by(passages.moved_off),
            *_CLOSED_MOVES,
        ],
        _SEEN | _ARM | {What.ADMIT, What.HOLD, What.DETAIN, What.CONTACT, What.PASSAGE},
    ),
    Phase.CONTACT: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _NOBODY),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED,)),
            What.OVERRIDE.by(answers.spared, (Phase.NEXT, Phase.OPENING)),
            What.CONTACT.by(answers.acted, (Phase.NEXT, Phase.OPENING)),
            *_CLOSED_MOVES,
        ],
        _SEEN
        | _ARM
        | {
            What.ADMIT,
            What.HOLD,
            What.DETAIN,
            What.DISINFECTED,
            What.SPRAY_AGAIN,
            What.SPRAY_DONE,
            What.PASSAGE,
            What.STOOD,
            What.MOVED_OFF,
        },
    ),
    Phase.NEXT: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.turned_back, _NOBODY),
            What.MISMATCH.by(answers.mismatched, (Phase.REFUSED,)),
            What.ARRIVED.by(passages.arrived, _NOBODY),
            What.UNDER.by(passages.under, _NOBODY),
            What.RETURNED.by(passages.returned),
            What.PASSAGE.by(long_waits.waited, (Phase.OPENING,)),
            *_leaving_moves(ends=_LET_GO, through=(Phase.OPENING,), back=(Phase.OPENING,), word=(Phase.OPENING,)),
        ],
        _SEEN | _OFFICER | _ENDED | _ARM | {What.ADMIT, What.DISINFECTED, What.SPRAY_AGAIN, What.STOOD, What.MOVED_OFF},
    ),
    Phase.OPENING: _row(
        [
            What.EMERGENCY.by(answers.emergency),
            What.TURN_BACK.by(answers.recalled, (Phase.RECALLED, *_NOBODY)),
            What.MISMATCH.by(answers.mismatched, (Phase.RECALLED, Phase.REFUSED)),
            What.DISINFECTED.by(answers.noted),
            What.ARRIVED.by(passages.arrived, _NOBODY),
            What.UNDER.by(passages.driven_under, (Phase.DRIVING,)),
            What.UP.by(passages.is_up, (Phase.OPEN,)),
            What.NOT_UP.by(passages.is_not_up),
            *_leaving_moves(ends=_NOBODY, through=_NOBODY),
        ],
        _SEEN | _OFFICER | _DONE | {What.ADMIT, What.SPRAY_AGAIN, What.STOOD, What.MOVED_OFF, What.RETURNED},
    ),
    Phase.OPEN: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.TURN_BACK.by(answers.recalled, (Phase.RECALLED, *_NOBODY)),
            What.MISMATCH.by(answers.mismatched, (Phase.RECALLED, Phase.REFUSED)),
            What.DISINFECTED.by(answers.noted),
            What.ARRIVED.by(passages.arrived, (*_NOBODY, Phase.OPENING)),
            What.UNDER.by(passages.driven_under, (Phase.DRIVING, Phase.OPENING)),
            What.NOT_UP.by(passages.is_not_up, (Phase.OPENING,)),
            What.PASSAGE.by(passages.nobody_drove, (Phase.WAITING,)),
            *_leaving_moves(ends=_LET_GO),
        ],
        _SEEN
        | _OFFICER
        | {
            What.ADMIT,
            What.SPRAY_DONE,
            What.CONTACT,
            What.SPRAY_AGAIN,
            What.STOOD,
            What.MOVED_OFF,
            What.RETURNED,
            What.UP,
        },
    ),
    Phase.DRIVING: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.ARRIVED.by(passages.arrived, _NOBODY),
            What.PASSAGE.by(long_waits.stalled, _LET_GO),
            What.UNDER.by(passages.under, _NOBODY),
            *_leaving_moves(ends=_NOBODY, through=_NOBODY, back=(Phase.OPENING,)),
        ],
        _SEEN | _OFFICER | _ENDED | _ARM | _ADMITTING | {What.STOOD, What.MOVED_OFF, What.RETURNED},
    ),
    Phase.RECALLED: _row(
        [
            What.EMERGENCY.by(answers.emergency, (Phase.OPENING,)),
            What.READ.by(answers.presented, _JUDGED),
            What.REGISTERED.by(answers.presented, _ONWARD),
            What.ADMIT.by(answers.readmitted, _ONWARD),
            What.ARRIVED.by(passages.arrived, (*_NOBODY, Phase.OPENING)),
            What.UNDER.by(passages.under, _LET_GO),
            What.RETURNED.by(passages.returned),
            *_leaving_moves(ends=_LET_GO),
        ],
        _OFFICER
        | _DONE
        | _ARM
        | {What.TURN_BACK, What.MISMATCH, What.DISINFECTED, What.SPRAY_AGAIN, What.STOOD, What.MOVED_OFF},
    ),
}

LEAVING: Final[Mapping[Phase, tuple[Action, ...]]] = {
    Phase.DISINFECTING: (StopSpray(),),
    Phase.CONTACT: (StopTimer(Timer.CONTACT),),
    Phase.NEXT: (StopTimer(Timer.PASSAGE),),
    Phase.OPEN: (StopTimer(Timer.PASSAGE),),
    Phase.DRIVING: (StopTimer(Timer.PASSAGE),),
}
"""What ends with a phase."""


def step(state: LaneState, event: PhaseInput, scene: Scene) -> Step:
    """What becomes of the lane, and what to do: every record first, then what ends with the phase, then the rest."""
    move = TABLE[state.phase].moves.get(what(event))
    if move is None:
        return state, ()
    after, actions = move.handler(state, event, scene)
    keeps = tuple(action for action in actions if isinstance(action, Keep))
    moves = tuple(action for action in actions if not isinstance(action, Keep))
    ends = LEAVING.get(state.phase, ()) if after.phase is not state.phase else ()
    return after, (*keeps, *ends, *moves)


def unkept(state: LaneState, actions: Sequence[Action], scene: Scene) -> Step:
    """What becomes of a lane whose step could not be kept: nothing of it, but what makes the lane safer, and that is shown.

    An arm that comes down ends every visit whose turn it is (an officer ends them in the journal, later); a sprayer that stopped
    waits for the officer's word.
    """
    if WantArm(False) in actions:
        closed, closing = answers.close_lane(state)
        return closed, (*LEAVING.get(state.phase, ()), *closing)
    if StopSpray() in actions and state.spraying:
        return replace(state, unconfirmed=True, spraying=False), (StopSpray(),)
    return state, ()


def reads(state: LaneState) -> bool:
    """Returns True if the lane judges a pass that is read now; else the code is left unread."""
    return What.READ in TABLE[state.phase].moves


_Arrows = dict[tuple[str, str], list[str]]
_GROUPS: Final[Mapping[str, Sequence[Phase]]] = {
    "judged": (Phase.ASKING, Phase.REFUSED, Phase.HELD, Phase.DISINFECTING, Phase.CONTACT, Phase.NEXT),
    "let_through": (Phase.OPENING, Phase.OPEN, Phase.DRIVING),
}
"""Phases that are drawn in one box: what leads out of all of them is drawn once, from the box."""


def _drawn(arrows: _Arrows, start: str, boxes: Sequence[str] = ()) -> str:
    lines = [f"    {source} --> {target}: {', '.join(names)}" for (source, target), names in arrows.items()]
    return "```mermaid\nstateDiagram-v2\n    [*] --> " + start + "\n" + "\n".join([*boxes, *lines]) + "\n```\n"


def _leads(phase: Phase) -> set[tuple[str, Phase]]:
    """What leads from a phase to another, by the column's name."""
    moves = TABLE[phase].moves.items()
    return {(column.name, target) for column, move in moves for target in move.to if target is not phase}


def _phases() -> str:
    arrows: _Arrows = {}
    shared: dict[Phase, set[tuple[str, Phase]]] = {phase: set() for phase in Phase}
    for box, members in _GROUPS.items():
        common = set.intersection(*(_leads(phase) for phase in members))
        for name, target in sorted(common):
            arrows.setdefault((box, target), []).append(name)
        shared |= dict.fromkeys(members, common)
    for phase, row in TABLE.items():
        leads = _leads(phase) - shared[phase]
        for column in row.moves:
            for target in (target for target in Phase if (column.name, target) in leads):
                arrows.setdefault((phase, target), []).append(column.name)
    boxes = ["\n        ".join([f"    state {box} {{", *members]) + "\n    }" for box, members in _GROUPS.items()]
    return _drawn(arrows, Phase.WAITING, boxes)


def _arm() -> str:
    arrows: _Arrows = {}
    for arm, cells in guard.TABLE.items():
        for cue, cell in cells.items():
            for target in cell.to:
                if target is not arm:
                    arrows.setdefault((arm, target), []).append(cue)
    return _drawn(arrows, Arm.LYING)


def diagram() -> str:
    """Both tables as Mermaid state diagrams inside a Markdown page, and what the sensors can and cannot tell."""
    return (
        "# The lane\n\nDrawn from the tables in `edge/lane/table.py` and `edge/lane/guard.py` by `python -m edge.lane.table`;"
        " a test keeps it true.\n\n## The vehicle whose turn it is\n\nWhat leads out of every phase of a box is drawn once, from"
        " the box. What a phase answers to without leaving it is not drawn.\n\n"
        + _phases()
        + "\n## The arm\n\n"
        + _arm()
        + "\n"
        + LIMITS.read_text(encoding="utf-8")
    )


DIAGRAM = Path(__file__).with_name("lane.md")
LIMITS = Path(__file__).with_name("limits.md")

if __name__ == "__main__":
    DIAGRAM.write_text(diagram(), encoding="utf-8")
