"""A gate of the campaign: the real journal and the real link, and vehicles that come without end.

    python -m scripts.faulting.gate FOLDER PORT TRUTH [--rate R] [--control] [--host ADDRESS] [--patient]

TRUTH gets the visit's id when the barrier would move: after the record is durable. With `--control` it moves first, as a careless
gate's would: a campaign must find that. FOLDER/clock holds seconds by which this gate's clock is wrong; while FOLDER/pause is
there no vehicle comes; FOLDER/rush holds how many come at once, and is gone when they have. It waits for the hub with little
patience, so that a campaign is short; `--patient`: with the product's own.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import log as logs
from edge.clock import SystemClock
from edge.contract.canonical import public_from_hex, public_hex
from edge.contract.facts import ClockTrust, Disinfection, Kind, Outcome, ReadBy, VisitClosed, VisitOpened
from edge.contract.messages import Bundle
from edge.contract.reasons import Direction, Reason, Verdict
from edge.contract.records import At, new_visit, wall_text
from edge.journal.file import JournalError
from edge.journal.outbox import NewRecord, Outbox
from edge.keys import FORMER
from edge.link.uplink import Address, Times, Uplink, tls_context
from edge.lists.store import Lists
from edge.unit.health import health, measure_machine
from scripts.faulting.gate_orders import GateOrders

TIMES = Times(back_off=0.1, most_back_off=0.6, health=1.0, answer=0.3, patience=1.5, most_patience=6.0, keepalive=5)
OPENED = VisitOpened(
    read_by=ReadBy.HAND, direction=Direction.IN, verdict=Verdict.LOOK, reason=Reason.NO_PASS, vehicle_class="resident",
    pass_id=None, officer=None, operation="op-1", disinfection=Disinfection.OFF,
)  # fmt: skip
PASSED = VisitClosed(outcome=Outcome.PASSED, officer=None)
log = structlog.get_logger()
REFUSED = "a vehicle is left to the paper procedure"
TOGETHER = 50
"""Vehicles of a rush in one transaction: a disk may need a tenth of a second for each."""
KEPT = 20
"""Records that stay although a backup holds them: few, so that a campaign prunes."""


class WrongClock(SystemClock):
    """The machine's clock, wrong by what a file says; unsynced where it is wrong."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def _wrong(self) -> float:
        try:
            return float(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._wrong())

    def trust(self) -> ClockTrust:
        return ClockTrust.UNSYNCED if self._wrong() else ClockTrust.SYNCED

    def at(self) -> At:
        return super().at().model_copy(update={"wall": wall_text(self.now()), "clock": self.trust()})


def main() -> int:
    """Runs until SIGTERM."""
    arguments = _parser().parse_args()
    logs.configure()
    folder: Path = arguments.folder
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    bundle = Bundle.parse((folder / "bundle.json").read_bytes(), 1 << 20)
    clock = WrongClock(folder / "clock")
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bundle.signing_key))
    try:
        outbox = Outbox.open(
            folder / "journal.db", town=bundle.town, gate=bundle.gate, key=signing, clock=clock, keep_at_least=KEPT
        )  # fmt: skip
    except JournalError as error:
        print(error, file=sys.stderr)
        return 3
    outbox.sign_anew([public_from_hex(each) for each in _former(folder)])
    hub_key = public_from_hex(bundle.hub_key)
    lists = Lists.open(folder / "lists.db", town=bundle.town, hub_key=hub_key)
    orders = GateOrders(folder, outbox, lists, clock, stop)
    link = Uplink(
        Address(bundle.town, bundle.gate, arguments.host, arguments.port, lambda: tls_context(folder / "keys"), hub_key),
        delivery=outbox.delivery,
        lists=lists,
        clock=clock,
        health=lambda: health(
            clock.at(), measure_machine(folder), software="campaign", camera=None, frames_per_second=None, backlog=outbox.backlog,
            epoch=outbox.epoch, head=outbox.head, officer=None, policy=None, passlist=None, lanes={}, alarms=(),
        ),
        post=orders.post,
        software="campaign",
        times=Times() if arguments.patient else TIMES,
    )  # fmt: skip
    link.start()
    _traffic(outbox, link, arguments, stop)
    link.stop()
    lists.close()
    outbox.close()
    return 0


def _traffic(outbox: Outbox, link: Uplink, arguments: argparse.Namespace, stop: threading.Event) -> None:
    pause, rush = arguments.folder / "pause", arguments.folder / "rush"
    truth = os.open(arguments.truth, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while not stop.wait(1 / arguments.rate):
        if pause.exists():
            # an answer to the hub is a record, too
            link.wake()
            continue
        called = rush.exists()
        left = int(rush.read_text(encoding="ascii")) if called else 1
        while left > 0:
            _vehicles(outbox, truth, min(left, TOGETHER), control=arguments.control)
            left -= TOGETHER
        if called:
            # not one that was laid down meanwhile
            rush.unlink()
        link.wake()


def _vehicles(outbox: Outbox, truth: int, count: int, *, control: bool) -> None:
    """So many, in one transaction: their barriers move when it is durable."""
    visits = [new_visit() for _ in range(count)]
    if control:
        _move(truth, visits)
    entries = [
        entry
        for visit in visits
        for entry in (
            NewRecord(Kind.VISIT_OPENED, OPENED, visit, "1", {"plate": f"鲁B{visit[:5].upper()}"}),
            NewRecord(Kind.VISIT_CLOSED, PASSED, visit, "1"),
        )
    ]
    try:
        outbox.keep_all(entries)
    except JournalError as error:
        log.warning(REFUSED, why=str(error))
        time.sleep(0.1)  # closed to the paper procedure: these vehicles' barrier did not move
        return
    if not control:
        _move(truth, visits)


def _move(truth: int, visits: Sequence[str]) -> None:
    """The barrier moves for each: what the campaign holds against the ledger, so it is written even where the disk answers EIO."""
    for visit in visits:
        while True:
            with suppress(OSError):
                os.write(truth, f"{visit}\n".encode())
                break


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--patient", action="store_true")
    return parser


def _former(folder: Path) -> list[str]:
    """The keys with which it signed before its town got new ones."""
    return (folder / FORMER).read_text("ascii").split() if (folder / FORMER).exists() else []


def prepare(folder: Path, bundle: Bundle) -> None:
    """Lays a gate's folder out, or gives it the new keys of its town."""
    before = folder / "bundle.json"
    if before.exists():
        key = Bundle.parse(before.read_bytes(), 1 << 20).signing_key
        public = public_hex(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))
        (folder / FORMER).write_text("\n".join([*_former(folder), public]), encoding="ascii")
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    for name, text in (("ca.pem", bundle.ca), ("cert.pem", bundle.certificate), ("tls.key", bundle.tls_key)):
        (folder / "keys" / name).write_text(text, encoding="ascii")
        (folder / "keys" / name).chmod(0o600)
    (folder / "bundle.json").write_text(json.dumps(bundle.model_dump(mode="json")), encoding="utf-8")
    (folder / "bundle.json").chmod(0o600)


if __name__ == "__main__":
    sys.exit(main())
