"""Tokens: what is kept of them, when they count, what the audit says."""

import json
from datetime import timedelta

import pytest

from hub.accounts import store as users
from hub.accounts.roles import Role
from hub.errors import RefusedError
from hub.tokens import scopes, store
from hub.tokens.scopes import Scope
from hub.tokens.store import TokenState
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place


def made(place: Place, name: str = "county", *, by: str = "cli", days: int = 30) -> store.Made:
    with place.engine.begin() as connection:
        return store.make(connection, town="demo", name=name, scopes=[Scope.GATES_READ], days=days, by=by, now=NOW)


def test_of_a_token_only_the_digest_is_kept(place: Place) -> None:
    text = made(place).text
    (row,) = table(place, "api_tokens")
    assert store.TEXT.fullmatch(text)
    assert text not in json.dumps(dict(row))
    assert text not in json.dumps([dict(each) for each in table(place, "audit")])
    with place.engine.begin() as connection:
        found = store.of_text(connection, "demo", text)
        assert found is not None
        assert found.id == "t-1"
        assert store.of_text(connection, "elsewhere", text) is None
        assert store.of_text(connection, "demo", text[:-1] + "A" * (text[-1] != "A") + "B" * (text[-1] == "A")) is None


def test_a_token_counts_until_it_expires_or_is_revoked(place: Place) -> None:
    token = made(place, days=30).token
    assert token.state(NOW) is TokenState.VALID
    assert token.state(NOW + timedelta(days=30)) is TokenState.EXPIRED
    with place.engine.begin() as connection:
        assert store.revoke(connection, town="demo", id_="t-1", by="cli", now=NOW).state(NOW) is TokenState.REVOKED
        with pytest.raises(RefusedError, match="t-1: revoked already"):
            store.revoke(connection, town="demo", id_="t-1", by="cli", now=NOW)
    assert [row["action"] for row in table(place, "audit")][-2:] == ["token made", "token revoked"]


def test_a_token_ends_with_its_makers_account(place: Place) -> None:
    boss = place.users[Role.ADMIN]
    token = made(place, by=boss).token
    assert token.state(NOW) is TokenState.VALID
    with place.engine.begin() as connection:
        users.disable(connection, boss, NOW)
        assert store.known(connection, "demo", token.id).state(NOW) is TokenState.ORPHANED


def test_a_token_ends_where_its_maker_is_no_admin_any_more(place: Place) -> None:
    made(place, by=place.users[Role.ADMIN])
    with place.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET role = 'officer' WHERE login = 'boss'")
        assert store.known(connection, "demo", "t-1").state(NOW) is TokenState.ORPHANED


@pytest.mark.parametrize(
    ("name", "days", "line"),
    [("", 9, "name: expected"), ("x" * 61, 9, "name"), ("a\x00b", 9, "name"), ("a", 0, "days"), ("a", 3651, "days")],
)
def test_a_bad_token_is_refused_in_one_line(place: Place, name: str, days: int, line: str) -> None:
    with pytest.raises(RefusedError, match=line) as refused:
        made(place, name, days=days)
    assert "\n" not in str(refused.value)
    assert table(place, "api_tokens") == []


def test_scopes_are_named_or_refused() -> None:
    assert scopes.spelled(scopes.parse(["visits:plates", "visits:read"])) == "visits:read visits:plates"
    with pytest.raises(RefusedError, match="scope 'all': expected one of visits:read"):
        scopes.parse(["all"])
    with pytest.raises(RefusedError, match="at least one"):
        scopes.parse([" "])


def test_every_scope_has_a_least_role_and_none_shows_more_than_the_pages() -> None:
    assert set(scopes.LEAST) == set(Scope)
    assert Scope.VISITS_PLATES not in scopes.of_role(Role.VIEWER)
    assert Scope.PERSONAL_READ not in scopes.of_role(Role.OFFICER)
    assert scopes.of_role(Role.ADMIN) == set(Scope)


def test_tokens_are_found_by_a_part_of_their_name(place: Place) -> None:
    for name in ("county", "bus company", "country 100%"):
        made(place, name)
    with place.engine.begin() as connection:
        assert [each.name for each in store.every(connection, "demo", search="count")] == ["country 100%", "county"]
        assert [each.id for each in store.every(connection, "demo", search="%")] == ["t-3"]
