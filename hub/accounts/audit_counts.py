"""What happens again and again from one cause is counted: a row of the audit when it begins, a row with the sum when it ends.

No row of the audit is ever changed, so the count stands in a table of its own (`audit_counts`) while it goes on. A count ends `SAME` seconds
after it began: whoever counts next writes the row that closes it, in which `times` are all of them.

Tested in `tests/hub/accounts/test_sign_in.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import audit_counts
from hub.values.stored import said, time_of

SAME = timedelta(minutes=15)
"""For which what happens from one cause is one count."""
FEW = 100
"""Counts that one call closes at most."""


@dataclass(frozen=True, slots=True)
class Count:
    """A count that goes on: what is counted, how often, since when, until when."""

    user: str
    action: str
    object: str
    detail: Mapping[str, Json]
    times: int
    began_at: str
    last_at: str


def again(connection: Connection, cause: str, now: datetime) -> bool:
    """Counts one more of a cause; returns False if no count of it goes on."""
    row = connection.execute(select(audit_counts).where(audit_counts.c.cause == cause)).first()
    if row is None or _is_over(row.began_at, now):
        return False
    more = {"times": row.times + 1, "last_at": wall_text(now)}
    connection.execute(update(audit_counts).where(audit_counts.c.cause == cause).values(more))
    return True


def begin(
    connection: Connection,
    cause: str,
    *,
    user: str,
    action: str,
    object: str,
    detail: Mapping[str, Json],
    now: datetime,
) -> None:
    """Writes the row of the first one, from which on the others are counted."""
    audit.note(connection, user=user, action=action, object=object, detail={**detail, "times": 1}, now=now)
    at = wall_text(now)
    row = {"cause": cause, "user": user, "action": action, "object": object, "detail": audit.text(detail)}
    connection.execute(delete(audit_counts).where(audit_counts.c.cause == cause))
    connection.execute(insert(audit_counts).values(**row, times=1, began_at=at, last_at=at))


def close(connection: Connection, now: datetime) -> None:
    """Writes the rows of the counts that are over. One that was never counted up needs none: its first row says all."""
    over = wall_text(now - SAME), wall_text(now + SAME)
    began = audit_counts.c.began_at
    query = select(audit_counts).where((began < over[0]) | (began > over[1])).order_by(began).limit(FEW)
    for row in connection.execute(query).all():
        if row.times > 1:
            sums: dict[str, Json] = {"times": row.times, "since": row.began_at, "last": row.last_at}
            detail = {**said(row.detail), **sums}
            audit.note(connection, user=row.user, action=row.action, object=row.object, detail=detail, now=now)
        connection.execute(delete(audit_counts).where(audit_counts.c.cause == row.cause))


def going_on(connection: Connection, limit: int = FEW) -> list[Count]:
    """The counts that have no closing row yet, the latest first; only those that were counted up."""
    query = select(audit_counts).where(audit_counts.c.times > 1).order_by(audit_counts.c.last_at.desc()).limit(limit)
    return [
        Count(row.user, row.action, row.object, said(row.detail), row.times, row.began_at, row.last_at)
        for row in connection.execute(query)
    ]


def _is_over(began: str, now: datetime) -> bool:
    since = time_of(began)
    # a clock that was set back ends a count, too
    return since is None or abs(now - since) > SAME
