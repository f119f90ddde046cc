"""The records of each sending journal that the hub holds: in the database, and in what the transaction at hand adds to it.

Tested through `append`: `tests/hub/ledger/test_append.py`, `test_late.py` and `test_gaps.py`.
"""

from sqlalchemy.engine import Connection

from hub.database.schema import cursors as table
from hub.database.statements import upsert
from hub.ledger import bridge_promises, late
from hub.ledger.cursors import Cursor, JournalId, holds_any, stored_hashes
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Bridged, Poison, Received
from hub.ledger.rows import Rows


class Held:
    """The journals' cursors, which move with every record that takes its place, and questions about what lies below them."""

    def __init__(self, connection: Connection, town: str, cursors: dict[JournalId, Cursor], rows: Rows):
        self._connection, self._town, self.cursors, self._rows = connection, town, cursors, rows
        self._hashes: dict[JournalId, dict[int, str]] = {}

    def follows(self, batch: Received) -> bool:
        """Returns True if a batch goes on where its journal ends: nearly every one does, and as a chain, it does so whole."""
        cursor = self.cursors[batch.gate, batch.epoch]
        return batch.first == cursor.committed + 1 and batch.items[0].prev == cursor.hash

    def hold_all(self, batch: Received) -> None:
        """Notes that a whole batch takes its place."""
        for seq, item in enumerate(batch.items, start=batch.first):
            self._rows.place(batch, seq, item)
        hashes = enumerate((item.hash for item in batch.items), start=batch.first)
        self._hashes.setdefault((batch.gate, batch.epoch), {}).update(hashes)
        self._move(batch, batch.last, batch.items[-1].hash)

    def hold(self, batch: Received, seq: int, item: Good | Poison) -> None:
        """Notes that one record takes its place."""
        self._rows.place(batch, seq, item)
        self._hashes.setdefault((batch.gate, batch.epoch), {})[seq] = item.hash
        self._move(batch, seq, item.hash)

    def known(self, batch: Received) -> dict[int, str]:
        """The hashes that are held where the batch overlaps the cursor: usually nowhere, and then nothing is read."""
        committed = self.cursors[batch.gate, batch.epoch].committed
        if batch.first > committed:
            return {}
        fresh = self._hashes.get((batch.gate, batch.epoch), {})
        found = {seq: fresh[seq] for seq in range(batch.first, min(batch.last, committed) + 1) if seq in fresh}
        found.update(stored_hashes(self._connection, self._town, batch.gate, batch.epoch, batch.first, batch.last))
        return found

    def ends_as(self, batch: Received, known: dict[int, str]) -> bool:
        """Returns True if the last record of a batch is the one that is held under its number."""
        if self.cursors[batch.gate, batch.epoch].committed < batch.last:
            return False
        hash_ = self._hashes.get((batch.gate, batch.epoch), {}).get(batch.last) or known.get(batch.last)
        return hash_ == batch.items[-1].hash

    def holds_any(self, batch: Received, first: int, last: int) -> bool:
        """Returns True if any record of a range of a batch's journal is held."""
        fresh = self._hashes.get((batch.gate, batch.epoch), ())
        if any(first <= seq <= last for seq in fresh):
            return True
        return holds_any(self._connection, self._town, batch.gate, batch.epoch, first, last)

    def promises(self, batch: Received) -> bridge_promises.Promises:
        """What bridges promise for the batch's numbers: nearly always nothing."""
        place = (batch.gate, batch.epoch)
        stored = bridge_promises.promises(self._connection, self._town, *place, batch.first, batch.last)
        return bridge_promises.together(self._rows.bridges(batch), stored)

    def broken_promise(self, batch: Received, promised: bridge_promises.Promises) -> str:
        """Which promise the new records of a batch, or its bridge, break; empty if none.

        One signature is over all of them, so they are of one journal, and none of them is taken.
        """
        committed = self.cursors[batch.gate, batch.epoch].committed
        bridge = crossing(batch, committed + 1, batch.first - 1)
        if bridge is not None:
            # what it promises may lie further on than the batch reaches
            elsewhere = bridge_promises.promises(
                self._connection, self._town, batch.gate, batch.epoch, bridge.seq, bridge.seq
            )
            promise = (bridge.seq, bridge.sealed.prev, bridge.sealed.hash)
            if against := bridge_promises.contradiction({**elsewhere, **promised}, *promise):
                return against
            promised = bridge_promises.together([promise], promised)
        for seq, item in enumerate(batch.items, start=batch.first) if promised else ():
            if seq > committed and (against := bridge_promises.contradiction(promised, seq, item.prev, item.hash)):
                return against
        return ""

    def doubts(self, batch: Received, known: dict[int, str]) -> dict[int, late.Doubt]:
        """The doubts about records under numbers that the cursor passed without one: nearly always there are none."""
        committed = self.cursors[batch.gate, batch.epoch].committed
        missing = [seq for seq in range(batch.first, min(batch.last, committed) + 1) if seq not in known]
        if not missing:
            return {}
        journal = late.HeldJournal(self._connection, self._town, batch.gate, batch.epoch, self._rows.links(batch))
        return late.doubts(journal, batch.first, [late.Link(item.prev, item.hash) for item in batch.items], missing)

    def write_cursors(self) -> None:
        """Writes where each journal stands now."""
        rows = [
            {
                "town": self._town,
                "gate": gate,
                "epoch": epoch,
                "committed": cursor.committed,
                "backed_up": cursor.backed_up,
                "hash": cursor.hash,
            }
            for (gate, epoch), cursor in self.cursors.items()
            if cursor.committed
        ]
        upsert(self._connection, table, rows)

    def _move(self, batch: Received, seq: int, hash_: str) -> None:
        journal = (batch.gate, batch.epoch)
        self.cursors[journal] = Cursor(seq, self.cursors[journal].backed_up, hash_)


def crossing(batch: Received, first: int, last: int) -> Bridged | None:
    """The batch's bridge, if it is over exactly this gap."""
    bridge = batch.bridge
    return bridge if bridge is not None and (bridge.first, bridge.last) == (first, last) else None
