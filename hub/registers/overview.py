"""How full each register is: its rows, how many are open, how many overdue, and when it was last written in.

Tested in `tests/hub/registers/test_overview.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from hub.database.schema import register_rows, registers
from hub.registers.declaration import Register

_ROWS = register_rows.c
MOST_LATE = 1000
"""Overdue rows that are counted; a page says of more that there are more."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of one register. `open`: rows in a state that does not end; None for a register without states."""

    rows: int = 0
    open: int | None = None
    overdue: int = 0
    changed_at: str | None = None


def overview(
    connection: Connection,
    town: str,
    declared: Sequence[Register],
    now: str,
    narrow: Sequence[ColumnElement[bool]] = (),
) -> Mapping[str, Overview]:
    """The figures of registers, by id; `narrow`: what more holds for the rows that are counted."""
    by_state: dict[str, dict[str | None, int]] = {}
    overdue: dict[str, int] = {}
    # one by one: each is a range of an index, and all of them together would be sorted
    for each in declared:
        here = (_ROWS.town == town, _ROWS.register == each.id, *narrow)
        counted = select(_ROWS.state, func.count()).where(*here, _ROWS.removed_at.is_(None)).group_by(_ROWS.state)
        by_state[each.id] = dict(connection.execute(counted).tuples().all())
        late = select(_ROWS.id).where(*here, _ROWS.due_at < now).limit(MOST_LATE).subquery()
        overdue[each.id] = connection.execute(select(func.count()).select_from(late)).scalar_one()
    last = (
        select(func.max(_ROWS.changed_at))
        .where(_ROWS.town == registers.c.town, _ROWS.register == registers.c.id)
        .scalar_subquery()
    )
    changed = dict(connection.execute(select(registers.c.id, last).where(registers.c.town == town)).tuples().all())
    return {
        each.id: Overview(
            sum(by_state.get(each.id, {}).values()),
            _open(each, by_state.get(each.id, {})),
            overdue.get(each.id, 0),
            changed.get(each.id),
        )
        for each in declared
    }


def _open(register: Register, by_state: Mapping[str | None, int]) -> int | None:
    if not register.states:
        return None
    return sum(count for state, count in by_state.items() if (known := register.state(state)) and not known.ends)
