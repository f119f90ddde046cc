"""The commands that hold for each gate now, as one signed message for each gate, written in the transaction of the change.

The listener publishes whatever stands in `published`, so that a killed broker gets it again; and it looks for what has changed by
itself: an order that has expired, an answer that has come, a roster that was published.

Tested in `tests/hub/orders/test_store.py`.
"""

from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Connection

from edge.contract.commands import Commands, RosteredShift
from hub.accounts import store as accounts
from hub.downlink import signed_lists
from hub.gates import store as gates
from hub.orders import store as orders
from hub.pictures import store as pictures
from hub.roster import at_gate

Rosters = Mapping[str, tuple[RosteredShift, ...]] | None


def of(connection: Connection, town: str, gate: str, now: datetime, rosters: Rosters) -> Commands:
    """Every command that holds for a gate now, with its shifts of `rosters` (those of all gates; None: the town keeps no roster)."""
    asked = (*orders.pending(connection, town, gate, now), *pictures.pending(connection, town, gate, now))
    shifts = None if rosters is None else rosters.get(gate, ())
    return Commands(gate=gate, commands=asked, pins=accounts.pins(connection, gate), roster=shifts)


def publish(connection: Connection, town: str, gate: str, *, key: Ed25519PrivateKey, now: datetime) -> None:
    """Publishes a gate's commands; does nothing if they are those published last."""
    rosters = at_gate.rostered(connection, town, now)
    signed_lists.publish_commands(connection, town, of(connection, town, gate, now, rosters), key=key, now=now)


def outdated(connection: Connection, town: str, now: datetime) -> list[str]:
    """The gates whose commands have changed since they were published last."""
    told = signed_lists.commands(connection, town)
    rosters = at_gate.rostered(connection, town, now)
    found = []
    for gate in gates.infos(connection, town):
        now_wanted = of(connection, town, gate, now, rosters)
        before = told[gate].commands() if gate in told else Commands(gate=gate, pins={})
        if before != now_wanted:
            found.append(gate)
    return found
