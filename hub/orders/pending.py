"""The commands that hold for each gate now, as one signed message for each gate, written in the transaction of the change.

The listener publishes whatever stands in `published`, so that a killed broker gets it again; and it looks for what has changed by
itself: an order that has expired, an answer that has come.

Tested in `tests/hub/orders/test_store.py`.
"""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.commands import Commands
from hub.accounts import store as accounts
from hub.downlink import signed_lists
from hub.gates import store as gates
from hub.orders import store as orders
from hub.pictures import store as pictures


def of(connection: Connection, town: str, gate: str, now: datetime) -> Commands:
    """Every command that holds for a gate now."""
    asked = (*orders.pending(connection, town, gate, now), *pictures.pending(connection, town, gate, now))
    return Commands(gate=gate, commands=asked, pins=accounts.pins(connection, gate))


def publish(connection: Connection, town: str, gate: str, *, key: Ed25519PrivateKey, now: datetime) -> None:
    """Publishes a gate's commands; does nothing if they are those published last."""
    signed_lists.publish_commands(connection, town, of(connection, town, gate, now), key=key, now=now)


def outdated(connection: Connection, town: str, now: datetime) -> list[str]:
    """The gates whose commands have changed since they were published last."""
    told = signed_lists.commands(connection, town)
    found = []
    for gate in gates.infos(connection, town):
        now_wanted = of(connection, town, gate, now)
        before = told[gate].commands() if gate in told else Commands(gate=gate, pins={})
        if before != now_wanted:
            found.append(gate)
    return found
