"""Adds, changes and disables users and officers, and publishes to the gates those whom they must know.

Tested in `tests/hub/commands/test_cli.py`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import audit
from hub.accounts import store as accounts
from hub.errors import HubError
from hub.gates import store as gates
from hub.gates.policy import publish_names
from hub.orders import pending
from hub.town.town import Town


def add_user(
    town: Town, connection: Connection, *, login: str, name: str, role: str, password: str, by: str, now: datetime
) -> str:
    """A new user; if gates may see them sign on, the policy names them. Gives the id."""
    user = accounts.add_user(
        connection, login=login, name=name, role=role, password=password, now=now, known=(town.id,)
    )
    publish_names(town, connection, now)
    audit.note(
        connection, user=by, action="user added", object=f"users/{user}", detail={"login": login, "role": role}, now=now
    )
    return user


def set_pin(town: Town, connection: Connection, who: str, pin: str | None, *, by: str, now: datetime) -> None:
    """The PIN with which an officer (id or login) overrides at the gates; None takes it away. The change is published to the gates."""
    user = accounts.find_officer(connection, who)
    if user is None:
        raise HubError(f"officer {who!r}: there is no such officer")
    accounts.set_pin(connection, user.id, pin)
    _publish_pins(town, connection, now)
    audit.note(
        connection,
        user=by,
        action="pin taken away" if pin is None else "pin set",
        object=f"users/{user.id}",
        detail={},
        now=now,
    )


def set_roster(
    town: Town, connection: Connection, who: str, at: Sequence[str] | None, *, by: str, now: datetime
) -> None:
    """The gates at which an officer (id or login) decides with a PIN; None: all. Only these get its hash."""
    user = accounts.find_officer(connection, who)
    if user is None:
        raise HubError(f"officer {who!r}: there is no such officer")
    known = gates.infos(connection, town.id)
    for gate in at or ():
        if gate not in known:
            raise HubError(f"gate {gate!r}: there is no such gate")
    accounts.set_roster(connection, user.id, at)
    _publish_pins(town, connection, now)
    detail = audit.changed({"gates": _roster(user.gates)}, {"gates": _roster(at)})
    audit.note(connection, user=by, action="roster set", object=f"users/{user.id}", detail=detail, now=now)


def _roster(at: Sequence[str] | None) -> str:
    return "all" if at is None else " ".join(sorted(at)) or "none"


def _publish_pins(town: Town, connection: Connection, now: datetime) -> None:
    for gate in gates.infos(connection, town.id):
        pending.publish(connection, town.id, gate, key=town.key, now=now)


def disable_user(town: Town, connection: Connection, user: str, *, by: str, now: datetime) -> None:
    """A user may no longer log in nor sign on."""
    accounts.disable(connection, user, now)
    publish_names(town, connection, now)
    _publish_pins(town, connection, now)
    audit.note(connection, user=by, action="user disabled", object=f"users/{user}", detail={}, now=now)
