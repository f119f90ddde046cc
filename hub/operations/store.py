"""The SQL of operations and of their history.

Tested in `tests/hub/operations/test_life.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.database.schema import operation_history, operations, passes, visits
from hub.operations.frame import Frame, Operation


@dataclass(frozen=True, slots=True)
class Event:
    """A row of an operation's history: what was done, by whom, by which document, why, and what changed."""

    at: str
    by: str
    act: str
    number: str
    reason: str
    detail: Mapping[str, Any]


def find(connection: Connection, town: str, id_: str) -> Operation | None:
    """The operation with this id; None for one that nobody recorded."""
    row = connection.execute(select(operations).where(operations.c.town == town, operations.c.id == id_)).first()
    return None if row is None else _operation(row)


def every(connection: Connection, town: str) -> list[Operation]:
    """Every operation of the town, the newest first."""
    query = (
        select(operations).where(operations.c.town == town).order_by(operations.c.created_at.desc(), operations.c.id)
    )
    return [_operation(row) for row in connection.execute(query)]


def current(connection: Connection, town: str) -> Operation | None:
    """The operation that was recorded last, ended or not; None where nobody recorded one."""
    query = select(operations).where(operations.c.town == town).order_by(operations.c.created_at.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _operation(row)


def ended_at(connection: Connection, town: str, id_: str) -> str | None:
    """When the operation was ended; None: it was not."""
    found = find(connection, town, id_)
    return None if found is None else found.ended_at


def known_ids(connection: Connection, town: str) -> set[str]:
    """The ids that were given to operations of this town."""
    return set(connection.execute(select(operations.c.id).where(operations.c.town == town)).scalars())


def is_used(connection: Connection, town: str) -> bool:
    """Returns True if a vehicle came or a pass was issued in this town before any operation was recorded."""
    came = connection.execute(select(visits.c.visit_id).where(visits.c.town == town).limit(1)).first()
    issued = connection.execute(select(passes.c.id).where(passes.c.town == town).limit(1)).first()
    return came is not None or issued is not None


def add(connection: Connection, town: str, made: Operation) -> None:
    """Records a new operation."""
    connection.execute(
        operations.insert().values(
            town=town, id=made.id, template=made.template, zh=made.zh, en=made.en, **made.frame.as_values(),
            registers=json.dumps(made.registers), starts=made.starts, ends=made.ends, created_at=made.created_at,
            created_by=made.created_by,
        )
    )  # fmt: skip


def write(connection: Connection, town: str, id_: str, **values: str | None) -> None:
    """Writes columns of an operation."""
    connection.execute(update(operations).where(operations.c.town == town, operations.c.id == id_).values(**values))


def mark_destroyed(connection: Connection, town: str, id_: str, *, by: str, now: datetime, number: str = "") -> None:
    """Notes that the operation's personal values were destroyed."""
    write(connection, town, id_, destroyed_at=wall_text(now), destroyed_by=by)
    note(connection, town, id_, Event(wall_text(now), by, "destroyed", number, "", {}))


def note(connection: Connection, town: str, id_: str, event: Event) -> None:
    """Adds a row to the history."""
    connection.execute(
        operation_history.insert().values(
            town=town, operation=id_, at=event.at, by=event.by, act=event.act, number=event.number, reason=event.reason,
            detail=json.dumps(dict(event.detail), ensure_ascii=False),
        )
    )  # fmt: skip


def history(connection: Connection, town: str, id_: str) -> list[Event]:
    """What happened to an operation, the newest first."""
    query = select(operation_history).where(operation_history.c.town == town, operation_history.c.operation == id_)
    return [
        Event(row.at, row.by, row.act, row.number, row.reason, _detail(row.detail))
        for row in connection.execute(query.order_by(operation_history.c.id.desc()))
    ]


def count_open(connection: Connection, town: str) -> int:
    """Visits that have not ended."""
    query = select(func.count()).select_from(visits).where(visits.c.town == town, visits.c.closed_at.is_(None))
    return int(connection.execute(query).scalar() or 0)


def _detail(text: str) -> dict[str, Json]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _operation(row: Row[Any]) -> Operation:
    try:
        registers = tuple(map(str, json.loads(row.registers)))
    except (ValueError, TypeError):
        registers = ()
    return Operation(
        row.id, row.template, row.zh, row.en, Frame(row.organ, row.number, row.measures, row.scope, row.laws), registers, row.starts,
        row.ends, row.created_at, row.created_by, row.ended_at, row.ended_by, row.end_reason, row.destroyed_at,
    )  # fmt: skip
