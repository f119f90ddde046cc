"""Runs the demo as a person would, and looks into the folder it leaves with nothing but sqlite3."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
DEMO = (sys.executable, "-P", "-m", "scripts.town.demo")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
MOST = 240.0
"""Seconds that a whole demo may take on a busy machine, beyond those it was told to run."""


def demo(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A demo from start to end."""
    return subprocess.run(
        [*DEMO, *_ports(), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        cwd=cwd,
        timeout=MOST,
    )


def said(done: subprocess.CompletedProcess[str], folder: Path) -> str:
    """The end of what a demo printed, and every warning and error in the logs of its parts, for a test that fails."""
    logs = (
        f"{path.name}: {line}"
        for path in sorted((folder / "log").glob("*.log"))
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if not re.search(r'"level": "(info|debug)"', line)
    )
    return "\n".join((done.stdout[-3000:], done.stderr[-3000:], *deque(logs, maxlen=60)))


def _ports() -> tuple[str, str]:
    # towns of two test processes run at once
    return "--ports-from", str(free_port())


@contextmanager
def running_demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A demo that runs while the test does something to it; ended with its children whatever happens."""
    process = subprocess.Popen(
        [*DEMO, *_ports(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(MOST)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def pid(folder: Path, name: str) -> int | None:
    """The pid of one of a town's processes (`gate-east`, `listener` …), if its pid file is there and whole."""
    try:
        return int((folder / "run" / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return None


def wait_for(happened: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Polls until it happened; fails with `what` otherwise."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.1)


TICK = 0.05
STARVED = 10.0
"""How many times slower than asked a machine may be before a test gives up on it."""


def wait_in_own_time(happened: Callable[[], bool], what: str, seconds: float) -> None:
    """As `wait_for`, for what is promised within so few seconds that a busy machine would break the promise for us.

    A nap of `TICK` counts as `TICK`, however late the machine wakes us: it wakes the supervisor, which naps as we do, as late.
    """
    began = time.monotonic()
    for _ in range(round(seconds / TICK)):
        if happened():
            return
        time.sleep(TICK)
        assert time.monotonic() - began < STARVED * seconds, f"{what}: this machine is too busy to tell"
    assert happened(), f"{what} did not happen within {seconds} s ({time.monotonic() - began:.1f} s by the clock)"


def kill(folder: Path, name: str, back_within: float) -> None:
    """SIGKILL for a process of the town, and its return as another one."""
    old = pid(folder, name)
    assert old is not None, name
    os.kill(old, signal.SIGKILL)
    wait_in_own_time(lambda: pid(folder, name) not in (None, old), f"the restart of {name}", back_within)


def arrivals(folder: Path, gate: str) -> list[dict[str, object]]:
    """The vehicles that came to a gate so far, by the scenario's own word."""
    path = folder / "gates" / gate / "truth.jsonl"
    if not path.exists():
        return []
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return [event for event in events if event["event"] == "arrived"]


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a query finds in a database, read only."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def kept(folder: Path, gate: str) -> set[tuple[object, ...]]:
    """Every record that a gate kept, as (gate, epoch, seq, raw, hash)."""
    journal = folder / "gates" / gate / "journal.db"
    ((epoch,),) = rows(journal, "select epoch from meta")
    return {(gate, epoch, *record) for record in rows(journal, "select seq, raw, hash from records")}


def ledger(folder: Path) -> list[tuple[object, ...]]:
    """Every entry that came from a gate, as (gate, epoch, seq, raw, hash)."""
    return rows(folder / "hub.db", "select gate, epoch, seq, raw, hash from entries where gate != 'hub'")


def hub(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the hub."""
    program = Path(sys.executable).parent / "kakou-hub"
    command = [str(program), "--data", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that the user `mosquitto` can pass through, as an installed hub's; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="kakou-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name) / "town"
