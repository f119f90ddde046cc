"""The page of tokens: made with its text shown once, listed, searched, revoked, by an admin alone."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.tokens.scopes import Scope
from hub.tokens.store import TEXT
from tests.hub.api.programs import Program, token
from tests.hub.consoles import Browser, console, text_of
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

FORM = {"name": "县平台", "scopes": ["visits:read", "gates:read"], "days": "30", "once": "m1"}


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with console(place) as app:
        yield app


def shown(text: str) -> str:
    found = re.search(r"<code translate=\"no\">(kakou-[^<]+)</code>", text)
    assert found
    assert TEXT.fullmatch(found[1])
    return found[1]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OFFICER, Role.SUPERVISOR])
def test_only_an_admin_has_the_page_and_its_forms(app: Flask, role: Role) -> None:
    browser = Browser(app, role)
    assert browser.open("/tokens").status_code == 403
    assert "/tokens" not in browser.open("/").text
    for address in ("/tokens", "/tokens/t-1/revoke"):
        assert browser.send(address, FORM, page="/").status_code == 403


def test_a_token_is_shown_once_and_works(place: Place, app: Flask) -> None:
    boss = Browser(app, Role.ADMIN)
    assert 'href="/tokens"' in boss.open("/").text
    answer = boss.send("/tokens", FORM, page="/tokens")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    text = shown(answer.text)
    assert "县平台" in text_of(answer)
    assert text not in boss.open("/tokens").text
    program = Program(app, text)
    assert [program.get(address).status_code for address in ("gates", "visits", "alerts")] == [200, 200, 403]
    assert table(place, "api_tokens")[0]["made_by"] == place.users[Role.ADMIN]


def test_the_same_form_again_makes_no_second_token(place: Place, app: Flask) -> None:
    boss = Browser(app, Role.ADMIN)
    boss.send("/tokens", FORM, page="/tokens")
    again = boss.send("/tokens", FORM, page="/tokens")
    assert (again.status_code, again.location) == (302, "/tokens")
    assert "made already" in text_of(boss.open("/tokens"))
    assert len(table(place, "api_tokens")) == 1


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"name": " "}, "Say whose program it is."),
        ({"name": "x" * 61}, "60 characters"),
        ({"name": "a\x00b"}, "expected 1 to 60 characters"),
        ({"scopes": []}, "Choose at least one."),
        ({"scopes": ["everything"]}, "valid choice"),
        ({"days": "36500"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_made(
    place: Place, app: Flask, wrong: dict[str, object], line: str
) -> None:
    answer = Browser(app, Role.ADMIN).send("/tokens", FORM | wrong, page="/tokens")
    assert answer.status_code == 400
    assert line in text_of(answer)
    assert table(place, "api_tokens") == []


def test_a_token_is_revoked_from_the_page(place: Place, app: Flask) -> None:
    text = token(place, [Scope.GATES_READ])
    boss = Browser(app, Role.ADMIN)
    assert boss.send("/tokens/t-1/revoke", {"once": "a"}, page="/tokens").status_code == 302
    assert Program(app, text).get("gates").status_code == 401
    assert "Revoked" in text_of(boss.open("/tokens"))
    assert "there is no such token" in text_of(boss.send("/tokens/t-9/revoke", {}, page="/tokens"))


def test_the_list_is_searched_and_says_the_last_use_and_the_state(place: Place) -> None:
    used, _other = token(place, [Scope.GATES_READ]), token(place, days=1)
    with console(place) as app:
        Program(app, used).get("gates")
    with console(place, clock=lambda: NOW + timedelta(minutes=2)) as app:
        boss = Browser(app, Role.ADMIN)
        said = text_of(boss.open("/tokens"))
        assert "12:30" in said
        assert "never" in said
        assert "t-2" not in text_of(boss.open("/tokens?search=t-1"))
        assert "No token." in text_of(boss.open("/tokens?search=nobody"))
    with console(place, clock=lambda: NOW + timedelta(days=2)) as app:
        assert "Expired" in text_of(Browser(app, Role.ADMIN).open("/tokens"))
