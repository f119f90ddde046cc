"""A gate's day of records, made before any clock starts: kept by the real outbox, so that batches are exactly a gate's own.

Each vehicle is three records (opened, disinfected, closed), in and out by turns; every fifth is registered by hand with all
that the operation asks.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import FixedClock
from edge.contract.facts import (
    ClockTrust,
    Disinfected,
    Disinfection,
    Kind,
    Outcome,
    ReadBy,
    VerifiedBy,
    VisitClosed,
    VisitOpened,
)
from edge.contract.messages import MAX_BATCH_RECORDS, Bundle, Hello
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.records import ZERO_HASH, new_visit
from edge.journal.outbox import NewRecord, Outbox
from scripts.town.passes import pass_id

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
OFFICER, LANE = "u-2", "1"
AT_ONCE = 600
"""Entries kept in one transaction while preparing."""
ASKED = {"origin": "胶州", "destination": "城阳", "purpose": "送货", "driver": "李强", "phone": "13800138000"}


@dataclass(frozen=True, slots=True)
class Message:
    """One batch as it travels, and the number of its last record."""

    payload: bytes
    last: int


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that one gate will say."""

    bundle: Bundle
    hello: bytes
    messages: tuple[Message, ...]

    @property
    def records(self) -> int:
        """How many records there are in all."""
        return self.messages[-1].last


def prepare(bundle: Bundle, folder: Path, count: int, seed: int, at_once: int = MAX_BATCH_RECORDS) -> Day:
    """A gate's day of `count` records, signed and batched, `at_once` in a batch at most."""
    folder.mkdir()
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bundle.signing_key))
    clock = FixedClock(BEGIN)
    outbox = Outbox.open(folder / "journal.db", town=bundle.town, gate=bundle.gate, key=key, clock=clock)
    with closing(outbox):
        coming = islice(_entries(bundle.gate, seed), count)
        while kept := list(islice(coming, AT_ONCE)):
            outbox.keep_all(kept)
            clock.advance(60.0)
        return Day(bundle, hello(bundle, outbox), tuple(messages(outbox, at_once)))


def messages(outbox: Outbox, at_once: int) -> Iterator[Message]:
    """What the outbox holds as a gate sends it, `at_once` records in a batch at most."""
    batch = outbox.delivery.batch_after(0, at_once)
    while batch is not None:
        yield Message(batch.encode(), batch.seq)
        batch = outbox.delivery.batch_after(batch.seq, at_once)


def hello(bundle: Bundle, outbox: Outbox) -> bytes:
    """What the gate says when it connects."""
    return Hello(
        town=bundle.town, gate=bundle.gate, epoch=outbox.epoch, oldest=1, head=outbox.head, acked=0,
        head_hash=outbox.meta.head_hash or ZERO_HASH, boot="00", clock=ClockTrust.SYNCED, policy=bundle.policy.version,
        passlist=bundle.passlist.version, sighting=0, software="bench",
    ).encode()  # fmt: skip


def _entries(gate: str, seed: int) -> Iterator[NewRecord]:
    number = 0
    while True:
        # a vehicle comes in and, as the next visit, goes out again: `inside` breathes; every seventh stays
        vehicle, leaves = divmod(number, 2)
        number += 1
        if leaves and vehicle % 7 == 0:
            continue
        yield from _visit(gate, seed, vehicle, Direction.OUT if leaves else Direction.IN)


def _visit(gate: str, seed: int, vehicle: int, direction: Direction) -> Iterator[NewRecord]:
    visit = new_visit()
    # a vehicle keeps to its gate: at two gates at once it would be a conflict, and judging those is not what is measured
    plate = f"鲁{'ABCDEFGH'[zlib.crc32(gate.encode()) % 8]}{vehicle % 100000:05d}"
    by_hand = vehicle % 5 == 0
    private: Mapping[str, str] = {"plate": plate, **ASKED} if by_hand else {"plate": plate}
    opened = VisitOpened(
        read_by=ReadBy.HAND if by_hand else ReadBy.QR,
        direction=direction,
        verdict=Verdict.LOOK if by_hand else Verdict.HOLD,
        reason=Reason.NO_PASS if by_hand else Reason.DISINFECTION_DUE,
        vehicle_class="resident",
        pass_id=None if by_hand else pass_id(seed, f"{gate} {vehicle}").hex(),
        officer=OFFICER,
        operation="op-1",
        disinfection=Disinfection.REQUIRED,
        policy=1,
        passlist=1,
    )
    sprayed = Disinfected(
        batch="b-000000000001", agent="chlorine", concentration="500 mg/L", parts=("tyres", "chassis"),
        washed_first=False, seconds=10.0, verified_by=VerifiedBy.SENSOR, officer=OFFICER,
    )  # fmt: skip
    yield NewRecord(Kind.VISIT_OPENED, opened, visit, LANE, private)
    yield NewRecord(Kind.DISINFECTED, sprayed, visit, LANE)
    yield NewRecord(Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer=OFFICER), visit, LANE)
