"""Users, sessions and the audit."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.accounts import audit, store
from hub.accounts.roles import Role
from hub.database.engine import sqlite_url, writer
from hub.database.schema import metadata, sessions, users

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
PASSWORD = "correct horse"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = writer(sqlite_url(tmp_path / "hub.db"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def add(connection: Connection, login: str = "wang", role: str = "officer", password: str = PASSWORD) -> str:
    return store.add_user(connection, login=login, name="王伟", role=role, password=password, now=NOW)


def test_users_are_numbered_in_order(connection: Connection) -> None:
    assert [add(connection, login) for login in ("a", "b", "c")] == ["u-1", "u-2", "u-3"]


def test_a_password_is_not_stored(connection: Connection) -> None:
    add(connection)
    stored = connection.execute(select(users.c.password)).scalar_one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("login", "role", "password", "says"),
    [
        ("Wang Wei", "officer", PASSWORD, "login 'Wang Wei'"),
        ("", "officer", PASSWORD, "login ''"),
        ("wang", "king", PASSWORD, "expected one of viewer, officer, supervisor, admin"),
        ("wang", "officer", "short", "at least 12"),
        ("wang", "officer", "12345678", "at least 12"),
        ("wang", "officer", "123456789012", "guessed soon"),
    ],
)
def test_a_bad_user_is_refused_in_one_line(
    connection: Connection, login: str, role: str, password: str, says: str
) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        add(connection, login, role, password)
    assert "\n" not in str(refused.value)
    assert store.every_user(connection) == []


def test_a_login_is_given_once(connection: Connection) -> None:
    add(connection)
    with pytest.raises(ValueError, match="taken already"):
        add(connection)


def test_only_the_right_password_authenticates(connection: Connection) -> None:
    add(connection)
    user = store.authenticate(connection, "wang", PASSWORD)
    assert user is not None
    assert (user.id, user.role) == ("u-1", Role.OFFICER)
    assert store.authenticate(connection, "wang", "wrong") is None
    assert store.authenticate(connection, "nobody", PASSWORD) is None


def test_a_disabled_user_is_out_at_once(connection: Connection) -> None:
    id_ = add(connection)
    token = store.open_session(connection, id_, NOW)
    store.disable(connection, id_, NOW)
    assert store.authenticate(connection, "wang", PASSWORD) is None
    assert store.session_user(connection, token, NOW) is None


def test_a_session_ends_by_itself_and_by_logging_out(connection: Connection) -> None:
    id_ = add(connection)
    first, second = store.open_session(connection, id_, NOW), store.open_session(connection, id_, NOW)
    store.end_session(connection, first, NOW)
    assert store.session_user(connection, first, NOW) is None
    assert store.session_user(connection, second, NOW) is not None
    assert store.session_user(connection, second, NOW + store.SESSION + timedelta(seconds=1)) is None
    assert store.session_user(connection, "guessed", NOW) is None


def test_a_new_password_ends_every_session(connection: Connection) -> None:
    id_ = add(connection)
    token = store.open_session(connection, id_, NOW)
    user = store.find_login(connection, "wang")
    assert user is not None
    store.set_password(connection, user, "winter radish moon", NOW)
    assert store.session_user(connection, token, NOW) is None
    assert store.authenticate(connection, "wang", "winter radish moon") is not None


def test_the_table_of_sessions_opens_no_session(connection: Connection) -> None:
    token = store.open_session(connection, add(connection), NOW)
    stored = connection.execute(select(sessions.c.id)).scalar_one()
    assert stored != token
    assert store.session_user(connection, stored, NOW) is None


def test_officers_and_supervisors_may_sign_on(connection: Connection) -> None:
    for role in Role:
        add(connection, role.value, role.value)
    store.disable(connection, "u-3", NOW)
    assert [user.login for user in store.officers(connection)] == ["officer"]


def test_the_audit_is_searched_and_paged(connection: Connection) -> None:
    for number in range(5):
        action = "unmask" if number % 2 else "export"
        audit.note(
            connection,
            user="u-1",
            action=action,
            object=f"visits/{number}",
            detail={"reason": f"案件 {number}"},
            now=NOW,
        )
    assert [each.object for each in audit.page(connection, before=None, limit=2)] == ["visits/4", "visits/3"]
    assert [each.object for each in audit.page(connection, before=4, limit=9)] == ["visits/2", "visits/1", "visits/0"]
    assert [each.object for each in audit.page(connection, audit.Asked(search="案件 3"), before=None, limit=9)] == [
        "visits/3"
    ]
    assert [each.id for each in audit.page(connection, audit.Asked(action="unmask"), before=None, limit=9)] == [4, 2]
    assert audit.page(connection, audit.Asked(search="100%"), before=None, limit=9) == []
    assert audit.actions(connection, "") == ["export", "unmask"]


def test_roles_rise() -> None:
    assert Role.ADMIN.may(Role.SUPERVISOR)
    assert Role.OFFICER.may(Role.OFFICER)
    assert not Role.VIEWER.may(Role.OFFICER)


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1" * 6, "1234", "9876", "1234567890123", "270519"])
def test_a_pin_that_is_none_is_refused_in_one_line(connection: Connection, pin: str) -> None:
    user = add(connection)
    with pytest.raises(ValueError, match="pin: expected"):
        store.set_pin(connection, user, pin)


def test_an_officers_pin_is_kept_as_a_hash_alone_and_can_be_taken_away(connection: Connection) -> None:
    user = add(connection)
    store.set_pin(connection, user, "704913")
    officer = store.find_officer(connection, "wang")
    assert officer is not None
    assert officer.pin is not None
    assert PasswordHasher().verify(officer.pin, "704913")
    assert "704913" not in officer.pin
    store.set_pin(connection, user, None)
    assert [each.pin for each in store.officers(connection)] == [None]


def test_whoever_may_not_sign_on_has_no_pin(connection: Connection) -> None:
    add(connection, role="viewer")
    assert store.find_officer(connection, "wang") is None
