"""The SQL of users and their sessions.

Passwords are argon2id. A session is a row: its random token stands in the signed cookie only, the table holds the token's
SHA-256, so that a copy of the database opens no session and a row can be revoked.
"""

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.engine import Connection, Row

from edge.contract.canonical import sha256_hex
from edge.contract.records import wall_text
from edge.contract.values import LONGEST_LINE
from hub.accounts import counting
from hub.accounts.passwords import check_password, check_pin
from hub.accounts.roles import SIGNS_ON, Role
from hub.database.schema import sessions, users
from hub.errors import RefusedError

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
SESSION = timedelta(hours=14)
"""The longest that a session lasts without an act of its user: a shift, and the handover after it."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a login. Records and the audit name the `id` only."""

    id: str
    login: str
    name: str
    role: Role
    disabled: bool
    pin: str | None = None
    """The argon2id hash of the PIN with which an officer overrides at a gate."""
    gates: tuple[str, ...] | None = None
    """The officer's roster: the gates at which that PIN counts; None: all."""
    must_change: bool = False
    """The password was given by an admin: until the user sets another, no page opens but the one for that."""
    version: int = 1
    """Counts the changes that admins make: a form made for one version changes no other."""
    signed_in_at: str | None = None
    """When last."""
    unit: str | None = None
    """The unit of the organisation to which the user belongs."""
    confined: bool = False
    """The user sees the branch of that unit and nothing else."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    # an unknown login costs as long as a wrong password, so that time does not tell which logins exist
    return _hasher().hash(secrets.token_hex(16))


def add_user(
    connection: Connection,
    *,
    login: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    known: Iterable[str] = (),
    must_change: bool = False,
) -> str:
    """A new user; gives the id. `RefusedError` for a bad or taken login, role, name or password.

    `known`: words that no password may consist of, besides login and name, as the town's.
    """
    if LOGIN.fullmatch(login) is None:
        raise RefusedError("login %(text)r: expected 1 to 32 of a-z, 0-9, '.', '_', '-'", text=login)
    checked_name(name)
    checked_role(role)
    check_password(password, (login, name, *known))
    if find_login(connection, login) is not None:
        raise RefusedError("login %(text)r: taken already", text=login)
    # users are never deleted, so the count only grows
    number = connection.execute(select(func.count()).select_from(users)).scalar_one() + 1
    row = {
        "id": f"u-{number}",
        "login": login,
        "name": checked_name(name),
        "role": role,
        "password": _hasher().hash(password),
        "created_at": wall_text(now),
        "must_change": must_change,
    }
    connection.execute(users.insert().values(row))
    return str(row["id"])


def checked_name(name: str) -> str:
    """A person's name without the blanks around it; `RefusedError` if there is none, or it is no line of text."""
    name = name.strip()
    if not name:
        raise RefusedError("name: expected the person's name, found nothing")
    if len(name) > LONGEST_LINE or not name.isprintable():
        raise RefusedError("name: expected at most %(most)s characters, all of them visible", most=LONGEST_LINE)
    return name


def checked_role(role: str) -> Role:
    """The role of this name; `RefusedError` if there is none."""
    if role not in set(Role):
        raise RefusedError("role %(text)r: expected one of %(roles)s", text=role, roles=", ".join(Role))
    return Role(role)


def set_password(
    connection: Connection,
    user: User,
    password: str,
    now: datetime,
    known: Iterable[str] = (),
    *,
    must_change: bool = False,
    but: str = "",
) -> None:
    """Sets another password; the user's sessions end, and no failed attempt counts any more. `known`: as for `add_user`.

    `but`: the token of the session that goes on, in which users set their own.
    """
    check_password(password, (user.login, user.name, *known))
    new = {"password": _hasher().hash(password), "must_change": must_change}
    connection.execute(update(users).where(users.c.id == user.id).values(**new))
    revoke_sessions(connection, user.id, now, but=but)
    counting.forget(connection, user.id)


def set_pin(connection: Connection, user: str, pin: str | None) -> None:
    """The PIN with which an officer overrides at a gate; None: may not any more."""
    if pin is not None:
        check_pin(pin)
    hashed = None if pin is None else _hasher().hash(pin)
    connection.execute(update(users).where(users.c.id == user).values(pin=hashed))


def set_roster(connection: Connection, user: str, gates: Sequence[str] | None) -> None:
    """The gates at which an officer's PIN counts; None: all of them, also those to come."""
    value = None if gates is None else json.dumps(sorted(set(gates)))
    connection.execute(update(users).where(users.c.id == user).values(gates=value))


def pins(connection: Connection, gate: str) -> dict[str, str]:
    """Officer id -> the hash of the PIN that counts at a gate."""
    return {
        user.id: user.pin
        for user in officers(connection)
        if user.pin is not None and (user.gates is None or gate in user.gates)
    }


def disable(connection: Connection, user: str, now: datetime) -> None:
    """The user may not log in any more; every session ends. The row stays: records name it."""
    connection.execute(update(users).where(users.c.id == user).values(disabled_at=wall_text(now)))
    revoke_sessions(connection, user, now)


def find(connection: Connection, id_: str) -> User | None:
    """The user with this id."""
    row = connection.execute(select(users).where(users.c.id == id_)).first()
    return None if row is None else _user(row)


def find_login(connection: Connection, login: str) -> User | None:
    """The user with this login."""
    row = connection.execute(select(users).where(users.c.login == login)).first()
    return None if row is None else _user(row)


def find_officer(connection: Connection, who: str) -> User | None:
    """The officer, who may sign on at a gate, with this id or login."""
    return next((user for user in officers(connection) if who in (user.id, user.login)), None)


def every_user(connection: Connection) -> list[User]:
    """All users, in the order in which they were added."""
    return [_user(row) for row in connection.execute(select(users).order_by(users.c.created_at, users.c.id))]


def names(connection: Connection) -> dict[str, str]:
    """The name of every user by id: records and the audit say the id."""
    return {row.id: row.name for row in connection.execute(select(users.c.id, users.c.name))}


def officers(connection: Connection) -> list[User]:
    """The users who may sign on at a gate."""
    return [user for user in every_user(connection) if user.role in SIGNS_ON and not user.disabled]


def authenticate(connection: Connection, login: str, password: str) -> User | None:
    """The user if login and password are right and the user is not disabled; takes as long when they are not."""
    row = connection.execute(select(users).where(users.c.login == login)).first()
    try:
        _hasher().verify(_nobody() if row is None else row.password, password)
    except (VerificationError, InvalidHashError):
        return None
    user = None if row is None else _user(row)
    return None if user is None or user.disabled else user


def open_session(
    connection: Connection,
    user: str,
    now: datetime,
    lasts: timedelta = SESSION,
    *,
    address: str = "",
    browser: str = "",
) -> str:
    """A new session; gives the token for the cookie, which is stored nowhere. `lasts`: until it ends, if it is not used.

    `address`, `browser`: where the user signed in, for the list of sessions.
    """
    token = secrets.token_urlsafe(32)
    when = wall_text(now)
    row = {
        "id": digest(token),
        "user": user,
        "created_at": when,
        "used_at": when,
        "address": address,
        "browser": browser,
    }
    connection.execute(sessions.insert().values(**row, expires_at=wall_text(now + lasts)))
    connection.execute(update(users).where(users.c.id == user).values(signed_in_at=when))
    return token


def session_user(connection: Connection, token: str, now: datetime) -> User | None:
    """The user of a session; None if the session ended or its user was disabled."""
    row = connection.execute(
        select(users)
        .join_from(sessions, users, sessions.c.user == users.c.id)
        .where(sessions.c.id == digest(token), sessions.c.revoked_at.is_(None), sessions.c.expires_at > wall_text(now))
    ).first()
    user = None if row is None else _user(row)
    return None if user is None or user.disabled else user


def end_session(connection: Connection, token: str, now: datetime) -> None:
    """Ends one session: somebody logs out."""
    _revoke(connection, sessions.c.id == digest(token), now)


def revoke_sessions(connection: Connection, user: str, now: datetime, *, but: str = "") -> None:
    """Ends every session of a user, except the one with the token `but`."""
    _revoke(connection, and_(sessions.c.user == user, sessions.c.id != digest(but)), now)


def _revoke(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    connection.execute(
        update(sessions).where(which, sessions.c.revoked_at.is_(None)).values(revoked_at=wall_text(now), kept=None)
    )


def digest(token: str) -> str:
    """The id of a session's row: from it nobody gets the token back."""
    return sha256_hex(token.encode())


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(
        id=row.id,
        login=row.login,
        name=row.name,
        # a role that this version does not know may do nothing
        role=Role(row.role) if row.role in set(Role) else Role.VIEWER,
        disabled=row.disabled_at is not None or row.role not in set(Role),
        pin=row.pin,
        gates=None if row.gates is None else tuple(json.loads(row.gates)),
        must_change=row.must_change,
        version=row.version,
        signed_in_at=row.signed_in_at,
        unit=row.unit,
        confined=row.confined,
    )
