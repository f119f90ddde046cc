"""The substitute for a journal that cannot be used: it takes no record, holds none, and says why.

So the gate's program stays up: nothing opens without a record, the screen says to register on paper and to open by key, and the
link tells the hub. The file is left as it was found, for whoever may get its records back.

Tested in `tests/edge/link/test_uplink.py` and `tests/edge/unit/test_files.py`.
"""

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.contract.facts import Kind
from edge.contract.messages import Ack, Batch
from edge.contract.records import Sealed, new_epoch
from edge.contract.refusal import Refusal
from edge.journal.file import JournalError, Kept, Meta
from edge.journal.outbox import NewRecord


class NoDelivery:
    """Nothing to send, in the shape of a `Delivery`. `meta`: that of an empty journal."""

    usable = False

    def __init__(self, meta: Meta) -> None:
        self.meta = meta

    def batch_after(self, seq: int, limit: int = 0) -> Batch | None:
        """There is nothing to send."""

    def explain_gap(self, first: int, last: int) -> None:
        """Does nothing: the missing records may still be in the file, and are not called lost."""

    def next_conn(self) -> int:
        """A number that the hub compares with no other: the epoch is unknown to it."""
        return 1

    def release(self, ack: Ack, hub_key: Ed25519PublicKey) -> Refusal | None:
        """Releases nothing."""
        return None

    def prune(self) -> int:
        """Removes nothing."""
        return 0


class NoJournal:
    """No journal, in the shape of an `Outbox`. `fault`: why there is none, in one line.

    Its `epoch` names nothing: the hub takes what is said of the connection for the word of a card that it does not know, and
    so the numbers of the true journal's connections stay as they are.
    """

    usable = False
    head = acked = backlog = 0

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.epoch = new_epoch()
        self.delivery = NoDelivery(Meta(self.epoch, town="", gate=""))

    def keep_all(self, entries: Sequence[NewRecord], /) -> tuple[Sealed, ...]:
        """Raises `JournalError`: nothing is kept."""
        raise JournalError(self.fault)

    def check(self) -> None:
        """Nothing to look at."""

    def close(self) -> None:
        """Nothing to close."""

    def unfinished_visits(self) -> tuple[Kept, ...]:
        """None are known."""
        return ()

    def recent(self, kinds: Sequence[Kind], limit: int) -> tuple[Kept, ...]:
        """None are known."""
        return ()

    def visit(self, visit: str) -> tuple[Kept, ...]:
        """None are known."""
        return ()

    def answered(self) -> Mapping[str, str]:
        """None are known."""
        return {}
