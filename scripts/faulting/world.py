"""A town under fire: real mosquitto, real listener, gates with the real journal and link, each a process that can be killed."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self

import psutil

from edge.contract.canonical import public_hex
from edge.contract.messages import Bundle
from edge.contract.steps import VARIABLE
from hub.backup import key as backup_key
from hub.broker import mosquitto
from hub.commands import common
from hub.enrolment.gates import bundle_of, let_gates_in
from hub.town.secret_files import write_secret
from hub.town.town import Town
from scripts.benchmarks.towns import add_gates, found_town
from scripts.faulting.checker import Evidence
from scripts.faulting.gate import prepare
from scripts.town.proxy import LOOPBACK, Proxy

Dress = Callable[[str, list[str]], list[str]]

STARTING = 20.0
DRAINING = 180.0
SMALL_DISK = "256m"
"""Of the hub: the ledger of half an hour has room on it."""
SMALL_CARD = "64m"


class StuckError(RuntimeError):
    """The town did not come to rest: what is kept does not reach the ledger."""


@dataclass
class Gate:
    """One gate: its folder, its bundle, its link, and the journals that it had before this one."""

    name: str
    folder: Path
    bundle: Bundle
    proxy: Proxy
    truth: Path
    archive: list[Path] = field(default_factory=list)
    copies: list[Path] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    @property
    def journal(self) -> Path:
        """Its journal now."""
        return self.folder / "journal.db"


class World:
    """The whole town in `folder`. `rate`: vehicles a second at each gate; `control`: gates that move the barrier first.

    `small_disks`: where root may, the hub and a gate on a small tmpfs each, which can be filled. `dress` makes of a process's name
    and command line the one that is started. `host`: where the broker listens; away from the loopback, gates reach it without
    their proxies, and with a radio link's patience.
    """

    def __init__(
        self,
        folder: Path,
        *,
        gates: int,
        rate: float,
        control: bool = False,
        small_disks: bool = True,
        dress: Dress | None = None,
        host: str = LOOPBACK,
    ) -> None:
        self.folder = folder
        self.rate, self.control, self.host = rate, control, host
        self.dress = dress
        self.stack = ExitStack()
        self.hub_folder = folder / "hub-1"
        self.mounted: list[Path] = []
        self.small_disks = small_disks and os.geteuid() == 0 and self._mount(self.hub_folder, SMALL_DISK)
        self.town = found_town(self.hub_folder, host)
        bundles = add_gates(self.town, [f"gate-{number}" for number in range(1, gates + 1)])
        self.gates = [self._gate(bundle) for bundle in bundles]
        self.broker: subprocess.Popen[bytes] | None = None
        self.listener: subprocess.Popen[bytes] | None = None
        self.backup: Path | None = None
        self.secret_file = folder / "backup-secret"
        write_secret(self.secret_file, backup_key.replace(self.town.settings).text + "\n")
        self.lives = 1
        self.ended: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self.start_broker()
        self.start_listener()
        for gate in self.gates:
            self.stack.enter_context(gate.proxy)
            self.start_gate(gate)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*(gate.process for gate in self.gates), self.listener, self.broker):
            _end(process, kill=True)
        self.stack.close()
        for place in list(self.mounted):
            self._unmount(place)

    def _gate(self, bundle: Bundle) -> Gate:
        folder = self.folder / bundle.gate
        folder.mkdir()
        if self.small_disks and bundle.gate == "gate-1":
            self._mount(folder, SMALL_CARD)
        prepare(folder, bundle)
        return Gate(
            bundle.gate, folder, bundle, Proxy(self.town.settings.broker.port), self.folder / f"{bundle.gate}.truth"
        )

    def _mount(self, place: Path, size: str) -> bool:
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0711", "tmpfs", str(place)],
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            self.mounted.append(place)
        return done.returncode == 0

    def _unmount(self, place: Path) -> None:
        subprocess.run(["umount", "-l", str(place)], check=False)
        self.mounted.remove(place)

    # -- processes -----------------------------------------------------------------------------------------------------

    def start_broker(self) -> None:
        """mosquitto, and waits until it listens."""
        with common.looking(self.town) as connection:
            let_gates_in(self.town, connection)
        command = [mosquitto.program(), "-c", str(mosquitto.write(self.town.settings))]
        self.broker = self._start("broker", command)

    def start_listener(self, fault: str | None = None) -> None:
        """The listener, to die at a step if `fault` says so."""
        command = [sys.executable, "-m", "hub.cli", "--data", str(self.hub_folder), "listener"]
        self.listener = self._start("listener", command, fault)

    def readers(self) -> list[psutil.Process]:
        """The processes in which the listener has batches read: one, unless it has just died."""
        if self.listener is None or self.listener.poll() is not None:
            return []
        return psutil.Process(self.listener.pid).children()

    def start_gate(self, gate: Gate, fault: str | None = None) -> None:
        """A gate."""
        gate.process = self._start(gate.name, self._gate_command(gate.folder, gate), fault)

    def start_twin(self, folder: Path, gate: Gate) -> subprocess.Popen[bytes]:
        """A second process under a gate's name, on a copy of its folder."""
        return self._start(f"{gate.name}-twin", self._gate_command(folder, gate))

    def _gate_command(self, folder: Path, gate: Gate) -> list[str]:
        port = gate.proxy.port if self.host == LOOPBACK else self.town.settings.broker.port
        command = [sys.executable, "-m", "scripts.faulting.gate", str(folder), str(port), str(gate.truth)]
        command += ["--rate", str(self.rate)]
        if self.host != LOOPBACK:
            command += ["--host", self.host, "--patient"]
        return [*command, *(["--control"] if self.control else [])]

    def _start(self, name: str, command: list[str], fault: str | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        if fault is not None:
            environment[VARIABLE] = fault
        if self.dress is not None:
            command = self.dress(name, command)
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)

    def kill_broker(self) -> None:
        """kill -9."""
        _end(self.broker, kill=True)

    def kill_listener(self) -> None:
        """kill -9."""
        _end(self.listener, kill=True)

    def kill_gate(self, gate: Gate) -> None:
        """kill -9."""
        _end(gate.process, kill=True)

    def stop_gate(self, gate: Gate) -> None:
        """In good order."""
        _end(gate.process, kill=False)

    def hub(self, *arguments: str, fault: str | None = None) -> subprocess.CompletedProcess[str]:
        """A command of the hub."""
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        if fault is not None:
            environment[VARIABLE] = fault
        command = [sys.executable, "-m", "hub.cli", "--data", str(self.hub_folder), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=120)

    # -- the hub's lives -----------------------------------------------------------------------------------------------

    def make_backup(self) -> Path:
        """A proven backup of the hub as it is now."""
        file = self.folder / f"backup-{time.monotonic_ns()}.age"
        done = self.hub("backup", str(file), "--to", "town")
        if done.returncode != 0:
            raise StuckError(f"backup: {done.stderr.strip()}")
        self.backup = file
        return file

    def restore(self, file: Path, fault: str | None = None) -> None:
        """The hub's machine is gone; another one takes the backup, at the second attempt if the first dies at the step `fault`."""
        self.kill_listener()
        self.kill_broker()
        if self.hub_folder in self.mounted:
            # a disk of memory: of many lives there is not enough of it
            self._unmount(self.hub_folder)
        self.lives += 1
        self.hub_folder = self.folder / f"hub-{self.lives}"
        if self.small_disks:
            self._mount(self.hub_folder, SMALL_DISK)
        words = ("restore", str(file), "--secret-file", str(self.secret_file), "--hub-key", public_hex(self.town.key))
        if fault is not None and self.hub(*words, fault=fault).returncode >= 0:
            raise StuckError(f"the restore did not die at {fault}")
        if not (self.hub_folder / "hub.toml").exists():
            done = self.hub(*words)
            if done.returncode != 0:
                raise StuckError(f"restore: {done.stderr.strip()}")
        self.town = Town.open(self.hub_folder)
        self.start_broker()
        self.start_listener()

    def rekey(self, fault: str) -> None:
        """A backup was stolen: the town gets new keys, at the second attempt, and one gate after the other its new bundle.

        The gates work on meanwhile, and nobody lets them in until they have it.
        """
        self.kill_listener()
        self.kill_broker()
        if self.hub("rekey", fault=fault).returncode >= 0:
            raise StuckError(f"the rekey did not die at {fault}")
        done = self.hub("rekey")
        if done.returncode != 0:
            raise StuckError(f"rekey: {done.stderr.strip()}")
        self.town = Town.open(self.hub_folder)
        self.start_broker()
        self.start_listener()
        for gate in self.gates:
            self.stop_gate(gate)
            with common.changing(self.town) as connection:
                gate.bundle = bundle_of(self.town, connection, gate.name, by="campaign", now=common.now())
            prepare(gate.folder, gate.bundle)
            self.start_gate(gate)
        # one of before would bring the old keys back
        self.make_backup()

    # -- rest ----------------------------------------------------------------------------------------------------------

    def revive(self) -> None:
        """Starts what has ended by itself, as systemd would, and says so; `ended` counts it."""
        for name, process, start in self._processes():
            if process is not None and process.poll() is not None:
                self.ended[name.rstrip("-0123456789")] += 1
                print(f"scripts/faults: {name} ended with {process.returncode}; started again", file=sys.stderr)
                start()

    def _processes(self) -> Iterator[tuple[str, subprocess.Popen[bytes] | None, Callable[[], None]]]:
        yield "broker", self.broker, self.start_broker
        yield "listener", self.listener, self.start_listener
        for gate in self.gates:
            yield gate.name, gate.process, partial(self.start_gate, gate)

    def settle(self, seconds: float = DRAINING) -> float:
        """No more vehicles; waits until every gate's journal is acknowledged, and says how many seconds that took.

        What ended by itself is started again. `StuckError` after `seconds`. The gates stay paused until `go_on`.
        """
        began = time.monotonic()
        for gate in self.gates:
            (gate.folder / "pause").touch()
        self._wait(lambda: not self.behind(), seconds, lambda: f"not drained: {self.behind()}")
        return time.monotonic() - began

    def go_on(self) -> None:
        """Vehicles come again."""
        for gate in self.gates:
            (gate.folder / "pause").unlink(missing_ok=True)

    def behind(self) -> Mapping[str, int]:
        """Records of each gate that it has not heard to be held, or that the hub, restored a moment ago, does not hold; -1: who knows."""
        found = {gate.name: self._backlog(gate) for gate in self.gates}
        return {name: backlog for name, backlog in found.items() if backlog}

    def aside(self, gate: Gate) -> int:
        """Batches of a gate that the hub holds ahead of what is still to come."""
        with looking(self.hub_folder / "hub.db") as hub:
            (count,) = hub.execute("select count(*) from ahead where gate = ?", [gate.name]).fetchone()
        return int(count)

    def prunable(self, gate: Gate) -> int:
        """Records that a gate could remove if a backup of the hub as it is now were made: what the hub holds, less what is gone already."""
        with looking(gate.journal) as journal:
            epoch, pruned = journal.execute("select epoch, pruned from meta").fetchone()
        return self._committed(gate, epoch) - int(pruned)

    def _backlog(self, gate: Gate) -> int:
        try:
            with looking(gate.journal) as journal:
                epoch, head, acked = journal.execute("select epoch, head, acked from meta").fetchone()
            return int(head) - min(int(acked), self._committed(gate, epoch))
        except sqlite3.Error:
            return -1

    def _committed(self, gate: Gate, epoch: str) -> int:
        with looking(self.hub_folder / "hub.db") as hub:
            of_journal = "select committed from cursors where gate = ? and epoch = ?"
            (committed,) = hub.execute(of_journal, [gate.name, epoch]).fetchone() or (0,)
        return int(committed)

    def until(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        """Waits for something, and starts what has ended by itself meanwhile; `StuckError` with `what` if it does not happen in time."""
        self._wait(happened, seconds, lambda: what)

    def _wait(self, done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        end = time.monotonic() + seconds
        while not done():
            self.revive()
            if time.monotonic() > end:
                raise StuckError(what())
            time.sleep(0.1)

    def evidence(self) -> Evidence:
        """Everything that the checker looks at."""
        journals = [path for gate in self.gates for path in (gate.journal, *gate.archive, *gate.copies)]
        copies = [path for gate in self.gates for path in gate.copies]
        crossings = {gate.name: lines(gate.truth) for gate in self.gates}
        return Evidence(self.hub_folder / "hub.db", journals, crossings, copies)

    # -- cards ---------------------------------------------------------------------------------------------------------

    def archive_journal(self, gate: Gate, *, copy: bool = False) -> None:
        """The card is taken out of a gate that does not run; the next start makes a new journal."""
        place = self.folder / f"{gate.name}-card-{datetime.now(UTC):%H%M%S%f}.db"
        for suffix in ("", "-wal"):
            source = gate.journal.with_name(gate.journal.name + suffix)
            if source.exists():
                shutil.move(source, place.with_name(place.name + suffix))
        gate.journal.with_name(gate.journal.name + "-shm").unlink(missing_ok=True)
        (gate.copies if copy else gate.archive).append(place)


def looking(file: Path) -> closing[sqlite3.Connection]:
    """A look, in a `with`, into a database that somebody else writes."""
    return closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5))


def lines(path: Path) -> list[str]:
    """The visits for which a gate says that its barrier moved."""
    if not path.exists():
        return []
    # the last line of a killed process may be torn: it was being written after its record was durable
    return [line for line in path.read_text(encoding="ascii", errors="replace").split("\n")[:-1] if len(line) == 32]


def died(process: subprocess.Popen[bytes] | None, seconds: float) -> bool:
    """Whether a process has ended by itself within so many seconds."""
    assert process is not None
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes] | None, *, kill: bool) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
