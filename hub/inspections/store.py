"""The SQL of findings: open ones by due time, those of a span, and what was done on one day: summed up, studied, solved.

Tested in `tests/hub/inspections/test_views.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from hub.database.schema import register_history, register_rows
from hub.inspections.figures import Finding
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
    """One day of findings; each list is in the order of their numbers.

    `left`: the first of those that are open now and were found by the end of the day; `left_in_all`: how many there are.
    """

    summed_up: tuple[RegisterRow, ...]
    studied: tuple[RegisterRow, ...]
    solved: tuple[RegisterRow, ...]
    left: tuple[RegisterRow, ...]
    left_in_all: int


def open_findings(connection: Connection, town: str, limit: int, *, gate: str = "") -> list[RegisterRow]:
    """Findings that are neither closed nor withdrawn, those due first first, those without a term last."""
    query = select(register_rows).where(*_there(town), _ROWS.state.not_in(ENDED))
    if gate:
        query = query.where(_ROWS.gate == gate)
    ordered = query.order_by(_ROWS.due_at.is_(None), _ROWS.due_at, _ROWS.id).limit(limit)
    return [row_of(each) for each in connection.execute(ordered).mappings()]


def found_since(connection: Connection, town: str, since: str) -> Iterator[Finding]:
    """Findings since a moment, and those that are still open."""
    recent = (_ROWS.created_at >= since) | _ROWS.state.not_in(ENDED)
    query = select(_ROWS.gate, _ROWS.unit, _ROWS.state, _ROWS.due_at, _ROWS.facts).where(*_there(town), recent)
    for gate, unit, state, due_at, facts in connection.execute(query).all():
        says = said(facts)
        until, fixed_at = says.get("until"), says.get("fixed_at")
        yield Finding(gate, unit, str(says.get("responsible") or ""), state, due_at, until, fixed_at)


def day(connection: Connection, town: str, start: str, end: str, most: int) -> Day:
    """What was done between two moments, `end` excluded; at most so many of those that are left."""
    studied, solved = _done(connection, town, start, end)
    new = (_ROWS.created_at >= start) & (_ROWS.created_at < end)
    touched = select(register_rows).where(
        *_there(town), _ROWS.changed_at >= start, new | _ROWS.id.in_({-1} | studied | solved)
    )
    rows = [row_of(each) for each in connection.execute(touched.order_by(_ROWS.number)).mappings()]
    open_ = (*_there(town), _ROWS.created_at < end, _ROWS.state.not_in(ENDED))
    left = connection.execute(select(register_rows).where(*open_).order_by(_ROWS.number).limit(most)).mappings()
    return Day(
        tuple(each for each in rows if start <= each.created_at < end),
        tuple(each for each in rows if each.id in studied),
        tuple(each for each in rows if each.id in solved),
        tuple(map(row_of, left)),
        connection.execute(select(func.count()).select_from(register_rows).where(*open_)).scalar_one(),
    )


def _done(connection: Connection, town: str, start: str, end: str) -> tuple[set[int], set[int]]:
    """The ids of the findings that somebody studied between two moments, and of those that were solved."""
    there = register_history.c
    query = (
        select(there.row, there.what, there.state, there.facts)
        .join(register_rows, and_(_ROWS.id == there.row, there.town == _ROWS.town))
        .where(*_there(town), _ROWS.changed_at >= start, _ROWS.created_at < end, there.at >= start, there.at < end)
    )
    studied: set[int] = set()
    solved: set[int] = set()
    for row, what, state, facts in connection.execute(query):
        if (what == "moved" and state in STUDIED) or "study" in said(facts):
            studied.add(row)
        if what == "moved" and state in SOLVED:
            solved.add(row)
    return studied, solved


def _there(town: str) -> list[ColumnElement[bool]]:
    return [_ROWS.town == town, _ROWS.register == REGISTER, _ROWS.removed_at.is_(None)]
