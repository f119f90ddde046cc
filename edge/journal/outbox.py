"""The gate's journal: facts are kept durably in it, and leave it only when the hub's ledger holds them.

`keep` returns when the record is on disk, so a barrier that moves after it never moves without its record. The sequence
number is given inside the transaction: 1, 2, 3 ... without a gap, one chain per journal, every record signed by the gate.
A journal that is made anew has an epoch of its own: no number is ever given twice.

Threads may share one `Outbox`: one writes at a time, readers have connections of their own and never wait for a writer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge.clock import Clock
from edge.contract.canonical import sign
from edge.contract.facts import Fact, Kind, OrderReceived
from edge.contract.records import Record, Sealed, seal
from edge.contract.steps import reached
from edge.journal import command_answers
from edge.journal.batches import size_in_message
from edge.journal.delivery import KEEP_AT_LEAST, Delivery
from edge.journal.erasing import Erasing
from edge.journal.file import Kept, Meta, private_text, readable
from edge.journal.open_file import OpenFile, Writing
from edge.journal.signatures import sign_anew
from edge.journal.verify import walk

FILE = "journal.db"
MAX_RECORD = 64 * 1024
"""Bytes of one record as it travels at most, so that a message always holds at least one."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NewRecord:
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
    """One gate's journal, open for keeping and reading; `delivery` is what the link sends of it and the hub releases."""

    def __init__(
        self, file: OpenFile, key: Ed25519PrivateKey, clock: Clock, keep_at_least: int = KEEP_AT_LEAST
    ) -> None:
        self._file = file
        self._key = key
        self._clock = clock
        self.erasing = Erasing(file)
        self.delivery = Delivery(file, lambda lost: self.keep(Kind.LOST, body=lost), keep_at_least)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        town: str,
        gate: str,
        key: Ed25519PrivateKey,
        clock: Clock,
        keep_at_least: int = KEEP_AT_LEAST,
    ) -> Self:
        """The journal at `path`, made with a new epoch if there is none.

        `JournalError` (one line) if the file is broken or belongs to another gate.
        """
        return cls(OpenFile.open(path, town, gate), key, clock, keep_at_least)

    def sign_anew(self, former: Sequence[Ed25519PublicKey]) -> int:
        """After a rekey: what was signed with a former key of the gate is signed with the present one; how many records."""
        return sign_anew(self._file, former, self._key)

    def close(self) -> None:
        """Closes every connection; nothing is lost by not calling it."""
        self._file.close()

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
        return self.keep_all([NewRecord(kind, body, visit, lane, private)])[0]

    def keep_all(self, entries: Sequence[NewRecord]) -> tuple[Sealed, ...]:
        """Writes several records in one transaction: all of them, or none and an error.

        `JournalError` if the disk would not take them; `ValueError` for a fact that the contract does not allow (too long, a
        visit missing, an unknown personal field, text that is no Unicode).
        """
        with self._file.writing() as writing:
            meta, sealed = writing.meta, list[Sealed]()
            for entry in entries:
                record = self._seal(meta, entry)
                meta = replace(meta, head=meta.head + 1, head_hash=record.hash)
                self._insert(writing, meta, entry, record)
                sealed.append(record)
            meta.write(writing.connection)
            writing.unfinished = _still_open(writing.unfinished, entries, sealed)
            reached("outbox.inserted")
        reached("outbox.committed")
        return tuple(sealed)

    def _seal(self, meta: Meta, entry: NewRecord) -> Sealed:
        record = seal(
            town=meta.town, gate=meta.gate, epoch=meta.epoch, seq=meta.head + 1, kind=entry.kind, visit=entry.visit,
            lane=entry.lane, at=self._clock.at(), body=entry.body, private=entry.private, prev=meta.head_hash,
        )  # fmt: skip
        size = size_in_message(record)
        if size > MAX_RECORD:
            raise ValueError(f"{entry.kind}: a record of {size} bytes; at most {MAX_RECORD} can be kept")
        Record.parse(record.raw)  # what the hub would refuse is not kept either
        return record

    def _insert(self, writing: Writing, meta: Meta, entry: NewRecord, record: Sealed) -> None:
        writing.connection.execute(
            "insert into records (seq, raw, private, hash, prev, kind, visit) values (?, ?, ?, ?, ?, ?, ?)",
            (meta.head, record.raw, private_text(record), record.hash, record.prev, entry.kind.value, entry.visit),
        )
        writing.connection.execute(
            "insert into signatures (seq, hash, sig) values (?, ?, ?)",
            (meta.head, record.hash, sign(self._key, meta.head_of(meta.head, record.hash))),
        )
        if isinstance(entry.body, OrderReceived):
            expires = entry.expires or command_answers.NEVER
            command_answers.note(writing.connection, entry.body, expires, self._clock.at())

    # -- damage --------------------------------------------------------------------------------------------------------

    @property
    def usable(self) -> bool:
        """Returns False from the moment in which the file was found damaged: nothing more is written to it, or read from it."""
        return self._file.fault is None

    @property
    def fault(self) -> str | None:
        """What is wrong with the file, in one line; None: nothing is known to be."""
        return self._file.fault

    def check(self) -> None:
        """Looks whether the file is still there and can be read from the disk; what is wrong stands in `fault`."""
        self._file.check()

    # -- what is there -------------------------------------------------------------------------------------------------

    @property
    def meta(self) -> Meta:
        """The journal's row about itself, as of the last commit."""
        return self._file.meta

    @property
    def epoch(self) -> str:
        """The journal's own 128 random bits."""
        return self._file.meta.epoch

    @property
    def head(self) -> int:
        """The number of the last record, 0 for none."""
        return self._file.meta.head

    @property
    def acked(self) -> int:
        """The number up to which the hub has acknowledged every record."""
        return self._file.meta.acked

    @property
    def backlog(self) -> int:
        """How many records the hub has not acknowledged."""
        return self._file.meta.backlog

    def unfinished_visits(self) -> tuple[Kept, ...]:
        """The `visit_opened` of every visit that is not closed, oldest first; at a start, those that a power cut left open."""
        return tuple(self._file.unfinished.values())

    def recent(self, kinds: Sequence[Kind], limit: int) -> tuple[Kept, ...]:
        """The last records of these kinds, at most `limit` of them, oldest first."""
        sql = f"select raw, private from records where kind in (?{', ?' * (len(kinds) - 1)}) order by seq desc limit ?"  # noqa: S608  # only marks
        with self._file.reading() as reader:
            rows = reader.execute(sql, [*(kind.value for kind in kinds), limit]).fetchall()
        return tuple(readable(reversed(rows)))

    def answered(self) -> dict[str, str]:
        """Command id -> what was answered to it last, also where the record of the answer is pruned."""
        with self._file.reading() as reader:
            return command_answers.read(reader)

    def visit(self, visit: str) -> tuple[Kept, ...]:
        """Every record of one visit, oldest first."""
        with self._file.reading() as reader:
            rows = reader.execute("select raw, private from records where visit = ? order by seq", [visit]).fetchall()
        return tuple(readable(rows))

    # -- proving -------------------------------------------------------------------------------------------------------

    def verify(self) -> str | None:
        """Walks the chain: None if all of it holds, else one line that names the first bad record and its fault."""
        with self._file.reading() as reader:
            reader.execute("begin")
            try:
                return walk(reader, self._key.public_key())
            finally:
                reader.execute("rollback")


def _still_open(before: Mapping[str, Kept], entries: Sequence[NewRecord], sealed: Sequence[Sealed]) -> dict[str, Kept]:
    """The visits that are unfinished after these entries, by id, oldest first."""
    visits = dict(before)
    for entry, record in zip(entries, sealed, strict=True):
        if entry.visit is None:
            continue
        if entry.kind is Kind.VISIT_OPENED:
            visits[entry.visit] = Kept.of(record.raw, private_text(record))
        elif entry.kind is Kind.VISIT_CLOSED:
            visits.pop(entry.visit, None)
    return visits
