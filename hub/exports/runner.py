"""Starts the process of an export from the console, waits for its end, and says so where it ended without a word.

Tested in `tests/hub/exports/test_jobs.py`.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from threading import Lock, Thread

import structlog
from sqlalchemy.engine import Engine

from hub import generated_files
from hub.exports import files, jobs
from hub.town.settings import Settings

log = structlog.get_logger()
COMMAND = (sys.executable, "-P", "-m", "hub.exports.job_process")


class Runner:
    """The exports that this process has started."""

    def __init__(self, settings: Settings, writing: Engine, clock: Callable[[], datetime]):
        self._settings = settings
        self._writing = writing
        self._clock = clock
        self._lock = Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._threads: list[Thread] = []

    def start(self, id_: str, lock: int) -> None:
        """Starts the process that writes an export, whose row is committed; it inherits the lock. `OSError` if it can't be."""
        generated_files.folder(self._settings.log)
        with (self._settings.log / "exports.log").open("ab") as out:
            process = subprocess.Popen(
                [*COMMAND, str(self._settings.folder), id_],
                stdin=subprocess.PIPE, stdout=out, stderr=out, pass_fds=(lock,),
            )  # fmt: skip
        with self._lock:
            self._processes[id_] = process
            thread = Thread(target=self._wait, args=(id_, process), name=f"export-{id_[:8]}", daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()

    def end(self, id_: str) -> None:
        """Ends the process of an export that is not wanted any more."""
        with self._lock:
            process = self._processes.get(id_)
        if process is not None:
            process.terminate()

    def join(self, seconds: float) -> None:
        """Waits until everything that was started has ended."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(seconds)

    def _wait(self, id_: str, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        if process.stdin is not None:
            process.stdin.close()
        try:
            self.settle()
            self._take_away(id_)
        except Exception:  # the next page that shows exports does it again
            log.exception("an export's end could not be written down", export=id_)
        with self._lock:
            self._processes.pop(id_, None)
        if code:
            log.warning("an export ended without a file", export=id_, code=code)

    def settle(self) -> None:
        """Says of the exports that nobody writes any more that they failed, and erases what is older than a day."""
        folder = self._settings.exports
        files.sweep(folder, self._clock().timestamp())
        with self._writing.begin() as connection:
            jobs.fail_stopped(connection, self._settings.town, folder, self._clock())

    def _take_away(self, id_: str) -> None:
        """Erases what a process that was ended left behind of an export that is not whole."""
        with self._writing.begin() as connection:
            job = jobs.find(connection, self._settings.town, id_)
        if job is None or job.state != jobs.State.DONE:
            files.erase(self._settings.exports, id_)
