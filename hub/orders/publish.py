"""What each gate is told to do: one signed message, made anew whenever what is wanted of it has changed.

Its version is the hub's clock in milliseconds, or one more than the last: it rises over a restored hub too.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.engine import Connection

from edge.contract.messages import Commands, Signed
from edge.contract.records import wall_text
from hub.database import published, upsert


def changed(connection: Connection, town: str, now_wanted: Mapping[str, Commands]) -> list[str]:
    """The gates whose last message says something else than what is wanted now."""
    query = select(published.c.kind, published.c.message).where(
        published.c.town == town, published.c.kind.like("command:%")
    )
    told = {
        row.kind.removeprefix("command:"): Signed.model_validate_json(row.message) for row in connection.execute(query)
    }
    return [gate for gate, each in now_wanted.items() if gate not in told or told[gate].commands() != each]


def publish(connection: Connection, *, town: str, commands: Commands, key: Ed25519PrivateKey, now: datetime) -> Signed:
    """A new message for a gate, kept, to be sent after the commit."""
    last = current(connection, town, commands.gate)
    version = max(int(now.timestamp() * 1000), 0 if last is None else last.version + 1)
    message = Signed.seal("command", town, version, wall_text(now), commands, key)
    row = {"town": town, "kind": f"command:{commands.gate}", "version": version, "message": message.encode().decode()}
    upsert(connection, published, [row])
    return message


def current(connection: Connection, town: str, gate: str) -> Signed | None:
    """The message that a gate should have."""
    where = (published.c.town == town, published.c.kind == f"command:{gate}")
    text = connection.execute(select(published.c.message).where(*where)).scalar()
    return None if text is None else Signed.model_validate_json(text)


def every(connection: Connection, town: str) -> Iterator[tuple[str, Signed]]:
    """Every gate's message, to be said again to a broker that lost them."""
    query = select(published.c.kind, published.c.message).where(
        published.c.town == town, published.c.kind.like("command:%")
    )
    for row in connection.execute(query):
        yield row.kind.removeprefix("command:"), Signed.model_validate_json(row.message)
