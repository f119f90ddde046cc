"""The alert that operation.toml cannot be used: raised once for each fault, ended when the file is right again.

Tested in `tests/hub/town/test_rules_broken.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Engine

from hub.alerts import reading
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.database.engine import UnusableError

log = structlog.get_logger()
PAUSE = timedelta(seconds=10)
"""Until a database that took nothing is asked again: no page waits for it more often."""


class RulesAlert:
    """Brings the alert in line with the file. Not for use inside a transaction: it writes in one of its own."""

    def __init__(self, writing: Engine, reading: Engine, town: str, clock: Callable[[], datetime]) -> None:
        self._writing, self._reading, self._town, self._clock = writing, reading, town, clock
        self._done: tuple[str | None] | None = None
        self._tried: datetime | None = None

    def update(self, fault: str | None) -> None:
        """Raises or ends the alert if that is news; `fault` None: the file's rules hold."""
        now = self._clock()
        if self._done == (fault,) or (self._tried is not None and abs(now - self._tried) < PAUSE):
            return
        try:
            if not self._stands(fault):
                self._write(fault, now)
        except UnusableError as error:
            log.error("the alert about the rules is not written", error=str(error.orig))
            self._tried = now
        else:
            self._done, self._tried = (fault,), None

    def _stands(self, fault: str | None) -> bool:
        """Returns True if the alerts say so already: who starts again and again raises nothing anew."""
        with self._reading.connect() as connection:
            standing = reading.lasting(connection, self._town, AlertKind.RULES)
        return not standing if fault is None else any(each.says(fault) for each in standing)

    def _write(self, fault: str | None, now: datetime) -> None:
        with self._writing.begin() as connection:
            if fault is None:
                alerts.end(connection, self._town, AlertKind.RULES, now)
            else:
                alerts.raise_(connection, self._town, AlertKind.RULES, None, fault, now)
