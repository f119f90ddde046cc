"""A session while it lasts: each act of its user puts its end off. And the form that waits in it (`hub.console.kept_forms`).

Tested in `tests/hub/web/test_session_end.py`.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts.store import digest
from hub.database.schema import sessions
from hub.values.stored import time_of

LEAST = 60
"""A session is written at most so many times between two ends: not every click costs a write."""


def end_of(connection: Connection, token: str) -> datetime | None:
    """When a session ends if it is not used any more; None for none."""
    found = connection.execute(select(sessions.c.expires_at).where(sessions.c.id == digest(token))).scalar()
    return time_of(found)


def is_due(end: datetime, lasts: timedelta, now: datetime) -> bool:
    """Returns True if an act at `now` moves the end by so much that it is written."""
    return abs(now + lasts - end) >= lasts / LEAST


def use(connection: Connection, token: str, now: datetime, lasts: timedelta) -> datetime:
    """Puts the end of an open session off, from `now` on; gives the new end."""
    end = now + lasts
    open_ = (sessions.c.revoked_at.is_(None), sessions.c.expires_at > wall_text(now))
    query = update(sessions).where(sessions.c.id == digest(token), *open_)
    connection.execute(query.values(expires_at=wall_text(end)))
    return end


def whose(connection: Connection, token: str) -> str | None:
    """The id of the user of a session, also of one that has ended."""
    found: str | None = connection.execute(select(sessions.c.user).where(sessions.c.id == digest(token))).scalar()
    return found


def keep(connection: Connection, token: str, text: str | None) -> None:
    """Puts a form into a session, instead of the one that is there; None: takes it out."""
    connection.execute(update(sessions).where(sessions.c.id == digest(token)).values(kept=text))


def kept(connection: Connection, token: str) -> str | None:
    """The form that waits in a session."""
    found: str | None = connection.execute(select(sessions.c.kept).where(sessions.c.id == digest(token))).scalar()
    return found
