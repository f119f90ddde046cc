"""The list of what a fault of the program kept from being derived or judged: with an alert, and done again when the cause is gone.

A fault at one entry or visit costs no other anything. What is remembered is an entry's id or a visit's, and the cause without a value:
the error's class and where it arose. The same cause again is the same alert, which counts.

Tested in `tests/hub/ledger/projections/test_isolate.py`.
"""

import traceback
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.database.schema import undone
from hub.database.statements import insert_new


class What(StrEnum):
    """The sorts of work that were not done."""

    DERIVED = "derived"
    """What an entry means for the projections. Done again by a rebuild."""
    JUDGED = "judged"
    """The judgement if a visit contradicts others. Done again by the listener."""
    PROJECTIONS = "projections"
    """All projections of a town, which an older version derived otherwise. Done again by an upgrade."""


_ALERTS = {What.DERIVED: AlertKind.UNDERIVED, What.JUDGED: AlertKind.UNJUDGED}


def cause(error: BaseException) -> str:
    """An error's class and the place in our code where it arose; never its text, which may hold a value."""
    ours = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        if "/hub/" in each.filename or "/edge/" in each.filename
    ]
    where = f" in {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{where}"


def note(connection: Connection, town: str, what: What, object_: str, error: BaseException, now: datetime) -> None:
    """Remembers that something was not done. The alert counts it once, however often it is tried again."""
    why, at = cause(error), wall_text(now)
    same = (undone.c.town == town, undone.c.what == what.value, undone.c.object == object_)
    again = connection.execute(update(undone).where(*same, undone.c.why == why).values(last_at=at)).rowcount
    if again:
        return
    connection.execute(delete(undone).where(*same))
    row = {"town": town, "what": what.value, "object": object_, "why": why, "first_at": at, "last_at": at}
    insert_new(connection, undone, [row])
    alerts.raise_(connection, town, _ALERTS[what], None, why, now)


def due(connection: Connection, town: str, what: What, before: datetime, limit: int) -> list[str]:
    """The work that was last tried before a moment, the longest ago first."""
    query = (
        select(undone.c.object)
        .where(undone.c.town == town, undone.c.what == what.value, undone.c.last_at < wall_text(before))
        .order_by(undone.c.last_at, undone.c.object)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def every(connection: Connection, town: str, what: What, limit: int = 20) -> list[tuple[str, str]]:
    """(object, why) of what is not done."""
    query = select(undone.c.object, undone.c.why).where(undone.c.town == town, undone.c.what == what.value)
    return [(row.object, row.why) for row in connection.execute(query.order_by(undone.c.object).limit(limit))]


def count(connection: Connection, town: str, what: What) -> int:
    """How much is not done."""
    query = select(func.count()).select_from(undone).where(undone.c.town == town, undone.c.what == what.value)
    return connection.execute(query).scalar_one()


def done(connection: Connection, town: str, what: What, objects: Sequence[str] | None, now: datetime) -> None:
    """Notes that work was done (None: all of it); with the last one the alert is over."""
    which = () if objects is None else (undone.c.object.in_(objects),)
    gone = connection.execute(delete(undone).where(undone.c.town == town, undone.c.what == what.value, *which)).rowcount
    if gone and what in _ALERTS and not count(connection, town, what):
        alerts.end(connection, town, _ALERTS[what], now)


def try_again(connection: Connection, town: str, what: What) -> None:
    """Makes all of it due at once: the program or the projections are others now."""
    connection.execute(update(undone).where(undone.c.town == town, undone.c.what == what.value).values(last_at=""))
