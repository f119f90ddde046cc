"""The SQL of findings: open ones by due time, those of a span, and what was done on one day: summed up, studied, solved.

Tested in `tests/hub/inspections/test_views.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from hub.database.schema import register_history, register_rows
from hub.inspections.findings import REGISTER
from hub.registers.rows import RegisterRow, row_of
from hub.values.stored import said

ENDED = ("closed", "withdrawn")
STUDIED = frozenset({"assigned", "upheld", "withdrawn"})
"""States that somebody brings a finding into who has studied it."""
SOLVED = frozenset({"fixed", "checked", "closed"})
_ROWS = register_rows.c


@dataclass(frozen=True, slots=True)
class Day:
    """One day of findings; each list is in the order of their numbers. `left`: those that are open now, found by the end of the day."""

    summed_up: tuple[RegisterRow, ...]
    studied: tuple[RegisterRow, ...]
    solved: tuple[RegisterRow, ...]
    left: tuple[RegisterRow, ...]


def open_findings(connection: Connection, town: str, limit: int, *, gate: str = "") -> list[RegisterRow]:
    """Findings that are neither closed nor withdrawn, those due first first, those without a term last."""
    query = select(register_rows).where(*_there(town), _ROWS.state.not_in(ENDED))
    if gate:
        query = query.where(_ROWS.gate == gate)
    ordered = query.order_by(_ROWS.due_at.is_(None), _ROWS.due_at, _ROWS.id).limit(limit)
    return [row_of(each) for each in connection.execute(ordered).mappings()]


def found_since(connection: Connection, town: str, since: str) -> Iterator[RegisterRow]:
    """Findings since a moment, and those that are still open."""
    recent = (_ROWS.created_at >= since) | _ROWS.state.not_in(ENDED)
    for each in connection.execute(select(register_rows).where(*_there(town), recent)).mappings():
        yield row_of(each)


def day(connection: Connection, town: str, start: str, end: str) -> Day:
    """What was done between two moments, `end` excluded."""
    query = select(register_rows).where(*_there(town), _ROWS.created_at < end)
    touched = query.where((_ROWS.changed_at >= start) | _ROWS.state.not_in(ENDED)).order_by(_ROWS.number)
    rows = [row_of(each) for each in connection.execute(touched).mappings()]
    studied: set[int] = set()
    solved: set[int] = set()
    there = register_history.c
    for row in rows:
        steps = select(there.what, there.state, there.facts).where(
            there.town == town, there.row == row.id, there.at >= start, there.at < end
        )
        for step in connection.execute(steps):
            if (step.what == "moved" and step.state in STUDIED) or "study" in said(step.facts):
                studied.add(row.id)
            if step.what == "moved" and step.state in SOLVED:
                solved.add(row.id)
    return Day(
        tuple(each for each in rows if each.created_at >= start),
        tuple(each for each in rows if each.id in studied),
        tuple(each for each in rows if each.id in solved),
        tuple(each for each in rows if each.state not in ENDED),
    )


def _there(town: str) -> list[ColumnElement[bool]]:
    return [_ROWS.town == town, _ROWS.register == REGISTER, _ROWS.removed_at.is_(None)]
