"""How far a destruction is: each step's row says where it stands and what it has done, in the transaction of what it did.

Tested in `tests/hub/destruction/test_run.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.database.schema import destruction_steps as table
from hub.database.schema import destructions
from hub.database.statements import upsert
from hub.values.stored import said


@dataclass(frozen=True, slots=True)
class Done:
    """A step as it stands: `at` None: it has begun. `place`: up to which entry, of those that go bit by bit."""

    step: str
    at: str | None
    place: int
    counts: Mapping[str, Json]


def read(connection: Connection, town: str, id_: str) -> dict[str, Done]:
    """The steps that a destruction has begun or done."""
    query = select(table).where(table.c.town == town, table.c.destruction == id_)
    return {row.step: Done(row.step, row.done_at, row.place, said(row.counts)) for row in connection.execute(query)}


def note(connection: Connection, town: str, id_: str, done: Done) -> None:
    """Writes how far a step is."""
    row = {
        "town": town, "destruction": id_, "step": done.step, "done_at": done.at, "place": done.place,
        "counts": json.dumps(dict(done.counts), ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    upsert(connection, table, [row])


def stands_still(connection: Connection, id_: str, why: str | None) -> None:
    """Notes why a destruction does not go on; None: it does."""
    connection.execute(update(destructions).where(destructions.c.id == id_).values(error=why))


def ended(connection: Connection, id_: str, now: datetime) -> None:
    """Notes that every step is done."""
    changed = {"state": "done", "ended_at": wall_text(now), "error": None}
    connection.execute(update(destructions).where(destructions.c.id == id_).values(changed))


def reaches(connection: Connection, id_: str, up_to: int) -> None:
    """Notes up to which entry a destruction goes."""
    connection.execute(update(destructions).where(destructions.c.id == id_).values(up_to=up_to))


def up_to(connection: Connection, id_: str) -> int:
    """Up to which entry a destruction goes; 0: the ledger's values are kept."""
    return connection.execute(select(destructions.c.up_to).where(destructions.c.id == id_)).scalar() or 0


def whole(counts: Mapping[str, Json], name: str) -> int:
    """One of the counts."""
    value = counts.get(name)
    return value if isinstance(value, int) else 0
