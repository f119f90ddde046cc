"""A journal in a temporary folder, and a hub's word about it, for the tests of everything that remembers."""

from datetime import UTC, datetime
from pathlib import Path

from edge.clock import Clock, FixedClock
from edge.contract.facts import Kind, Outcome, ShiftStarted, VisitClosed, VisitOpened
from edge.contract.messages import Ack, HubHead
from edge.contract.records import ZERO_HASH, Sealed, new_visit
from edge.journal.outbox import Outbox
from tests.contract.samples import GATE, GATE_KEY, HUB_KEY, TOWN

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
OPENED = VisitOpened(
    read_by="hand", direction="in", verdict="look", reason="no_pass", vehicle_class="resident", pass_id=None,
    officer="u-2", operation="op-1", disinfection="required",
)  # fmt: skip
PASSED = VisitClosed(outcome=Outcome.PASSED, officer="u-2")


def open_journal(folder: Path, clock: Clock | None = None) -> Outbox:
    """The journal in `folder`."""
    return Outbox.open(folder / "journal.db", town=TOWN, gate=GATE, key=GATE_KEY, clock=clock or FixedClock(NOW))


def keep_visit(outbox: Outbox, plate: str = "鲁B12345", *, closed: bool = True) -> str:
    """A vehicle comes, and goes unless not `closed`; its visit's id."""
    visit = new_visit()
    outbox.keep(Kind.VISIT_OPENED, visit=visit, lane="1", body=OPENED, private={"plate": plate})
    if closed:
        outbox.keep(Kind.VISIT_CLOSED, visit=visit, lane="1", body=PASSED)
    return visit


def keep_shifts(outbox: Outbox, count: int) -> list[Sealed]:
    """So many short records."""
    return [outbox.keep(Kind.SHIFT_STARTED, body=ShiftStarted(officer=f"u-{n}")) for n in range(count)]


def ack(
    outbox: Outbox,
    committed: int,
    *,
    backed_up: int = 0,
    ledger: str = "l-1",
    ledger_epoch: int = 1,
    missing: tuple[tuple[int, int], ...] = (),
    ahead: tuple[tuple[int, int], ...] = (),
    count: int | None = None,
    chain: str = ZERO_HASH,
    hash_: str | None = None,
) -> Ack:
    """What the hub says when it holds the records up to `committed`."""
    head = HubHead.signed(TOWN, committed if count is None else count, chain, HUB_KEY)
    return Ack(
        ledger=ledger, ledger_epoch=ledger_epoch, epoch=outbox.epoch, committed=committed, backed_up=backed_up,
        hash=hash_, missing=missing, ahead=ahead, head=head,
    )  # fmt: skip
