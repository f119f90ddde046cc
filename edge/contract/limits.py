"""The limits that a hub sets for one gate: sizes, rates, and how much of the gate's messages the quarantine keeps. The table *Limits* of README.md says the same.

A gate that keeps to the contract meets none of them. Beyond each only that gate is worse off: what is dropped is counted by name,
and a record is never among what is lost, for its gate keeps it until the hub's own ack.
"""

from dataclasses import dataclass

from edge.contract.message import MAX_MESSAGE
from edge.contract.messages import MAX_LIST
from edge.contract.topics import Name

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit: so much at once (`burst`), and so much a minute from then on."""

    burst: int
    a_minute: float


@dataclass(frozen=True, slots=True)
class Room:
    """How much the hub keeps of one sort of a gate's messages: their number, and their bytes."""

    rows: int
    bytes: int


MAX_PACKET = MAX_LIST + 64 * KIB
"""Bytes of one message that the broker reads: the hub's longest list. A client that sends a longer one is disconnected, unread."""
WAITING = 24
"""Messages of one gate that wait for the hub at once; those beyond are dropped unread."""
WAITING_BATCHES = 8
"""Of them `records`: twice what a gate may have unanswered."""
WAITING_BYTES = WAITING * (MAX_MESSAGE + 1)
"""Bytes of them: of a longer message the hub reads no more than shows that it is too long."""
RATES: dict[Name, Rate] = {
    Name.HELLO: Rate(30, 30),
    Name.STATE: Rate(60, 30),
    Name.HEALTH: Rate(60, 60),
    Name.PICTURE: Rate(30, 30),
}
"""Messages of a gate by what is said."""
RECORDS = Rate(1024 * MIB, 0.5 * MIB)
"""Bytes of a gate's `records`: a backlog of months at once, then twenty times what a busy gate writes."""
JOURNALS = Rate(20, 0.1)
"""Journals that a gate may begin: a new card is put in by hand."""
OFFENCES = Rate(240, 300)
"""Messages of a gate beyond these limits, or that cannot be read. Beyond this the hub does not listen to the gate for a while."""
MUTED_SECONDS = (15.0, 960.0)
"""For how long, the first time and at most: it doubles each time."""

NOISE = Room(500, 8 * MIB)
"""What cannot be read, or is not signed. Messages that come from no gate of the town share one such room."""
FORKS = Room(2_000, 8 * MIB)
"""Records under a number that is held otherwise."""
LATE = Room(2_000, 8 * MIB)
"""Records that arrived after their gate had called them lost."""
POISON = Room(20_000, 32 * MIB)
"""Records that hold a place in the gate's chain and cannot be taken."""
AHEAD = Room(5_000, 16 * MIB)
"""Batches beyond a hole in the numbers, kept outside the ledger until the missing records come, or in the quarantine if these will not come."""
