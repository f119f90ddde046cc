"""The audit: who looked at or changed what, when; rows are only ever added. A row of failed sign-ins counts them.

Tested in `tests/hub/accounts/test_store.py` and `tests/hub/web/test_app.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.database.schema import audit
from hub.values.stored import said


@dataclass(frozen=True, slots=True)
class Note:
    """One row: `user` is a user's id or `cli`, `object` what was touched (`visits/ab12…`), `detail` the particulars."""

    id: int
    at: str
    user: str
    action: str
    object: str
    detail: Mapping[str, Json]


def note(
    connection: Connection, *, user: str, action: str, object: str, detail: Mapping[str, Json], now: datetime
) -> int:
    """Writes one row, in the transaction of the change that it records; returns the row's id."""
    row = {"at": wall_text(now), "user": user, "action": action, "object": object, "detail": _text(detail)}
    key = connection.execute(insert(audit).values(**row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def count_up(connection: Connection, id_: int, now: datetime) -> bool:
    """Counts in a row that the same has happened again (`times`), and when (`last`); returns False if there is no such row."""
    row = connection.execute(select(audit.c.detail).where(audit.c.id == id_)).first()
    if row is None:
        return False
    detail = json.loads(row.detail)
    detail |= {"times": detail.get("times", 1) + 1, "last": wall_text(now)}
    connection.execute(update(audit).where(audit.c.id == id_).values(detail=_text(detail)))
    return True


def page(
    connection: Connection, *, search: str = "", user: str = "", action: str = "", before: int | None, limit: int
) -> list[Note]:
    """Rows newest first, from below the id `before`; `search` is a part of the object or the detail."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    if search:
        query = query.where(
            or_(audit.c.object.contains(search, autoescape=True), audit.c.detail.contains(search, autoescape=True))
        )
    if user:
        query = query.where(audit.c.user == user)
    if action:
        query = query.where(audit.c.action == action)
    return [
        Note(row.id, row.at, row.user, row.action, str(row.object), _particulars(row.detail))
        for row in connection.execute(query)
    ]


def _particulars(text: str) -> Mapping[str, Json]:
    """The particulars of a row; the text itself where it is no JSON object."""
    return said(text) or ({} if text == "{}" else {"detail": text})


def actions(connection: Connection) -> list[str]:
    """Every action that occurs."""
    return list(connection.execute(select(audit.c.action).distinct().order_by(audit.c.action)).scalars())


def _text(detail: Mapping[str, Json]) -> str:
    return json.dumps(dict(detail), ensure_ascii=False, sort_keys=True)
