"""A town under fire: real mosquitto, real listener, gates with the real journal and link, each a process that can be killed."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

from edge.contract.canonical import public_hex
from edge.contract.messages import Bundle
from hub.backup import key as backup_key
from hub.broker import mosquitto
from hub.commands import common
from hub.enrolment.gates import let_gates_in
from hub.town.secret_files import write_secret
from hub.town.town import Town
from scripts.benchmarks.towns import add_gates, found_town
from scripts.faulting.gate import prepare
from scripts.faulting.gates import Gate, backlog
from scripts.faulting.processes import Dress, Starter, end, environment
from scripts.faulting.small_disks import SmallDisks
from scripts.town.proxy import LOOPBACK, Proxy

STARTING = 20.0
DRAINING = 180.0
SMALL_DISK = "256m"
"""Of the hub: the ledger of half an hour has room on it."""
SMALL_CARD = "64m"


class StuckError(RuntimeError):
    """The town did not come to rest: what is kept does not reach the ledger."""


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
        self.folder, self.host = folder, host
        self.stack = ExitStack()
        self._starter = Starter(folder, dress)
        self._options = ["--rate", str(rate)]
        if host != LOOPBACK:
            self._options += ["--host", host, "--patient"]
        if control:
            self._options.append("--control")
        self.hub_folder = folder / "hub-1"
        self.disks = SmallDisks()
        self.small_disks = small_disks and os.geteuid() == 0 and self.disks.mount(self.hub_folder, SMALL_DISK)
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
            end(process, kill=True)
        self.stack.close()
        self.disks.close()

    def _gate(self, bundle: Bundle) -> Gate:
        folder = self.folder / bundle.gate
        folder.mkdir()
        if self.small_disks and bundle.gate == "gate-1":
            self.disks.mount(folder, SMALL_CARD)
        prepare(folder, bundle)
        broker = self.town.settings.broker.port
        past = None if self.host == LOOPBACK else broker
        return Gate(bundle.gate, folder, bundle, Proxy(broker), past, self.folder / f"{bundle.gate}.truth")

    @property
    def hub_database(self) -> Path:
        """The ledger's file, of the hub that runs now."""
        return self.hub_folder / "hub.db"

    # -- processes -----------------------------------------------------------------------------------------------------

    def start_broker(self) -> None:
        """mosquitto, and waits until it listens."""
        with common.looking(self.town) as connection:
            let_gates_in(self.town, connection)
        command = [mosquitto.program(), "-c", str(mosquitto.write(self.town.settings))]
        self.broker = self._starter.start("broker", command)

    def start_listener(self, fault: str | None = None) -> None:
        """The listener, to die at a step if `fault` says so."""
        command = [sys.executable, "-m", "hub.cli", "--data", str(self.hub_folder), "listener"]
        self.listener = self._starter.start("listener", command, fault)

    def start_gate(self, gate: Gate, fault: str | None = None) -> None:
        """A gate."""
        gate.process = self._starter.start(gate.name, gate.command(gate.folder, self._options), fault)

    def start_twin(self, folder: Path, gate: Gate) -> subprocess.Popen[bytes]:
        """A second process under a gate's name, on a copy of its folder."""
        return self._starter.start(f"{gate.name}-twin", gate.command(folder, self._options))

    def kill_broker(self) -> None:
        """kill -9."""
        end(self.broker, kill=True)

    def kill_listener(self) -> None:
        """kill -9."""
        end(self.listener, kill=True)

    def kill_gate(self, gate: Gate) -> None:
        """kill -9."""
        end(gate.process, kill=True)

    def stop_gate(self, gate: Gate) -> None:
        """In good order."""
        end(gate.process, kill=False)

    def hub(self, *arguments: str, fault: str | None = None) -> subprocess.CompletedProcess[str]:
        """A command of the hub."""
        command = [sys.executable, "-m", "hub.cli", "--data", str(self.hub_folder), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment(fault), timeout=120)

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
        # a disk of memory: of many lives there is not enough of it
        self.disks.unmount(self.hub_folder)
        self.lives += 1
        self.hub_folder = self.folder / f"hub-{self.lives}"
        if self.small_disks:
            self.disks.mount(self.hub_folder, SMALL_DISK)
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
        """The gates that have records which are not held yet, and how many (`backlog`)."""
        found = {gate.name: backlog(self.hub_database, gate) for gate in self.gates}
        return {name: backlog for name, backlog in found.items() if backlog}

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
