"""An outage, in which the hub can store nothing: shown on every page while it lasts, and among the alerts afterwards.

Tested in `tests/hub/listener/test_listener.py` (a full disk, a damaged file).
"""

from datetime import datetime

import structlog
from sqlalchemy.engine import Connection

from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.alerts.not_storing import Trouble
from hub.database.engine import UnusableError, UnusableForNowError

log = structlog.get_logger()


class Outage:
    """The reason why the listener cannot store, if there is one; `trouble` shows it on every page."""

    def __init__(self, trouble: Trouble):
        self._trouble, self._cause = trouble, ""
        self._is_on = False
        self.stalled = False
        """True if messages had to wait for the database, until somebody sets it back."""
        trouble.clear()

    def begin(self, error: UnusableError) -> None:
        """Nothing of what has arrived could be stored."""
        self._set(error)
        self.stalled = True
        log.error("nothing was stored, gates keep their records", error=self._cause)
        self._trouble.say(self._cause)

    def suspect(self, error: UnusableError) -> None:
        """While nothing arrives, too, a damaged database is everybody's business; one that is locked may be so for a moment."""
        log.error("the database can't be used", error=str(error.orig))
        if not isinstance(error, UnusableForNowError):
            self._set(error)
            self._trouble.say(self._cause)

    def record(self, connection: Connection, town: str, now: datetime) -> None:
        """In the first transaction that succeeds: that there was a time when nothing could be stored."""
        if self._is_on:
            alerts.raise_(connection, town, AlertKind.DISK_FULL, None, self._cause, now)
            alerts.end(connection, town, AlertKind.DISK_FULL, now)

    def end(self) -> None:
        """Notes that the transaction is committed: the outage is over."""
        if self._is_on:
            self._is_on = False
            self._trouble.clear()

    def _set(self, error: UnusableError) -> None:
        self._is_on, self._cause = True, str(error.orig)
