"""What must not stand twice in a register beside its subject: the groups of fields of its `once`, such as a name with a telephone number.

A group is found by what rows are searched by, so that it needs no index of its own. Tested in `tests/hub/registers/test_once.py`.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from hub.database.schema import register_rows, register_words
from hub.database.statements import Often, unindexed
from hub.errors import RefusedError
from hub.registers import search
from hub.registers.cells import Value, fold, label
from hub.registers.declaration import PARENT, Register
from hub.registers.field_types import FieldType
from hub.registers.rows import Draft, RegisterRow, joined

_ROWS = register_rows.c
Key = tuple[tuple[str, str], ...]
RARE = (FieldType.ID_NUMBER, FieldType.PHONE, FieldType.PLATE, FieldType.PLATES)
"""Types of which few rows hold the same, the rarest first."""


def keys(register: Register, draft: Draft) -> Iterator[Key]:
    """The groups that a draft fills: each as pairs of field and folded value."""
    for group in register.once:
        key = tuple((name, _said(draft, name)) for name in group)
        if all(value for _name, value in key):
            yield key


def is_once(connection: Connection, town: str, register: Register, draft: Draft, row: RegisterRow | None) -> None:
    """`RefusedError` if another row of the register says the same in all fields of a group; `row`: the one that is changed."""
    for key in keys(register, draft):
        asked: dict[str, Any] = {search.said(name): search.ending(value) for name, value in key if name != PARENT}
        if len(asked) < len(key):
            asked[search.said(PARENT)] = draft.links.parent
        found = _saying(_rarest_first(register, key))
        for there in found(connection, town=town, register=register.id, **asked):
            same = dict(key) == {
                name: str(there.parent) if name == PARENT else _folded(joined(there.facts, there.private), name)
                for name, _value in key
            }
            if same and (row is None or there.id != row.id):
                raise twice(register, key, there.number)


def _rarest_first(register: Register, key: Key) -> tuple[str, ...]:
    """The fields of a group: first the row that it belongs to, then those of which few rows say the same."""

    def often(name: str) -> int:
        of = register.field(name)
        return len(RARE) if of is None or of.type not in RARE else RARE.index(of.type)

    return tuple(sorted((name for name, _value in key), key=lambda name: -1 if name == PARENT else often(name)))


@lru_cache(maxsize=200)
def _saying(group: tuple[str, ...]) -> Often:
    """The rows that say the same in the fields of a group as far as they are searched by: an import asks it for each of its rows.

    The first field finds the rows, the others are looked at for each of these.
    """
    first, *others = group
    query = select(_ROWS.id, _ROWS.number, _ROWS.parent, _ROWS.facts, _ROWS.private).where(
        _ROWS.register == bindparam("register"), _ROWS.removed_at.is_(None)
    )
    if first == PARENT:
        query = query.where(_ROWS.town == bindparam("town"), _ROWS.parent == bindparam(search.said(PARENT)))
    else:
        query = query.where(unindexed(_ROWS.town, bindparam("town")), _ROWS.id.in_(search.saying(first)))
    for name in others:
        query = query.where(
            search.saying(name).where(register_words.c.row == _ROWS.id).correlate(register_rows).exists()
        )
    return Often(query)


def twice(register: Register, key: Key, number: int) -> RefusedError:
    """The line for a row that is there already."""
    names = [PARENT if of is None else label(of) for of in (register.field(name) for name, _value in key)]
    named = ", ".join(name for name in names if name != PARENT)
    return RefusedError("%(column)s: there already, in row %(number)s", column=named, number=number)


def _said(draft: Draft, name: str) -> str:
    if name == PARENT:
        return str(draft.links.parent or "")
    return _folded(draft.values, name)


def _folded(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name)
    return fold(value) if isinstance(value, str) else ""
