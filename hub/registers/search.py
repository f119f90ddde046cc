"""What the rows of registers are found by: any part of a name, a number, a plate, an address.

Each searchable value stands under every ending of it, folded, so that what holds a part has an ending that begins with it: a plain table,
the same on SQLite and PostgreSQL. A choice stands there once, as it is. Who sees a field masked finds its whole values only, else parts would give it away.

Tested in `tests/hub/registers/test_search.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, false, or_, select, true
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.database.schema import register_words
from hub.database.statements import begins, insert, insert_new
from hub.registers.cells import Value, fold, may_see
from hub.registers.declaration import Register
from hub.registers.field_types import BETWEEN, FieldType

LONGEST = 32
"""Characters of a value that are looked at."""


def words(register: Register, values: Mapping[str, Value]) -> Iterator[tuple[str, str, bool]]:
    """The endings of a row's searchable values: field, ending, and True for the whole value."""
    for each in register.fields:
        value = values.get(each.id)
        if each.type in (FieldType.CHOICE, FieldType.CHOICES) and value is not None:
            yield from ((each.id, chosen, True) for chosen in (value if isinstance(value, tuple) else (str(value),)))
            continue
        if not each.searchable or not isinstance(value, str):
            continue
        parts = value.split(BETWEEN) if each.type is FieldType.PLATES else [value]
        wholes = dict.fromkeys(fold(part)[:LONGEST] for part in parts)
        # two plates may end alike: a whole one counts before the ending of another
        endings = {whole[start:]: start == 0 for whole in wholes for start in range(len(whole))} | dict.fromkeys(
            wholes, True
        )
        yield from ((each.id, ending, whole) for ending, whole in endings.items())


def index(
    connection: Connection, town: str, register: Register, rows: Sequence[tuple[int, Mapping[str, Value]]]
) -> None:
    """Writes what rows are found by; those that were written before must be forgotten first."""
    insert(connection, register_words, entries(town, register, rows))


def entries(town: str, register: Register, rows: Iterable[tuple[int, Mapping[str, Value]]]) -> list[dict[str, Any]]:
    """What rows are found by, in the order of the table: so a page of it is written once for many of them."""
    found: list[dict[str, Any]] = [
        {"town": town, "register": register.id, "ending": ending, "row": row, "whole": whole, "field": of}
        for row, values in rows
        for of, ending, whole in words(register, values)
    ]
    found.sort(key=lambda each: (each["ending"], each["row"]))
    return found


def write(connection: Connection, some: Sequence[Mapping[str, Any]]) -> None:
    """Writes some of these entries, but for those that are there: a row that was changed meanwhile has its own."""
    insert_new(connection, register_words, some)


def forget(connection: Connection, town: str, row: int) -> None:
    """Takes out what a row is found by."""
    connection.execute(delete(register_words).where(register_words.c.town == town, register_words.c.row == row))


def ending(value: str) -> str:
    """A value as it stands among what rows are found by: of a longer one its first `LONGEST` characters count."""
    return fold(value)[:LONGEST]


def said(of: str) -> str:
    """The name under which a question takes what a field says."""
    return f"said_{of}"


def saying(of: str) -> Select[tuple[int]]:
    """The rows of a register that say exactly this in one searchable field, to be asked often: `town`, `register`, and `said(of)` its `ending`."""
    columns = register_words.c
    return select(columns.row).where(
        columns.town == bindparam("town"), columns.register == bindparam("register"), columns.ending == bindparam(said(of)),
        columns.field == of, columns.whole == true(),
    )  # fmt: skip


def holding(town: str, register: Register, part: str, role: Role) -> Select[tuple[int]]:
    """The rows that hold this part in a field that a reader of this role sees, or are called exactly so in one that is masked."""
    wanted = fold(part)[:LONGEST]
    seen = [each.id for each in register.fields if each.searchable and may_see(each, role)]
    masked = [each.id for each in register.fields if each.searchable and not may_see(each, role)]
    ways: list[ColumnElement[bool]] = []
    if seen:
        ways.append(register_words.c.field.in_(seen))
    if masked:
        exact = and_(register_words.c.ending == wanted, register_words.c.whole == true())
        ways.append(and_(exact, register_words.c.field.in_(masked)))
    # the range stands for itself, not in one of the ways: only so is it a range of the index
    there = (register_words.c.town == town, register_words.c.register == register.id)
    return select(register_words.c.row).where(*there, begins(register_words.c.ending, wanted), or_(false(), *ways))


def choosing(town: str, register: Register, of: str, choice: str) -> Select[tuple[int]]:
    """The rows whose field holds this choice."""
    return select(register_words.c.row).where(
        register_words.c.town == town,
        register_words.c.register == register.id,
        register_words.c.ending == choice,
        register_words.c.field == of,
    )
