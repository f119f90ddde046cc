"""Who destroys: one admin asks for it, another confirms it within a day; then it is done step by step.

Tested in `tests/hub/destruction/test_requests.py`.
"""

import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.database.schema import destructions as table
from hub.destruction import decisions
from hub.destruction.ended import require_ended
from hub.errors import RefusedError
from hub.town.operation import Rules

COUNTS = timedelta(hours=24)
"""How long a request waits for the other admin."""


@dataclass(frozen=True, slots=True)
class Destruction:
    """One destruction: who asked, who confirmed, how far it is (`requested`, `cancelled`, `confirmed`, `done`)."""

    id: str
    town: str
    operation: str
    state: str
    requested_at: str
    requested_by: str
    expires_at: str
    confirmed_at: str | None
    confirmed_by: str | None
    ended_at: str | None
    recipient: str | None
    up_to: int | None
    error: str | None

    def waits(self, now: datetime) -> bool:
        """Returns True if it can still be confirmed."""
        return self.state == "requested" and self.expires_at > wall_text(now)


def request(
    connection: Connection, *, town: str, rules: Rules, by: str, now: datetime, recipient: str | None = None
) -> Destruction:
    """Asks for the destruction; `RefusedError` before the operation's end, for who is no admin, or while a part is undecided."""
    require_ended(rules, now)
    _require_admin(connection, by)
    there = newest(connection, town)
    if there is not None and (there.waits(now) or there.state == "confirmed"):
        raise RefusedError(
            "destruction %(id)s: it is %(destruction_state)s already", id=there.id, destruction_state=there.state
        )
    if open_ := decisions.undecided(connection, town, rules.id):
        raise RefusedError("part %(part)s: nobody has decided what becomes of it", part=open_[0])
    row = {
        "id": f"d-{secrets.token_hex(6)}", "town": town, "operation": rules.id, "state": "requested", "requested_at": wall_text(now),
        "requested_by": by, "expires_at": wall_text(now + COUNTS), "recipient": recipient,
    }  # fmt: skip
    connection.execute(table.insert().values(row))
    _note(connection, "destruction requested", str(row["id"]), by, now)
    return known(connection, town, str(row["id"]))


def confirm(connection: Connection, *, town: str, rules: Rules, id_: str, by: str, now: datetime) -> Destruction:
    """Confirms a request; `RefusedError` for the admin who asked for it, one that is too old, or before the end."""
    there = known(connection, town, id_)
    require_ended(rules, now)
    _require_admin(connection, by)
    if there.operation != rules.id:
        raise RefusedError(
            "destruction %(id)s: it is of another operation, %(operation)s", id=id_, operation=there.operation
        )
    if there.state != "requested":
        raise RefusedError(
            "destruction %(id)s: it is %(destruction_state)s already", id=id_, destruction_state=there.state
        )
    if not there.waits(now):
        raise RefusedError(
            "destruction %(id)s: nobody confirmed it until %(at)s: ask for it again", id=id_, at=there.expires_at
        )
    if there.requested_by == by:
        raise RefusedError(
            "destruction %(id)s: expected another admin to confirm it than the one who asked for it", id=id_
        )
    changed = {"state": "confirmed", "confirmed_at": wall_text(now), "confirmed_by": by}
    connection.execute(update(table).where(table.c.id == id_).values(changed))
    _note(connection, "destruction confirmed", id_, by, now)
    return known(connection, town, id_)


def cancel(connection: Connection, *, town: str, id_: str, by: str, now: datetime) -> None:
    """Takes a request back; `RefusedError` for one that is confirmed already."""
    _require_admin(connection, by)
    there = known(connection, town, id_)
    if there.state != "requested":
        raise RefusedError(
            "destruction %(id)s: it is %(destruction_state)s already", id=id_, destruction_state=there.state
        )
    connection.execute(update(table).where(table.c.id == id_).values(state="cancelled"))
    _note(connection, "destruction cancelled", id_, by, now)


def known(connection: Connection, town: str, id_: str) -> Destruction:
    """The destruction with this id; `RefusedError` if there is none."""
    row = connection.execute(select(table).where(table.c.town == town, table.c.id == id_)).first()
    if row is None:
        raise RefusedError("destruction %(id)r: there is no such destruction", id=id_)
    return _of(row)


def newest(connection: Connection, town: str) -> Destruction | None:
    """The last one that was asked for."""
    query = select(table).where(table.c.town == town).order_by(table.c.requested_at.desc(), table.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _of(row)


def _of(row: Row[Any]) -> Destruction:
    return Destruction(**{each.name: row._mapping[each.name] for each in fields(Destruction)})


def _require_admin(connection: Connection, user: str) -> None:
    found = accounts.find(connection, user)
    if found is None or found.disabled or found.role is not Role.ADMIN:
        raise RefusedError("user %(user)s: only an admin may do this", user=user)


def _note(connection: Connection, what: str, id_: str, by: str, now: datetime) -> None:
    audit.note(connection, user=by, action=what, object=f"destructions/{id_}", detail={}, now=now)
