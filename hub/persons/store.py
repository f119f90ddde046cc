"""The SQL of persons: whose plate one is, who lives in a household, what a person's plates lead to.

A plate leads to its persons by the key of what rows are searched by: a page of a vehicle or a visit asks for it in no time.

Tested in `tests/hub/persons/test_views.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.engine import Connection

from hub.database.schema import register_rows, register_words
from hub.database.statements import unindexed
from hub.registers.cells import fold
from hub.registers.field_types import BETWEEN
from hub.registers.rows import RegisterRow, row_of
from hub.registers.search import LONGEST

PERSONS, HOUSEHOLDS, PEOPLE, REQUESTS = "persons", "households", "special_needs", "need_requests"
PLATES = "plates"
_ROWS = register_rows.c


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody to whom a plate belongs, in the register of persons or of those with special needs."""

    register: str
    id: int
    name: str


def owners(connection: Connection, town: str, plate: str | None, limit: int = 4) -> list[Owner]:
    """Whose a plate is, as the registers say."""
    if not plate:
        return []
    words = register_words.c
    ids = select(words.row).where(
        words.town == town, words.register.in_([PERSONS, PEOPLE]), words.ending == fold(plate)[:LONGEST],
        words.field == PLATES, words.whole == true(),
    )  # fmt: skip
    query = select(register_rows).where(unindexed(_ROWS.town, town), _ROWS.id.in_(ids), _ROWS.removed_at.is_(None))
    rows = connection.execute(query.order_by(_ROWS.register, _ROWS.id).limit(limit)).mappings()
    return [Owner(row.register, row.id, str(row.values.get("name", ""))) for row in map(row_of, rows)]


def members(connection: Connection, town: str, household: int, limit: int) -> list[RegisterRow]:
    """Who lives in a household."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.parent == household, _ROWS.register == PERSONS, _ROWS.removed_at.is_(None)
    )
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id).limit(limit)).mappings()]


def requests_of(connection: Connection, town: str, person: int, limit: int) -> list[RegisterRow]:
    """What somebody with special needs asked for, the newest first."""
    query = select(register_rows).where(
        _ROWS.town == town, _ROWS.parent == person, _ROWS.register == REQUESTS, _ROWS.removed_at.is_(None)
    )
    return [row_of(each) for each in connection.execute(query.order_by(_ROWS.id.desc()).limit(limit)).mappings()]


def plates_of(row: RegisterRow) -> Sequence[str]:
    """The plates of a person's vehicles."""
    said = row.values.get(PLATES)
    return said.split(BETWEEN) if isinstance(said, str) else []
