"""Gate and hub in every order that processes can't be driven into: real journal, real ledger, a wire that the machine holds.

What travels is a list of bytes: delivered in any order, twice, or never. The invariants are looked up by the campaign's checker,
which shares no code with either side.
"""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from edge.clock import FixedClock
from edge.contract.facts import ClockTrust, Kind
from edge.contract.messages import Ack, Hello
from edge.contract.records import new_visit
from edge.journal.outbox import NewRecord, Outbox
from hub.backup.make import backup
from hub.ledger.acks import answer
from hub.ledger.gaps import lacking
from hub.town.town import Town
from scripts.faulting.checker import Evidence, check
from tests.edge.journals import OPENED, PASSED
from tests.hub import ledgers
from tests.hub.backups import restored
from tests.hub.ledgers import read, settle, take
from tests.hub.towns import NOW, Place

EAST = "east"
index = st.integers(min_value=0, max_value=1000)


class GateAndHub(RuleBasedStateMachine):
    """One gate of a town, the hub, and everything that is on its way between them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kakou-model-"))
        self.place: Place = settle(self.folder)
        self.now = NOW
        self.clock = FixedClock(datetime(2026, 3, 1, 8, tzinfo=UTC))
        self.cards = 0
        self.archive: list[Path] = []
        self.copies: list[Path] = []
        self.wire: list[bytes] = []
        self.acks: list[bytes] = []
        self.crossings: list[str] = []
        self.backup: Path | None = None
        self.lives = 1
        self.alarmed: list[str] = []
        self.outbox = self._open()
        self.cursor = 0

    def teardown(self) -> None:
        """Everything heals; then nothing may be missing, double or invented."""
        try:
            self._drain()
            self.outbox.close()
            evidence = Evidence(
                self.place.folder / "hub.db",
                [self._card(), *self.archive, *self.copies],
                {EAST: self.crossings},
                self.copies,
            )
            assert check(evidence).faults == []
            ledgers.check(self.place)
        finally:
            self.outbox.close()
            self.place.engine.dispose()
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- the gate --------------------------------------------------------------------------------------------------------

    @rule(count=st.integers(min_value=1, max_value=4))
    def vehicles_come(self, count: int) -> None:
        for _ in range(count):
            self.crossings.append(_cross(self.outbox))

    @rule()
    def power_cut(self) -> None:
        self.outbox.close()
        self.outbox = self._open()
        self.cursor = self.outbox.acked

    @rule(days=st.integers(min_value=-400, max_value=400))
    def the_clock_jumps(self, days: int) -> None:
        self.clock.set(self.clock.now() + timedelta(days=days))
        self.clock.trust = ClockTrust.UNSYNCED

    @rule(limit=st.integers(min_value=1, max_value=5))
    def a_batch_leaves(self, limit: int) -> None:
        batch = self.outbox.delivery.batch_after(self.cursor, limit)
        if batch is not None and batch.first > self.cursor + 1 and batch.bridge is None:
            self.outbox.delivery.explain_gap(self.cursor + 1, batch.first - 1)
            batch = self.outbox.delivery.batch_after(self.cursor, limit)
        if batch is not None:
            self.wire.append(batch.encode())
            self.cursor = batch.seq

    @rule(behind=st.integers(min_value=1, max_value=6), limit=st.integers(min_value=1, max_value=5))
    def a_batch_goes_ahead(self, behind: int, limit: int) -> None:
        batch = self.outbox.delivery.batch_after(max(self.outbox.head - behind, 0), limit)
        if batch is not None:
            self.wire.append(batch.model_copy(update={"live": True}).encode())

    @rule(which=index)
    @precondition(lambda self: self.acks)
    def an_ack_arrives(self, which: int) -> None:
        self._hear(self.acks.pop(which % len(self.acks)))

    @rule(which=index)
    @precondition(lambda self: self.acks)
    def an_ack_is_lost(self, which: int) -> None:
        self.acks.pop(which % len(self.acks))

    @rule()
    def old_records_are_pruned(self) -> None:
        self.outbox.delivery.prune(keep=1)

    @rule()
    @precondition(lambda self: self.outbox.head and self.outbox.acked == self.outbox.head)
    def the_card_is_replaced(self) -> None:
        # what the old card held must outlive the next restore: it is gone from the gate
        self._drain()
        self.outbox.close()
        self.archive.append(self._card())
        self.cards += 1
        self.outbox, self.cursor = self._open(), 0
        self._back_up()

    @rule(one=st.integers(min_value=1, max_value=3), other=st.integers(min_value=1, max_value=3))
    def the_card_is_cloned_and_both_send(self, one: int, other: int) -> None:
        self._drain()
        self.outbox.close()
        original, twin = self._card(), self.folder / f"twin-{self.cards}.db"
        shutil.copy(original, twin)
        for path, count in ((original, one), (twin, other)):
            copy = self._open(path)
            for _ in range(count):
                self.crossings.append(_cross(copy))
            batch = copy.delivery.batch_after(copy.acked)
            assert batch is not None
            take(self.place, read(self.place, EAST, batch.encode()))
            copy.close()
        self.copies += [original, twin]
        self.cards += 1
        self.outbox, self.cursor = self._open(), 0
        self._back_up()

    # -- the wire and the hub ----------------------------------------------------------------------------------------------

    @rule(which=index)
    @precondition(lambda self: self.wire)
    def a_batch_arrives(self, which: int) -> None:
        self._deliver(self.wire.pop(which % len(self.wire)))

    @rule(which=index)
    @precondition(lambda self: self.wire)
    def a_batch_arrives_and_stays_on_the_wire(self, which: int) -> None:
        self._deliver(self.wire[which % len(self.wire)])

    @rule(which=index)
    @precondition(lambda self: self.wire)
    def a_batch_is_lost(self, which: int) -> None:
        self.wire.pop(which % len(self.wire))
        self.cursor = self.outbox.acked

    @rule(which=index)
    @precondition(lambda self: self.wire)
    def the_hub_dies_before_the_commit(self, which: int) -> None:
        arrived = read(self.place, EAST, self.wire[which % len(self.wire)])
        with self.place.engine.connect() as connection:
            connection.begin()
            from hub.ledger.append import append

            append(connection, town="demo", arrived=[arrived], key=self.place.town.key, now=self.now)
            connection.rollback()

    @rule()
    def hello(self) -> None:
        self.acks.append(self._answer())

    @rule()
    def the_hub_is_backed_up(self) -> None:
        self._back_up()

    @rule()
    @precondition(lambda self: self.backup is not None)
    def the_hub_is_restored(self) -> None:
        assert self.backup is not None
        self.place.engine.dispose()
        self.lives += 1
        self.now += timedelta(seconds=1)
        folder = self.folder / f"life-{self.lives}"
        restored(folder, self.backup, self.now)
        town = Town.open(folder)
        self.place = Place(
            folder, town, town.writer(), self.place.gates, self.place.users
        )  # fmt: skip

    # -- what the rules share ------------------------------------------------------------------------------------------------

    def _card(self) -> Path:
        return self.folder / f"journal-{self.cards}.db"

    def _open(self, path: Path | None = None) -> Outbox:
        key = self.place.gates[EAST].key
        return Outbox.open(path or self._card(), town="demo", gate=EAST, key=key, clock=self.clock)

    def _deliver(self, data: bytes) -> None:
        appended = take(self.place, read(self.place, EAST, data))
        with self.place.engine.begin() as connection:
            self.alarmed += [detail for _, detail in lacking(connection, "demo", appended)]
        self.acks += [ack.encode() for _, ack in appended.acks()]

    def _answer(self) -> bytes:
        at, outbox = self.clock.at(), self.outbox
        hello = Hello(
            town="demo", gate=EAST, epoch=outbox.epoch, oldest=outbox.meta.oldest, head=outbox.head, acked=outbox.acked,
            head_hash=outbox.meta.head_hash, boot=at.boot, clock=at.clock, policy=None, passlist=None, sighting=0,
            software="model",
        )  # fmt: skip
        with self.place.engine.begin() as connection:
            return answer(connection, "demo", EAST, hello).encode()

    def _hear(self, data: bytes) -> None:
        ack = Ack.parse(data)
        if self.outbox.delivery.release(ack, self.place.town.key.public_key()) is None:
            # as the drain does it: on from the hub's cursor, or back to it
            behind = ack.missing or self.outbox.acked < self.cursor
            self.cursor = self.outbox.acked if behind else max(self.cursor, self.outbox.acked)

    def _back_up(self) -> None:
        file = self.folder / f"backup-{len(list(self.folder.glob('backup-*')))}.age"
        backup(self.place.town, file, self.now)
        self.backup = file

    def _drain(self) -> None:
        """The link is good again: hello, and batches until the hub has everything."""
        self.wire.clear()
        self.acks.clear()
        self._hear(self._answer())
        self.cursor = self.outbox.acked
        for _ in range(200):
            if self.outbox.acked == self.outbox.head:
                return
            self.a_batch_leaves(200)
            self._deliver(self.wire.pop())
            self._hear(self.acks.pop())
        raise AssertionError(f"{self.outbox.acked} of {self.outbox.head} after 200 batches")


def _cross(outbox: Outbox) -> str:
    visit = new_visit()
    outbox.keep_all(
        [
            NewRecord(Kind.VISIT_OPENED, OPENED, visit, "1", {"plate": f"鲁B{visit[:5].upper()}"}),
            NewRecord(Kind.VISIT_CLOSED, PASSED, visit, "1"),
        ]
    )
    return visit


TestGateAndHub = GateAndHub.TestCase
TestGateAndHub.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_newer_backup_restored_after_an_older_one_has_what_was_called_lost() -> None:
    """The gate's word stands in its journal and comes to the ledger; nobody is told that something is missing, for nothing is."""
    town = GateAndHub()
    try:
        older = backed_up(town, crossings=1)
        newer = backed_up(town, crossings=3)
        town._hear(town._answer())
        town.old_records_are_pruned()
        assert town.outbox.meta.oldest == 8

        town.backup = older
        town.the_hub_is_restored()
        town._drain()
        assert kinds(town).count("lost") == 1
        assert town.alarmed == ["records 3 to 7: pruned when a backup of the hub held them"]

        town.backup = newer
        town.the_hub_is_restored()
        town._drain()
        assert kinds(town) == ["visit_opened", "visit_closed"] * 4 + ["lost"]
        assert len(town.alarmed) == 1
    finally:
        town.teardown()


def backed_up(town: GateAndHub, *, crossings: int) -> Path | None:
    """Some crossings more, all of them in the ledger and in a backup; which."""
    town.vehicles_come(crossings)
    town._drain()
    town._back_up()
    return town.backup


def kinds(town: GateAndHub) -> list[str]:
    """What the ledger holds, in order of arrival."""
    return [row["kind"] for row in ledgers.table(town.place, "entries")]
