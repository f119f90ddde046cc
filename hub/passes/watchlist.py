"""The watch list (布控): plates to stop on the way in, on the way out, or only to report. The caller publishes the list.

Tested in `tests/hub/passes/test_store.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, delete, func, or_, select
from sqlalchemy.engine import Connection

from edge.contract.messages import Watched
from edge.contract.plates import classify
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE
from hub.database.schema import watched
from hub.database.statements import upsert
from hub.errors import RefusedError
from hub.values.stored import EPOCH, time_of

MOST = 20_000
"""Plates on the list at most; gates are measured with 5,000."""
MOST_WHY = 200


@dataclass(frozen=True, slots=True)
class WatchedPlate:
    """A watched plate, who put it on the list and when."""

    plate: str
    deny_in: bool
    deny_out: bool
    notify: bool
    why: str
    added_at: datetime
    added_by: str


def add(
    connection: Connection,
    *,
    town: str,
    plate: str,
    deny_in: bool,
    deny_out: bool,
    notify: bool,
    why: str,
    by: str,
    now: datetime,
) -> WatchedPlate:
    """Watches a plate, or changes how it is watched; `RefusedError` for no plate, nothing to do, no reason, or a full list."""
    text = _plate(plate)
    if not (deny_in or deny_out or notify):
        raise RefusedError("watch: expected at least one of deny in, deny out, notify")
    if not why.strip():
        raise RefusedError("why: expected why the plate is watched, found nothing")
    if len(why) > MOST_WHY:
        raise RefusedError(
            "why: %(count)s characters, at most %(most)s are told to gates", count=len(why), most=MOST_WHY
        )
    if find(connection, town, text) is None and count(connection, town) >= MOST:
        raise RefusedError("watch list: holds %(count)s plates already, remove some", count=MOST)
    row = {
        "town": town,
        "plate": text,
        "deny_in": deny_in,
        "deny_out": deny_out,
        "notify": notify,
        "why": why.strip(),
        "added_at": wall_text(now),
        "added_by": by,
    }
    upsert(connection, watched, [row])
    return WatchedPlate(text, deny_in, deny_out, notify, why.strip(), now, by)


def remove(connection: Connection, *, town: str, plate: str) -> str:
    """Watches a plate no longer, and gives it normalised; `RefusedError` if it is not on the list."""
    text = _plate(plate)
    where = (watched.c.town == town, watched.c.plate == text)
    if connection.execute(delete(watched).where(*where)).rowcount == 0:
        raise RefusedError("plate %(plate)r: it is not on the watch list", plate=plate)
    return text


def find(connection: Connection, town: str, plate: str) -> WatchedPlate | None:
    """The entry of a plate (normalised)."""
    row = connection.execute(select(watched).where(watched.c.town == town, watched.c.plate == plate)).first()
    return None if row is None else _entry(row)


def count(connection: Connection, town: str) -> int:
    """How many plates are watched."""
    return connection.execute(select(func.count()).select_from(watched).where(watched.c.town == town)).scalar_one()


def page(
    connection: Connection, *, town: str, search: str = "", after: str | None = None, limit: int
) -> list[WatchedPlate]:
    """Entries by plate; `search` is a part of the plate or of the reason; `after` is the last plate seen."""
    query = select(watched).where(*conditions(town, search)).order_by(watched.c.plate).limit(limit)
    if after is not None:
        query = query.where(watched.c.plate > after)
    return [_entry(row) for row in connection.execute(query)]


def conditions(town: str, search: str) -> list[ColumnElement[bool]]:
    """The conditions of a page of the list."""
    found: list[ColumnElement[bool]] = [watched.c.town == town]
    if search:
        parts = [watched.c.why.contains(search, autoescape=True)]
        if plate := classify(search).text:
            parts.append(watched.c.plate.contains(plate, autoescape=True))
        found.append(or_(*parts))
    return found


def every(connection: Connection, town: str) -> tuple[Watched, ...]:
    """The whole list as gates get it, by plate."""
    query = select(watched).where(watched.c.town == town).order_by(watched.c.plate)
    return tuple(
        Watched(
            plate=row.plate, deny_in=row.deny_in, deny_out=row.deny_out, notify=row.notify, why=row.why[:LONGEST_LINE]
        )
        for row in connection.execute(query)
    )


def _plate(text: str) -> str:
    plate = classify(text).text
    if not 0 < len(plate) <= 16 or not plate.isprintable():
        raise RefusedError("plate %(plate)r: expected 1 to 16 characters", plate=text)
    return plate


def _entry(row: Row[tuple[object, ...]]) -> WatchedPlate:
    return WatchedPlate(
        plate=row.plate,
        deny_in=row.deny_in,
        deny_out=row.deny_out,
        notify=row.notify,
        why=row.why,
        added_at=time_of(row.added_at) or EPOCH,
        added_by=row.added_by,
    )
