"""The link's interface to the gate: the gate's name, the broker's address, and protocols for journal, lists, clock and health."""

import ssl
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.clock import Clock
from edge.contract.commands import Command
from edge.contract.message import Message
from edge.contract.messages import Ack, Batch, Health, Signed, SignedKind, Witness
from edge.contract.refusal import Refusal
from edge.contract.topics import Name


class Position(Protocol):
    """How far the journal goes, and how far the hub has followed."""

    @property
    def epoch(self) -> str: ...
    @property
    def oldest(self) -> int: ...
    @property
    def head(self) -> int: ...
    @property
    def head_hash(self) -> str: ...
    @property
    def acked(self) -> int: ...
    @property
    def witness(self) -> Witness | None: ...


class Delivery(Protocol):
    """The journal as the link uses it (`journal.delivery.Delivery`)."""

    @property
    def usable(self) -> bool: ...
    @property
    def meta(self) -> Position: ...
    def batch_after(self, seq: int, limit: int) -> Batch | None: ...
    def explain_gap(self, first: int, last: int) -> None: ...
    def release(self, ack: Ack, hub_key: Ed25519PublicKey) -> Refusal | None: ...
    def next_conn(self) -> int: ...
    def prune(self) -> int: ...


class Versions(Protocol):
    """The versions of the lists that the gate holds."""

    @property
    def policy_version(self) -> int | None: ...
    @property
    def passlist_version(self) -> int | None: ...


class Sightings(Protocol):
    """How far the hub's sightings are known: up to `number` of `series`; `behind`: something in between is missing."""

    @property
    def series(self) -> str | None: ...
    @property
    def number(self) -> int: ...
    @property
    def behind(self) -> bool: ...


class Lists(Protocol):
    """The lists as the link uses them (`lists.store.Lists`)."""

    @property
    def inside(self) -> Sightings: ...
    def accept(self, signed: Signed, now: datetime, *, settled: bool = False) -> Refusal | None: ...
    def vouch(self, kinds: Iterable[SignedKind], now: datetime) -> None: ...
    def snapshot(self) -> Versions: ...


@dataclass(frozen=True, slots=True)
class Address:
    """The gate's town and id, and the address of its broker. `tls` makes a context for each connection; None: plain, for tests.

    `also()`: further names and addresses of the same broker, as the hub's lists name them now.
    """

    town: str
    gate: str
    host: str
    port: int
    tls: Callable[[], ssl.SSLContext] | None
    hub_key: Ed25519PublicKey
    also: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds."""

    connect: float = 5.0
    keepalive: int = 20
    back_off: float = 1.0
    most_back_off: float = 8.0
    health: float = 5.0
    answer: float = 1.0
    """How long batches wait for the ack that answers a hello."""
    patience: float = 5.0
    most_patience: float = 60.0


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The link as the screen may show it. `last_ack`: monotonic seconds; `fault`: why there is no connection."""

    connected: bool = False
    hub_online: bool = False
    last_ack: float | None = None
    in_flight: int = 0
    fault: str | None = None
    ahead: int = 0
    """The last record ahead of the backlog that the hub has said it holds; 0 for none."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something for the hub beside the records, sent one after the other; `carried` is called when the broker has it."""

    name: Name
    message: Message
    carried: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends that the link joins: the hub's address on one side, the gate's own parts on the other.

    `health` makes the message of every few seconds; `judge(alarm, why)` gets the gate's judgement on a message of the hub;
    `ordered(commands)` all that the hub wants done, whenever it says so.
    """

    address: Address
    delivery: Delivery
    lists: Lists
    clock: Clock
    health: Callable[[], Health]
    judge: Callable[[str, str | None], None]
    ordered: Callable[[tuple[Command, ...]], None]
    software: str
    times: Times
    parcels: deque[Parcel]
