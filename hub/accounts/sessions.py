"""A session while it lasts: each act of its user puts its end off, its user and admins can end it. And the form that waits in it.

(For that form: `hub.console.kept_forms`.) Tested in `tests/hub/web/test_session_end.py` and `tests/hub/accounts/test_users.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
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
    query = update(sessions).where(sessions.c.id == digest(token), *_open(now))
    connection.execute(query.values(expires_at=wall_text(end), used_at=wall_text(now)))
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


NAMED_BY = 16
"""Characters of a row's id that name a session in a form."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is open: by what to name it, since when, last used, its end, where. `browser`: in a few words."""

    name: str
    since: str
    used_at: str
    ends_at: str
    address: str
    browser: str


def open_of(connection: Connection, user: str, now: datetime) -> list[Session]:
    """The sessions of a user that are open, the newest first."""
    query = select(sessions).where(sessions.c.user == user, *_open(now)).order_by(sessions.c.created_at.desc())
    return [
        Session(
            row.id[:NAMED_BY], row.created_at, row.used_at or row.created_at, row.expires_at, row.address or "", row.browser or ""
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def count_open(connection: Connection, now: datetime) -> dict[str, int]:
    """How many sessions each user has open, by the user's id; those with none are left out."""
    query = select(sessions.c.user, func.count()).where(*_open(now)).group_by(sessions.c.user)
    return {row[0]: row[1] for row in connection.execute(query)}


def name_of(token: str) -> str:
    """By what a session is named in a form."""
    return digest(token)[:NAMED_BY]


def end_named(connection: Connection, user: str, name: str, now: datetime) -> bool:
    """Ends one open session of a user; returns False if there is none of this name."""
    which = sessions.c.user == user, func.substr(sessions.c.id, 1, NAMED_BY) == name
    ended = connection.execute(update(sessions).where(*which, *_open(now)).values(revoked_at=wall_text(now), kept=None))
    return ended.rowcount > 0


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return sessions.c.revoked_at.is_(None), sessions.c.expires_at > wall_text(now)
