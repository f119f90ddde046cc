"""Looks every half minute for vehicles that have stayed too long, and for visits that could not be judged before.

Tested in `tests/hub/conflicts/test_judge.py`.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Engine

from hub.conflicts import judge
from hub.listener.schedule import Duty, Schedule
from hub.town.town import Town


class Overstays:
    """Vehicles that have stayed too long, looked for now and then."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._town, self._writing, self._reading, self._schedule, self._now = town, writing, reading, schedule, now

    def look_if_due(self) -> None:
        """Judges who has stayed too long; the write lock is taken only for somebody who has."""
        if not self._schedule.is_due(Duty.OVERSTAYS):
            return
        self._schedule.again_in(Duty.OVERSTAYS, judge.EVERY)
        town, key = self._town.id, self._town.key
        with self._reading.begin() as connection:
            late = judge.look_for_overstays(connection, town, self._now())
            failed = judge.failed_before(connection, town, self._now())
        if late or failed:
            with self._writing.begin() as connection:
                judge.judge_safely(connection, town, late, key=key, now=self._now())
                judge.judge_what_failed(connection, town, failed, key=key, now=self._now())
