"""The SQL of imports: which file is being imported by whom, how far it is, which rows it has added, how it ended.

Tested in `tests/hub/registers/importing/test_run.py`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import register_history, register_imports, register_rows, register_words
from hub.database.statements import unindexed
from hub.errors import RefusedError

_IMPORTS = register_imports.c
_ROWS = register_rows.c
SHOWN = 10


class State(StrEnum):
    """The states of an import; `undoing`: it can't be finished, and its rows are being taken out again."""

    RUNNING = "running"
    UNDOING = "undoing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Import:
    """One import as its row says it. `numbers`: the rows that it has added, as ranges of their numbers."""

    id: str
    register: str
    user: str
    role: str
    file: str
    ignored: tuple[str, ...]
    state: str
    rows_done: int
    rows_all: int
    numbers: tuple[tuple[int, int], ...]
    error: Mapping[str, Any] | None
    begun_at: str
    ended_at: str | None

    @property
    def percent(self) -> int:
        """How much of it is in the register, in hundredths; never all of it before it is done."""
        return min(99, 100 * self.rows_done // max(self.rows_all, 1))


def begin(
    connection: Connection,
    town: str,
    register: str,
    file: str,
    ignored: tuple[str, ...],
    rows: int,
    *,
    by: str,
    role: str,
    now: datetime,
) -> str:
    """Puts a new import down as running; `RefusedError` while another one fills this register. Returns its id."""
    query = select(_IMPORTS.id).where(
        _IMPORTS.town == town, _IMPORTS.register == register, _IMPORTS.state.in_([State.RUNNING, State.UNDOING])
    )
    if connection.execute(query).first() is not None:
        raise RefusedError("register %(register)r: a list is being imported already; wait for it", register=register)
    id_ = secrets.token_hex(16)
    row = {
        "town": town, "id": id_, "register": register, "user": by, "role": role, "file": file[:100], "ignored": orjson.dumps(ignored).decode(),
        "state": State.RUNNING.value, "rows_done": 0, "rows_all": rows, "numbers": "[]", "begun_at": wall_text(now),
    }  # fmt: skip
    connection.execute(insert(register_imports).values(**row))
    return id_


def find(connection: Connection, town: str, id_: str) -> Import | None:
    """The import with this id."""
    query = select(register_imports).where(_IMPORTS.town == town, _IMPORTS.id == id_)
    found = connection.execute(query).first()
    return None if found is None else _import(found)


def of_register(connection: Connection, town: str, register: str) -> list[Import]:
    """The last imports of a register, the newest first."""
    query = select(register_imports).where(_IMPORTS.town == town, _IMPORTS.register == register)
    newest = query.order_by(_IMPORTS.begun_at.desc(), _IMPORTS.id).limit(SHOWN)
    return [_import(each) for each in connection.execute(newest)]


def unfinished(connection: Connection, town: str) -> list[Import]:
    """The imports that run, or are being taken out again, as far as is known."""
    query = select(register_imports).where(
        _IMPORTS.town == town, _IMPORTS.state.in_([State.RUNNING.value, State.UNDOING.value])
    )
    return [_import(each) for each in connection.execute(query)]


def progress(connection: Connection, town: str, id_: str, done: int, numbers: tuple[tuple[int, int], ...]) -> None:
    """How far an import is, in the transaction that adds its rows."""
    _change(connection, town, id_, rows_done=done, numbers=orjson.dumps(numbers).decode())


def end(
    connection: Connection, town: str, id_: str, state: State, now: datetime, error: Mapping[str, Any] | None = None
) -> None:
    """Says how an import ended, or that it is being undone."""
    ended = None if state is State.UNDOING else wall_text(now)
    said = {} if error is None else {"error": orjson.dumps(error).decode()}
    _change(connection, town, id_, state=state.value, ended_at=ended, **said)


def take_out(connection: Connection, town: str, register: str, numbers: tuple[int, int], most: int) -> int:
    """Takes up to so many rows of an import out again, as if they had never been there; returns how many are left of the range."""
    query = select(_ROWS.id).where(_ROWS.town == town, _ROWS.register == register, _ROWS.number.between(*numbers))
    ids = list(connection.execute(query.order_by(_ROWS.number.desc()).limit(most)).scalars())
    if ids:
        for table, column in ((register_words, "row"), (register_history, "row"), (register_rows, "id")):
            of_town = unindexed(table.c.town, town) if table is register_rows else table.c.town == town
            connection.execute(delete(table).where(of_town, table.c[column].in_(ids)))
    return len(ids)


def _change(connection: Connection, town: str, id_: str, **values: Any) -> None:
    connection.execute(update(register_imports).where(_IMPORTS.town == town, _IMPORTS.id == id_).values(**values))


def _import(row: Row[Any]) -> Import:
    numbers = tuple((first, last) for first, last in orjson.loads(row.numbers))
    error = None if row.error is None else orjson.loads(row.error)
    return Import(
        row.id, row.register, row.user, row.role, row.file, tuple(orjson.loads(row.ignored)), row.state, row.rows_done, row.rows_all,
        numbers, error, row.begun_at, row.ended_at,
    )  # fmt: skip
