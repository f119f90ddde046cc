"""The SQL of notes about a vehicle: who wrote what when.

A note stands in a table of its own and not in the ledger: it records no crossing and proves nothing, its words may be personal, and a
kind of entry for it would be a change of the contract. The audit says who wrote one.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import vehicle_notes
from hub.errors import RefusedError

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a vehicle."""

    id: int
    text: str
    at: str
    by: str


def add(connection: Connection, *, town: str, vehicle: str, text: str, by: str, now: datetime) -> None:
    """Keeps a note about a vehicle (its plate, or its pass); `RefusedError` for nothing, or too much."""
    if not 0 < len(text.strip()) <= LONGEST:
        raise RefusedError("note: expected 1 to %(most)s characters", most=LONGEST)
    row = {"town": town, "vehicle": vehicle, "text": text.strip(), "at": wall_text(now), "by": by}
    connection.execute(vehicle_notes.insert(), [row])
    audit.note(
        connection,
        user=by,
        action="vehicle noted",
        object=f"vehicles/{vehicle}",
        detail={"note": text.strip()},
        now=now,
    )


def page(connection: Connection, town: str, vehicle: str, *, before: int | None = None, limit: int) -> Sequence[Note]:
    """Notes about a vehicle, newest first, from below the id `before`."""
    query = select(vehicle_notes).where(vehicle_notes.c.town == town, vehicle_notes.c.vehicle == vehicle)
    if before is not None:
        query = query.where(vehicle_notes.c.id < before)
    rows = connection.execute(query.order_by(vehicle_notes.c.id.desc()).limit(limit))
    return [Note(row.id, row.text, row.at, row.by) for row in rows]
