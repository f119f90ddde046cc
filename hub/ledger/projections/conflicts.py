"""Updates the table `conflicts` from the hub's own entries: opened (again, if the hub itself had closed it), settled.

The entry names what contradicts and the entries that show it; pass, gate and visit are those of the last of them, the plate
stands beside the entry as a personal value. So a rebuild gives the same rows.

Tested in `tests/hub/conflicts/test_store.py`.
"""

import re
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from edge.contract.facts import Kind, Private
from edge.contract.topics import HUB
from hub.database.schema import conflicts, entries, visits
from hub.database.statements import upsert
from hub.ledger.projections.visit_facts import Said
from hub.values.stored import code_of, part, text_of, wall_of, whole_of

CONFLICT = re.compile("[0-9a-f]{1,64}")


def derive_conflict(connection: Connection, town: str, said: Said, private: Private) -> None:
    """Applies one entry; what is none of the hub's about a conflict changes nothing. Visits are up to date already."""
    if said.get("gate") != HUB:
        return
    if said.get("kind") == Kind.CONFLICT_OPENED.value:
        _opened(connection, town, said, private)
    elif said.get("kind") == Kind.CONFLICT_SETTLED.value:
        _settled(connection, town, said)


def _opened(connection: Connection, town: str, said: Said, private: Private) -> None:
    body = part(said, "body")
    id_, what, listed = body.get("conflict"), code_of(body.get("what")), body.get("entries")
    ids = [whole_of(each) for each in listed] if isinstance(listed, list) else []
    if not _is_id(id_) or what is None or not ids or None in ids:
        return
    visit = connection.execute(
        select(entries.c.visit).where(entries.c.town == town, entries.c.id == ids[-1])
    ).scalar_one_or_none()
    row = connection.execute(select(visits.c.gate, visits.c.pass_id).where(visits.c.visit_id == visit)).one_or_none()
    if row is None:
        return
    entry, at = entry_of(connection, town, said)
    opened = {
        "id": id_,
        "town": town,
        "what": what,
        "opened_at": at,
        "plate": private["plate"][1] if "plate" in private else None,
        "pass_id": row.pass_id,
        "visit": visit,
        "gate": row.gate,
        "entries": canonical(ids).decode(),
        "opened_entry": entry,
        "settled_at": None,
        "settled_by": None,
        "settled_reason": None,
        "settled_entry": None,
    }
    upsert(connection, conflicts, [opened])


def _settled(connection: Connection, town: str, said: Said) -> None:
    body = part(said, "body")
    if not _is_id(body.get("conflict")):
        return
    entry, at = entry_of(connection, town, said)
    connection.execute(
        update(conflicts)
        .where(conflicts.c.id == body["conflict"], conflicts.c.settled_at.is_(None))
        .values(
            settled_at=at,
            settled_by=text_of(body.get("user")),
            settled_reason=text_of(body.get("reason")),
            settled_entry=entry,
        )
    )


def _is_id(value: object) -> bool:
    return isinstance(value, str) and CONFLICT.fullmatch(value) is not None


def entry_of(connection: Connection, town: str, said: Said) -> tuple[int, str]:
    """The id of the entry, and when it was written: as it says, or where that is no time, when it was received."""
    place = (
        entries.c.town == town,
        entries.c.gate == HUB,
        entries.c.epoch == said.get("epoch"),
        entries.c.seq == said.get("seq"),
    )
    found: Any = connection.execute(select(entries.c.id, entries.c.received_at).where(*place)).one()
    return found.id, wall_of(part(said, "at").get("wall")) or found.received_at
