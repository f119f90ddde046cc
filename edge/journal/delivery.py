"""The journal as the link sees it: what is sent next, what the hub's acknowledgement releases, and what is pruned then.

Tested in `tests/edge/journal/test_outbox.py`.
"""

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.facts import Lost
from edge.contract.messages import MAX_BATCH_RECORDS, Ack, Batch, Refused
from edge.contract.refusal import Refusal
from edge.contract.steps import reached
from edge.journal import refused_records
from edge.journal.acks import disbelief, names_another_record, released_by
from edge.journal.batches import bridge_over, fill
from edge.journal.file import Meta
from edge.journal.open_file import OpenFile

KEEP_AT_LEAST = 20_000
"""Records that stay on the gate although a backup of the hub holds them: some days of a busy lane."""

_PRUNE_AT_ONCE = 500


class Delivery:
    """The way of one journal's records to the hub.

    `keep_lost` writes the record of a gap durably. `keep_at_least`: records that pruning leaves unless another number is given.
    """

    def __init__(self, file: OpenFile, keep_lost: Callable[[Lost], object], keep_at_least: int = KEEP_AT_LEAST) -> None:
        self._file = file
        self._keep_lost = keep_lost
        self._keep_at_least = keep_at_least

    @property
    def usable(self) -> bool:
        """Returns False from the moment in which the file was found damaged: nothing more can be sent from it or released in it."""
        return self._file.fault is None

    @property
    def meta(self) -> Meta:
        """The journal's row about itself, as of the last commit."""
        return self._file.meta

    # -- sending -------------------------------------------------------------------------------------------------------

    def batch_after(self, seq: int, limit: int = MAX_BATCH_RECORDS) -> Batch | None:
        """The records that follow `seq`, signed, as many as one message may hold (200, and 128 KiB); None if there are none.

        Where the records after `seq` are gone, the batch begins with the oldest that is left; its bridge is the `lost`
        record that `explain_gap` has kept, if it has.
        """
        with self._file.reading() as reader:
            last, chosen = fill(reader, seq, min(limit, MAX_BATCH_RECORDS))
            if not chosen:
                return None
            (sig,) = reader.execute("select sig from signatures where seq = ?", [last]).fetchone()
            first = last - len(chosen) + 1
            bridge = bridge_over(reader, seq + 1, first - 1) if first > seq + 1 else None
        meta = self._file.meta
        return Batch(
            town=meta.town, gate=meta.gate, epoch=meta.epoch, records=chosen, seq=last, sig=sig, bridge=bridge
        )  # fmt: skip

    def explain_gap(self, first: int, last: int) -> None:
        """Keeps the record that says that these numbers will never come, once; the only way past a gap.

        The hub lacks them and so does the gate: the hub was restored from a backup older than the one that let the gate prune,
        or the journal's own file lost them. `ValueError` if the journal has any of them.
        """
        with self._file.reading() as reader:
            (there,) = reader.execute(
                "select count(*) from records where seq between ? and ?", [first, last]
            ).fetchone()
            if there or bridge_over(reader, first, last) is not None:
                if there:
                    raise ValueError(f"records {first} to {last}: {there} of them are here")
                return
        pruned = last <= self._file.meta.pruned
        why = "pruned when a backup of the hub held them" if pruned else "missing in the gate's own journal"
        self._keep_lost(Lost(first=first, last=last, why=why))

    def next_conn(self) -> int:
        """A number for the next connection, higher than every one before it, over restarts too."""
        with self._file.writing() as writing:
            meta = replace(writing.meta, conn=writing.meta.conn + 1)
            meta.write(writing.connection)
        return meta.conn

    # -- releasing -----------------------------------------------------------------------------------------------------

    def release(self, ack: Ack, hub_key: Ed25519PublicKey) -> Refusal | None:
        """Takes the hub's ack: None, or why it is not believed.

        Within one ledger and ledger epoch the cursors only rise, and an older ack changes nothing. They go back, and the
        records are sent again, where the hub says that it lacks them: by a risen ledger epoch (restored from a backup), by
        another ledger, or by name in `missing`. What the ack says was refused is written down and logged, once.
        """
        new: tuple[Refused, ...] = ()
        with self._file.writing() as writing:
            meta, connection = writing.meta, writing.connection
            why = disbelief(meta, ack, hub_key) or names_another_record(connection, meta, ack)
            if why is None and ack.refused is not None:
                new = refused_records.note(connection, ack.refused)
            if why is None:
                released = released_by(meta, ack)
                if released != meta:
                    released.write(connection)
                    reached("outbox.released")
        refused_records.warn(new)
        return why

    def refused(self) -> tuple[Refused, ...]:
        """The records and messages of this journal that the hub did not take into the ledger, by its last list."""
        with self._file.reading() as reader:
            return refused_records.read(reader)

    def prune(self, keep: int | None = None) -> int:
        """Removes some of the oldest records that a backup of the hub holds; says how many.

        The last `keep` stay (at least one), and everything from the first unfinished visit on. At most 500 at once, so that a
        vehicle at the lane never waits for it: call it again while it removes any.
        """
        keep = self._keep_at_least if keep is None else keep
        with self._file.writing() as writing:
            meta, connection = writing.meta, writing.connection
            first_open = min((kept.record.seq for kept in writing.unfinished.values()), default=meta.head)
            held = min(meta.backed_up, meta.acked, meta.head - max(keep, 1), first_open - 1)
            last = min(held, meta.pruned + _PRUNE_AT_ONCE)
            if last <= meta.pruned:
                return 0
            (hash_,) = connection.execute("select hash from records where seq = ?", [last]).fetchone()
            connection.execute("delete from records where seq <= ?", [last])
            connection.execute("delete from signatures where seq <= ?", [last])
            replace(meta, pruned=last, pruned_hash=hash_).write(connection)
            reached("outbox.pruned")
        return last - meta.pruned
