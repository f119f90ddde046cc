"""Operations whose personal values are destroyed: what still arrives of them takes its place in the ledger, and its values are not stored.

A record belongs to the operation that its visit began under; one of no visit (the note of a handover), or of a visit whose beginning nobody
knows, to the one that was destroyed after its time. A clock that nobody has set proves no time: such a record's values go, too.

Both who takes records in (`Emptied`, by the table `destroyed_operations`) and who verifies them (`Gone`, by the entries themselves) ask
`covers`.

Tested in `tests/hub/ledger/test_destroyed.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from edge.contract.facts import VISIT_KINDS, ClockTrust, Kind
from edge.contract.topics import HUB
from hub.database.schema import destroyed_operations, entries, visits
from hub.database.statements import Often, upsert
from hub.ledger.projections.good_record import Good
from hub.ledger.projections.visit_row import Whole
from hub.ledger.received import Poison, Received
from hub.values.stored import part, said, text_of, wall_of, whole_of

LEDGER = "ledger"
"""The part of a town's data that the entries' personal values are."""
Operations = Mapping[str, str]
"""Operation -> when its values were destroyed (RFC 3339 UTC)."""
_OPERATIONS = Often(select(destroyed_operations).where(destroyed_operations.c.town == bindparam("town")))
_OF_VISITS = frozenset(kind.value for kind in VISIT_KINDS)


def covers(operations: Operations, record: Mapping[str, Any], of_visit: str | None) -> bool:
    """Returns True if a record's values belong to a destroyed operation. `of_visit`: the operation that its visit began under, if known."""
    if not operations:
        return False
    if record.get("kind") == Kind.VISIT_OPENED.value:
        of_visit = text_of(part(record, "body").get("operation"))
    if record.get("kind") in _OF_VISITS and of_visit is not None:
        return of_visit in operations
    at = part(record, "at")
    wall = wall_of(at.get("wall"))
    return at.get("clock") == ClockTrust.UNSYNCED.value or wall is None or wall <= max(operations.values())


def remember(connection: Connection, town: str, operation: str, *, at: str, up_to: int, entry: int) -> None:
    """Notes a destroyed operation: from now on values of its records are not stored. Again: with a later last entry."""
    row = {"town": town, "operation": operation, "destroyed_at": at, "up_to": up_to, "entry": entry}
    upsert(connection, destroyed_operations, [row])


class Emptied:
    """Takes the personal values out of batches of destroyed operations before anything of them is stored."""

    def __init__(self, connection: Connection, town: str) -> None:
        self._connection = connection
        self._operations = {row.operation: str(row.destroyed_at) for row in _OPERATIONS(connection, town=town)}
        self._of_visits: dict[str, str | None] = {}

    def emptied(self, batch: Received) -> Received:
        """The batch without such values. One that was sent ahead is then not held as it came: `live` is empty."""
        if not self._operations:
            return batch
        items = tuple(map(self._item, batch.items))
        if all(new is old for new, old in zip(items, batch.items, strict=True)):
            return batch
        return replace(batch, items=items, live=None if batch.live is None else b"")

    def _item(self, item: Good | Poison) -> Good | Poison:
        if isinstance(item, Poison):
            return self._poison(item)
        record = said(item.raw)
        if not covers(self._operations, record, self._operation_of(record)):
            return item
        if item.private == "{}" and not isinstance(item.tells, Whole):
            return item
        return Good(item.raw, "{}", item.prev, item.hash, item.kind, item.visit, None)

    def _poison(self, item: Poison) -> Good | Poison:
        """A record whose values its gate has destroyed is none; of any other the values are left out where it is of such an operation."""
        whole = said(item.data.decode("utf-8", "replace"))
        raw = whole.get("raw")
        record = said(raw) if isinstance(raw, str) else {}
        if not covers(self._operations, record, self._operation_of(record)):
            return item
        if item.without is not None:
            return item.without
        if isinstance(raw, str) and whole.get("private") not in ({}, None):
            return replace(item, data=json.dumps({**whole, "private": {}}).encode())
        return item

    def _operation_of(self, record: Mapping[str, Any]) -> str | None:
        visit = text_of(record.get("visit"))
        if visit is None:
            return None
        if record.get("kind") == Kind.VISIT_OPENED.value:
            self._of_visits[visit] = text_of(part(record, "body").get("operation"))
        if visit not in self._of_visits:
            query = select(visits.c.operation).where(visits.c.visit_id == visit)
            self._of_visits[visit] = self._connection.execute(query).scalar()
        return self._of_visits[visit]


class Gone:
    """Says of which entries personal values may be gone: a `destroyed` entry of the hub's own covers them."""

    def __init__(self, connection: Connection, town: str) -> None:
        self._connection, self._town = connection, town
        self._up_to, self._operations = 0, dict[str, str]()
        query = select(entries.c.id, entries.c.raw).where(
            entries.c.town == town, entries.c.gate == HUB, entries.c.kind == Kind.DESTROYED.value
        )
        for row in connection.execute(query.order_by(entries.c.id)):
            record = said(row.raw)
            body = part(record, "body")
            # one that names no last entry speaks of all before it
            named = body.get("parts")
            if named and isinstance(named, list) and LEDGER not in named:
                continue  # the ledger's values were kept
            self._up_to = max(self._up_to, whole_of(body.get("up_to")) or row.id)
            self._operations[str(body.get("operation"))] = wall_of(part(record, "at").get("wall")) or ""

    def allows(self, entry: int, record: Mapping[str, Any]) -> bool:
        """Returns True if the values of this entry may be gone."""
        if entry <= self._up_to:
            return True
        return covers(self._operations, record, self._operation_of(record))

    def _operation_of(self, record: Mapping[str, Any]) -> str | None:
        query = select(entries.c.raw).where(
            entries.c.town == self._town,
            entries.c.visit == record.get("visit"),
            entries.c.kind == Kind.VISIT_OPENED.value,
        )
        raw = self._connection.execute(query.order_by(entries.c.id).limit(1)).scalar()
        return None if raw is None else text_of(part(said(raw), "body").get("operation"))
