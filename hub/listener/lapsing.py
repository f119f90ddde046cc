"""Looks every minute for rows of registers whose time has passed, and brings them into the state that follows by itself.

Tested in `tests/hub/listener/test_lapsing.py`.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Engine

from hub.listener.schedule import Duty, Schedule
from hub.registers import lapse
from hub.town.town import Town

EVERY = 60.0


class Lapsing:
    """Rows of registers whose time passes, looked for now and then."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._town, self._writing, self._reading, self._schedule, self._now = town, writing, reading, schedule, now

    def look_if_due(self) -> None:
        """Moves the rows whose time has passed; the write lock is taken only for such."""
        if not self._schedule.is_due(Duty.REGISTERS):
            return
        self._schedule.again_in(Duty.REGISTERS, EVERY)
        with self._reading.begin() as connection:
            found = lapse.passed(connection, self._town.id, self._now())
        if found:
            with self._writing.begin() as connection:
                lapse.lapse(connection, self._town.id, self._town.settings.zone, self._now())
