"""Says cheaply whether a database has changed since one last looked, so that a look every few hundredths of a second costs nothing.

SQLite counts the commits of others (`PRAGMA data_version`); on PostgreSQL a snapshot names every transaction that it does not see,
so that two equal ones see the same rows.

Tested in `tests/hub/database/test_changes.py`.
"""

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.engine import Engine

QUESTIONS = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT CAST(pg_current_snapshot() AS text)"}


class Changes:
    """One connection that is kept open and asked again and again, from one thread at a time."""

    def __init__(self, reading: Engine) -> None:
        self._reading = reading
        self._connection: PoolProxiedConnection | None = None
        self._seen: object = None

    def any(self) -> bool:
        """Returns True if anything was committed since the last call, and at the first one; raises what the driver does."""
        try:
            seen = self._ask()
        except Exception:
            self.forget()
            raise
        changed, self._seen = seen != self._seen, seen
        return changed

    def forget(self) -> None:
        """Gives the connection up: the next call counts as the first."""
        connection, self._connection, self._seen = self._connection, None, None
        if connection is not None:
            connection.invalidate()

    def _ask(self) -> object:
        # straight to the driver: within a transaction one would see the same for ever
        if self._connection is None:
            self._connection = self._reading.raw_connection()
            self._seen = None
        cursor = self._connection.cursor()
        try:
            cursor.execute(QUESTIONS[self._reading.dialect.name])
            return cursor.fetchone()
        finally:
            cursor.close()
            self._connection.rollback()
