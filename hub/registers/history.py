"""The history of a register's row: who changed what when and why, with each field before and after. Tested in `tests/hub/registers/test_keeping.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import register_history
from hub.database.statements import insert
from hub.registers.cells import Value
from hub.registers.declaration import Register
from hub.registers.rows import joined, split


class Change(StrEnum):
    """The changes of a row."""

    ADDED = "added"
    IMPORTED = "imported"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"
    RESTORED = "restored"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Step:
    """One change: the version and the state after it; `values`: by field, what was there before and after."""

    version: int
    at: str
    user: str
    what: str
    state: str | None
    why: str
    values: Mapping[str, Sequence[Value | None]]


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that is to be written down."""

    row: int
    version: int
    what: Change
    state: str | None
    why: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]

    @property
    def fields(self) -> list[str]:
        """The fields that differ."""
        both = {*self.before, *self.after}
        return sorted(name for name in both if self.before.get(name) != self.after.get(name))


def write(
    connection: Connection, town: str, register: Register, changes: Sequence[Changed], by: str, now: datetime
) -> None:
    """Writes changes of rows down."""
    rows = []
    for each in changes:
        differing = {name: (each.before.get(name), each.after.get(name)) for name in each.fields}
        facts, private = split(register, differing)
        rows.append(
            {
                "town": town, "row": each.row, "version": each.version, "at": wall_text(now), "user": by, "what": each.what.value,
                "state": each.state, "why": each.why, "facts": facts, "private": private,
            }
        )  # fmt: skip
    insert(connection, register_history, rows)


def of(connection: Connection, town: str, row: int) -> list[Step]:
    """Every change of a row, the first first."""
    there = register_history.c
    query = select(register_history).where(there.town == town, there.row == row).order_by(there.id)
    return [
        Step(each.version, each.at, each.user, each.what, each.state, each.why, joined(each.facts, each.private))  # type: ignore[arg-type]
        for each in connection.execute(query)
    ]


def brought_about_by(connection: Connection, town: str, row: int, state: str) -> str | None:
    """The user who brought a row into this state last; None if nobody did."""
    there = register_history.c
    query = select(there.user).where(there.town == town, there.row == row, there.state == state)
    found = query.where(there.what.in_([Change.MOVED.value, Change.ADDED.value])).order_by(there.id.desc()).limit(1)
    return connection.execute(found).scalar()
