"""What the hub wants of each gate now, as one signed message for each, written in the transaction of the change.

The listener publishes whatever stands in `published`, so that a killed broker gets it again.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.messages import Commands
from hub import lists
from hub.pictures import store as pictures


def publish(connection: Connection, town: str, gate: str, *, key: Ed25519PrivateKey, now: datetime) -> None:
    """Tells a gate anew what is wanted of it; nothing if that is what it was told last."""
    wanted = Commands(gate=gate, commands=tuple(pictures.wanted(connection, town, gate, now)))
    lists.publish_commands(connection, town, wanted, key=key, now=now)
