"""The cursors: how far the ledger holds each journal of a gate.

Tested in `tests/hub/ledger/test_append.py` and `tests/hub/ledger/test_gaps.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, bindparam, select, union_all
from sqlalchemy.engine import Connection

from edge.contract.messages import Refused
from edge.contract.records import ZERO_HASH
from hub.database.schema import cursors, entries, quarantine
from hub.database.statements import Often

JournalId = tuple[str, str]
"""A gate and one epoch of it: what a cursor belongs to."""


_CURSOR = Often(
    select(cursors.c.committed, cursors.c.backed_up, cursors.c.hash).where(
        cursors.c.town == bindparam("town"),
        cursors.c.gate == bindparam("gate"),
        cursors.c.epoch == bindparam("epoch"),
    )
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one journal is held without a gap, in the database and in a backup of it, and what is missing beyond."""

    committed: int = 0
    backed_up: int = 0
    hash: str = ZERO_HASH
    missing: tuple[tuple[int, int], ...] = ()
    ahead: tuple[tuple[int, int], ...] = ()
    refused: tuple[Refused, ...] | None = None
    """What the quarantine holds of it; None: not asked."""


def read_cursors(connection: Connection, town: str, journals: Sequence[JournalId]) -> dict[JournalId, Cursor]:
    """The cursor of each journal; of an unknown journal, the beginning."""
    found = {journal: Cursor() for journal in journals}
    for gate, epoch in journals:
        for committed, backed_up, hash_ in _CURSOR(connection, town=town, gate=gate, epoch=epoch):
            found[gate, epoch] = Cursor(committed, backed_up, hash_)
    return found


def stored_hashes(connection: Connection, town: str, gate: str, epoch: str, first: int, last: int) -> dict[int, str]:
    """The hash of every held record in a range of a journal."""
    rows = connection.execute(held_places(town, gate, epoch, first, last))
    return {row.seq: row.hash for row in rows}


def holds_any(connection: Connection, town: str, gate: str, epoch: str, first: int, last: int) -> bool:
    """Returns True if any record of a range of a journal is held."""
    return connection.execute(held_places(town, gate, epoch, first, last).limit(1)).first() is not None


def held_places(town: str, gate: str, epoch: str, first: int, last: int) -> CompoundSelect[Any]:
    """Asks for `seq` and `hash` of every held record in a range of a journal: entries, and quarantined ones that hold a place."""
    parts = [
        select(table.c.seq, table.c.hash).where(
            table.c.town == town, table.c.gate == gate, table.c.epoch == epoch, table.c.seq.between(first, last)
        )
        for table in (entries, quarantine)
    ]
    return union_all(parts[0], parts[1].where(quarantine.c.hash.is_not(None)))
