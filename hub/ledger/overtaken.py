"""Records that a gate sent ahead of its backlog, once the cursor has passed their numbers: which of them an ack names, and where each goes.

Tested in `tests/hub/ledger/test_sent_ahead.py`.
"""

from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, select
from sqlalchemy.engine import Connection

from edge.contract.topics import Name, Topic
from hub.database.schema import ahead
from hub.database.statements import Often
from hub.ledger import late
from hub.ledger.cursors import JournalId, stored_hashes
from hub.ledger.held_records import Held
from hub.ledger.received import Quarantined, Sort
from hub.ledger.rows import Rows
from hub.ledger.taking import Noticed

NAMED = 20
"""How many held ranges an ack names: the newest."""

_PASSED = Often(
    select(ahead.c.first)
    .where(
        ahead.c.town == bindparam("town"),
        ahead.c.gate == bindparam("gate"),
        ahead.c.epoch == bindparam("epoch"),
        ahead.c.first <= bindparam("committed"),
        ahead.c.last <= bindparam("committed"),
    )
    .limit(1)
)
"""Finds a row if anything is held aside that the cursor has passed."""


def ranges_ahead(connection: Connection, town: str, journal: JournalId) -> tuple[tuple[int, int], ...]:
    """The last ranges of a journal that are held ahead of its backlog."""
    query = select(ahead.c.first, ahead.c.last).where(*_of(town, journal)).order_by(ahead.c.first.desc()).limit(NAMED)
    return tuple((row.first, row.last) for row in connection.execute(query))[::-1]


def let_go(connection: Connection, town: str, held: Held, rows: Rows, noticed: Noticed) -> None:
    """Removes held batches that the cursor has passed: into the quarantine, unless the ledger now holds all their records."""
    for journal, cursor in held.cursors.items():
        gate, epoch = journal
        if not _PASSED(connection, town=town, gate=gate, epoch=epoch, committed=cursor.committed):
            continue
        passed = (*_of(town, journal), ahead.c.last <= cursor.committed)
        for row in connection.execute(select(ahead).where(*passed).order_by(ahead.c.first)).all():
            why = _what_differs(stored_hashes(connection, town, gate, epoch, row.first, row.last), row, noticed)
            if why:
                topic = str(Topic(gate, Name.RECORDS))
                rows.quarantine(Quarantined(topic, gate, why, row.raw, epoch, sort=Sort.AHEAD))
        connection.execute(delete(ahead).where(*passed))
    rows.write_quarantined()


def _what_differs(held: dict[int, str], row: Row[Any], noticed: Noticed) -> str:
    """How a batch that was sent ahead differs from the records that are held under its numbers; empty if it does not."""
    first, last = row.first, row.last
    said = dict(enumerate(late.hashes_of(row.raw), start=first))
    gone = [seq for seq in range(first, last + 1) if seq not in held]
    others = [seq for seq, hash_ in held.items() if hash_ != said.get(seq)]
    if others:
        noticed.forks.append((row.gate, row.epoch, min(others)))
        return f"fork: of records {first} to {last}, sent ahead, {len(others)} are others than the ledger holds"
    if gone:
        noticed.late.append((row.gate, row.epoch, gone[0], gone[-1], len(gone)))
        return f"late: of records {first} to {last}, sent ahead, their gate has called {len(gone)} lost since"
    return ""


def _of(town: str, journal: JournalId) -> tuple[ColumnElement[bool], ...]:
    return (ahead.c.town == town, ahead.c.gate == journal[0], ahead.c.epoch == journal[1])
