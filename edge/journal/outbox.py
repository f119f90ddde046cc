"""The gate's memory: facts go into the durable journal, and leave it only when the hub's ledger holds them.

`keep` returns when the record is on disk, so a barrier that moves after it never moves without its record. The sequence
number is given inside the transaction: 1, 2, 3 ... without a gap, one chain per journal, every record signed by the gate.
A journal that is made anew has an epoch of its own: no number is ever given twice.

Threads may share one `Outbox`: one writes at a time, readers have connections of their own and never wait for a writer.
"""

import queue
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlite_utils import Database

from edge.clock import Clock
from edge.contract.canonical import sign, signed_by
from edge.contract.facts import Fact, Kind, Lost, OrderReceived
from edge.contract.messages import MAX_BATCH_RECORDS, Ack, Batch, HubHead, Refused, Witness
from edge.contract.records import Record, Sealed, seal
from edge.contract.steps import reached
from edge.journal import command_answers, refused_records
from edge.journal.acks import disbelief, released_by
from edge.journal.batches import bridge_over, fill, size_in_message
from edge.journal.file import (
    JournalError,
    Kept,
    Meta,
    UnusableJournalError,
    connect,
    hold,
    look,
    make,
    named,
    private_text,
    readable,
    unfinished,
)
from edge.journal.verify import walk  # fmt: skip

FILE = "journal.db"
MAX_RECORD = 64 * 1024
"""Bytes of one record as it travels at most, so that a message always holds at least one."""
KEEP_AT_LEAST = 20_000
"""Records that stay on the gate although a backup of the hub holds them: some days of a busy lane."""

_PRUNE_AT_ONCE = 500
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact to keep. `private`: personal values by field name, in the clear; they are salted when kept.

    `expires`: of an answer to a command: until when the command counts.
    """

    kind: Kind
    body: Fact
    visit: str | None = None
    lane: str | None = None
    private: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    expires: str | None = None


class Outbox:
    """One gate's journal, open for keeping, sending and releasing."""

    def __init__(self, path: Path, writer: sqlite3.Connection, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._path = path
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._db = Database(writer)
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._closed = False
        self._inode = path.stat().st_ino
        self._size = path.stat().st_size
        self._damaged: str | None = None
        self._meta = Meta.read(writer)
        self._unfinished = unfinished(writer)

    @classmethod
    def open(cls, path: Path, *, town: str, gate: str, key: Ed25519PrivateKey, clock: Clock) -> Self:
        """The journal at `path`, made with a new epoch if there is none.

        `JournalError` (one line) if the file is broken or belongs to another gate.
        """
        try:
            with named(path):
                writer = connect(path)
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}") from None
        try:
            with named(path):
                make(writer, path, town, gate)
                opened = cls(path, writer, key, clock)
            found = opened.meta
            if (found.town, found.gate) != (town, gate):
                raise UnusableJournalError(
                    f"{path}: the journal of gate {found.gate!r} of town {found.town!r}; expected {gate!r} of {town!r}"
                )
        except BaseException:
            writer.close()
            raise
        return opened

    def sign_anew(self, former: Sequence[Ed25519PublicKey]) -> int:
        """After a rekey: what was signed with a former key of the gate is signed with the present one, which the hub believes now.

        Numbers and hashes stand. Only what such a key did sign, so that nobody has a chain signed that was written anew. All in
        one transaction, so that the last signature tells for all; how many.
        """
        last = self._db.execute("select seq, hash, sig from signatures order by seq desc limit 1").fetchone()
        if last is None or not self._signed_with(former, *last):
            return 0
        with self._writing() as meta:
            rows = self._db.execute("select seq, hash, sig from signatures").fetchall()
            signed = [
                (sign(self._key, meta.head_of(seq, hash_)), seq)
                for seq, hash_, sig in rows
                if self._signed_with(former, seq, hash_, sig)
            ]
            self._db.conn.executemany("update signatures set sig = ? where seq = ?", signed)
        return len(signed)

    def _signed_with(self, keys: Sequence[Ed25519PublicKey], seq: int, hash_: str, sig: str) -> bool:
        return any(signed_by(key, self._meta.head_of(seq, hash_), sig) for key in keys)

    def close(self) -> None:
        """Closes every connection; nothing is lost by not calling it."""
        with self._lock:
            self._closed = True
            # the last connection that may write folds the log into the file: a damaged one stays as it was found
            held = None
            if self._damaged is not None:
                with suppress(sqlite3.Error):
                    held = hold(self._path)
            while not self._readers.empty():
                self._readers.get().close()
            self._db.close()
            if held is not None:
                held.close()

    # -- keeping -------------------------------------------------------------------------------------------------------

    def keep(
        self,
        kind: Kind,
        *,
        body: Fact,
        visit: str | None = None,
        lane: str | None = None,
        private: Mapping[str, str] = _NOTHING,
    ) -> Sealed:
        """Writes one record durably: when this returns, a power cut cannot take it away. Errors as `keep_all`."""
        return self.keep_all([Entry(kind, body, visit, lane, private)])[0]

    def keep_all(self, entries: Sequence[Entry]) -> tuple[Sealed, ...]:
        """Writes several records in one transaction: all of them, or none and an error.

        `JournalError` if the disk would not take them; `ValueError` for a fact that the contract does not allow (too long, a
        visit missing, an unknown personal field, text that is no Unicode).
        """
        with self._writing() as meta:
            sealed: list[Sealed] = []
            for entry in entries:
                record = self._seal(meta, entry)
                meta = replace(meta, head=meta.head + 1, head_hash=record.hash)
                self._insert(meta, entry, record)
                sealed.append(record)
            meta.write(self._db.conn)
            # before the commit: a reader that sees the record also knows that its visit is open
            self._unfinished = self._still_open(entries, sealed)
            reached("outbox.inserted")
        reached("outbox.committed")
        return tuple(sealed)

    def _seal(self, meta: Meta, entry: Entry) -> Sealed:
        record = seal(
            town=meta.town, gate=meta.gate, epoch=meta.epoch, seq=meta.head + 1, kind=entry.kind, visit=entry.visit,
            lane=entry.lane, at=self._clock.at(), body=entry.body, private=entry.private, prev=meta.head_hash,
        )  # fmt: skip
        size = size_in_message(record)
        if size > MAX_RECORD:
            raise ValueError(f"{entry.kind}: a record of {size} bytes; at most {MAX_RECORD} can be kept")
        Record.parse(record.raw)  # what the hub would refuse is not kept either
        return record

    def _insert(self, meta: Meta, entry: Entry, record: Sealed) -> None:
        self._db.execute(
            "insert into records (seq, raw, private, hash, prev, kind, visit) values (?, ?, ?, ?, ?, ?, ?)",
            (meta.head, record.raw, private_text(record), record.hash, record.prev, entry.kind.value, entry.visit),
        )
        self._db.execute(
            "insert into signatures (seq, hash, sig) values (?, ?, ?)",
            (meta.head, record.hash, sign(self._key, meta.head_of(meta.head, record.hash))),
        )
        if isinstance(entry.body, OrderReceived):
            command_answers.note(self._db.conn, entry.body, entry.expires or command_answers.NEVER, self._clock.at())

    def _still_open(self, entries: Sequence[Entry], sealed: Sequence[Sealed]) -> dict[str, Kept]:
        visits = dict(self._unfinished)
        for entry, record in zip(entries, sealed, strict=True):
            if entry.visit is None:
                continue
            if entry.kind is Kind.VISIT_OPENED:
                visits[entry.visit] = Kept.of(record.raw, private_text(record))
            elif entry.kind is Kind.VISIT_CLOSED:
                visits.pop(entry.visit, None)
        return visits

    # -- damage --------------------------------------------------------------------------------------------------------

    @property
    def usable(self) -> bool:
        """Returns False from the moment in which the file was found damaged: nothing more is written to it, or read from it."""
        return self._damaged is None

    @property
    def fault(self) -> str | None:
        """What is wrong with the file, in one line; None: nothing is known to be."""
        return self._damaged

    def check(self) -> None:
        """Looks whether the file is still there and can be read from the disk; what is wrong stands in `fault`.

        What is open may go on for hours over a file that was removed or overwritten: its pages are in memory.
        """
        with suppress(JournalError), self._guarded():
            self._same_file()
            fresh = connect(self._path, query_only=True)
            try:
                look(fresh)
            finally:
                fresh.close()

    def _same_file(self) -> None:
        # the file itself never shrinks; a commit into the log of one that was cut would be found by nobody
        try:
            there = self._path.stat()
        except OSError:
            there = None
        if there is None or there.st_ino != self._inode:
            raise UnusableJournalError(f"{self._path}: removed or replaced while the gate runs")
        if there.st_size < self._size:
            raise UnusableJournalError(
                f"{self._path}: cut from {self._size} to {there.st_size} bytes while the gate runs"
            )
        self._size = there.st_size

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self._damaged is not None:
            raise UnusableJournalError(self._damaged)
        try:
            with named(self._path):
                yield
        except UnusableJournalError as error:
            self._damaged = str(error)
            raise

    # -- what is there -------------------------------------------------------------------------------------------------

    @property
    def meta(self) -> Meta:
        """The journal's row about itself, as of the last commit."""
        return self._meta

    @property
    def epoch(self) -> str:
        """The journal's own 128 random bits."""
        return self._meta.epoch

    @property
    def head(self) -> int:
        """The number of the last record, 0 for none."""
        return self._meta.head

    @property
    def head_hash(self) -> str:
        """The last record's hash; 32 zero bytes for none."""
        return self._meta.head_hash

    @property
    def oldest(self) -> int:
        """The first number that is still on the gate (of an empty journal: the first that will be)."""
        return self._meta.pruned + 1

    @property
    def acked(self) -> int:
        """Up to here the hub has said that it holds everything."""
        return self._meta.acked

    @property
    def witness(self) -> Witness | None:
        """The hub's last head, under its own signature; None before the first ack."""
        meta = self._meta
        if meta.ledger is None or meta.ledger_epoch is None or meta.hub_chain is None or meta.hub_sig is None:
            return None
        head = HubHead(count=meta.hub_count, chain=meta.hub_chain, sig=meta.hub_sig)
        return Witness(ledger=meta.ledger, ledger_epoch=meta.ledger_epoch, head=head)

    @property
    def backlog(self) -> int:
        """How many records the hub has not acknowledged."""
        meta = self._meta
        return meta.head - meta.acked

    def unfinished_visits(self) -> tuple[Kept, ...]:
        """The `visit_opened` of every visit that is not closed, oldest first; at a start, those that a power cut left open."""
        return tuple(self._unfinished.values())

    def recent(self, kinds: Sequence[Kind], limit: int) -> tuple[Kept, ...]:
        """The last records of these kinds, at most `limit` of them, oldest first."""
        sql = f"select raw, private from records where kind in (?{', ?' * (len(kinds) - 1)}) order by seq desc limit ?"  # noqa: S608  # only marks
        with self._reading() as reader:
            rows = reader.execute(sql, [*(kind.value for kind in kinds), limit]).fetchall()
        return tuple(readable(reversed(rows)))

    def answered(self) -> dict[str, str]:
        """Command id -> what was answered to it last, also where the record of the answer is pruned."""
        with self._reading() as reader:
            return command_answers.read(reader)

    def visit(self, visit: str) -> tuple[Kept, ...]:
        """Every record of one visit, oldest first."""
        with self._reading() as reader:
            rows = reader.execute("select raw, private from records where visit = ? order by seq", [visit]).fetchall()
        return tuple(readable(rows))

    # -- sending -------------------------------------------------------------------------------------------------------

    def batch_after(self, seq: int, limit: int = MAX_BATCH_RECORDS) -> Batch | None:
        """The records that follow `seq`, signed, as many as one message may hold (200, and 128 KiB); None if there are none.

        Where the records after `seq` are gone, the batch begins with the oldest that is left; its bridge is the `lost`
        record that `explain_gap` has kept, if it has.
        """
        with self._reading() as reader:
            last, chosen = fill(reader, seq, min(limit, MAX_BATCH_RECORDS))
            if not chosen:
                return None
            (sig,) = reader.execute("select sig from signatures where seq = ?", [last]).fetchone()
            first = last - len(chosen) + 1
            bridge = bridge_over(reader, seq + 1, first - 1) if first > seq + 1 else None
        meta = self._meta
        return Batch(
            town=meta.town, gate=meta.gate, epoch=meta.epoch, records=chosen, seq=last, sig=sig, bridge=bridge
        )  # fmt: skip

    def explain_gap(self, first: int, last: int) -> None:
        """Keeps the record that says that these numbers will never come, once; the only way past a gap.

        The hub lacks them and so does the gate: the hub was restored from a backup older than the one that let the gate prune,
        or the journal's own file lost them. `ValueError` if the journal has any of them.
        """
        with self._reading() as reader:
            (there,) = reader.execute(
                "select count(*) from records where seq between ? and ?", [first, last]
            ).fetchone()
            if there or bridge_over(reader, first, last) is not None:
                if there:
                    raise ValueError(f"records {first} to {last}: {there} of them are here")
                return
        pruned = last <= self._meta.pruned
        why = "pruned when a backup of the hub held them" if pruned else "missing in the gate's own journal"
        self.keep(Kind.LOST, body=Lost(first=first, last=last, why=why))

    def next_conn(self) -> int:
        """A number for the next connection, higher than every one before it, over restarts too."""
        with self._writing() as meta:
            meta = replace(meta, conn=meta.conn + 1)
            meta.write(self._db.conn)
        return meta.conn

    # -- releasing -----------------------------------------------------------------------------------------------------

    def release(self, ack: Ack, hub_key: Ed25519PublicKey) -> str | None:
        """Takes the hub's ack: None, or why it is not believed.

        Within one ledger and ledger epoch the cursors only rise, and an older ack changes nothing. They go back, and the
        records are sent again, where the hub says that it lacks them: by a risen ledger epoch (restored from a backup), by
        another ledger, or by name in `missing`. What the ack says was refused is written down and logged, once.
        """
        new: tuple[Refused, ...] = ()
        with self._writing() as meta:
            why = disbelief(meta, ack, hub_key) or self._another(meta, ack)
            if why is None and ack.refused is not None:
                new = refused_records.note(self._db.conn, ack.refused)
            if why is None:
                released = released_by(meta, ack)
                if released != meta:
                    released.write(self._db.conn)
                    reached("outbox.released")
        refused_records.warn(new)
        return why

    def refused(self) -> tuple[Refused, ...]:
        """What the hub's last list says it did not take into the ledger of this journal."""
        with self._reading() as reader:
            return refused_records.read(reader)

    def _another(self, meta: Meta, ack: Ack) -> str | None:
        """Whether the hub holds another record than this journal under the number that it acknowledges: a cloned card's."""
        if ack.hash is None or not meta.pruned < ack.committed <= meta.head:
            return None
        (hash_,) = self._db.execute("select hash from records where seq = ?", [ack.committed]).fetchone()
        if hash_ == ack.hash:
            return None
        return f"committed: the hub holds another record {ack.committed}: two journals of one name (a cloned card)"

    def prune(self, keep: int = KEEP_AT_LEAST) -> int:
        """Removes some of the oldest records that a backup of the hub holds; says how many.

        The last `keep` stay (at least one), and everything from the first unfinished visit on. At most 500 at once, so that a
        vehicle at the lane never waits for it: call it again while it removes any.
        """
        with self._writing() as meta:
            first_open = min((kept.record.seq for kept in self._unfinished.values()), default=meta.head)
            held = min(meta.backed_up, meta.acked, meta.head - max(keep, 1), first_open - 1)
            last = min(held, meta.pruned + _PRUNE_AT_ONCE)
            if last <= meta.pruned:
                return 0
            (hash_,) = self._db.execute("select hash from records where seq = ?", [last]).fetchone()
            self._db.execute("delete from records where seq <= ?", [last])
            self._db.execute("delete from signatures where seq <= ?", [last])
            replace(meta, pruned=last, pruned_hash=hash_).write(self._db.conn)
            reached("outbox.pruned")
        return last - meta.pruned

    # -- proving -------------------------------------------------------------------------------------------------------

    def verify(self) -> str | None:
        """Walks the chain: None if all of it holds, else one line that names the first bad record and its fault."""
        with self._reading() as reader:
            reader.execute("begin")
            try:
                return walk(reader, self._key.public_key())
            finally:
                reader.execute("rollback")

    # -- connections ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Meta]:
        # the row is read under the write lock; what stands in memory is a copy for readers, and follows the commit
        with self._lock, self._guarded():
            self._same_file()
            before = self._unfinished
            connection = self._db.conn
            connection.execute("begin immediate")
            try:
                yield Meta.read(connection)
                after = Meta.read(connection)
                connection.execute("commit")
            except BaseException:
                self._unfinished = before
                if connection.in_transaction:
                    connection.execute("rollback")
                raise
            self._meta = after

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._guarded():
            try:
                reader = self._readers.get_nowait()
            except queue.Empty:
                reader = connect(self._path, query_only=True)
            try:
                yield reader
            finally:
                if self._closed:
                    reader.close()
                else:
                    self._readers.put(reader)
