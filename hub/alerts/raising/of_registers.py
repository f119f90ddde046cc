"""Rows of registers that are overdue: an alert for each register with their count, and another when they are overdue for too long.

Tested in `tests/hub/alerts/test_of_registers.py`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About, State
from hub.database.schema import register_rows
from hub.registers import catalogue

OF_REGISTERS = (AlertKind.REGISTER_OVERDUE, AlertKind.REGISTER_ESCALATED)
_ROWS = register_rows.c


def overdue(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """The registers of which rows are overdue, and those of which rows are overdue for longer than `escalate_hours`."""
    late = _counts(connection, town, wall_text(now))
    if not late:
        return
    for each in catalogue.every(connection, town):
        register = each.register
        if register.id not in late:
            continue
        names = f"{register.zh} {register.en}"
        yield _state(AlertKind.REGISTER_OVERDUE, register.id, names, *late[register.id])
        if register.escalate_hours:
            since = wall_text(now - timedelta(hours=register.escalate_hours))
            if found := _counts(connection, town, since, register.id).get(register.id):
                yield _state(AlertKind.REGISTER_ESCALATED, register.id, names, *found)


def _state(what: AlertKind, register: str, names: str, count: int, first: str, last: str) -> State:
    return State(
        what, None, f"register {names}: {count} overdue since {first}", About(subject=register, happened_at=last)
    )


def _counts(
    connection: Connection, town: str, before: str, register: str | None = None
) -> dict[str, tuple[int, str, str]]:
    """By register: how many rows were due before a moment, the first and the last time that one was."""
    query = select(_ROWS.register, func.count(), func.min(_ROWS.due_at), func.max(_ROWS.due_at)).where(
        _ROWS.town == town, _ROWS.due_at < before, _ROWS.removed_at.is_(None)
    )
    if register is not None:
        query = query.where(_ROWS.register == register)
    return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query.group_by(_ROWS.register))}
