"""Keeps child processes alive: one that dies is started again within two seconds; all are stopped in order.

The pid of each stands in run/<name>.pid, its output in log/<name>.log. A child left over by a supervisor that was killed is
found by its pid file and ended before its successor starts, so that it holds no port and writes nothing twice.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub import generated_files

AGAIN_AFTER = 0.5
"""Seconds between two starts of the same child at least."""
MAX_LOG = 32 * 1024 * 1024
"""Bytes of a log at which it is begun anew (the last one stays beside it)."""


@dataclass(frozen=True)
class Child:
    """A process to keep alive. `environment` is added to ours."""

    name: str
    argv: tuple[str, ...]
    run: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None

    @property
    def pid_file(self) -> Path:
        """The file with the pid of the child."""
        return self.run / f"{self.name}.pid"

    @property
    def log_file(self) -> Path:
        """The file that the output of the child goes to."""
        return self.log / f"{self.name}.log"


@dataclass(frozen=True, slots=True)
class Died:
    """A child that ended by itself and was started again. `code` is negative for a signal."""

    name: str
    code: int
    pid: int


class Supervisor:
    """Starts children in the given order and stops them in the opposite one; call `poll` at least twice a second."""

    def __init__(self, children: Sequence[Child], monotonic: Callable[[], float] = time.monotonic):
        self._children = list(children)
        self._monotonic = monotonic
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}

    def end_left_over(self) -> None:
        """Ends what a killed supervisor left behind, so that its ports are free."""
        for child in self._children:
            _end_left_over(child)

    def start(self) -> None:
        """Starts every child; called again after an `OSError`, those that are missing."""
        for child in self._children:
            if child.name not in self._running:
                self._start(child)

    def add(self, child: Child) -> None:
        """Starts one more child and keeps it alive."""
        self._children.append(child)
        self._start(child)

    def pid(self, name: str) -> int:
        """The pid of a child that runs."""
        return self._running[name].pid

    def poll(self) -> list[Died]:
        """Restarts the children that have died, and returns them with how they died."""
        died = []
        for child in self._children:
            process = self._running.get(child.name)
            if process is None or process.poll() is None:
                continue
            if self._monotonic() - self._started[child.name] >= AGAIN_AFTER:
                try:
                    self._start(child)
                except OSError:
                    # a full disk, no memory: the next round tries again, unless the child did start
                    if self._running[child.name] is process:
                        continue
                died.append(Died(child.name, process.returncode, self._running[child.name].pid))
        return died

    def stop(self, grace: float = 10.0) -> None:
        """Ends the children, last started first: SIGTERM, and SIGKILL to one that has not ended in time."""
        for child in reversed(self._children):
            process = self._running.pop(child.name, None)
            if process is not None:
                _end(process, grace)
                child.pid_file.unlink(missing_ok=True)

    def _start(self, child: Child) -> None:
        for folder in (child.run, child.log):
            generated_files.folder(folder)
        for file in (child.pid_file, child.log_file, child.log_file.with_suffix(".log.1")):
            generated_files.make_way(file)
        _end_left_over(child)
        if child.log_file.exists() and child.log_file.stat().st_size > MAX_LOG:
            child.log_file.replace(child.log_file.with_suffix(".log.1"))
        with child.log_file.open("ab") as log:
            process = subprocess.Popen(
                child.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **child.environment},
                cwd=child.directory,
                # a Ctrl-C at the terminal reaches us alone: the order of stopping is ours
                start_new_session=True,
            )
        self._running[child.name] = process
        self._started[child.name] = self._monotonic()
        child.pid_file.write_text(f"{process.pid}\n", encoding="ascii")


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_left_over(child: Child, grace: float = 5.0) -> None:
    """Ends a process that an earlier supervisor started: the one in the pid file, if it still runs this command line."""
    try:
        # reading a pipe would never end
        generated_files.make_way(child.pid_file)
        pid = int(child.pid_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + grace
    ending = signal.SIGTERM
    # in the moment of its exec a process has no command line yet
    while (line := _command_line(pid)) == child.argv or (line == () and time.monotonic() < deadline):
        try:
            if line:
                os.kill(pid, ending)
        except ProcessLookupError:
            return
        time.sleep(0.05)
        if time.monotonic() > deadline:
            ending = signal.SIGKILL


def _command_line(pid: int) -> tuple[str, ...] | None:
    try:
        data = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return None
    # a dead child that nobody waited for still has its pid
    return None if state == "Z" else tuple(part.decode(errors="replace") for part in data.split(b"\0")[:-1])
