"""Looks every few seconds which runs the new visits mark, and which are missed.

Tested in `tests/hub/runs/test_derive.py`.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.engine import Engine

from hub.database.engine import UnusableError
from hub.listener.schedule import Duty, Schedule
from hub.runs import derive
from hub.town.town import Town

log = structlog.get_logger()
EVERY = 10.0
"""Seconds between two looks."""


class RunMarks:
    """The marks of a town's runs."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._town, self._writing, self._reading, self._schedule, self._now = town, writing, reading, schedule, now

    def look_if_due(self) -> None:
        """Marks runs; the write lock is taken only where a mark differs. A fault of a rule is logged, and tried again."""
        if not self._schedule.is_due(Duty.RUNS):
            return
        self._schedule.again_in(Duty.RUNS, EVERY)
        try:
            with self._reading.begin() as connection:
                found = derive.look(connection, self._town.id, self._town.settings.zone, self._now())
            if found:
                with self._writing.begin() as connection:
                    derive.write(connection, self._town.id, found)
        except UnusableError:
            raise
        except Exception:
            log.exception("runs cannot be marked; it is tried again")
