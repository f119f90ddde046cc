"""A broker that began with an empty store has lost what it kept for gates and hub: an alert, once for each time.

Tested in `tests/hub/broker/test_store.py`.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.engine import Engine

from hub.alerts import reading
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.broker.store import BrokerStore
from hub.listener.schedule import Duty, Schedule
from hub.town.town import Town

EVERY = 5.0
"""Seconds between two looks."""


class EmptyStore:
    """Looks for the file in which the broker's start says so, also while there is no connection."""

    def __init__(self, town: Town, writing: Engine, reading: Engine, schedule: Schedule, now: Callable[[], datetime]):
        self._town, self._writing, self._reading, self._schedule, self._now = town.id, writing, reading, schedule, now
        self._store, self._known = BrokerStore(town.settings.folder), ""

    def look_if_due(self) -> None:
        """Raises the alert for a notice that has none yet."""
        if self._schedule.is_due(Duty.STORE):
            self._look()
            self._schedule.again_in(Duty.STORE, EVERY)

    def _look(self) -> None:
        notice = self._store.notice()
        if notice is None or notice == self._known:
            return
        with self._reading.begin() as connection:
            known = reading.was_raised(connection, self._town, AlertKind.BROKER_STORE, notice)
        if not known:
            with self._writing.begin() as connection:
                alerts.raise_(connection, self._town, AlertKind.BROKER_STORE, None, notice, self._now())
        self._known = notice
