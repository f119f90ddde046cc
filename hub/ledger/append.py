"""Writes what arrived into the ledger: many batches in one transaction, after which (and only then) gates are answered.

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
* other than a bridge has promised for its number (`bridged.py`): a fork.

The town's chain goes over `raw` of all entries in order of arrival; quarantined records are not in it until they are released.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, bindparam, delete, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind, Lost
from edge.contract.messages import Ack
from edge.contract.records import Record, chain_hash, wall_text
from edge.contract.topics import Name, Topic
from hub.database.schema import ahead, bridges, cursors, entries, quarantine, signatures
from hub.database.statements import Often, insert_in_order, insert_new, upsert
from hub.ledger import bridged, late, refused
from hub.ledger.acks import ack
from hub.ledger.budget import Rooms, Unkept
from hub.ledger.cursors import Cursor, Journal, holds_any, read_cursors, stored_hashes
from hub.ledger.head import Ledger, move_head, read_ledger
from hub.ledger.projections.derive import Fresh
from hub.ledger.projections.good import Good
from hub.ledger.projections.isolate import derive_each
from hub.ledger.projections.visit_row import Row
from hub.ledger.received import Bridged, Poison, Quarantined, Received, Sort, digest

TOLD_AHEAD = 20
"""Ranges held aside that an ack names: the newest."""


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

_OF_ENTRIES = tuple(column.name for column in entries.columns if column.name != "id")


@dataclass(frozen=True, slots=True)
class Appended:
    """What a transaction did: the ledger with its new head, the cursors of all who sent, and counts."""

    ledger: Ledger
    cursors: dict[Journal, Cursor]
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
    ledger = read_ledger(connection, town, lock=True)
    # of a batch that is worthless the gate is told, too, where its journal stands
    journals = list(dict.fromkeys((each.gate, each.epoch) for each in arrived if each.gate and each.epoch))
    work = _Work(connection, town, wall_text(now), ledger.head.chain, read_cursors(connection, town, journals))
    work.restored = ledger.epoch > 1
    for each in arrived:
        if isinstance(each, Received):
            work.take(each)
        else:
            work.quarantine(each)
    visits = work.write()
    if work.entries:
        ledger = move_head(connection, ledger, ledger.head.count + len(work.entries), work.chain, key)
    return Appended(
        ledger,
        work.answers(),
        len(work.entries),
        work.again,
        len(work.quarantined),
        tuple(work.forks),
        (*work.crossed, *_told_lost(work.fresh)),
        tuple(visits),
        work.rooms.unkept,
        tuple(work.came_late),
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
    work = _Work(connection, town, wall_text(now), ledger.head.chain, {})
    work.enter((gate, epoch), seq, item)
    work.write()
    move_head(connection, ledger, ledger.head.count + 1, work.chain, key)


@dataclass
class _Work:
    """The rows that one transaction will write, gathered batch by batch."""

    connection: Connection
    town: str
    received_at: str
    chain: str
    cursors: dict[Journal, Cursor]
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    fresh: list[Fresh] = field(default_factory=list)
    signatures: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    beyond: dict[Journal, int] = field(default_factory=dict)
    held: dict[Journal, dict[int, str]] = field(default_factory=dict)
    bridges: list[dict[str, Any]] = field(default_factory=list)
    forks: list[tuple[str, str, int]] = field(default_factory=list)
    aside: list[dict[str, Any]] = field(default_factory=list)
    refused: set[Journal] = field(default_factory=set)
    restored: bool = False
    """True if this ledger has been restored from a backup: then gates may have said lost what a newer backup brought back."""
    sent_ahead: set[Journal] = field(default_factory=set)
    crossed: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    came_late: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    again: int = 0

    def __post_init__(self) -> None:
        self.rooms = Rooms(self.connection, self.town)

    def take(self, batch: Received) -> None:
        journal = (batch.gate, batch.epoch)
        batch = self._without_false_losses(batch)
        if batch.live is not None:
            self.sent_ahead.add(journal)
        if batch.last > self.cursors[journal].committed and not self.rooms.fits(batch):
            return
        promised = self._promises(batch)
        if not promised and self._follows(batch):
            self._hold_all(batch)
            self._sign(batch)
            return
        lost = _lost(batch)
        known = self._known(batch)
        doubts, broken = self._doubts(batch, known), self._broken_promise(batch, promised)
        forked = ""
        for seq, item in enumerate(batch.items, start=batch.first):
            cursor = self.cursors[journal]
            following = seq == cursor.committed + 1
            named = following or (cursor.committed + 1, seq - 1) in lost
            bridge = None if named else _crossing(batch, cursor.committed + 1, seq - 1)
            takes = named or bridge is not None
            if takes and not forked:
                # whatever is chained to a fork belongs to it
                forked = _wrong_prev(seq) if following and item.prev != cursor.hash else broken
            if forked:
                self._fork(batch, seq, item, forked)
            elif seq in doubts:
                self._doubted(batch, seq, item, doubts[seq])
            elif seq <= cursor.committed and known[seq] != item.hash:
                self._fork(batch, seq, item, f"another record {seq} is held for this gate and epoch")
            elif seq <= cursor.committed:
                self.again += 1
            elif takes:
                if bridge is not None:
                    self._cross(batch, bridge)
                self._hold(batch, seq, item)
            elif batch.live is not None:
                self._hold_aside(batch, batch.live)
                return
            else:
                self.beyond[journal] = min(seq, self.beyond.get(journal, seq))
                return
        if self.cursors[journal].committed >= batch.last and self._hash_at(batch, known) == batch.items[-1].hash:
            self._sign(batch)

    def _promises(self, batch: Received) -> bridged.Promises:
        """What bridges promise for the batch's numbers: nearly always nothing."""
        place = (batch.gate, batch.epoch)
        stored = bridged.promises(self.connection, self.town, *place, batch.first, batch.last)
        fresh = [row for row in self.bridges if (row["gate"], row["epoch"]) == place]
        return bridged.together(((row["seq"], row["prev"], row["hash"]) for row in fresh), stored)

    def _broken_promise(self, batch: Received, promised: bridged.Promises) -> str:
        """Which promise the new records of a batch, or its bridge, break; empty if none.

        One signature is over all of them, so they are of one journal, and none of them is taken.
        """
        committed = self.cursors[batch.gate, batch.epoch].committed
        bridge = _crossing(batch, committed + 1, batch.first - 1)
        if bridge is not None:
            # what it promises may lie further on than the batch reaches
            elsewhere = bridged.promises(self.connection, self.town, batch.gate, batch.epoch, bridge.seq, bridge.seq)
            seq, prev, hash_ = _promise(bridge)
            if against := bridged.contradiction({**elsewhere, **promised}, seq, prev, hash_):
                return against
            promised = bridged.together([_promise(bridge)], promised)
        for seq, item in enumerate(batch.items, start=batch.first) if promised else ():
            if seq > committed and (against := bridged.contradiction(promised, seq, item.prev, item.hash)):
                return against
        return ""

    def _doubts(self, batch: Received, known: dict[int, str]) -> dict[int, late.Doubt]:
        """What is to be thought of records under numbers that were passed without one: nearly always there are none."""
        committed = self.cursors[batch.gate, batch.epoch].committed
        missing = [seq for seq in range(batch.first, min(batch.last, committed) + 1) if seq not in known]
        if not missing:
            return {}
        journal = late.Journal(self.connection, self.town, batch.gate, batch.epoch, self._fresh_links(batch))
        return late.doubts(journal, batch.first, [late.Link(item.prev, item.hash) for item in batch.items], missing)

    def _fresh_links(self, batch: Received) -> dict[int, late.Link]:
        """The places in a batch's journal that this transaction has filled already."""
        place = (self.town, batch.gate, batch.epoch)
        found = {row[3]: late.Link(row[9], row[8]) for row in self.entries if row[:3] == place}
        for row in self.quarantined:
            if row["hash"] is not None and (row["town"], row["gate"], row["epoch"]) == place:
                found[row["seq"]] = late.Link(row["prev"], row["hash"])
        return found

    def quarantine(self, message: Quarantined) -> bool:
        """Returns True if there is room for the message."""
        if message.gate is not None and message.epoch is not None:
            self.refused.add((message.gate, message.epoch))
        if not self.rooms.keeps(message):
            return False
        self.quarantined.append(
            {
                "town": self.town,
                "gate": message.gate,
                "topic": message.topic,
                "epoch": message.epoch,
                "seq": message.seq,
                "prev": message.prev,
                "hash": message.hash,
                "why": message.why,
                "raw": message.raw,
                "digest": digest(message.topic, message.raw, message.hash),
                "received_at": self.received_at,
                "sort": message.sort.value,
            }
        )
        return True

    def write(self) -> list[Row]:
        """Writes all rows; gives those of `visits`."""
        insert_in_order(self.connection, entries, _OF_ENTRIES, self.entries)
        insert_new(self.connection, signatures, self.signatures)
        insert_new(self.connection, quarantine, self.quarantined)
        insert_new(self.connection, bridges, self.bridges)
        insert_new(self.connection, ahead, self.aside)
        self._let_go()
        rows = [
            {
                "town": self.town,
                "gate": gate,
                "epoch": epoch,
                "committed": cursor.committed,
                "backed_up": cursor.backed_up,
                "hash": cursor.hash,
            }
            for (gate, epoch), cursor in self.cursors.items()
            if cursor.committed
        ]
        upsert(self.connection, cursors, rows)
        return derive_each(self.connection, self.town, self.fresh)

    def _hold_aside(self, batch: Received, data: bytes) -> None:
        if not self.rooms.takes_ahead(batch.gate, len(data)):
            return
        self.aside.append(
            {
                "town": self.town,
                "gate": batch.gate,
                "epoch": batch.epoch,
                "first": batch.first,
                "last": batch.last,
                "raw": data,
                "received_at": self.received_at,
            }
        )

    def _aside(self, journal: Journal) -> tuple[tuple[int, int], ...]:
        """The last ranges that are held aside for a journal."""
        if journal not in self.sent_ahead:
            return ()
        query = (
            select(ahead.c.first, ahead.c.last)
            .where(*self._ahead_of(journal))
            .order_by(ahead.c.first.desc())
            .limit(TOLD_AHEAD)
        )
        return tuple((row.first, row.last) for row in self.connection.execute(query))[::-1]

    def _ahead_of(self, journal: Journal) -> tuple[ColumnElement[bool], ...]:
        return (ahead.c.town == self.town, ahead.c.gate == journal[0], ahead.c.epoch == journal[1])

    def _let_go(self) -> None:
        """What was held aside and is passed by its cursor goes; to the quarantine, unless all its records are held now."""
        written = len(self.quarantined)
        for journal, cursor in self.cursors.items():
            gate, epoch = journal
            if not _PASSED(self.connection, town=self.town, gate=gate, epoch=epoch, committed=cursor.committed):
                continue
            passed = (*self._ahead_of(journal), ahead.c.last <= cursor.committed)
            for row in self.connection.execute(select(ahead).where(*passed).order_by(ahead.c.first)).all():
                self._check_aside(journal, row.first, row.last, row.raw)
            self.connection.execute(delete(ahead).where(*passed))
        insert_new(self.connection, quarantine, self.quarantined[written:])

    def _check_aside(self, journal: Journal, first: int, last: int, data: bytes) -> None:
        gate, epoch = journal
        held = stored_hashes(self.connection, self.town, gate, epoch, first, last)
        said = dict(enumerate(late.hashes_of(data), start=first))
        gone = [seq for seq in range(first, last + 1) if seq not in held]
        others = [seq for seq, hash_ in held.items() if hash_ != said.get(seq)]
        if not gone and not others:
            return
        if others:
            self.forks.append((gate, epoch, min(others)))
            why = f"fork: of records {first} to {last}, sent ahead, {len(others)} are others than the ledger holds"
        else:
            self.came_late.append((gate, epoch, gone[0], gone[-1], len(gone)))
            why = f"late: of records {first} to {last}, sent ahead, their gate has called {len(gone)} lost since"
        self.quarantine(Quarantined(str(Topic(gate, Name.RECORDS)), gate, why, data, epoch, sort=Sort.AHEAD))

    def answers(self) -> dict[Journal, Cursor]:
        """The cursors, with what is missing before the lowest record that was beyond."""
        found = {}
        for journal, cursor in self.cursors.items():
            beyond = self.beyond.get(journal, 0)
            gap = ((cursor.committed + 1, beyond - 1),) if beyond > cursor.committed + 1 else ()
            aside = self._aside(journal)
            of_it = refused.of_journal(self.connection, self.town, *journal) if journal in self.refused else None
            found[journal] = Cursor(cursor.committed, cursor.backed_up, cursor.hash, gap, aside, of_it)
        return found

    def _follows(self, batch: Received) -> bool:
        """Returns True if a batch goes on where its journal ends: nearly every one does, and as a chain, it does so whole."""
        cursor = self.cursors[batch.gate, batch.epoch]
        return batch.first == cursor.committed + 1 and batch.items[0].prev == cursor.hash

    def _hold_all(self, batch: Received) -> None:
        for seq, item in enumerate(batch.items, start=batch.first):
            self._place(batch, seq, item)
        journal = (batch.gate, batch.epoch)
        self.held.setdefault(journal, {}).update(enumerate((item.hash for item in batch.items), start=batch.first))
        self.cursors[journal] = Cursor(batch.last, self.cursors[journal].backed_up, batch.items[-1].hash)

    def _hold(self, batch: Received, seq: int, item: Good | Poison) -> None:
        self._place(batch, seq, item)
        journal = (batch.gate, batch.epoch)
        self.held.setdefault(journal, {})[seq] = item.hash
        self.cursors[journal] = Cursor(seq, self.cursors[journal].backed_up, item.hash)

    def _place(self, batch: Received, seq: int, item: Good | Poison) -> None:
        if isinstance(item, Good):
            self.enter((batch.gate, batch.epoch), seq, item)
        else:
            self.quarantine(
                Quarantined(
                    batch.topic, batch.gate, item.why, item.data, batch.epoch, seq, item.prev, item.hash, Sort.POISON
                )
            )

    def enter(self, journal: Journal, seq: int, item: Good) -> None:
        """One more entry, at the end of the town's chain."""
        self.chain = chain_hash(self.chain, item.raw)
        self.entries.append(
            (
                self.town, *journal, seq, item.kind, item.visit, item.raw, item.private, item.hash, item.prev, self.chain,
                self.received_at,
            )
        )  # fmt: skip
        self.fresh.append(Fresh(item, self.received_at))

    def _cross(self, batch: Received, bridge: Bridged) -> None:
        # what is missing is told at once: the record itself may never come
        self.crossed.append((batch.gate, batch.epoch, bridge.first, bridge.last, f"record {bridge.seq} will say why"))
        self.bridges.append(
            {
                "town": self.town,
                "gate": batch.gate,
                "epoch": batch.epoch,
                "first": bridge.first,
                "last": bridge.last,
                "seq": bridge.seq,
                "raw": bridge.sealed.raw,
                "prev": bridge.sealed.prev,
                "hash": bridge.sealed.hash,
                "sig": bridge.sig,
            }
        )

    def _without_false_losses(self, batch: Received) -> Received:
        """The batch with each `lost` that names records which are held as poison: nobody can lose what the ledger has.

        Only after the hub was restored may that be an honest word: a newer backup, restored later, brings back what was called lost.
        """
        if self.restored:
            return batch
        items = list(batch.items)
        false = [place for place, item in enumerate(items) if self._is_false_loss(batch, item)]
        for place in false:
            item = items[place]
            assert isinstance(item, Good)
            first, last = _range_of(item)
            why = f"record {batch.first + place}: says that records {first} to {last} are lost, and the ledger holds some of them"
            items[place] = Poison(item.prev, item.hash, why, item.sealed.model_dump_json().encode())
        return replace(batch, items=tuple(items)) if false else batch

    def _is_false_loss(self, batch: Received, item: Good | Poison) -> bool:
        if not isinstance(item, Good) or item.kind != Kind.LOST:
            return False
        first, last = _range_of(item)
        if last >= batch.first or any(first <= seq <= last for seq in self.held.get((batch.gate, batch.epoch), ())):
            return True
        return holds_any(self.connection, self.town, batch.gate, batch.epoch, first, last)

    def _fork(self, batch: Received, seq: int, item: Good | Poison, why: str) -> None:
        why = f"fork: {why} (a cloned card, or two gates under one id)"
        self.forks.append((batch.gate, batch.epoch, seq))
        self._keep_without_place(batch, seq, item, why, Sort.FORK)

    def _doubted(self, batch: Received, seq: int, item: Good | Poison, doubt: late.Doubt) -> None:
        if doubt.is_fork:
            self._fork(batch, seq, item, doubt.why)
        elif self._keep_without_place(batch, seq, item, doubt.why, Sort.LATE):
            self.came_late.append((batch.gate, batch.epoch, seq, seq, 1))

    def _keep_without_place(self, batch: Received, seq: int, item: Good | Poison, why: str, sort: Sort) -> bool:
        data = item.data if isinstance(item, Poison) else item.sealed.model_dump_json().encode()
        # no prev and hash: it holds no place
        return self.quarantine(Quarantined(batch.topic, batch.gate, why, data, batch.epoch, seq, sort=sort))

    def _sign(self, batch: Received) -> None:
        self.signatures.append(
            {
                "town": self.town,
                "gate": batch.gate,
                "epoch": batch.epoch,
                "seq": batch.last,
                "hash": batch.items[-1].hash,
                "sig": batch.sig,
            }
        )

    def _hash_at(self, batch: Received, known: dict[int, str]) -> str | None:
        return self.held.get((batch.gate, batch.epoch), {}).get(batch.last) or known.get(batch.last)

    def _known(self, batch: Received) -> dict[int, str]:
        """The hashes that are held where the batch overlaps the cursor: usually nowhere, and then nothing is read."""
        committed = self.cursors[batch.gate, batch.epoch].committed
        if batch.first > committed:
            return {}
        held = self.held.get((batch.gate, batch.epoch), {})
        found = {seq: held[seq] for seq in range(batch.first, min(batch.last, committed) + 1) if seq in held}
        found.update(stored_hashes(self.connection, self.town, batch.gate, batch.epoch, batch.first, batch.last))
        return found


def _told_lost(fresh: Sequence[Fresh]) -> Iterator[tuple[str, str, int, int, str]]:
    for record, body in _lost_words(item for item, _ in fresh):
        yield record.gate, record.epoch, body.first, body.last, body.why


def _wrong_prev(seq: int) -> str:
    if seq == 1:
        return "prev of record 1 is not 32 zero bytes, with which a journal begins"
    return f"prev of record {seq} is not the hash of record {seq - 1}, which is held"


def _range_of(item: Good) -> tuple[int, int]:
    ((_, body),) = _lost_words([item])
    return body.first, body.last


def _crossing(batch: Received, first: int, last: int) -> Bridged | None:
    """The batch's bridge, if it is over exactly this gap."""
    bridge = batch.bridge
    return bridge if bridge is not None and (bridge.first, bridge.last) == (first, last) else None


def _promise(bridge: Bridged) -> tuple[int, str, str]:
    return bridge.seq, bridge.sealed.prev, bridge.sealed.hash


def _lost(batch: Received) -> set[tuple[int, int]]:
    return {(body.first, body.last) for _, body in _lost_words(batch.items)}


def _lost_words(items: Iterable[Good | Poison]) -> Iterator[tuple[Record, Lost]]:
    for item in items:
        if isinstance(item, Good) and item.kind == Kind.LOST:
            record = item.record()
            assert isinstance(record.body, Lost)
            yield record, record.body
