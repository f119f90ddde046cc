"""Adds, changes and disables users and officers, and publishes to the gates those whom they must know.

The command line and the pages call the same functions. `version`: of the user as the page showed it (`hub.accounts.changes.claim`).
Tested in `tests/hub/commands/test_cli.py` and `tests/hub/accounts/test_users.py`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from hub.accounts import audit, changes
from hub.accounts import store as accounts
from hub.accounts.roles import SIGNS_ON, Role
from hub.accounts.store import User
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.gates.policy import publish_names
from hub.orders import pending
from hub.town.town import Town


def add_user(
    town: Town,
    connection: Connection,
    *,
    login: str,
    name: str,
    role: str,
    password: str,
    by: str,
    now: datetime,
    must_change: bool = False,
) -> str:
    """A new user; if gates may see them sign on, the policy names them. Gives the id."""
    user = accounts.add_user(
        connection,
        login=login,
        name=name,
        role=role,
        password=password,
        now=now,
        known=(town.id,),
        must_change=must_change,
    )
    publish_names(town, connection, now)
    audit.note(
        connection,
        user=by,
        action="user added",
        object=f"users/{user}",
        detail={"login": login, "role": role, "name": name.strip()},
        now=now,
    )
    return user


def change_user(
    town: Town, connection: Connection, id_: str, *, name: str, role: str, version: int | None, by: str, now: datetime
) -> User:
    """Another name or role. Who may sign on at gates no more loses the PIN, too. `RefusedError` for the last admin's role."""
    before = changes.claim(connection, id_, version)
    changes.rename(connection, before, name)
    changes.set_role(connection, before, role)
    if Role(role) not in SIGNS_ON and before.pin is not None:
        accounts.set_pin(connection, id_, None)
    publish_names(town, connection, now)
    _publish_pins(town, connection, now)
    after = _found(connection, id_)
    detail = audit.changed(_particulars(before), _particulars(after))
    if detail["after"]:
        audit.note(connection, user=by, action="user changed", object=f"users/{id_}", detail=detail, now=now)
    return after


def set_password(
    town: Town,
    connection: Connection,
    id_: str,
    password: str,
    *,
    version: int | None = None,
    must_change: bool = False,
    by: str,
    now: datetime,
) -> None:
    """Another password for a user, whose sessions end. `must_change`: it opens nothing but the page to set an own one."""
    user = changes.claim(connection, id_, version)
    accounts.set_password(connection, user, password, now, known=(town.id,), must_change=must_change)
    audit.note(connection, user=by, action="password set", object=f"users/{id_}", detail={}, now=now)


def set_pin(
    town: Town,
    connection: Connection,
    who: str,
    pin: str | None,
    *,
    version: int | None = None,
    by: str,
    now: datetime,
) -> None:
    """The PIN with which an officer (id or login) overrides at the gates; None takes it away. The change is published to the gates."""
    user = changes.claim(connection, _officer(connection, who).id, version)
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
    town: Town,
    connection: Connection,
    who: str,
    at: Sequence[str] | None,
    *,
    version: int | None = None,
    by: str,
    now: datetime,
) -> None:
    """The gates at which an officer (id or login) decides with a PIN; None: all. Only these get its hash."""
    user = changes.claim(connection, _officer(connection, who).id, version)
    known = gates.infos(connection, town.id)
    for gate in at or ():
        if gate not in known:
            raise RefusedError("gate %(text)r: there is no such gate", text=gate)
    accounts.set_roster(connection, user.id, at)
    _publish_pins(town, connection, now)
    detail = audit.changed({"gates": _roster(user.gates)}, {"gates": _roster(at)})
    audit.note(connection, user=by, action="roster set", object=f"users/{user.id}", detail=detail, now=now)


def disable_user(
    town: Town, connection: Connection, user: str, *, version: int | None = None, by: str, now: datetime
) -> None:
    """A user may no longer log in nor sign on; `RefusedError` for the last admin, and for one who is disabled already."""
    claimed = changes.claim(connection, user, version)
    if claimed.disabled:
        raise RefusedError("%(name)s is disabled already", name=claimed.name)
    if claimed.role is Role.ADMIN:
        changes.keep_an_admin(connection, claimed)
    accounts.disable(connection, user, now)
    publish_names(town, connection, now)
    _publish_pins(town, connection, now)
    audit.note(connection, user=by, action="user disabled", object=f"users/{user}", detail={}, now=now)


def enable_user(
    town: Town, connection: Connection, user: str, *, version: int | None = None, by: str, now: datetime
) -> None:
    """A disabled user may log in, and sign on, again: with the password and the PIN of before."""
    claimed = changes.claim(connection, user, version)
    if not claimed.disabled:
        raise RefusedError("%(name)s is not disabled", name=claimed.name)
    changes.enable(connection, claimed)
    publish_names(town, connection, now)
    _publish_pins(town, connection, now)
    audit.note(connection, user=by, action="user enabled", object=f"users/{user}", detail={}, now=now)


def _publish_pins(town: Town, connection: Connection, now: datetime) -> None:
    for gate in gates.infos(connection, town.id):
        pending.publish(connection, town.id, gate, key=town.key, now=now)


def _officer(connection: Connection, who: str) -> User:
    user = accounts.find_officer(connection, who)
    if user is None:
        raise RefusedError("officer %(text)r: there is no such officer", text=who)
    return user


def _found(connection: Connection, id_: str) -> User:
    user = accounts.find(connection, id_)
    if user is None:
        raise RefusedError("user %(text)r: there is no such user", text=id_)
    return user


def _particulars(user: User) -> dict[str, Json]:
    return {"name": user.name, "role": user.role.value}


def _roster(at: Sequence[str] | None) -> str:
    return "all" if at is None else " ".join(sorted(at)) or "none"
