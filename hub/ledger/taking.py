"""Puts each record that arrived where it belongs: into the ledger, the quarantine, the batches held ahead, or nowhere (the rules: `append.py`).

Tested through `append`: `tests/hub/ledger/test_append.py`, `test_late.py`, `test_gaps.py` and `test_sent_ahead.py`.
"""

from dataclasses import dataclass, field

from hub.ledger import late
from hub.ledger.bridge_promises import Promises
from hub.ledger.cursors import JournalId
from hub.ledger.destroyed import Emptied
from hub.ledger.held_records import Held, crossing
from hub.ledger.losses import lost_ranges, without_false_losses
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Bridged, Poison, Quarantined, Received, Sort
from hub.ledger.rows import Rows


@dataclass
class Noticed:
    """The findings of one transaction about its records."""

    again: int = 0
    """Records that are held already."""
    forks: list[tuple[str, str, int]] = field(default_factory=list)
    """(gate, epoch, seq) of every record that came under a number that is held otherwise."""
    crossed: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    """(gate, epoch, first, last, why) of the gaps that bridges crossed."""
    late: list[tuple[str, str, int, int, int]] = field(default_factory=list)
    """(gate, epoch, first, last, how many) of records that were called lost, and are here all the same."""
    beyond: dict[JournalId, int] = field(default_factory=dict)
    """The lowest number of each journal that came with a gap before it."""
    sent_ahead: set[JournalId] = field(default_factory=set)
    """The journals that have sent something ahead of their backlog."""


class Taking:
    """Takes batches into `rows`. `restored`: True if this ledger has been restored from a backup."""

    def __init__(self, rows: Rows, held: Held, destroyed: Emptied, *, restored: bool):
        self._rows, self._held, self._destroyed, self._restored = rows, held, destroyed, restored
        self.noticed = Noticed()

    def take(self, batch: Received) -> None:
        """Takes one batch."""
        # 1. values of an operation that is destroyed are not stored
        batch = self._destroyed.emptied(batch)
        # 2. whatever else it says
        if not self._restored:
            # of a restored hub a gate may have said lost what a newer backup, restored later, brings back
            batch = without_false_losses(batch, self._held.holds_any)
        journal = (batch.gate, batch.epoch)
        if batch.live is not None:
            self.noticed.sent_ahead.add(journal)
        if batch.last > self._held.cursors[journal].committed and not self._rows.rooms.fits(batch):
            return
        promised = self._held.promises(batch)
        if not promised and self._held.follows(batch):
            self._held.hold_all(batch)
            self._rows.sign(batch)
            return
        known = self._held.known(batch)
        if self._take_one_by_one(batch, known, promised) and self._held.ends_as(batch, known):
            self._rows.sign(batch)

    def _take_one_by_one(self, batch: Received, known: dict[int, str], promised: Promises) -> bool:
        """Looks at each record of a batch that does not simply follow; returns False if the batch is beyond a gap."""
        lost = lost_ranges(batch)
        doubts, broken = self._held.doubts(batch, known), self._held.broken_promise(batch, promised)
        forked = ""
        for seq, item in enumerate(batch.items, start=batch.first):
            cursor = self._held.cursors[batch.gate, batch.epoch]
            following = seq == cursor.committed + 1
            named = following or (cursor.committed + 1, seq - 1) in lost
            bridge = None if named else crossing(batch, cursor.committed + 1, seq - 1)
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
                self.noticed.again += 1
            elif takes:
                if bridge is not None:
                    self._cross(batch, bridge)
                self._held.hold(batch, seq, item)
            else:
                self._beyond(batch, seq)
                return False
        return True

    def _beyond(self, batch: Received, seq: int) -> None:
        if batch.live is not None:
            # one whose values are destroyed comes again without them, behind its backlog
            if batch.live:
                self._rows.hold_ahead(batch, batch.live)
        else:
            journal = (batch.gate, batch.epoch)
            self.noticed.beyond[journal] = min(seq, self.noticed.beyond.get(journal, seq))

    def _cross(self, batch: Received, bridge: Bridged) -> None:
        # what is missing is an alert at once: the record itself may never come
        why = f"record {bridge.seq} will say why"
        self.noticed.crossed.append((batch.gate, batch.epoch, bridge.first, bridge.last, why))
        self._rows.lay(batch, bridge)

    def _fork(self, batch: Received, seq: int, item: Good | Poison, why: str) -> None:
        why = f"fork: {why} (a cloned card, or two gates under one id)"
        self.noticed.forks.append((batch.gate, batch.epoch, seq))
        self._keep_without_place(batch, seq, item, why, Sort.FORK)

    def _doubted(self, batch: Received, seq: int, item: Good | Poison, doubt: late.Doubt) -> None:
        if doubt.is_fork:
            self._fork(batch, seq, item, doubt.why)
        elif self._keep_without_place(batch, seq, item, doubt.why, Sort.LATE):
            self.noticed.late.append((batch.gate, batch.epoch, seq, seq, 1))

    def _keep_without_place(self, batch: Received, seq: int, item: Good | Poison, why: str, sort: Sort) -> bool:
        data = item.data if isinstance(item, Poison) else item.sealed.model_dump_json().encode()
        # no prev and hash: it holds no place
        return self._rows.quarantine(Quarantined(batch.topic, batch.gate, why, data, batch.epoch, seq, sort=sort))


def _wrong_prev(seq: int) -> str:
    if seq == 1:
        return "prev of record 1 is not 32 zero bytes, with which a journal begins"
    return f"prev of record {seq} is not the hash of record {seq - 1}, which is held"
