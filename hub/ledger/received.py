"""The messages that reached the hub, as values: records in their place in a gate's chain, or bytes for the quarantine.

Tested in `tests/hub/ledger/test_intake.py`.
"""

from dataclasses import dataclass
from enum import StrEnum

from edge.contract.canonical import sha256_hex
from edge.contract.records import Sealed
from edge.contract.values import visible
from hub.ledger.projections.good_record import Good

LONGEST_CAUSE = 500
"""Characters of a cause at most."""


def cause(error: Exception | str) -> str:
    """Why something was not taken, in one line that any database, log and page can hold, whatever a gate's bytes put into it."""
    text = " ".join(str(error).split()) or type(error).__name__
    return visible(text.encode("utf-8", "backslashreplace").decode())[:LONGEST_CAUSE]


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that is in the gate's chain (its hash holds and is signed for) and can't be taken: `data` is all of it."""

    prev: str
    hash: str
    why: str
    data: bytes
    without: Good | None = None
    """The record as it would be taken if its personal values had been destroyed, where nothing is wrong but that they are not there."""


@dataclass(frozen=True, slots=True)
class Bridged:
    """A gap that a signed `lost` record of the gate explains before it comes in its own place, at `seq`."""

    first: int
    last: int
    seq: int
    sealed: Sealed
    sig: str


@dataclass(frozen=True, slots=True)
class Received:
    """One batch: contiguous records of one gate's epoch, chained to each other, the last one signed for."""

    gate: str
    epoch: str
    first: int
    items: tuple[Good | Poison, ...]
    sig: str
    topic: str
    bridge: Bridged | None = None
    live: bytes | None = None
    """The message itself, if it was sent ahead of a backlog."""

    @property
    def last(self) -> int:
        """The sequence number of the last record."""
        return self.first + len(self.items) - 1


class Sort(StrEnum):
    """The sorts of quarantined messages: how much of each sort a gate may leave there has a limit of its own (`budget.py`)."""

    NOISE = "noise"
    """What cannot be read, or is not signed: nobody's record."""
    FORK = "fork"
    """A record, signed by its gate, under a number that is held otherwise: its gate keeps it, for it is never acknowledged."""
    LATE = "late"
    """A record, signed by its gate, that arrived after the gate had called it lost."""
    AHEAD = "ahead"
    """A batch that was sent ahead of a backlog that will not come."""
    POISON = "poison"
    """A record that holds its place in its gate's chain."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Bytes that mean nothing to us, from whom they seem to come, and why they were not taken.

    `epoch`, `seq`: the journal and the record, where they are known; `prev`, `hash`: of a record that holds its place.
    """

    topic: str
    gate: str | None
    why: str
    raw: bytes
    epoch: str | None = None
    seq: int | None = None
    prev: str | None = None
    hash: str | None = None
    sort: Sort = Sort.NOISE


def digest(topic: str, raw: bytes, hash_: str | None) -> str:
    """By what a quarantined message is known, so that it is kept once.

    `hash_` of a record that holds a place is in it: the same bytes may have come before as a message or a fork, which hold none, and
    the place must be held all the same.
    """
    place = [] if hash_ is None else [b"\0", bytes.fromhex(hash_)]
    return sha256_hex(topic.encode("utf-8", "replace"), b"\0", raw, *place)
