"""Makes a new version of a destruction's signed report when a gate's receipt has come that the last one does not hold.

Tested in `tests/hub/listener/test_reporting.py`.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Engine

from hub.destruction import report
from hub.listener.schedule import Duty, Schedule
from hub.town.town import Town

EVERY = 20.0


class Reporting:
    """The report of the newest destruction, looked at now and then: a gate may answer years after it was asked."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._town, self._writing, self._reading, self._schedule, self._now = town, writing, reading, schedule, now

    def look_if_due(self) -> None:
        """Makes the version that is due; the write lock is taken only for one."""
        if not self._schedule.is_due(Duty.DESTRUCTION):
            return
        self._schedule.again_in(Duty.DESTRUCTION, EVERY)
        with self._reading.begin() as connection:
            due = report.is_due(connection, self._town.id, self._now())
        if due is not None:
            with self._writing.begin() as connection:
                report.keep(connection, self._town, due, self._now())
