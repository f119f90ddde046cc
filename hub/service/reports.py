"""Makes the daily reports at their hour: `kakou-hub report due` as a process of its own, at the hub's start and then once for each day.

What was missed while the hub was down is made at its next start. One that failed is tried again after a while.

Tested in `tests/hub/service/test_reports.py`.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import structlog

from hub import generated_files
from hub.reports.period import last_due
from hub.town.settings import Settings

log = structlog.get_logger()
LOOK = 30.0
"""Seconds between two looks at the clock."""
AGAIN = 600.0
"""Seconds after which a failure is tried again."""


class Reports:
    """The schedule of one town's reports: `now` is wall time, `monotonic` seconds that only go on."""

    def __init__(
        self,
        settings: Settings,
        command: Sequence[str],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._command = settings, tuple(command)
        self._now, self._monotonic = now, monotonic
        self._running: subprocess.Popen[bytes] | None = None
        self._look_at = float("-inf")
        self._asked: date | None = None
        self._done: date | None = None

    def poll(self) -> None:
        """Starts the command if a day's report is due; call it as often as you like."""
        if self._running is not None and self._running.poll() is None:
            return
        if self._running is not None:
            self._ended(self._running.returncode)
        if self._monotonic() < self._look_at:
            return
        self._look_at = self._monotonic() + LOOK
        due = last_due(self._now(), self._settings)
        if due != self._done:
            self._asked = due
            try:
                self._start()
            except OSError as error:
                # a full disk, no memory: a later look tries again
                log.error("the daily report could not be started", error=str(error))

    def _start(self) -> None:
        generated_files.folder(self._settings.log)
        generated_files.make_way(self._settings.log / "report.log")
        with (self._settings.log / "report.log").open("ab") as out:
            self._running = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def _ended(self, code: int) -> None:
        self._running = None
        if code == 0:
            self._done = self._asked
            return
        log.error("a daily report failed; report.log says why", code=code)
        self._look_at = self._monotonic() + AGAIN
