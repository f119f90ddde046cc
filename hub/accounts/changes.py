"""The SQL of changes to users that admins make at the same time: each is for the user as it was shown, and the last admin stays.

Tested in `tests/hub/accounts/test_users.py`.
"""

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.accounts.store import User, checked_name, checked_role, find
from hub.database.schema import users
from hub.errors import RefusedError


def claim(connection: Connection, id_: str, version: int | None) -> User:
    """The user, whom this transaction alone changes; `RefusedError` if there is none, or another admin changed the user meanwhile.

    `version`: of the user as the form showed it; None: whatever it is (the command line shows nothing first).
    """
    # one after the other on every database: of two admins who take each other's role away, one is refused
    connection.execute(
        select(users.c.id).where(users.c.role == Role.ADMIN.value).order_by(users.c.id).with_for_update()
    )
    which = users.c.id == id_ if version is None else (users.c.id == id_) & (users.c.version == version)
    if not connection.execute(update(users).where(which).values(version=users.c.version + 1)).rowcount:
        if find(connection, id_) is None:
            raise RefusedError("user %(text)r: there is no such user", text=id_)
        raise RefusedError(
            "somebody else changed this user since the page was opened: nothing was changed; look at what stands there now, then do it again"
        )
    found = find(connection, id_)
    assert found is not None
    return found


def keep_an_admin(connection: Connection, user: User) -> None:
    """`RefusedError` if a user is the last admin who can sign in: without one nobody could let anybody in."""
    rows = connection.execute(select(users.c.id).where(users.c.role == Role.ADMIN.value, users.c.disabled_at.is_(None)))
    if {row.id for row in rows} == {user.id}:
        raise RefusedError(
            "%(name)s is the last administrator: nothing was changed; make another one first", name=user.name
        )


def there_is_an_admin(connection: Connection) -> bool:
    """Returns True if somebody may administer the town: an admin who is not disabled."""
    query = select(users.c.id).where(users.c.role == Role.ADMIN.value, users.c.disabled_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def rename(connection: Connection, user: User, name: str) -> None:
    """Another name; `RefusedError` if it is none."""
    connection.execute(update(users).where(users.c.id == user.id).values(name=checked_name(name)))


def set_role(connection: Connection, user: User, role: str) -> None:
    """Another role; `RefusedError` if there is none of this name, or it would take the last admin's away."""
    new = checked_role(role)
    if new is Role.ADMIN and user.confined:
        raise RefusedError("%(name)s is limited to a unit: an administrator can't be", name=user.name)
    if user.role is Role.ADMIN and new is not Role.ADMIN:
        keep_an_admin(connection, user)
    connection.execute(update(users).where(users.c.id == user.id).values(role=new.value))


def enable(connection: Connection, user: User) -> None:
    """The user may sign in again."""
    connection.execute(update(users).where(users.c.id == user.id).values(disabled_at=None))
