"""A week without a link: four gates drain 37,500 records each, through mosquitto with TLS and the real listener, while vehicles come.

The floor of the time is what one reader needs to take the same records out of the four journals and write them, as they travel,
into one SQLite file (batches of 200, WAL, FULL): no link, no check, no projection.
"""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import SystemClock
from edge.contract.facts import Kind
from edge.contract.messages import Bundle
from edge.contract.records import new_visit
from edge.journal.outbox import NewRecord, Outbox
from scripts.benchmarks.rows import CannotRunError, Plan, Row, median
from scripts.benchmarks.towns import add_gates, broker_running, found_town, listener_running
from scripts.faulting.gate import OPENED, PASSED, prepare

GATES = 4
AT_ONCE = 1000
PATIENCE = 330.0


@dataclass(frozen=True, slots=True)
class DrainResult:
    """What a gate said of its drain: seconds, MiB, and seconds of each live record."""

    drained: bool
    seconds: float
    memory: float
    live: list[float]


def run(plan: Plan) -> Iterator[Row]:
    """The drain, a gate's memory, and the slowest live record."""
    each = plan.size(37_500, 1_500)
    plan.say(f"a week: founding a town, keeping {GATES} x {each} records")
    town = found_town(plan.folder / "hub")
    bundles = add_gates(town, [f"gate-{number}" for number in range(1, GATES + 1)])
    folders = [keep(plan.folder / bundle.gate, bundle, each) for bundle in bundles]
    floor = _floor(folders, plan.folder / "floor.db")
    with ExitStack() as stack:
        stack.enter_context(broker_running(town))
        stack.enter_context(listener_running(town))
        plan.say("a week: draining")
        told = drain(folders, town.settings.broker.port)
    seconds = max(one.seconds for one in told)
    live = [took for one in told for took in one.live]
    note = f"{GATES} gates, {each} records each"
    yield Row("backlog.drained", seconds, "s", floor, "read, and written by one writer", note)
    yield Row("backlog.records", GATES * each / seconds, "records/s", note=note)
    yield Row("backlog.gate_memory", max(one.memory for one in told), "MiB", note="the largest of the gates' processes")
    if live:
        yield Row(
            "backlog.live_slowest",
            max(live),
            "s",
            note=f"of {len(live)} records kept meanwhile, until the hub held them; median {median(live):.2f} s",
        )


def keep(folder: Path, bundle: Bundle, count: int) -> Path:
    """A gate's new folder, with so many records that no hub has seen."""
    folder.mkdir()
    prepare(folder, bundle)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(bundle.signing_key))
    outbox = Outbox.open(folder / "journal.db", town=bundle.town, gate=bundle.gate, key=key, clock=SystemClock())
    left = count
    while left > 0:
        entries = []
        for _ in range(min(AT_ONCE, left) // 2):
            visit = new_visit()
            entries.append(NewRecord(Kind.VISIT_OPENED, OPENED, visit, "1", {"plate": f"鲁B{visit[:5].upper()}"}))
            entries.append(NewRecord(Kind.VISIT_CLOSED, PASSED, visit, "1"))
        outbox.keep_all(entries)
        left -= len(entries)
    outbox.close()
    return folder


def drain(folders: list[Path], port: int) -> list[DrainResult]:
    """Starts the gates, all at once, and hears how it went; `CannotRunError` if a backlog was not drained."""
    command = [sys.executable, "-m", "scripts.benchmarks.backlog_gate"]
    processes = [
        subprocess.Popen(
            [*command, str(folder), str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for folder in folders
    ]
    try:
        told = [
            DrainResult(**json.loads(process.communicate(timeout=PATIENCE)[0].splitlines()[-1]))
            for process in processes
        ]
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        raise CannotRunError("a gate did not say how its drain went") from None
    finally:
        for process in processes:
            process.kill()
            process.wait()
    if not all(one.drained for one in told):
        raise CannotRunError("a gate's backlog was not drained")
    return told


def _floor(folders: list[Path], target: Path) -> float:
    with ExitStack() as stack:
        journals = [
            stack.enter_context(closing(sqlite3.connect(f"file:{folder / 'journal.db'}?mode=ro", uri=True)))
            for folder in folders
        ]
        database = stack.enter_context(closing(sqlite3.connect(target, isolation_level=None)))
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        database.execute("create table records (raw text, private text, prev text, hash text)")
        began = time.perf_counter()
        for journal in journals:
            rows = journal.execute("select raw, private, prev, hash from records order by seq")
            while some := rows.fetchmany(200):
                database.execute("begin immediate")
                database.executemany("insert into records values (?, ?, ?, ?)", some)
                database.execute("commit")
        return time.perf_counter() - began
