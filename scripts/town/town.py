"""The demo's town while it runs: its processes, its clock, the link that is cut, the orderly end."""

import http.client
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.simulation.officer import Officer, OfficerError
from hub.service.supervise import Child, Supervisor
from scripts.town.founding import DemoError, Memory, Ports, gate_folder
from scripts.town.judgement import Outage
from scripts.town.ports import LOOPBACK
from scripts.town.post import confirm_order, order_arguments
from scripts.town.proxy import Proxy
from scripts.town.summary import at_rest, backlog
from scripts.town.watch import GateWatch, Lines

START_MOST = 90.0
"""Seconds that hub and gates have to come up, on a slow machine."""
QUIET_MOST = 90.0
"""Seconds that the vehicles at the lanes have to drive on: one that nobody handles waits for 20."""
DELIVER_MOST = 90.0
"""Seconds that the last records have to reach the ledger."""
OPEN_END = (60.0, 90.0)
"""When the link is cut and restored in a demo without an end."""
DUE_SHARE = 0.6
"""Of the time for which the link is cut: until then the order's receipts are due."""
LOOK = 0.2
MOST_DEATHS = 2
"""Times that a process may die before it is up; then it never will."""


def cut_window(seconds: float | None) -> tuple[float, float]:
    """When the link is cut and when it is restored: the middle third of the run."""
    return OPEN_END if seconds is None else (seconds / 3, seconds * 2 / 3)


@dataclass(frozen=True, slots=True)
class Cut:
    """Whose link is taken, through which proxy, from when to when (seconds), and the passes that are revoked meanwhile."""

    gate: str
    proxy: Proxy
    begin: float
    end: float
    revoked: tuple[str, ...] = ()


class Town:
    """Hub and gates as supervised processes, from up to down. `DemoError` if they do not come up."""

    def __init__(self, folder: Path, memory: Memory, ports: Ports, stop: threading.Event) -> None:
        self.folder = folder
        self.homes: Mapping[str, Path] = {gate: gate_folder(folder, gate) for gate in memory.choice.names}
        self._ports = ports
        self._stop = stop
        self._supervisor = Supervisor([])
        self._deaths: Counter[str] = Counter()
        self.outage = Outage()
        self._cut = False
        self.late: list[str] = []

    def __enter__(self) -> Self:
        try:
            self._start("hub", "kakou-hub", self.folder, "serve")
            self._wait(self._web_is_up, "hub")
            for gate, home in self.homes.items():
                self._start(f"gate-{gate}", "kakou-gate", home, "run")
            for gate in self.homes:
                self._wait(partial(self._gate_is_up, gate), f"gate-{gate}")
        except BaseException:
            self._supervisor.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        # the gates first: the hub hears their last word
        self._supervisor.stop()

    # --- running --------------------------------------------------------------------------------------------------------

    def run(self, seconds: float | None, cut: "Cut", lines: Lines) -> None:
        """Lets the town live until the time is over or somebody stops it; cuts and restores the link meanwhile."""
        over = threading.Event()
        # on a thread of its own: a gate that does not answer must not keep a dead one from being started again
        teller = threading.Thread(target=self._tell, args=(lines, cut.gate, over), name="teller")
        teller.start()
        try:
            self._live(seconds, cut)
        finally:
            over.set()
            teller.join()

    def _live(self, seconds: float | None, cut: "Cut") -> None:
        started = time.monotonic()
        cut_at: float | None = None
        while not self._stop.is_set() and (seconds is None or time.monotonic() - started < seconds):
            gone = time.monotonic() - started
            if cut_at is None and gone >= cut.begin:
                self._take_link(cut)
                cut_at = gone
            if cut_at is not None and self._cut:
                self.outage = Outage(gone - cut_at, max(self.outage.queued, backlog(self.homes[cut.gate])))
                if gone >= cut.end:
                    self._give_link(cut)
            self._keep_alive()
            self._stop.wait(LOOK)
        give_up = time.monotonic() + QUIET_MOST
        while self._cut:
            self._give_link(cut, now=time.monotonic() >= give_up)
            self._keep_alive()
            time.sleep(LOOK)

    def _take_link(self, cut: "Cut") -> None:
        cut.proxy.cut()
        self._cut = True
        for pass_id in cut.revoked:
            done = self._run_hub("pass", "revoke", pass_id, "--reason", "挂失")
            if done.returncode != 0:
                self.late.append(f"pass {pass_id} could not be revoked: {done.stderr.strip()}")
        # an order that one gate does not get before its link is back: its receipt is late
        sent = self._run_hub(*order_arguments((cut.end - cut.begin) * DUE_SHARE / 60))
        if sent.returncode != 0:
            self.late.append(f"the order could not be sent: {sent.stderr.strip()}")
        # the world hears of it last: who comes now is judged with no link, and after the revocation
        self._mark(cut.gate).parent.mkdir(exist_ok=True)
        self._mark(cut.gate).touch()

    def _give_link(self, cut: "Cut", *, now: bool = False) -> None:
        # who came while the link was cut is judged before it is there again
        self._mark(cut.gate).unlink(missing_ok=True)
        if now or at_rest(self.homes[cut.gate]):
            cut.proxy.restore()
            self._cut = False

    def _mark(self, gate: str) -> Path:
        return self.homes[gate] / "run" / "cut"

    def _tell(self, lines: Lines, cut_gate: str, over: threading.Event) -> None:
        watches = [GateWatch(gate, self._kiosk(gate), home) for gate, home in self.homes.items()]
        while not over.is_set():
            note = "   (link cut)" if self._cut else ""
            for gate in self.homes:
                confirm_order(self._kiosk(gate))
            lines.write([each.line() + (note if each.gate == cut_gate else "") for each in watches])
            over.wait(lines.every)

    def close(self) -> None:
        """No more vehicles come; those at the lanes drive on, and every record reaches the ledger, within bounds."""
        print("\nclosing: the last vehicles drive on, the last records are delivered", flush=True)
        for home in self.homes.values():
            (home / "run").mkdir(exist_ok=True)
            (home / "run" / "closing").touch()
        self._until(lambda: all((home / "run" / "quiet").exists() for home in self.homes.values()), QUIET_MOST)
        self.late += [
            f"{gate}: vehicles were still at the lane after {QUIET_MOST:.0f} s"
            for gate, home in self.homes.items()
            if not (home / "run" / "quiet").exists()
        ]
        self._until(lambda: not any(backlog(home) for home in self.homes.values()), DELIVER_MOST)
        self.late += [
            f"{gate}: {left} records were not delivered within {DELIVER_MOST:.0f} s"
            for gate, home in self.homes.items()
            if (left := backlog(home))
        ]

    # --- looking at the processes -----------------------------------------------------------------------------------------

    def verify(self) -> list[str]:
        """What `kakou-hub verify` finds wrong with the ledger."""
        done = self._run_hub("verify")
        return [] if done.returncode == 0 else [f"kakou-hub verify: {(done.stderr or done.stdout).strip()}"]

    def _run_hub(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = self._command("kakou-hub", self.folder, *arguments)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while True:
            try:
                said, complained = process.communicate(timeout=LOOK)
            except subprocess.TimeoutExpired:
                # who dies meanwhile is started again meanwhile
                self._keep_alive()
                continue
            return subprocess.CompletedProcess(command, process.returncode, said, complained)

    def _start(self, name: str, program: str, folder: Path, *arguments: str) -> None:
        argv = self._command(program, folder, *arguments)
        self._supervisor.add(Child(name, tuple(argv), self.folder / "run", self.folder / "log"))

    def _command(self, program: str, folder: Path, *arguments: str) -> list[str]:
        # the venv's own commands, as an installed town runs them
        return [sys.executable, str(Path(sys.executable).parent / program), "--data", str(folder), *arguments]

    def _keep_alive(self) -> None:
        for died in self._supervisor.poll():
            self._deaths[died.name] += 1

    def _kiosk(self, gate: str) -> str:
        return f"http://{LOOPBACK}:{self._ports.kiosks[gate]}"

    def _web_is_up(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._ports.web, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _gate_is_up(self, gate: str) -> bool:
        try:
            Officer(self._kiosk(gate)).state()
        except OfficerError:
            return False
        return True

    def _wait(self, happened: Callable[[], bool], name: str) -> None:
        def over() -> bool:
            return self._stop.is_set() or self._deaths[name] > MOST_DEATHS or happened()

        up = self._until(over, START_MOST) and happened()
        if self._stop.is_set() and not up:
            raise DemoError(f"stopped before {name} was up")
        if not up:
            raise DemoError(f"{name} did not come up; its last words: {_last_line(self.folder, name)}")

    def _until(self, happened: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not happened():
            if time.monotonic() >= end:
                return False
            self._keep_alive()
            time.sleep(LOOK)
        return True


def _last_line(folder: Path, log: str) -> str:
    path = folder / "log" / f"{log}.log"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    return lines[-1] if lines else "none"
