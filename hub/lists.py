"""What the hub tells its gates: signed, versioned lists, written in the transaction of the change that they tell of.

The listener publishes whatever stands in `published`; a version is made only when the text has changed.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.messages import MAX_LIST, PassList, Policy, Signed, SignedKind
from edge.contract.records import wall_text
from hub.database import published, upsert
from hub.errors import HubError


def publish(
    connection: Connection,
    *,
    town: str,
    kind: SignedKind,
    body: Policy | PassList,
    key: Ed25519PrivateKey,
    now: datetime,
) -> Signed:
    """The list that now holds: the one published already if it says the same, else a new version, signed.

    `HubError` for one that no gate would take: the change that makes it is not made.
    """
    last = current(connection, town, kind)
    version = 1 if last is None else last.version + 1
    message = Signed.seal(kind, town, version, wall_text(now), body, key)
    if last is not None and last.text == message.text:
        return last
    data = message.encode()
    if len(data) > MAX_LIST:
        raise HubError(
            f"{kind}: {len(data)} bytes, gates take {MAX_LIST} at most; shorten the watch list or its reasons"
        )
    upsert(connection, published, [{"town": town, "kind": kind, "version": version, "message": data.decode()}])
    return message


def current(connection: Connection, town: str, kind: SignedKind) -> Signed | None:
    """The version that gates should have."""
    query = select(published.c.message).where(published.c.town == town, published.c.kind == kind)
    text = connection.execute(query).scalar()
    return None if text is None else Signed.model_validate_json(text)


def raise_versions(connection: Connection, town: str, *, by: int, key: Ed25519PrivateKey, now: datetime) -> None:
    """The same lists under higher versions: after a restore gates may hold newer ones than this database remembers."""
    everybodys = published.c.kind.in_(("policy", "passlist"))
    for row in connection.execute(select(published).where(published.c.town == town, everybodys)).all():
        old = Signed.model_validate_json(row.message)
        version = old.version + by
        message = Signed.sign(old.kind, town, version, wall_text(now), old.text, key)
        upsert(
            connection,
            published,
            [{"town": town, "kind": row.kind, "version": version, "message": message.encode().decode()}],
        )


def versions(connection: Connection, town: str) -> dict[str, int]:
    """The version of each published list by its kind."""
    query = select(published.c.kind, published.c.version).where(
        published.c.town == town, published.c.kind.in_(("policy", "passlist"))
    )
    return {row.kind: row.version for row in connection.execute(query)}
