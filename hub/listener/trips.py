"""Marks requests of people with special needs by the crossings that have arrived, every few seconds.

Tested in `tests/hub/needs/test_marking.py`.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.engine import Engine

from hub.database.engine import UnusableError
from hub.listener.schedule import Duty, Schedule
from hub.needs.marking import Marker
from hub.town.town import Town

log = structlog.get_logger()
EVERY = 3.0
"""Seconds."""


class Trips:
    """The trips of a town's requests, looked at now and then."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._marker, self._schedule, self._now = Marker(town, writing, reading), schedule, now

    def look_if_due(self) -> None:
        """Marks what has changed. A fault of its own stops nothing else, and is tried again."""
        if not self._schedule.is_due(Duty.TRIPS):
            return
        self._schedule.again_in(Duty.TRIPS, EVERY)
        try:
            self._marker.look(self._now())
        except UnusableError:
            raise
        except Exception:
            log.exception("requests are not marked; it is tried again")
