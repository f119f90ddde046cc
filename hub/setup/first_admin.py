"""The first admin of a town, made by who gave the one-time code, and signed in at once. Tested in `tests/hub/setup/test_views.py`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from hub.accounts import store
from hub.accounts.changes import there_is_an_admin
from hub.accounts.roles import Role
from hub.accounts.store import User
from hub.enrolment.officers import add_user
from hub.errors import RefusedError
from hub.setup.store import BY
from hub.town.town import Town


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """What the form says, and where it came from (`address`, `browser`: for the list of sessions)."""

    name: str
    login: str
    password: str
    address: str
    browser: str


def make(town: Town, connection: Connection, wanted: FirstAdmin, now: datetime) -> tuple[User, str]:
    """Makes the admin; gives the user and the token of an open session. `RefusedError` for a second one."""
    if there_is_an_admin(connection):
        raise RefusedError("setup: this town has its first administrator: a code would open nothing")
    id_ = add_user(
        town,
        connection,
        login=wanted.login,
        name=wanted.name,
        role=Role.ADMIN.value,
        password=wanted.password,
        by=BY,
        now=now,
    )
    lasts = town.settings.session.idle(Role.ADMIN)
    token = store.open_session(connection, id_, now, lasts, address=wanted.address[:64], browser=wanted.browser)
    user = store.find(connection, id_)
    assert user is not None
    return user, token
