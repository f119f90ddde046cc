"""The SQL of tokens. Of a token's text only the SHA-256 is kept: a copy of the database opens nothing.

Tested in `tests/hub/tokens/test_store.py`.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import sha256_hex
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.database.schema import api_tokens, users
from hub.errors import RefusedError
from hub.tokens import scopes as scopes_
from hub.tokens.scopes import Scope
from hub.values.stored import time_of

PREFIX = "kakou-"
"""With which each token begins, so that a search for lost secrets finds it."""
TEXT = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)
LONGEST_NAME = 60
MOST_DAYS = 3650
USED_EVERY = timedelta(minutes=1)
"""The last use is written so often at most: reading costs no write."""
BY_COMMAND = "cli"


class TokenState(StrEnum):
    """Why a token counts or does not; of several reasons the first in this order is named."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    ORPHANED = "orphaned"
    """Its maker is disabled, or no admin any more."""
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its text. `made_by`: a user's id, or `cli`; `orphaned`: its maker may make none any more."""

    id: str
    name: str
    scopes: frozenset[Scope]
    made_at: str
    made_by: str
    expires_at: str
    used_at: str | None
    revoked_at: str | None
    revoked_by: str | None
    orphaned: bool

    def state(self, now: datetime) -> TokenState:
        """The state of the token at `now`."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        end = time_of(self.expires_at)
        if end is None or now >= end:
            return TokenState.EXPIRED
        return TokenState.ORPHANED if self.orphaned else TokenState.VALID


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, and its text, which is shown once and kept nowhere."""

    token: Token
    text: str


def make(
    connection: Connection, *, town: str, name: str, scopes: Iterable[Scope], days: int, by: str, now: datetime
) -> Made:
    """A new token, with its audit row; `RefusedError` names what is wrong."""
    name, allowed = " ".join(name.split()), frozenset(scopes)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise RefusedError("name: expected 1 to %(most)s characters that say whose program it is", most=LONGEST_NAME)
    if not allowed:
        scopes_.parse(())
    if not 0 < days <= MOST_DAYS:
        raise RefusedError("days: expected 1 to %(most)s", most=MOST_DAYS)
    text = PREFIX + secrets.token_urlsafe(32)
    # tokens are never deleted, so the count only grows
    number = connection.execute(select(func.count()).select_from(api_tokens)).scalar_one() + 1
    row = {
        "id": f"t-{number}", "town": town, "name": name, "scopes": scopes_.spelled(allowed), "hash": _digest(text),
        "made_at": wall_text(now), "made_by": by, "expires_at": wall_text(now + timedelta(days=days)),
    }  # fmt: skip
    connection.execute(api_tokens.insert().values(row))
    detail = {"name": name, "scopes": row["scopes"], "until": row["expires_at"]}
    audit.note(connection, user=by, action="token made", object=f"tokens/{row['id']}", detail=detail, now=now)
    return Made(known(connection, town, row["id"]), text)


def revoke(connection: Connection, *, town: str, id_: str, by: str, now: datetime) -> Token:
    """Ends a token at once; `RefusedError` if there is none, or it is revoked already."""
    found = known(connection, town, id_)
    if found.revoked_at is not None:
        raise RefusedError("token %(id)s: revoked already, at %(at)s", id=id_, at=found.revoked_at)
    which = (api_tokens.c.town == town, api_tokens.c.id == id_)
    connection.execute(update(api_tokens).where(*which).values(revoked_at=wall_text(now), revoked_by=by))
    detail = {"name": found.name}
    audit.note(connection, user=by, action="token revoked", object=f"tokens/{id_}", detail=detail, now=now)
    return known(connection, town, id_)


def known(connection: Connection, town: str, id_: str) -> Token:
    """The token with this id; `RefusedError` if there is none."""
    row = connection.execute(_tokens(town).where(api_tokens.c.id == id_)).first()
    if row is None:
        raise RefusedError("token %(id)r: there is no such token", id=id_)
    return _token(row)


def of_text(connection: Connection, town: str, text: str) -> Token | None:
    """The token that a program shows, in whatever state; None for a text that is none."""
    if TEXT.fullmatch(text) is None:
        return None
    row = connection.execute(_tokens(town).where(api_tokens.c.hash == _digest(text))).first()
    return None if row is None else _token(row)


def every(connection: Connection, town: str, *, search: str = "", limit: int = 500) -> list[Token]:
    """Tokens newest first; `search` is a part of a name, an id or a scope."""
    query = _tokens(town).order_by(api_tokens.c.made_at.desc(), api_tokens.c.id.desc()).limit(limit)
    if search:
        columns = (api_tokens.c.name, api_tokens.c.id, api_tokens.c.scopes)
        query = query.where(or_(*(column.contains(search, autoescape=True) for column in columns)))
    return [_token(row) for row in connection.execute(query)]


def working_of(connection: Connection, town: str, user: str, now: datetime) -> list[Token]:
    """The tokens that a user made and that work: they end with the user's right to make them."""
    made = connection.execute(_tokens(town).where(api_tokens.c.made_by == user).order_by(api_tokens.c.made_at))
    return [each for each in map(_token, made) if each.state(now) is TokenState.VALID]


def is_use_due(token: Token, now: datetime) -> bool:
    """Returns True if the last use that is written is so old that this one is to be written."""
    last = time_of(token.used_at)
    return last is None or abs(now - last) >= USED_EVERY


def note_use(connection: Connection, town: str, id_: str, now: datetime) -> None:
    """Writes when a token was used last."""
    which = (api_tokens.c.town == town, api_tokens.c.id == id_)
    connection.execute(update(api_tokens).where(*which).values(used_at=wall_text(now)))


def _tokens(town: str):  # type: ignore[no-untyped-def]  # a Select of many columns
    beside = api_tokens.outerjoin(users, users.c.id == api_tokens.c.made_by)
    query = select(api_tokens, users.c.id.label("maker"), users.c.role, users.c.disabled_at).select_from(beside)
    return query.where(api_tokens.c.town == town)


def _token(row: Row[tuple[object, ...]]) -> Token:
    # made at the command line by somebody who holds the hub's folder, or by an admin as long as the account is one
    may = row.made_by == BY_COMMAND or (row.maker is not None and row.disabled_at is None and row.role == Role.ADMIN)
    return Token(
        id=row.id,
        name=row.name,
        scopes=frozenset(Scope(word) for word in row.scopes.split() if word in set(Scope)),
        made_at=row.made_at,
        made_by=row.made_by,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        orphaned=not may,
    )


def _digest(text: str) -> str:
    return sha256_hex(text.encode())
