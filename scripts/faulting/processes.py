"""Processes of the town: started with a log, killed, ended in good order, or told by their environment at which step to die."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.contract.steps import VARIABLE

Dress = Callable[[str, list[str]], list[str]]
ROOT = Path(__file__).parents[2]


def environment(fault: str | None) -> Mapping[str, str]:
    """What a process of the town finds around it; `fault`: the step at which it dies."""
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    return here if fault is None else {**here, VARIABLE: fault}


class Starter:
    """Starts processes, each with a log in `folder`. `dress` makes of a name and a command line the command that is started."""

    def __init__(self, folder: Path, dress: Dress | None = None) -> None:
        self._folder, self._dress = folder, dress

    def start(self, name: str, command: list[str], fault: str | None = None) -> subprocess.Popen[bytes]:
        """Starts a process, to die at a step if `fault` says so."""
        if self._dress is not None:
            command = self._dress(name, command)
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment(fault))


def died(process: subprocess.Popen[bytes] | None, seconds: float) -> bool:
    """Returns True if a process ends by itself within so many seconds."""
    assert process is not None
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def end(process: subprocess.Popen[bytes] | None, *, kill: bool) -> None:
    """Ends a process, if it runs: at once, or in good order."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
