"""The rows that one transaction adds to the ledger, gathered batch by batch, then written.

Tested through `append`: `tests/hub/ledger/test_append.py`.
"""

from typing import Any

from sqlalchemy.engine import Connection

from edge.contract.records import chain_hash
from hub.database.schema import ahead, bridges, entries, quarantine, signatures
from hub.database.statements import insert_in_order, insert_new
from hub.ledger.budget import Rooms
from hub.ledger.cursors import JournalId
from hub.ledger.late import Link
from hub.ledger.projections.derive import Fresh
from hub.ledger.projections.good_record import Good
from hub.ledger.received import Bridged, Poison, Quarantined, Received, Sort, digest

_OF_ENTRIES = tuple(column.name for column in entries.columns if column.name != "id")


class Rows:
    """New rows of one town, all received at one time; `chain` is the town's, up to the last of them."""

    def __init__(self, connection: Connection, town: str, received_at: str, chain: str):
        self._connection, self._town, self._received_at, self.chain = connection, town, received_at, chain
        self.rooms = Rooms(connection, town)
        self.fresh: list[Fresh] = []
        self.refused: set[JournalId] = set()
        """The journals of which something went to the quarantine, or was not kept there."""
        self.quarantined: list[dict[str, Any]] = []
        self._written = 0
        self._entries: list[tuple[Any, ...]] = []
        self._signatures: list[dict[str, Any]] = []
        self._bridges: list[dict[str, Any]] = []
        self._ahead: list[dict[str, Any]] = []

    @property
    def entered(self) -> int:
        """How many entries there are among them."""
        return len(self._entries)

    def enter(self, journal: JournalId, seq: int, item: Good) -> None:
        """Adds an entry at the end of the town's chain."""
        self.chain = chain_hash(self.chain, item.raw)
        self._entries.append(
            (
                self._town, *journal, seq, item.kind, item.visit, item.raw, item.private, item.hash, item.prev, self.chain,
                self._received_at,
            )
        )  # fmt: skip
        self.fresh.append(Fresh(item, self._received_at))

    def place(self, batch: Received, seq: int, item: Good | Poison) -> None:
        """A record that takes its place in its gate's chain: an entry, or a row of the quarantine that holds the place."""
        if isinstance(item, Good):
            self.enter((batch.gate, batch.epoch), seq, item)
        else:
            self.quarantine(
                Quarantined(
                    batch.topic, batch.gate, item.why, item.data, batch.epoch, seq, item.prev, item.hash, Sort.POISON
                )
            )

    def quarantine(self, message: Quarantined) -> bool:
        """Returns True if there is room for the message."""
        if message.gate is not None and message.epoch is not None:
            self.refused.add((message.gate, message.epoch))
        if not self.rooms.keeps(message):
            return False
        self.quarantined.append(
            {
                "town": self._town,
                "gate": message.gate,
                "topic": message.topic,
                "epoch": message.epoch,
                "seq": message.seq,
                "prev": message.prev,
                "hash": message.hash,
                "why": message.why,
                "raw": message.raw,
                "digest": digest(message.topic, message.raw, message.hash),
                "received_at": self._received_at,
                "sort": message.sort.value,
            }
        )
        return True

    def sign(self, batch: Received) -> None:
        """The gate's signature over the last record of a batch."""
        self._signatures.append(
            {
                "town": self._town,
                "gate": batch.gate,
                "epoch": batch.epoch,
                "seq": batch.last,
                "hash": batch.items[-1].hash,
                "sig": batch.sig,
            }
        )

    def lay(self, batch: Received, bridge: Bridged) -> None:
        """A bridge over a gap before a batch."""
        self._bridges.append(
            {
                "town": self._town,
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

    def hold_ahead(self, batch: Received, data: bytes) -> None:
        """A batch that was sent ahead of its backlog, as it came, if there is room for it."""
        if not self.rooms.takes_ahead(batch.gate, len(data)):
            return
        self._ahead.append(
            {
                "town": self._town,
                "gate": batch.gate,
                "epoch": batch.epoch,
                "first": batch.first,
                "last": batch.last,
                "raw": data,
                "received_at": self._received_at,
            }
        )

    def links(self, batch: Received) -> dict[int, Link]:
        """The places in a batch's journal that these rows fill already."""
        place = (self._town, batch.gate, batch.epoch)
        found = {row[3]: Link(row[9], row[8]) for row in self._entries if row[:3] == place}
        for row in self.quarantined:
            if row["hash"] is not None and (row["town"], row["gate"], row["epoch"]) == place:
                found[row["seq"]] = Link(row["prev"], row["hash"])
        return found

    def bridges(self, batch: Received) -> list[tuple[int, str, str]]:
        """(seq, prev, hash) of the record of each bridge that is laid here in a batch's journal."""
        place = (batch.gate, batch.epoch)
        return [(row["seq"], row["prev"], row["hash"]) for row in self._bridges if (row["gate"], row["epoch"]) == place]

    def write(self) -> None:
        """Writes all rows."""
        insert_in_order(self._connection, entries, _OF_ENTRIES, self._entries)
        insert_new(self._connection, signatures, self._signatures)
        self.write_quarantined()
        insert_new(self._connection, bridges, self._bridges)
        insert_new(self._connection, ahead, self._ahead)

    def write_quarantined(self) -> None:
        """Writes what was quarantined since this was last done."""
        insert_new(self._connection, quarantine, self.quarantined[self._written :])
        self._written = len(self.quarantined)
