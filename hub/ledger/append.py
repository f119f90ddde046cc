"""Writes the records that arrived into the ledger: many batches in one transaction, after which (and only then) gates are answered.

For each (gate, epoch) there is a cursor: everything up to it is held without a gap. A record

* at or below the cursor, with the hash that is held: came again, and is ignored;
* at or below it with another hash, or next to it but chained to something else: a **fork** (two journals under one name).
  It is quarantined, with which of the two it is; the cursor stays; nobody's record is dropped;
* next to the cursor and chained to it: becomes an entry (or, if it is poison, a row of the quarantine that holds its place:
  prev and hash stand in it, so that the chain can be followed past it), and the cursor moves;
* in a batch with more poison than the gate has room for (`budget`): is not taken, nor is the rest of the batch; its gate keeps it;
* beyond: becomes no entry; the ack names what is missing. (A batch that a gate has sent ahead of its backlog is held aside, whole,
  until the cursor has passed it: the ledger's order is always that of seq.) Only a signed `lost` record that names the whole gap, in the same batch
  or as its bridge, lets the cursor jump;
* within a gap that was jumped: is late (`late.py`), and is kept in the quarantine; so is what was held aside and did not become entries;
* of an operation whose personal values are destroyed: takes its place, and its values are not stored (`destroyed.py`);
* other than a bridge has promised for its number (`bridge_promises.py`): a fork.

The town's chain goes over `raw` of all entries in order of arrival; quarantined records are not in it until they are released.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.messages import Ack
from edge.contract.records import wall_text
from hub.ledger import refused
from hub.ledger.acks import ack
from hub.ledger.budget import Unkept
from hub.ledger.cursors import Cursor, JournalId, read_cursors
from hub.ledger.destroyed import Emptied
from hub.ledger.head import Ledger, move_head, read_ledger
from hub.ledger.held_records import Held
from hub.ledger.losses import lost_words
from hub.ledger.overtaken import let_go, ranges_ahead
from hub.ledger.projections.good_record import Good
from hub.ledger.projections.isolate import derive_each
from hub.ledger.projections.visit_row import Row
from hub.ledger.received import Quarantined, Received
from hub.ledger.rows import Rows
from hub.ledger.taking import Noticed, Taking


@dataclass(frozen=True, slots=True)
class Appended:
    """The result of a transaction: the ledger with its new head, the cursors of all who sent, and counts."""

    ledger: Ledger
    cursors: dict[JournalId, Cursor]
    entries: int
    again: int
    quarantined: int
    forks: tuple[tuple[str, str, int], ...] = ()
    """(gate, epoch, seq) of every record that came under a number that is held otherwise."""
    lost: tuple[tuple[str, str, int, int, str], ...] = ()
    """(gate, epoch, first, last, why) of what gates say will never come."""
    visits: tuple[Row, ...] = ()
    """The rows of `visits` that it wrote."""
    unkept: tuple[Unkept, ...] = ()
    """What came beyond a gate's room, and was not kept."""
    late: tuple[tuple[str, str, int, int, int], ...] = ()
    """(gate, epoch, first, last, how many) of records that were called lost, are here all the same, and went to the quarantine."""

    def acks(self) -> list[tuple[str, Ack]]:
        """The answer to each journal: (gate, ack). Only after the commit."""
        return [(gate, ack(self.ledger, epoch, cursor)) for (gate, epoch), cursor in self.cursors.items()]


def append(
    connection: Connection,
    *,
    town: str,
    arrived: Sequence[Received | Quarantined],
    key: Ed25519PrivateKey,
    now: datetime,
) -> Appended:
    """Writes everything that arrived, in order. The caller commits, then answers with `acks()`."""
    # 1. where the town's chain and the journals stand; of a batch that is worthless the gate is told, too, where its journal stands
    ledger = read_ledger(connection, town, lock=True)
    journals = list(dict.fromkeys((each.gate, each.epoch) for each in arrived if each.gate and each.epoch))
    rows = Rows(connection, town, wall_text(now), ledger.head.chain)
    held = Held(connection, town, read_cursors(connection, town, journals), rows)
    # 2. each record goes where it belongs
    taking = Taking(rows, held, Emptied(connection, town), restored=ledger.epoch > 1)
    for each in arrived:
        if isinstance(each, Received):
            taking.take(each)
        else:
            rows.quarantine(each)
    # 3. the rows are written, with what is derived from them
    noticed = taking.noticed
    rows.write()
    let_go(connection, town, held, rows, noticed)
    held.write_cursors()
    visits = derive_each(connection, town, rows.fresh)
    # 4. the town's chain has a new head
    if rows.entered:
        ledger = move_head(connection, ledger, ledger.head.count + rows.entered, rows.chain, key)
    said_lost = [(each.gate, each.epoch, body.first, body.last, body.why) for each, body in lost_words(_items(rows))]
    return Appended(
        ledger,
        _answers(connection, town, held, noticed, rows.refused),
        rows.entered,
        noticed.again,
        len(rows.quarantined),
        tuple(noticed.forks),
        (*noticed.crossed, *said_lost),
        tuple(visits),
        rows.rooms.unkept,
        tuple(noticed.late),
    )


def append_held(
    connection: Connection,
    *,
    town: str,
    gate: str,
    epoch: str,
    seq: int,
    item: Good,
    key: Ed25519PrivateKey,
    now: datetime,
) -> None:
    """An entry for a record that held its place in the quarantine until now; no cursor moves."""
    ledger = read_ledger(connection, town, lock=True)
    rows = Rows(connection, town, wall_text(now), ledger.head.chain)
    rows.enter((gate, epoch), seq, item)
    rows.write()
    derive_each(connection, town, rows.fresh)
    move_head(connection, ledger, ledger.head.count + 1, rows.chain, key)


def _answers(
    connection: Connection, town: str, held: Held, noticed: Noticed, with_refused: set[JournalId]
) -> dict[JournalId, Cursor]:
    """The cursors, with what is missing before the lowest record that was beyond, what is held aside, and what was refused."""
    found = {}
    for journal, cursor in held.cursors.items():
        beyond = noticed.beyond.get(journal, 0)
        gap = ((cursor.committed + 1, beyond - 1),) if beyond > cursor.committed + 1 else ()
        ahead = ranges_ahead(connection, town, journal) if journal in noticed.sent_ahead else ()
        of_it = refused.of_journal(connection, town, *journal) if journal in with_refused else None
        found[journal] = Cursor(cursor.committed, cursor.backed_up, cursor.hash, gap, ahead, of_it)
    return found


def _items(rows: Rows) -> Iterator[Good]:
    return (item for item, _ in rows.fresh)
