"""The SQL of the feed's targets: who gets the entries, how far each has confirmed them, what went wrong last.

Tested in `tests/hub/feed/test_store.py`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Row, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.facts import Kind
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import feed_targets
from hub.errors import RefusedError

LONGEST_NAME, LONGEST_URL, LONGEST_ERROR = 60, 500, 200
HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts to which http will do: what is sent there stays on this machine."""


@dataclass(frozen=True, slots=True)
class Target:
    """A system that gets the entries. `kinds` None: all; `cursor`: the last entry that needs no sending any more."""

    id: str
    name: str
    url: str
    kinds: tuple[str, ...] | None
    ca: str | None
    cursor: int
    added_at: str
    sent: int
    confirmed_at: str | None
    failing_since: str | None
    tries: int
    error: str | None


def add(
    connection: Connection,
    *,
    town: str,
    name: str,
    url: str,
    kinds: Collection[str] = (),
    ca: str | None = None,
    cursor: int,
    by: str,
    now: datetime,
) -> Target:
    """A new target, which gets what stands above `cursor`; `RefusedError` names what is wrong."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise RefusedError("name: expected 1 to %(most)s characters that say whose system it is", most=LONGEST_NAME)
    check_url(url)
    if ca is not None and not Path(ca).is_absolute():
        raise RefusedError("ca %(file)r: expected the whole path, from / on", file=ca)
    if ca is not None and not Path(ca).is_file():
        raise RefusedError("ca %(file)r: there is no such file on the hub", file=ca)
    number = connection.execute(select(func.count()).select_from(feed_targets)).scalar_one() + 1
    row: dict[str, str | int | None] = {
        "id": f"f-{number}", "town": town, "name": name, "url": url, "kinds": _spelled(kinds), "ca": ca, "cursor": cursor,
        "added_at": wall_text(now), "added_by": by,
    }  # fmt: skip
    connection.execute(feed_targets.insert().values(row))
    detail: dict[str, Json] = {"name": name, "url": url, "kinds": row["kinds"], "entry": cursor}
    audit.note(connection, user=by, action="feed target added", object=f"feed/{row['id']}", detail=detail, now=now)
    return known(connection, town, str(row["id"]))


def check_url(url: str) -> None:
    """`RefusedError` if nothing may be sent to this address."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    plain = host is not None and url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    if not plain or parts.scheme not in ("https", "http") or parts.fragment:
        raise RefusedError("url %(url)r: expected https://host/path", url=url[:LONGEST_URL])
    if parts.username is not None or parts.password is not None:
        raise RefusedError("url: expected one without a user and a password: whoever sees the page would see them")
    if parts.scheme == "http" and host not in HERE:
        raise RefusedError("url %(url)r: expected https (http only to this machine itself)", url=url)


def remove(connection: Connection, *, town: str, id_: str, by: str, now: datetime) -> Target:
    """Ends sending to a target; `RefusedError` if there is none."""
    found = known(connection, town, id_)
    _update(connection, town, id_, removed_at=wall_text(now), removed_by=by)
    detail: dict[str, Json] = {"name": found.name, "entry": found.cursor}
    audit.note(connection, user=by, action="feed target removed", object=f"feed/{id_}", detail=detail, now=now)
    return found


def known(connection: Connection, town: str, id_: str) -> Target:
    """The target with this id; `RefusedError` if there is none, or it was removed."""
    found = next((each for each in every(connection, town) if each.id == id_), None)
    if found is None:
        raise RefusedError("feed target %(id)r: there is no such target", id=id_)
    return found


def every(connection: Connection, town: str) -> list[Target]:
    """The targets that get entries, in the order in which they were added."""
    query = select(feed_targets).where(feed_targets.c.town == town, feed_targets.c.removed_at.is_(None))
    return [_target(row) for row in connection.execute(query.order_by(feed_targets.c.added_at, feed_targets.c.id))]


def confirmed(connection: Connection, town: str, target: Target, cursor: int, entries: int, now: datetime) -> None:
    """Moves a target's cursor: everything up to there is with the target, or not meant for it. Never backwards."""
    which = (feed_targets.c.town == town, feed_targets.c.id == target.id, feed_targets.c.cursor == target.cursor)
    moved = {"cursor": cursor, "sent": feed_targets.c.sent + entries}
    if entries:
        moved |= {"confirmed_at": wall_text(now), "failing_since": None, "tries": 0, "error": None}
    connection.execute(update(feed_targets).where(*which).values(**moved))


def failed(connection: Connection, town: str, target: Target, error: str, now: datetime) -> None:
    """Notes an attempt in vain."""
    since = target.failing_since or wall_text(now)
    said = " ".join(error.split())[:LONGEST_ERROR]
    _update(connection, town, target.id, failing_since=since, tries=target.tries + 1, error=said)


def _update(connection: Connection, town: str, id_: str, **values: object) -> None:
    which = (feed_targets.c.town == town, feed_targets.c.id == id_)
    connection.execute(update(feed_targets).where(*which).values(**values))


def _spelled(kinds: Iterable[str]) -> str | None:
    chosen = [kind.strip() for kind in kinds if kind.strip()]
    for kind in chosen:
        if kind not in set(Kind):
            raise RefusedError("kind %(kind)r: expected one of %(kinds)s", kind=kind, kinds=tuple(Kind))
    return " ".join(kind for kind in Kind if kind in chosen) or None


def _target(row: Row[tuple[object, ...]]) -> Target:
    return Target(
        id=row.id,
        name=row.name,
        url=row.url,
        kinds=None if row.kinds is None else tuple(row.kinds.split()),
        ca=row.ca,
        cursor=row.cursor,
        added_at=row.added_at,
        sent=row.sent,
        confirmed_at=row.confirmed_at,
        failing_since=row.failing_since,
        tries=row.tries,
        error=row.error,
    )
