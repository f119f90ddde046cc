"""Finds out when the next scheduled backup is due, from the hub's own notes and never from the times of files.

A file that is touched, copied or made by somebody else says nothing. The hub's table says when each backup was made; one counts while its
file lies in the folder. A clock that is wrong costs one backup more and never one less: a record from the future makes the next one due,
and the machine's own count of seconds goes on whatever happens to the clock.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.records import parse_wall
from hub.backup.names import every_scheduled
from hub.database.engine import UnusableError, reader
from hub.database.schema import audit, backups
from hub.town.settings import Settings, fresh_backup

ROWS = 200
"""Of the newest records, those that are compared with the folder: a folder keeps so many at most that anybody will want."""


class Due:
    """One town's schedule: `now` is wall time, `monotonic` seconds that only go on."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._settings, self._now, self._monotonic = settings, now, monotonic
        self._last: tuple[str | None, float] = (None, monotonic())

    def is_due(self) -> bool:
        """Returns True if `backup.hours` have passed since the last; False where the database cannot be asked: no backup could be made.

        True too where the folder cannot be looked into, or the record is damaged: the backup itself says what is wrong, by an alert.
        """
        every = timedelta(hours=fresh_backup(self._settings).hours)
        try:
            since = self._since()
            last = None if since is None else parse_wall(since)
        except UnusableError:
            return False
        except (OSError, ValueError):
            return True
        if last is None:
            return True
        if since != self._last[0]:
            self._last = since, self._monotonic()
        return is_due(last, self._now(), every) or self._monotonic() - self._last[1] >= every.total_seconds()

    def _since(self) -> str | None:
        folder = self._settings.folder / fresh_backup(self._settings).folder
        there = {path.name for path in every_scheduled(folder, self._settings.town)}
        engine = reader(self._settings.database_url)
        try:
            with engine.connect() as connection:
                return _last_made(connection, self._settings.town, there) or _founded(connection)
        finally:
            engine.dispose()


def is_due(since: datetime, now: datetime, every: timedelta) -> bool:
    """Returns True if so much time has passed, or if the clock has gone back behind `since`."""
    return not since <= now < since + every


def _last_made(connection: Connection, town: str, there: set[str]) -> str | None:
    query = select(backups.c.at, backups.c.file).where(backups.c.town == town).order_by(backups.c.id.desc()).limit(ROWS)
    return next((row.at for row in connection.execute(query) if row.file in there), None)


def _founded(connection: Connection) -> str | None:
    # a new town has nothing to lose yet: its first backup comes when the hours have passed, too
    return connection.execute(select(audit.c.at).order_by(audit.c.id).limit(1)).scalar()
