"""The signed lists for the gates, versioned: each is written in the transaction of the change that it publishes.

The listener publishes whatever stands in `published`; a version is made only when the text has changed.

Tested in `tests/hub/passes/test_store.py` and `tests/hub/listener/test_listener.py`.
"""

from datetime import datetime
from functools import lru_cache

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from edge.contract.commands import Commands
from edge.contract.messages import MAX_LIST, PassList, Signed, SignedKind
from edge.contract.policy import Policy
from edge.contract.records import wall_text
from hub.database.schema import published
from hub.database.statements import Often, upsert
from hub.errors import RefusedError
from hub.town.operation import Rules

log = structlog.get_logger()
COMMANDS = "command:"

_MESSAGE = Often(
    select(published.c.message).where(published.c.town == bindparam("town"), published.c.kind == bindparam("kind"))
)


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

    `RefusedError` for one that no gate would take: the change that makes it is not made.
    """
    last = current(connection, town, kind)
    version = 1 if last is None else last.version + 1
    message = Signed.seal(kind, town, version, wall_text(now), body, key)
    if last is not None and last.text == message.text:
        return last
    data = message.encode()
    if len(data) > MAX_LIST:
        raise RefusedError(
            "%(list)s: %(count)s bytes, gates take %(most)s at most; shorten the watch list or its reasons",
            list=kind,
            count=len(data),
            most=MAX_LIST,
        )
    upsert(connection, published, [{"town": town, "kind": kind, "version": version, "message": data.decode()}])
    return message


def publish_commands(
    connection: Connection, town: str, body: Commands, *, key: Ed25519PrivateKey, now: datetime
) -> Signed | None:
    """A gate's commands: as published already if they say the same, else a new version, signed; None where there never were any.

    The version is milliseconds since 1970, or one more than the last, so that it rises over a restored hub too.
    """
    row = commands_row(body.gate)
    last = _current(connection, town, row)
    if last is None and not body.commands and not body.pins and not body.roster:
        return None
    version = max(int(now.timestamp() * 1000), 0 if last is None else last.version + 1)
    message = Signed.seal("command", town, version, wall_text(now), body, key)
    if last is not None and last.text == message.text:
        return last
    data = message.encode().decode()
    upsert(connection, published, [{"town": town, "kind": row, "version": version, "message": data}])
    return message


def commands_row(gate: str) -> str:
    """Under which kind a gate's commands stand in `published`."""
    return f"{COMMANDS}{gate}"


def command(connection: Connection, town: str, gate: str) -> Signed | None:
    """The commands that a gate should have; None if none were ever published for it."""
    return _current(connection, town, commands_row(gate))


def commands(connection: Connection, town: str) -> dict[str, Signed]:
    """The commands that each gate should have, of the gates for which any were ever published."""
    query = select(published.c.kind, published.c.message).where(
        published.c.town == town, published.c.kind.startswith(COMMANDS)
    )
    return {
        row.kind.removeprefix(COMMANDS): Signed.model_validate_json(row.message) for row in connection.execute(query)
    }


def current_policy(connection: Connection, town: str) -> Policy | None:
    """The policy that gates should have."""
    rows = _MESSAGE(connection, town=town, kind="policy")
    return _policy(rows[0][0]) if rows else None


def readable_policy(connection: Connection, town: str) -> Policy | None:
    """The policy that gates should have; None too where it cannot be read, which is logged: publishing it anew mends it."""
    try:
        return current_policy(connection, town)
    except ValueError:
        log.exception("the policy that was published last cannot be read; publishing it anew mends it")
        return None


def published_rules(connection: Connection, town: str) -> Rules | None:
    """The rules that were published last; None where there are none that this version can read."""
    policy = readable_policy(connection, town)
    try:
        return None if policy is None else Rules.of(policy)
    except ValueError:
        log.exception("the rules that were published last are none of this version's")
        return None


@lru_cache(maxsize=8)
def _policy(message: str) -> Policy:
    # asked for with every batch that comes in, and nearly always the same
    return Signed.model_validate_json(message).policy()


def current(connection: Connection, town: str, kind: SignedKind) -> Signed | None:
    """The version that gates should have."""
    return _current(connection, town, kind)


def _current(connection: Connection, town: str, row: str) -> Signed | None:
    rows = _MESSAGE(connection, town=town, kind=row)
    return Signed.model_validate_json(rows[0][0]) if rows else None


def raise_versions(connection: Connection, town: str, *, by: int, key: Ed25519PrivateKey, now: datetime) -> None:
    """Publishes the lists again under higher versions: after a restore gates may hold newer ones than this database remembers."""
    for row in connection.execute(select(published).where(published.c.town == town)).all():
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
    query = select(published.c.kind, published.c.version).where(published.c.town == town)
    return {row.kind: row.version for row in connection.execute(query)}
