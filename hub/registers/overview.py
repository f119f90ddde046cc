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
    counted = (
        select(_ROWS.register, _ROWS.state, func.count())
        .where(_ROWS.town == town, _ROWS.removed_at.is_(None), *narrow)
        .group_by(_ROWS.register, _ROWS.state)
    )
    by_state: dict[str, dict[str | None, int]] = {}
    for register, state, count in connection.execute(counted):
        by_state.setdefault(register, {})[state] = count
    late = (
        select(_ROWS.register, func.count())
        .where(_ROWS.town == town, _ROWS.due_at < now, *narrow)
        .group_by(_ROWS.register)
    )
    overdue = dict(connection.execute(late).tuples().all())
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
