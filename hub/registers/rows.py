"""A row of a register as a value, and the two texts in which it is kept: its facts, and apart what a person can be known by.

Tested in `tests/hub/registers/test_keeping.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import RowMapping

from hub.accounts.roles import Role
from hub.registers.cells import Value, shown
from hub.registers.declaration import Register
from hub.values.stored import said


@dataclass(frozen=True, slots=True)
class Links:
    """What a row is bound to beside its fields: the row it belongs to and its day, a unit, a gate, a crossing, a pass."""

    parent: int | None = None
    day: str | None = None
    unit: str | None = None
    gate: str | None = None
    visit: str | None = None
    pass_id: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A row as it is kept. `values`: by field, those that are filled; times are RFC 3339 UTC."""

    id: int
    register: str
    number: int
    links: Links
    state: str | None
    due_at: str | None
    values: Mapping[str, Value]
    version: int
    created_at: str
    created_by: str
    changed_at: str
    changed_by: str
    removed_at: str | None = None
    removed_why: str | None = None

    def shown(self, register: Register, role: Role) -> dict[str, Value | None]:
        """The values as a reader of this role may see them."""
        return {each.id: shown(each, self.values.get(each.id), role) for each in register.typed}


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants a row to say."""

    values: Mapping[str, Value]
    links: Links = field(default_factory=Links)


def split(register: Register, values: Mapping[str, Any]) -> tuple[str, str]:
    """The two texts of values by field: those of fields that are not personal, and those of fields that are."""
    personal = {each.id for each in register.fields if each.personal}
    facts = {name: value for name, value in values.items() if name not in personal}
    private = {name: value for name, value in values.items() if name in personal}
    return orjson.dumps(facts).decode(), orjson.dumps(private).decode()


def joined(facts: str, private: str) -> dict[str, Value]:
    """The values of a row, from its two texts."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in {**said(facts), **said(private)}.items()
        if value is not None
    }


def row_of(found: RowMapping) -> RegisterRow:
    """The row that the table says."""
    links = Links(found["parent"], found["day"], found["unit"], found["gate"], found["visit"], found["pass_id"])
    return RegisterRow(
        id=found["id"],
        register=found["register"],
        number=found["number"],
        links=links,
        values=joined(found["facts"], found["private"]),
        **{
            name: found[name]
            for name in (
                "state", "due_at", "version", "created_at", "created_by", "changed_at", "changed_by", "removed_at", "removed_why",
            )
        },
    )  # fmt: skip
