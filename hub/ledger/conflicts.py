"""Brings `conflicts` after the hub's own entries: opened (again, if the hub itself had closed it), settled.

The entry names what contradicts and the entries that show it; pass, gate and visit are those of the last of them, the plate
stands beside the entry as a personal value. So a rebuild gives the same rows.
"""

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from edge.contract.records import ConflictOpened, ConflictSettled, Private, Record
from hub.database import conflicts, entries, upsert, visits


def derive_conflict(connection: Connection, record: Record, private: Private) -> None:
    """Applies one entry; any kind that is none of a conflict's changes nothing. Visits are up to date already."""
    if isinstance(record.body, ConflictOpened):
        _opened(connection, record, record.body, private)
    elif isinstance(record.body, ConflictSettled):
        _settled(connection, record, record.body)


def _opened(connection: Connection, record: Record, body: ConflictOpened, private: Private) -> None:
    visit = connection.execute(
        select(entries.c.visit).where(entries.c.town == record.town, entries.c.id == body.entries[-1])
    ).scalar_one()
    row = connection.execute(select(visits.c.gate, visits.c.pass_id).where(visits.c.visit_id == visit)).one()
    opened = {
        "id": body.conflict,
        "town": record.town,
        "what": body.what,
        "opened_at": record.at.wall,
        "plate": private["plate"][1] if "plate" in private else None,
        "pass_id": row.pass_id,
        "visit": visit,
        "gate": row.gate,
        "entries": canonical(list(body.entries)).decode(),
        "opened_entry": _entry(connection, record),
        "settled_at": None,
        "settled_by": None,
        "settled_reason": None,
        "settled_entry": None,
    }
    upsert(connection, conflicts, [opened])


def _settled(connection: Connection, record: Record, body: ConflictSettled) -> None:
    connection.execute(
        update(conflicts)
        .where(conflicts.c.id == body.conflict, conflicts.c.settled_at.is_(None))
        .values(
            settled_at=record.at.wall,
            settled_by=body.user,
            settled_reason=body.reason,
            settled_entry=_entry(connection, record),
        )
    )


def _entry(connection: Connection, record: Record) -> int:
    place = (
        entries.c.town == record.town,
        entries.c.gate == record.gate,
        entries.c.epoch == record.epoch,
        entries.c.seq == record.seq,
    )
    found: int = connection.execute(select(entries.c.id).where(*place)).scalar_one()
    return found
