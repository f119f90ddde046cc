"""Adds gates to a town, writes their bundles, retires them, and lets the broker admit them.

Tested in `tests/hub/commands/test_cli.py`.
"""

from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.canonical import public_hex
from edge.contract.messages import Bundle
from hub.accounts import audit
from hub.broker import mosquitto
from hub.downlink import signed_lists
from hub.enrolment import bundle as bundles
from hub.errors import HubError, RefusedError
from hub.gates import store as gates
from hub.gates.policy import publish_names
from hub.orders import pending
from hub.passes.passlist import publish_passlist
from hub.town.town import Town


def add_gate(town: Town, connection: Connection, gate: str, *, zh: str, en: str, by: str, now: datetime) -> gates.Gate:
    """A new gate with a signing key of its own; every gate's policy names it."""
    if gates.find(connection, town.id, gate) is not None:
        raise RefusedError("gate %(text)r: there is one already", text=gate)
    gates.check_id(gate)
    key = bundles.new_key(town.settings, gate)
    added = gates.add(
        connection, town=town.id, gate=gate, zh=zh or gate, en=en or gate, public_key=public_hex(key), now=now
    )
    publish_names(town, connection, now)
    audit.note(
        connection, user=by, action="gate added", object=f"gates/{gate}", detail={"number": added.number}, now=now
    )
    return added


def retire_gate(town: Town, connection: Connection, gate: str, *, by: str, now: datetime) -> None:
    """A gate that is given up, or stolen: its records are refused from now on, and no policy names it. What it wrote stands."""
    known = gates.find(connection, town.id, gate)
    if known is None:
        raise HubError(f"gate {gate!r}: there is no such gate")
    if known.retired:
        raise HubError(f"gate {gate!r}: retired already")
    gates.retire(connection, town.id, gate, now)
    publish_names(town, connection, now)
    audit.note(
        connection,
        user=by,
        action="gate retired",
        object=f"gates/{gate}",
        detail={"number": known.number, **audit.changed({"state": "in use"}, {"state": "retired"})},
        now=now,
    )


def let_gates_in(town: Town, connection: Connection) -> None:
    """Writes for the broker which gates may use it now; `OSError` if that can't be written."""
    mosquitto.let_in(town.settings, gates.believed(connection, town.id))


def bundle_of(town: Town, connection: Connection, gate: str, *, by: str, now: datetime) -> Bundle:
    """A gate's enrolment bundle: keys and all."""
    known = gates.find(connection, town.id, gate)
    if known is None or known.retired:
        raise RefusedError(
            "gate %(text)r: there is no such gate (kakou-hub gate add %(gate_id)s makes one)", text=gate, gate_id=gate
        )
    policy, passlist = publish_names(town, connection, now), publish_passlist(town, connection, now)
    pending.publish(connection, town.id, gate, key=town.key, now=now)
    command = signed_lists.command(connection, town.id, gate)
    audit.note(connection, user=by, action="gate bundled", object=f"gates/{gate}", detail={}, now=now)
    return bundles.bundle(
        town.settings, gate, hub_key=town.key, policy=policy, passlist=passlist, command=command, now=now
    )
