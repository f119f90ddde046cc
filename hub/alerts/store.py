"""The SQL of alerts: raised once while they last, acknowledged by name with a comment.

They stand beside the ledger, not in it: most of them are about the ledger. The same alert again only counts up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database import alerts
from hub.errors import RefusedError

LONGEST = 500


class What(StrEnum):
    """What an alert is about."""

    FORK = "fork"
    """Two journals under one name: a cloned card, or two gates with one id."""
    NEW_JOURNAL = "new_journal"
    """A gate came with another journal than before: its card was replaced."""
    CONTRADICTED = "contradicted"
    """A gate holds the hub's own signature over another ledger than this one."""
    LOST = "lost"
    """A gate says that records of it will never come."""
    DISK_FULL = "disk_full"
    """The hub could not write: gates kept their records meanwhile."""
    BACKUP = "backup"
    """A scheduled backup failed."""
    BROKER_STORE = "broker_store"
    """The broker could not start with its store, which was set aside."""
    RESTORED = "restored"
    """The hub was restored from a backup."""
    UNDERIVED = "underived"
    """Entries stand in the ledger, and the program failed to work out what they mean."""
    UNJUDGED = "unjudged"
    """Visits could not be compared with others."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as its row says it; `gate` None: the hub itself."""

    id: int
    what: str
    gate: str | None
    detail: str
    first_at: str
    last_at: str
    times: int
    ended_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    comment: str | None


def raise_(connection: Connection, town: str, what: What, gate: str | None, detail: str, now: datetime) -> None:
    """Raises an alert, or counts up the same one that nobody has acknowledged yet."""
    at = wall_text(now)
    same = (
        alerts.c.town == town,
        alerts.c.what == what.value,
        alerts.c.gate.is_(None) if gate is None else alerts.c.gate == gate,
        alerts.c.detail == detail[:LONGEST],
        alerts.c.acknowledged_at.is_(None),
    )
    again = update(alerts).where(*same).values(last_at=at, times=alerts.c.times + 1, ended_at=None)
    if connection.execute(again).rowcount == 0:
        new = {"town": town, "what": what.value, "gate": gate, "detail": detail[:LONGEST]}
        connection.execute(insert(alerts).values(**new, first_at=at, last_at=at, times=1))


def was_raised(connection: Connection, town: str, what: What, detail: str) -> bool:
    """Returns True if this was an alert before, also one that somebody has acknowledged."""
    query = select(alerts.c.id).where(
        alerts.c.town == town, alerts.c.what == what.value, alerts.c.detail == detail[:LONGEST]
    )
    return connection.execute(query.limit(1)).first() is not None


def end(connection: Connection, town: str, what: What, now: datetime) -> None:
    """What the alert tells of is over; it stays until somebody acknowledges it."""
    open_ = (alerts.c.town == town, alerts.c.what == what.value, alerts.c.ended_at.is_(None))
    connection.execute(update(alerts).where(*open_).values(ended_at=wall_text(now)))


def unacknowledged(connection: Connection, town: str) -> list[Alert]:
    """Those that nobody has acknowledged, newest first."""
    return _read(connection, alerts.c.town == town, alerts.c.acknowledged_at.is_(None), limit=100)


def page(connection: Connection, town: str, *, before: int | None = None, limit: int) -> list[Alert]:
    """Every alert, newest first."""
    older = () if before is None else (alerts.c.id < before,)
    return _read(connection, alerts.c.town == town, *older, limit=limit)


def count(connection: Connection, town: str) -> int:
    """How many nobody has acknowledged."""
    query = select(func.count()).select_from(alerts)
    return connection.execute(query.where(alerts.c.town == town, alerts.c.acknowledged_at.is_(None))).scalar_one()


def acknowledge(connection: Connection, *, town: str, id_: int, by: str, comment: str, now: datetime) -> None:
    """Somebody has seen it and says what was done; `RefusedError` if there is no such alert, or it is acknowledged."""
    text = comment.strip()
    if not 0 < len(text) <= LONGEST:
        raise RefusedError("comment: expected 1 to %(most)s characters", most=LONGEST)
    done = {"acknowledged_at": wall_text(now), "acknowledged_by": by, "comment": text}
    open_ = (alerts.c.town == town, alerts.c.id == id_, alerts.c.acknowledged_at.is_(None))
    if connection.execute(update(alerts).where(*open_).values(**done)).rowcount == 0:
        raise RefusedError("alert %(id)s: there is none, or it is acknowledged already", id=id_)
    audit.note(
        connection,
        user=by,
        action="alert acknowledged",
        object=f"alerts/{id_}",
        detail={"comment": text},
        now=now,
    )


def _read(connection: Connection, *where: Any, limit: int) -> list[Alert]:
    rows: Sequence[Row[Any]] = connection.execute(
        select(alerts).where(*where).order_by(alerts.c.id.desc()).limit(limit)
    ).all()
    return [Alert(**{name: value for name, value in row._mapping.items() if name != "town"}) for row in rows]
