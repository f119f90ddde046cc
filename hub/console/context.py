"""Gives every view what belongs to its request: the hub's settings and engines, the user, the time.

Tested in `tests/hub/web/test_app.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from flask import abort, current_app, g, request
from flask_login import current_user, login_required
from sqlalchemy.engine import Connection, Engine

from edge.contract.policy import Policy
from hub.accounts import audit
from hub.accounts.roles import Role
from hub.accounts.store import User
from hub.console.stream import Feed
from hub.database.narrowed import narrow, narrowing_of
from hub.downlink import signed_lists
from hub.organisation import store as organisation
from hub.organisation.branch import Branch
from hub.organisation.units import NOWHERE, Unit
from hub.town.fresh_rules import FreshTown
from hub.town.settings import Settings
from hub.town.town import Town

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Hub:
    """The parts that the views share. Engines open nothing before their first use, so a server may fork before that."""

    source: FreshTown
    writing: Engine
    reading: Engine
    feed: Feed
    clock: Callable[[], datetime]

    @property
    def opened(self) -> Town:
        """The town, with the rules of operation.toml as it stands now."""
        return self.source.current()

    @property
    def settings(self) -> Settings:
        """The settings of hub.toml."""
        return self.source.settings

    @property
    def town(self) -> str:
        """The id of the town whose ledger this is."""
        return self.settings.town

    @property
    def zone(self) -> ZoneInfo:
        """The town's time zone."""
        return self.settings.zone


def hub() -> Hub:
    """The hub that serves this request."""
    found: Hub = current_app.extensions["kakou"]
    return found


def reading() -> Connection:
    """The request's reading connection: one consistent look at the database, closed with the request."""
    if "reading" not in g:
        g.reading = open_reading()
    connection: Connection = g.reading
    return connection


def open_reading(branch: Unit | None = None) -> Connection:
    """A reading connection beside the request's, for the caller to close: of the branch, else of that to which the account is limited."""
    connection = hub().reading.connect()
    found = branch or g.get("limit")
    return connection if found is None else _narrow(connection, found)


def narrowed(asked: str | None = None) -> Connection:
    """The request's reading connection for what is narrowed to a unit (that of the address, else `asked`); the common one without."""
    unit = chosen_unit(asked)
    if unit is None or unit == g.get("limit"):
        return reading()
    if "narrowed" not in g:
        g.narrowed = open_reading(unit)
    connection: Connection = g.narrowed
    return connection


def chosen_unit(asked: str | None = None) -> Unit | None:
    """The unit that the address names, else the one to which the account is limited; 404 for none of the town, or one beyond that."""
    limit: Unit | None = g.get("limit")
    asked = request.args.get("unit", "").strip() if asked is None else asked
    if not asked:
        return limit
    found = organisation.find(reading(), hub().town, asked)
    if found is None or (limit is not None and not limit.holds(found)):
        abort(404)
    return found


def limit_to(account: User) -> None:
    """From now on this request reads what the account may see: of one that is limited to a branch, that branch's rows alone."""
    if not account.confined:
        return
    # an account that is limited to no unit, or to one that is gone, sees nothing
    g.limit = organisation.find(reading(), hub().town, account.unit or "") or NOWHERE
    _narrow(reading(), g.limit)


def limit() -> Unit | None:
    """The branch to which the account is limited; None: it sees the whole town."""
    found: Unit | None = g.get("limit")
    return found


def branch() -> Branch | None:
    """What the account may write, if it is limited to a branch; None: it is not."""
    unit, to = limit(), narrowing_of(reading())
    return None if unit is None or to is None else Branch(unit.id, frozenset(to.units), frozenset(to.gates))


def sees_gate(gate: str) -> bool:
    """Returns True if the account may see what came to a gate."""
    found = narrowing_of(reading())
    return found is None or gate in found.gates


def _narrow(connection: Connection, branch: Unit) -> Connection:
    town = hub().town
    return narrow(
        connection, organisation.gates_of(connection, town, branch), organisation.ids_of(connection, town, branch)
    )


def close_reading(_error: BaseException | None = None) -> None:
    """Gives the request's reading connection back, at the end of the request."""
    for name in ("reading", "narrowed"):
        connection: Connection | None = g.pop(name, None)
        if connection is not None:
            connection.close()


def now() -> datetime:
    """The hub's clock, in UTC."""
    return hub().clock().astimezone(UTC)


def user() -> User:
    """The user of the request; only where a login is required."""
    found: User = current_user.account
    return found


def role() -> Role:
    """The role of the user who asks."""
    return user().role


def needs(least: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view for users of at least this role: others get 403, nobody is sent to log in."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not role().may(least):
                abort(403)
            return view(*args, **kwargs)

        wrapped: Callable[P, R] = login_required(guarded)
        return wrapped

    return decorate


def note(connection: Connection, action: str, object_: str, **detail: str | int | None) -> None:
    """Writes to the audit what the asking user does; nothing for a HEAD request, which gets nothing but headers."""
    if request.method == "HEAD":
        return
    audit.note(connection, user=user().id, action=action, object=object_, detail=detail, now=now())


def policy() -> Policy | None:
    """The rules that were published last: names of gates, classes, agents; None too where they cannot be read (codes are shown then)."""
    if "policy" not in g:
        g.policy = signed_lists.readable_policy(reading(), hub().town)
    found: Policy | None = g.policy
    return found
