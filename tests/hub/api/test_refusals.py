"""What the API refuses: each with its status, as a problem of one clear line, and nothing is changed by it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from hub.accounts import store as users
from hub.accounts.roles import Role
from hub.api.rate import Buckets
from hub.tokens import store
from hub.tokens.scopes import Scope
from tests.hub.api.programs import Program, token
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import meddle, table
from tests.hub.towns import NOW, Place

GETS = ("visits", "visits/" + "ab" * 16, "inside", "gates", "alerts", "figures", "entries", "/export/visits.csv")
PASS = {"plate": "鲁B77777", "class": "resident"}


def is_problem(answer: Any, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    said = answer.json
    assert said["status"] == status
    assert said["title"]
    assert said["type"] == "about:blank"
    assert "\n" not in said["detail"]
    for word in words:
        assert word in said["detail"]


@pytest.mark.parametrize("address", GETS)
def test_nobody_reads_without_a_token_or_a_session(app: Flask, address: str) -> None:
    answer = Program(app, None).get(address, Accept="*/*")
    is_problem(answer, 401, "expected `Bearer` and a token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="kakou"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic YTpi",
        f"Bearer {store.PREFIX}{'A' * 43}",
        "Bearer 鲁".encode().decode("latin-1"),
    ],
)
def test_a_text_that_is_no_token_opens_nothing_even_beside_a_session(app: Flask, text: str) -> None:
    browser = Browser(app, Role.ADMIN)
    answer = browser.client.get("/api/v1/gates", headers={"Authorization": text})
    is_problem(answer, 401, "Authorization: ")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_of_a_disabled_user_works_no_longer(town: Place, app: Flask) -> None:
    boss = town.users[Role.ADMIN]
    county = Program(app, token(town, by=boss))
    assert county.get("gates").status_code == 200
    with town.engine.begin() as connection:
        users.disable(connection, boss, NOW)
    is_problem(county.get("gates"), 401, "token t-1: the admin who made it is disabled")


def test_an_expired_and_a_revoked_token_say_so(town: Place) -> None:
    text = token(town, days=1)
    with console(town, clock=lambda: NOW + timedelta(days=1)) as later:
        is_problem(Program(later, text).get("gates"), 401, "token t-1: it has expired")
    with town.engine.begin() as connection:
        store.revoke(connection, town="demo", id_="t-1", by="cli", now=NOW)
    with console(town) as app:
        is_problem(Program(app, text).get("gates"), 401, "token t-1: it is revoked")


@pytest.mark.parametrize("address", GETS)
def test_a_token_reads_what_its_scopes_name_and_nothing_else(town: Place, app: Flask, address: str) -> None:
    needed = {
        "gates": Scope.GATES_READ,
        "alerts": Scope.ALERTS_READ,
        "figures": Scope.FIGURES_READ,
        "entries": Scope.ENTRIES_READ,
    }
    scope = needed.get(address, Scope.VISITS_READ)
    answer = Program(app, token(town, set(Scope) - {scope})).get(address)
    is_problem(answer, 403, f"it takes the scope {scope}")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert Program(app, token(town, [scope])).get(address).status_code in (200, 404)


def test_a_token_that_only_reads_issues_no_pass(town: Place, app: Flask) -> None:
    before = len(table(town, "passes"))
    program = Program(app, token(town, set(Scope) - {Scope.PASSES_WRITE}))
    is_problem(program.post("passes", PASS), 403, "passes:write")
    is_problem(program.post(f"passes/{'ab' * 8}/revoke", {"reason": "x"}), 403)
    assert len(table(town, "passes")) == before


def test_a_session_writes_only_with_the_token_of_its_pages(town: Place, app: Flask) -> None:
    browser = Browser(app, Role.OFFICER)
    page_token = browser.token("/passes/new")
    is_problem(browser.client.post("/api/v1/passes", json=PASS), 400, "X-CSRFToken")
    answer: Any = browser.client.post("/api/v1/passes", json=PASS, headers={"X-CSRFToken": page_token})
    assert answer.status_code == 201
    assert answer.json["issued_by"] == town.users[Role.OFFICER]
    there = f"/api/v1/passes/{answer.json['id']}/revoke"
    is_problem(
        browser.client.post(there, json={"reason": "x"}, headers={"X-CSRFToken": page_token}), 403, "a supervisor may"
    )


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("nothing", 404, "nothing at this address"),
        ("visits/no", 404, "visit_id"),
        ("visits/" + "ab" * 16, 404, "no such visit"),
        ("visits?gatee=east", 422, "gatee: unknown name"),
        ("visits?gate=East", 422, "gate: "),
        ("visits?gate=a&gate=b", 422, "expected once, found 2 times"),
        ("visits?limit=0", 422, "limit: "),
        ("visits?limit=501", 422, "limit: "),
        ("visits?from=yesterday", 422, "from: expected a time with its offset"),
        ("visits?outcome=gone", 422, "outcome"),
        ("visits?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", 409, "`to` later than `from`"),
        ("visits?after=WyJhbGVydHMiLCJkZW1vIiwiNyJd", 404, "this cursor is none of visits of this town"),
        ("alerts?after=WyJhbGVydHMiLCJvdGhlciIsIjciXQ", 404, "this cursor is none of alerts"),
        ("figures?from=2016-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 409, "at most 92 days, found 3653"),
        ("entries?after=-1", 422, "after: "),
        ("entries?after=9007199254740992", 422, "after: "),
        ("gates?x=1", 422, "x: unknown name"),
        ("visits?plate=%C2%B7-", 409, "plate: expected at least one letter"),
        ("inside?plate=-", 409, "plate: expected at least one letter"),
        ("visits?why=", 422, "why: "),
        ("visits?why=a%00b", 422, "why: "),
        ("/export/visits.csv?start=2026-03-01", 422, "start: unknown name"),
    ],
)
def test_bad_input_is_named_in_one_line(county: Program, address: str, status: int, words: str) -> None:
    is_problem(county.get(address), status, words)


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"data": "x", "content_type": "text/plain"}, 415, "Content-Type"),
        ({}, 415, "Content-Type"),
        ({"data": "{", "content_type": "application/json"}, 400, "expected JSON"),
        ({"data": b"\xff\xfe{", "content_type": "application/json"}, 400, "expected JSON"),
        ({"data": "[" * 50_000, "content_type": "application/json"}, 400, "expected JSON"),
        ({"data": '"{}"', "content_type": "application/json"}, 422, "expected an object"),
        ({"json": {}}, 422, "plate: "),
        ({"json": {**PASS, "plate": 7}}, 422, "plate: "),
        ({"json": {**PASS, "plate": "\ud800"}}, 422, "plate: "),
        ({"json": {**PASS, "colour": "red"}}, 422, "colour: unknown name"),
        ({"json": {**PASS, "priority": "yes"}}, 422, "priority: "),
        ({"json": {**PASS, "gates": []}}, 422, "gates: "),
        ({"json": {**PASS, "from": None}}, 422, "null: leave it out"),
        ({"json": {**PASS, "class": "pilots"}}, 409, "there is no such class"),
        ({"json": {**PASS, "gates": ["nowhere"]}}, 409, "there is no such gate"),
        ({"json": {**PASS, "plate": "···"}}, 409, "plate"),
        ({"json": {**PASS, "from": "1999-01-01T00:00:00Z"}}, 409, "expected a year from 2000"),
        ({"json": {**PASS, "to": "2036-01-01T00:00:00Z"}}, 409, "days at most"),
        ({"json": {**PASS, "plate": "B" * 32}}, 409, "1 to 16 characters"),
        ({"data": "x" * 70_000, "content_type": "application/json"}, 413, "64 KiB"),
    ],
)  # fmt: skip
def test_a_bad_pass_is_refused_in_one_line_and_none_is_issued(
    town: Place, county: Program, more: dict[str, object], status: int, words: str
) -> None:
    before = len(table(town, "passes"))
    is_problem(county.ask("POST", "passes", **more), status, words)
    assert len(table(town, "passes")) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_a_method_that_an_address_does_not_take_is_answered_with_those_it_takes(county: Program, method: str) -> None:
    for address in ("visits", "/export/visits.csv", "/api/openapi.json"):
        answer = county.ask(method, address)
        is_problem(answer, 405)
        assert "GET" in answer.headers["Allow"]
        assert "POST" not in answer.headers["Allow"]


def test_too_many_requests_are_told_when_to_come_again(app: Flask, county: Program) -> None:
    app.extensions["kakou.api"] = Buckets(10)
    assert [county.get("gates").status_code for _ in range(2)] == [200, 200]
    answer = county.get("gates")
    is_problem(answer, 429, "requests a minute by t-1")
    assert 1 <= int(answer.headers["Retry-After"]) <= 6


def test_a_database_that_cannot_be_used_is_said(town: Place, county: Program) -> None:
    text = table(town, "visits")[0]["visit_id"]
    town.engine.dispose()
    file = town.folder / "hub.db"
    file.write_bytes(b"nonsense" * 1000)
    is_problem(county.get(f"visits/{text}"), 503, "database cannot be used")


def test_a_fault_of_ours_is_one_line_without_its_particulars(county: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(store, "of_text", broken)
    answer = county.get("gates")
    is_problem(answer, 500, "The hub made a mistake")
    assert "secret" not in answer.text


def test_a_tokens_text_stands_in_no_log(town: Place, app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    text = token(town)
    program = Program(app, text)
    for address in ("gates", "nothing", "visits?gatee=1"):
        program.get(address)
    said = "".join(capfd.readouterr())
    assert "t-1" in said
    assert text not in said
    assert not re.search(r"kakou-[A-Za-z0-9_-]{43}", said)


def test_the_last_use_of_a_token_is_kept_once_a_minute(town: Place) -> None:
    text = token(town)
    for seconds, expected in ((0, 0), (30, 0), (61, 61)):
        with console(town, clock=lambda seconds=seconds: NOW + timedelta(seconds=seconds)) as app:  # type: ignore[misc]  # a default binds it
            assert Program(app, text).get("gates").status_code == 200
        (row,) = table(town, "api_tokens")
        assert row["used_at"] == (NOW + timedelta(seconds=expected)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_an_unknown_scope_of_a_newer_version_allows_nothing(town: Place, app: Flask) -> None:
    program = Program(app, token(town, [Scope.GATES_READ]))
    meddle(town, "UPDATE api_tokens SET scopes = 'gates:paint'")
    is_problem(program.get("gates"), 403)
