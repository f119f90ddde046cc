"""One gate with a week's backlog, as a process: the real journal and the real link; a vehicle comes every second meanwhile.

    python -m scripts.benchmarks.backlog_gate FOLDER PORT

Says in JSON when the backlog was drained (seconds), its own memory at most (MiB), and how long each live record took until the hub
had said that it holds it durably (seconds): in the ledger, or aside, ahead of the backlog.
"""

import json
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock
from edge.contract.canonical import public_from_hex
from edge.contract.facts import Kind
from edge.contract.messages import Bundle
from edge.contract.records import new_visit
from edge.journal.outbox import Outbox
from edge.link.uplink import Address, Uplink, tls_context
from edge.lists.store import Lists
from edge.unit.health import health, measure_machine
from scripts.faulting.gate import OPENED

PATIENCE = 300.0
EVERY = 1.0


def main() -> int:
    """Drains, and says how it went."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    bundle = Bundle.parse((folder / "bundle.json").read_bytes(), 1 << 20)
    clock, hub_key = SystemClock(), public_from_hex(bundle.hub_key)
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bundle.signing_key))
    outbox = Outbox.open(folder / "journal.db", town=bundle.town, gate=bundle.gate, key=signing, clock=clock)
    lists = Lists.open(folder / "lists.db", town=bundle.town, hub_key=hub_key)
    link = Uplink(
        Address(bundle.town, bundle.gate, "127.0.0.1", port, lambda: tls_context(folder / "keys"), hub_key),
        delivery=outbox.delivery,
        lists=lists,
        clock=clock,
        health=lambda: health(
            clock.at(), measure_machine(folder), software="bench", camera=None, frames_per_second=None, backlog=outbox.backlog,
            epoch=outbox.epoch, head=outbox.head, officer=None, policy=None, passlist=None, lanes={}, alarms=(),
        ),
        post=lambda event: None,
        software="bench",
    )  # fmt: skip
    backlog, began = outbox.head, time.monotonic()
    link.start()
    waiting: dict[int, float] = {}
    took: list[float] = []
    due = began + EVERY
    while outbox.acked < backlog and time.monotonic() < began + PATIENCE:
        now = time.monotonic()
        held = max(outbox.acked, link.status().ahead)
        for seq in [seq for seq in waiting if seq <= held]:
            took.append(now - waiting.pop(seq))
        if link.status().last_ack is None:
            due = now + EVERY  # vehicles count from the moment that the link is up
        elif now >= due:
            outbox.keep(Kind.VISIT_OPENED, body=OPENED, visit=new_visit(), lane="1", private={"plate": "鲁B12345"})
            waiting[outbox.head] = now
            link.wake()
            due += EVERY
        time.sleep(0.01)
    seconds = time.monotonic() - began
    took += [time.monotonic() - kept for kept in waiting.values() if time.monotonic() - kept > 2 * EVERY]
    link.stop()
    lists.close()
    drained = outbox.acked >= backlog
    outbox.close()
    print(json.dumps({"drained": drained, "seconds": seconds, "memory": _memory(), "live": took}))
    return 0


def _memory() -> float:
    """This process's memory at its highest, MiB (getrusage would count what its parent had before the exec)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(main())
