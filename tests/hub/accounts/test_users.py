"""Changes to users, as the command line and the pages make them: one admin at a time, the last admin stays, gates follow, the audit says it."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from edge.contract.canonical import Json
from edge.contract.commands import CommandKind
from hub.accounts import changes, sessions, store
from hub.accounts.browsers import browser_words
from hub.accounts.hashing import Turns
from hub.accounts.own_password import RULE, check
from hub.accounts.roles import Role
from hub.accounts.sign_in import Wait, Wrong
from hub.accounts.store import User
from hub.database.schema import users
from hub.downlink import signed_lists
from hub.enrolment import officers
from hub.enrolment.left_open import left_open
from hub.errors import RefusedError
from hub.orders import store as orders
from hub.shifts.post import Post
from hub.tokens import store as tokens
from hub.tokens.scopes import Scope
from tests.hub.ledgers import table
from tests.hub.towns import NOW, PASSWORD, Place

PIN = "58214"


def user(place: Place, role: Role) -> User:
    with place.engine.begin() as connection:
        found = store.find(connection, place.users[role])
    assert found is not None
    return found


def change(place: Place, role: Role, *, name: str = "王伟", to: str = "officer", version: int | None = None) -> User:
    with place.engine.begin() as connection:
        return officers.change_user(
            place.town, connection, place.users[role], name=name, role=to, version=version, by="cli", now=NOW
        )


def disable(place: Place, id_: str) -> None:
    with place.engine.begin() as connection:
        officers.disable_user(place.town, connection, id_, by="cli", now=NOW)


def last_note(place: Place) -> tuple[str, str, dict[str, Json]]:
    row = table(place, "audit")[-1]
    return row["action"], row["object"], json.loads(row["detail"])


def pins_at(place: Place, gate: str) -> set[str]:
    with place.engine.begin() as connection:
        published = signed_lists.commands(connection, "demo")
    return set(published[gate].commands().pins or ()) if gate in published else set()


def test_the_audit_says_what_a_user_was_and_is(place: Place) -> None:
    change(place, Role.OFFICER, name="王卫", to="supervisor")
    action, about, detail = last_note(place)
    assert (action, about) == ("user changed", f"users/{place.users[Role.OFFICER]}")
    assert detail == {
        "before": {"name": "王伟", "role": "officer"},
        "after": {"name": "王卫", "role": "supervisor"},
    }


def test_a_change_that_changes_nothing_is_in_no_audit(place: Place) -> None:
    before = table(place, "audit")
    change(place, Role.OFFICER)
    assert table(place, "audit") == before


def test_of_two_admins_at_once_the_second_is_refused_and_nothing_changes(place: Place) -> None:
    seen_by_both = user(place, Role.OFFICER).version
    change(place, Role.OFFICER, to="supervisor", version=seen_by_both)
    before = table(place, "users")
    with pytest.raises(RefusedError, match="somebody else changed this user"):
        change(place, Role.OFFICER, to="viewer", version=seen_by_both)
    assert table(place, "users") == before


@pytest.mark.parametrize("way", ["disable", "demote"])
def test_the_last_admin_stays(place: Place, way: str) -> None:
    def demote(id_: str) -> None:
        with place.engine.begin() as connection:
            officers.change_user(
                place.town, connection, id_, name="Admin", role="officer", version=None, by="cli", now=NOW
            )

    ways: dict[str, Callable[[str], None]] = {"disable": lambda id_: disable(place, id_), "demote": demote}
    admins = [row["id"] for row in table(place, "users") if row["role"] == "admin"]
    for each in admins[1:]:
        disable(place, each)
    before = table(place, "users")
    with pytest.raises(RefusedError, match="the last administrator"):
        ways[way](admins[0])
    assert table(place, "users") == before


def test_an_admin_who_is_not_the_last_may_go(place: Place) -> None:
    disable(place, place.users[Role.ADMIN])
    assert user(place, Role.ADMIN).disabled


@pytest.mark.parametrize(
    ("name", "to", "says"),
    [
        ("", "officer", "found nothing"),
        ("王\n伟", "officer", "visible"),
        ("王伟", "king", "expected one of viewer, officer"),
    ],
)
def test_a_bad_name_or_role_is_one_line_and_changes_nothing(place: Place, name: str, to: str, says: str) -> None:
    before = table(place, "users")
    with pytest.raises(RefusedError, match=says):
        change(place, Role.OFFICER, name=name, to=to)
    assert table(place, "users") == before


def test_an_unknown_user_is_one_line(place: Place) -> None:
    with pytest.raises(RefusedError, match="no such user"):
        disable(place, "u-99")


def test_who_signs_on_no_more_loses_the_pin_at_the_gates(place: Place) -> None:
    officer = place.users[Role.OFFICER]
    with place.engine.begin() as connection:
        officers.set_pin(place.town, connection, officer, PIN, by="cli", now=NOW)
    assert officer in pins_at(place, "east")
    change(place, Role.OFFICER, to="viewer")
    assert officer not in pins_at(place, "east")
    assert user(place, Role.OFFICER).pin is None


def test_who_is_disabled_is_known_at_no_gate_and_comes_back_when_enabled(place: Place) -> None:
    officer = place.users[Role.OFFICER]
    with place.engine.begin() as connection:
        officers.set_pin(place.town, connection, officer, PIN, by="cli", now=NOW)
    disable(place, officer)
    assert officer not in pins_at(place, "east")
    with place.engine.begin() as connection, pytest.raises(RefusedError, match="disabled already"):
        officers.disable_user(place.town, connection, officer, by="cli", now=NOW)
    with place.engine.begin() as connection:
        officers.enable_user(place.town, connection, officer, by="cli", now=NOW)
    assert officer in pins_at(place, "east")
    assert last_note(place)[0] == "user enabled"


def test_a_roster_is_in_the_audit_with_what_it_was(place: Place) -> None:
    for at in (["east", "west"], ["north"]):
        with place.engine.begin() as connection:
            officers.set_roster(place.town, connection, "officer", at, by="cli", now=NOW)
    assert last_note(place)[2] == {"before": {"gates": "east west"}, "after": {"gates": "north"}}


def test_no_secret_is_in_the_audit(place: Place) -> None:
    with place.engine.begin() as connection:
        officers.set_pin(place.town, connection, "officer", PIN, by="cli", now=NOW)
        officers.set_password(
            place.town, connection, place.users[Role.OFFICER], "winter radish moon", by="cli", now=NOW
        )
    text = json.dumps(table(place, "audit"))
    assert PIN not in text
    assert "winter" not in text
    assert "argon2" not in text


def test_what_a_user_leaves_open_is_found(place: Place) -> None:
    officer = place.users[Role.OFFICER]
    with place.engine.begin() as connection:
        officers.set_pin(place.town, connection, officer, PIN, by="cli", now=NOW)
        officers.set_roster(place.town, connection, officer, ["east"], by="cli", now=NOW)
        store.open_session(connection, officer, NOW, address="10.0.0.7", browser="Chrome, Windows")
        orders.send(
            connection, town="demo", to=["west"], kind=CommandKind.ORDER, zh="关", lasts=timedelta(hours=1), by=officer, now=NOW
        )  # fmt: skip
        Post(connection, "demo", officer, place.town.key, NOW).sign_on(open_matters=0, taken=())
    with place.engine.begin() as connection:
        found = store.find(connection, officer)
        assert found is not None
        open_ = left_open(place.town, connection, found, NOW)
        assert open_.duty_since is not None
        assert open_.sessions == 1
        assert [each.gate for each in open_.orders] == ["west"]
        # no gate has ever spoken in this town, and east alone has the PIN
        assert open_.pin_away == ("east",)
        later = left_open(place.town, connection, found, NOW + timedelta(hours=20))
        assert later.orders == ()
        assert later.sessions == 0
        boss = store.find(connection, place.users[Role.ADMIN])
        assert boss is not None
        tokens.make(
            connection, town="demo", name="county", scopes=[Scope.GATES_READ], days=9, by=boss.id, now=NOW
        )  # fmt: skip
        assert [each.name for each in left_open(place.town, connection, boss, NOW).tokens] == ["county"]
        assert not left_open(place.town, connection, boss, NOW + timedelta(days=10)).tokens
        nobody = store.find(connection, place.users[Role.VIEWER])
        assert nobody is not None
        assert not left_open(place.town, connection, nobody, NOW)


def test_a_session_says_where_since_when_and_when_it_was_used(place: Place) -> None:
    id_ = place.users[Role.VIEWER]
    with place.engine.begin() as connection:
        first = store.open_session(connection, id_, NOW, address="10.0.0.7", browser="Edge, Windows")
        store.open_session(connection, id_, NOW + timedelta(minutes=1))
        sessions.use(connection, first, NOW + timedelta(minutes=30), timedelta(hours=1))
        later = NOW + timedelta(minutes=31)
        found = {each.browser: each for each in sessions.open_of(connection, id_, later)}
        assert (found["Edge, Windows"].address, found["Edge, Windows"].used_at[11:16]) == ("10.0.0.7", "05:00")
        assert sessions.count_open(connection, later)[id_] == 2
        assert sessions.end_named(connection, id_, sessions.name_of(first), later)
        assert not sessions.end_named(connection, id_, sessions.name_of(first), later), "it had ended"
        assert not sessions.end_named(connection, "u-1", found[""].name, later), "it is another's"
        assert store.session_user(connection, first, later) is None
        assert sessions.count_open(connection, later)[id_] == 1
        stored = connection.execute(select(users.c.signed_in_at).where(users.c.id == id_)).scalar_one()
    assert stored.startswith("2026-03-01T04:31")


def test_a_password_of_ones_own_leaves_the_session_in_which_it_was_set(place: Place) -> None:
    mine = user(place, Role.VIEWER)
    with place.engine.begin() as connection:
        here, there = (store.open_session(connection, mine.id, NOW) for _ in range(2))
        store.set_password(connection, mine, "winter radish moon", NOW, but=here)
        assert store.session_user(connection, here, NOW) is not None
        assert store.session_user(connection, there, NOW) is None


def test_guessing_the_password_in_an_open_browser_becomes_slow(place: Place) -> None:
    mine = user(place, Role.OFFICER)

    def try_(password: str, seconds: int = 0) -> Wrong | Wait | None:
        return check(
            place.engine, place.engine, secret="s", turns=Turns(), user=mine, password=password,
            now=NOW + timedelta(seconds=seconds),
        )  # fmt: skip

    assert try_(PASSWORD) is None
    answers = [try_("no") for _ in range(RULE.free + 2)]
    assert isinstance(answers[0], Wrong)
    assert isinstance(answers[-1], Wait)
    assert isinstance(try_(PASSWORD), Wait), "the right one waits as well"
    assert try_(PASSWORD, 3600) is None


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0", "WeChat, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/119.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.0", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_in_two_words(agent: str, words: str) -> None:
    assert browser_words(agent) == words


def test_there_is_an_admin_only_while_one_may_sign_in(place: Place) -> None:
    with place.engine.begin() as connection:
        assert changes.there_is_an_admin(connection)
        connection.execute(users.update().values(disabled_at="2026-03-01T00:00:00.000Z"))
        assert not changes.there_is_an_admin(connection)
