"""The SQL of alerts (their kinds: `kinds.py`). An alert is raised once while its cause lasts, and acknowledged by name with a comment.

They stand beside the ledger, not in it: most of them are about the ledger. One cause, one alert: the same thing about the same gate
again only counts up until somebody acknowledges it, whatever its detail says. The first detail stays, and the last few others with it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.alerts.kinds import AlertKind
from hub.database.schema import alerts
from hub.errors import RefusedError

LONGEST = 500
LATER = 8
"""Details of an alert beside its first that are kept: the last ones."""


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
    later: tuple[str, ...] = ()
    """Details that came after the first and differ from it and from each other: the last of them."""

    def says(self, detail: str) -> bool:
        """Returns True if this is the last that the alert was raised for."""
        return (self.later[-1] if self.later else self.detail) == detail[:LONGEST]


def raise_(
    connection: Connection, town: str, what: AlertKind, gate: str | None, detail: str, now: datetime, times: int = 1
) -> None:
    """Raises an alert, or counts up the one about the same thing and gate that nobody has acknowledged yet."""
    at, detail = wall_text(now), detail[:LONGEST]
    open_ = _open(connection, town, what, gate)
    if open_ is None:
        new = {"town": town, "what": what.value, "gate": gate, "detail": detail}
        connection.execute(insert(alerts).values(**new, first_at=at, last_at=at, times=times))
        return
    again = {"last_at": at, "times": alerts.c.times + times, "ended_at": None, "later": _with(open_, detail)}
    connection.execute(update(alerts).where(alerts.c.id == open_.id).values(**again))


def _open(connection: Connection, town: str, what: AlertKind, gate: str | None) -> Row[Any] | None:
    """The newest alert about this thing and gate that nobody has acknowledged."""
    query = select(alerts.c.id, alerts.c.detail, alerts.c.later).where(
        alerts.c.town == town,
        alerts.c.what == what.value,
        alerts.c.gate.is_(None) if gate is None else alerts.c.gate == gate,
        alerts.c.acknowledged_at.is_(None),
    )
    return connection.execute(query.order_by(alerts.c.id.desc()).limit(1)).first()


def _with(row: Row[Any], detail: str) -> str | None:
    """The later details of an alert when this one is the last: each once, in the order in which they were last seen."""
    later = _details(row.later)
    if detail != row.detail:
        later = (*(each for each in later if each != detail), detail)
    return json.dumps(later[-LATER:], ensure_ascii=False) if later else None


def _details(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(json.loads(text))


def was_raised(connection: Connection, town: str, what: AlertKind, detail: str) -> bool:
    """Returns True if this was an alert before, also one that somebody has acknowledged."""
    query = select(alerts.c.detail, alerts.c.later).where(alerts.c.town == town, alerts.c.what == what.value)
    said = detail[:LONGEST]
    return any(said == row.detail or said in _details(row.later) for row in connection.execute(query))


def end(connection: Connection, town: str, what: AlertKind, now: datetime) -> None:
    """Notes that the cause of an alert is over; the alert stays until somebody acknowledges it."""
    open_ = (alerts.c.town == town, alerts.c.what == what.value, alerts.c.ended_at.is_(None))
    connection.execute(update(alerts).where(*open_).values(ended_at=wall_text(now)))


def standing(connection: Connection, town: str, what: AlertKind) -> list[Alert]:
    """The alerts whose cause is not over, acknowledged or not, newest first."""
    return _read(connection, alerts.c.town == town, alerts.c.what == what.value, alerts.c.ended_at.is_(None), limit=100)


def unacknowledged(connection: Connection, town: str) -> list[Alert]:
    """The alerts that nobody has acknowledged, newest first."""
    return _read(connection, alerts.c.town == town, alerts.c.acknowledged_at.is_(None), limit=100)


def version(connection: Connection, town: str) -> str:
    """A text that changes with every change of an alert."""
    newest = func.max(alerts.c.last_at), func.max(alerts.c.ended_at), func.max(alerts.c.acknowledged_at)
    row = connection.execute(
        select(func.max(alerts.c.id), func.sum(alerts.c.times), *newest).where(alerts.c.town == town)
    ).one()
    return sha256_hex(repr(tuple(row)).encode())[:16]


def page(connection: Connection, town: str, *, before: int | None = None, limit: int) -> list[Alert]:
    """Every alert, newest first."""
    older = () if before is None else (alerts.c.id < before,)
    return _read(connection, alerts.c.town == town, *older, limit=limit)


def acknowledge(connection: Connection, *, town: str, id_: int, by: str, comment: str, now: datetime) -> None:
    """Acknowledges an alert with a comment on what was done; `RefusedError` if there is no such alert, or it is acknowledged."""
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
    return [
        Alert(
            **{name: value for name, value in row._mapping.items() if name not in ("town", "later")},
            later=_details(row.later),
        )
        for row in rows
    ]
