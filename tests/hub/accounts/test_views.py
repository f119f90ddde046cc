"""The pages of accounts: for admins every user, for everybody their own; a first password opens nothing but the page to change it."""

import re
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from sqlalchemy import update

from hub.accounts import store
from hub.accounts.roles import Role
from hub.database.schema import users
from tests.hub.accounts.test_users import last_note, pins_at
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import CHEAP, PASSWORD, Place

NEW = "winter radish moon"


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


@pytest.fixture
def boss(app: Flask) -> Browser:
    return Browser(app, Role.ADMIN)


def row(place: Place, id_: str) -> dict[str, object]:
    return next(each for each in table(place, "users") if each["id"] == id_)


def send(browser: Browser, address: str, form: Mapping[str, object], page: str = "/account") -> str:
    """A form, followed to where it leads: what a person reads there."""
    answer = browser.send(address, form, page=page)
    return text_of(browser.open(answer.location) if answer.status_code == 302 else answer)


def sign_in(app: Flask, login: str, password: str) -> Browser:
    browser = Browser(app)
    answer = browser.send("/login", {"login": login, "password": password})
    assert answer.status_code == 302, text_of(answer)
    return browser


def add(boss: Browser, **form: str) -> tuple[str, str]:
    """Adds a user; gives the id and the password that was shown."""
    answer = boss.send(
        "/accounts", {"name": "刘洋", "login": "liu", "role": "officer", "once": "a", **form}, page="/account"
    )
    assert answer.status_code == 200, text_of(answer)
    found = re.search(r'id="made"[^>]*>([^<]+)<', answer.text)
    id_ = re.search(r'href="/accounts/(u-\d+)"', answer.text)
    assert found
    assert id_
    return id_[1], found[1]


def test_the_list_says_who_may_do_what_and_is_searched(app: Flask, boss: Browser, place: Place) -> None:
    text = text_of(boss.open("/accounts"))
    for words in ("王伟", "Supervisor", "No PIN", "never signed in", "1 open"):
        assert words in text
    assert "王伟" not in text_of(boss.open("/accounts?search=boss")).partition("Last sign-in")[2]
    assert "陈静" in text_of(boss.open("/accounts?search=陈&role=admin")).partition("Last sign-in")[2]
    assert "No user found." in text_of(boss.open("/accounts?state=disabled"))


def test_a_password_that_was_made_is_shown_once(app: Flask, boss: Browser, place: Place) -> None:
    id_, made = add(boss)
    assert text_of(boss.open(f"/accounts/{id_}")).count(made) == 0
    again = boss.send("/accounts", {"name": "刘洋", "login": "liu", "role": "officer", "once": "a"}, page="/account")
    assert again.location == f"/accounts/{id_}", "the same form sent again adds nobody"
    assert made not in str(table(place, "audit"))


def test_a_first_password_opens_nothing_but_the_page_to_change_it(app: Flask, boss: Browser, place: Place) -> None:
    id_, made = add(boss)
    liu = sign_in(app, "liu", made)
    for address in ("/", "/ledger", "/account", "/export/visits.csv", "/session", "/map"):
        assert liu.open(address).location == "/account/password", address
    assert liu.client.get("/orders", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/account/password"
    assert liu.client.get("/stream", headers={"Accept": "text/event-stream"}).status_code == 204
    assert liu.client.get("/api/v1/visits").status_code == 403
    assert liu.send("/shift/sign-on", {}, page="/account/password").status_code in (403, 404)
    assert liu.send("/account/pin", {"pin": "58214"}, page="/account/password").status_code == 403
    wrong = {"old_password": made, "new_password": "short", "again_password": "short"}
    assert "at least 12" in text_of(liu.send("/account/password", wrong, page="/account/password"))
    form = {"old_password": made, "new_password": NEW, "again_password": NEW}
    assert liu.send("/account/password", form, page="/account/password").location == "/"
    assert liu.open("/ledger").status_code == 200
    assert last_note(place)[:2] == ("own password set", f"users/{id_}")
    sign_in(app, "liu", NEW)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"login": "officer"}, {"en": "taken already", "zh": "已被占用"}),
        ({"login": "Liu Yang"}, {"en": "expected 1 to 32", "zh": "需要 1 至 32"}),
        ({"role": "king"}, {"en": "Not a valid choice", "zh": "选择"}),
        ({"name": " "}, {"en": "found nothing", "zh": "不能为空"}),
        ({"password": "123456789012"}, {"en": "not guessed soon", "zh": "太容易被猜到"}),
    ],
)
def test_a_bad_user_is_one_line_in_the_readers_language_and_nobody_is_added(
    app: Flask, place: Place, form: dict[str, str], says: dict[str, str], language: str
) -> None:
    boss = Browser(app, Role.ADMIN, language)
    before = table(place, "users")
    answer = boss.send(
        "/accounts", {"name": "刘洋", "login": "liu", "role": "officer", "password": "", **form}, page="/account"
    )
    assert answer.status_code in (400, 409)
    assert says[language] in text_of(answer)
    # signing in alone changes a row
    assert [each["id"] for each in table(place, "users")] == [each["id"] for each in before]


def test_two_admins_change_one_user_and_the_second_is_told(app: Flask, boss: Browser, place: Place) -> None:
    id_ = place.users[Role.OFFICER]
    version = row(place, id_)["version"]
    first = send(boss, f"/accounts/{id_}/change", {"name": "王卫", "role": "supervisor", "version": version})
    assert "Changed." in first
    for address, form in (
        ("change", {"name": "王五", "role": "viewer"}),
        ("roster", {"all": "1"}),
        ("pin", {"pin": "58214"}),
        ("password", {"password": NEW}),
        ("disable", {}),
    ):
        before = row(place, id_)
        said = send(boss, f"/accounts/{id_}/{address}", {**form, "version": version})
        assert "somebody else changed this user" in said, address
        assert row(place, id_) == before, address


def test_a_form_without_a_version_is_refused(boss: Browser, place: Place) -> None:
    id_ = place.users[Role.OFFICER]
    assert boss.send(f"/accounts/{id_}/disable", {}, page="/account").status_code == 400
    assert row(place, id_)["disabled_at"] is None


def test_pin_and_roster_reach_the_gates(boss: Browser, place: Place) -> None:
    id_ = place.users[Role.OFFICER]
    assert "found a row of digits" in send(boss, f"/accounts/{id_}/pin", {"pin": "123456", "version": 1})
    assert "The PIN is set" in send(boss, f"/accounts/{id_}/pin", {"pin": "58214", "version": 1})
    assert id_ in pins_at(place, "east") & pins_at(place, "west")
    assert "PIN at East" in send(boss, f"/accounts/{id_}/roster", {"gates": "east", "version": 2})
    assert id_ in pins_at(place, "east") - pins_at(place, "west")
    assert "The PIN is taken away" in send(boss, f"/accounts/{id_}/pin", {"clear": "1", "version": 3})
    assert id_ not in pins_at(place, "east")


def test_disabling_shows_what_is_open_first_and_ends_the_sessions(app: Flask, boss: Browser, place: Place) -> None:
    officer = Browser(app, Role.OFFICER)
    id_ = place.users[Role.OFFICER]
    assert "Open sessions: 1" in text_of(boss.open(f"/accounts/{id_}/disable"))
    assert row(place, id_)["disabled_at"] is None, "the question changes nothing"
    assert "Disabled" in send(boss, f"/accounts/{id_}/disable", {"version": 1})
    assert officer.open("/ledger").status_code == 302
    assert boss.open(f"/accounts/{id_}/disable").status_code == 404
    assert "may sign in again" in send(boss, f"/accounts/{id_}/enable", {"version": 2})
    Browser(app, Role.OFFICER)


def test_the_last_admin_can_not_lock_everybody_out(boss: Browser, place: Place) -> None:
    founder = next(each["id"] for each in table(place, "users") if each["login"] == "admin")
    send(boss, f"/accounts/{founder}/disable", {"version": 1})
    mine = place.users[Role.ADMIN]
    assert "the last administrator" in send(boss, f"/accounts/{mine}/disable", {"version": 1})
    assert (
        "the last administrator"
        in send(boss, f"/accounts/{mine}/change", {"name": "陈静", "role": "viewer", "version": 1})
        or row(place, mine)["role"] == "admin"
    )
    assert row(place, mine)["role"] == "admin"
    assert row(place, mine)["disabled_at"] is None


def test_sessions_are_seen_and_ended_one_and_all(app: Flask, boss: Browser, place: Place) -> None:
    id_ = place.users[Role.OFFICER]
    one, two = Browser(app, Role.OFFICER), Browser(app, Role.OFFICER)
    page = boss.open(f"/accounts/{id_}").text
    names = re.findall(r'name="session" value="([0-9a-f]{16})"', page)
    assert len(names) == 2
    assert "127.0.0.1" in page
    send(boss, f"/accounts/{id_}/sessions/end", {"session": names[0]})
    assert sorted(each.open("/ledger").status_code for each in (one, two)) == [200, 302]
    send(boss, f"/accounts/{id_}/sessions/end", {"session": "every"})
    assert [each.open("/ledger").status_code for each in (one, two)] == [302, 302]
    assert "No such session" in send(boss, f"/accounts/{id_}/sessions/end", {"session": names[0]})
    assert last_note(place) == ("sessions ended", f"users/{id_}", {"times": 1})


def test_everybody_ends_their_other_sessions_and_keeps_this_one(app: Flask, place: Place) -> None:
    here, there = Browser(app, Role.VIEWER), Browser(app, Role.VIEWER)
    assert "Sessions ended: 1" in send(here, "/account/sessions/end", {"session": "every"})
    assert here.open("/ledger").status_code == 200
    assert there.open("/ledger").status_code == 302


def test_an_own_password_asks_for_the_old_one(app: Flask, place: Place) -> None:
    viewer, other = Browser(app, Role.VIEWER), Browser(app, Role.VIEWER)
    before = row(place, place.users[Role.VIEWER])["password"]
    for form, says in (
        ({"old_password": "wrong", "new_password": NEW, "again_password": NEW}, "This is not your password."),
        ({"old_password": PASSWORD, "new_password": NEW, "again_password": "other"}, "The two differ."),
        ({"old_password": PASSWORD, "new_password": PASSWORD, "again_password": PASSWORD}, "take another one"),
        ({"old_password": PASSWORD, "new_password": "viewer viewer viewer", "again_password": ""}, "not guessed soon"),
    ):
        answer = viewer.send("/account/password", form, page="/account")
        assert answer.status_code == 400
        assert says in text_of(answer)
        for secret in (NEW, PASSWORD):
            assert secret not in answer.text, "a password is never sent back"
    assert row(place, place.users[Role.VIEWER])["password"] == before
    form = {"old_password": PASSWORD, "new_password": NEW, "again_password": NEW}
    assert "Your password is set" in send(viewer, "/account/password", form)
    assert other.open("/ledger").status_code == 302


def test_an_own_pin_asks_for_the_password_and_reaches_the_gates(app: Flask, place: Place) -> None:
    officer, id_ = Browser(app, Role.OFFICER), place.users[Role.OFFICER]
    form = {"pin_password": "wrong", "pin": "58214", "again_pin": "58214"}
    assert "This is not your password." in send(officer, "/account/pin", form)
    assert "a year or a date" in send(
        officer, "/account/pin", {"pin_password": PASSWORD, "pin": "1987", "again_pin": "1987"}
    )
    assert id_ not in pins_at(place, "east")
    assert "Your PIN is set" in send(officer, "/account/pin", {**form, "pin_password": PASSWORD})
    assert id_ in pins_at(place, "east")


def test_an_admin_takes_the_role_from_himself_while_another_is_there(boss: Browser, place: Place) -> None:
    mine = place.users[Role.ADMIN]
    answer = boss.send(f"/accounts/{mine}/change", {"name": "陈静", "role": "viewer", "version": 1}, page="/account")
    assert answer.location == "/account"
    assert boss.open("/accounts").status_code == 403


def test_a_reset_password_must_be_changed(app: Flask, boss: Browser, place: Place) -> None:
    officer, id_ = Browser(app, Role.OFFICER), place.users[Role.OFFICER]
    answer = boss.send(f"/accounts/{id_}/password", {"version": 1, "once": "b"}, page="/account")
    made = re.search(r'id="made"[^>]*>([^<]+)<', answer.text)
    assert made
    assert officer.open("/ledger").location.startswith("/login")
    assert sign_in(app, "officer", made[1]).open("/ledger").location == "/account/password"


@pytest.mark.parametrize("address", ["/accounts/u-99", "/accounts/u-99/disable"])
def test_an_unknown_user_is_not_found(boss: Browser, address: str) -> None:
    assert boss.open(address).status_code == 404


@pytest.mark.parametrize("act", ["change", "roster", "pin", "password", "disable", "enable", "sessions/end"])
def test_nothing_is_done_to_an_unknown_user(boss: Browser, act: str) -> None:
    assert boss.send(f"/accounts/u-99/{act}", {"version": 1}, page="/account").status_code == 404


def test_a_role_that_this_version_does_not_know_is_shown_and_may_nothing(
    app: Flask, boss: Browser, place: Place
) -> None:
    with place.engine.begin() as connection:
        connection.execute(
            update(users).where(users.c.id == place.users[Role.VIEWER]).values(role="king", password=CHEAP.hash(NEW))
        )
        assert store.authenticate(connection, "viewer", NEW) is None
    assert boss.open("/accounts").status_code == 200
    assert boss.open(f"/accounts/{place.users[Role.VIEWER]}").status_code == 200
