"""Reading through the API: filters, pages, masks, marks of answers."""

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from hub.accounts.roles import Role
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.ledger.projections.rebuild import rebuild
from hub.tokens.scopes import Scope
from tests.hub import busy, hostile
from tests.hub.api.programs import Program, token
from tests.hub.consoles import Browser, console
from tests.hub.ledgers import table
from tests.hub.towns import NOW, Place

LISTS = ("visits", "inside", "gates", "alerts", "figures", "entries")


def pages(program: Program, address: str, most: int = 500) -> list[dict[str, object]]:
    """Every row of a list, page by page."""
    rows, following = [], address
    for _ in range(most):
        answer = program.get(following)
        assert answer.status_code == 200, answer.text
        rows += answer.json["items"]
        if (following := answer.json["next"]) is None:
            return rows
        assert answer.headers["Link"] == f'<{following}>; rel="next"'
    raise AssertionError("it does not end")


def test_a_visit_has_the_columns_of_the_csv(county: Program) -> None:
    (first, *_) = county.get("visits?limit=1").json["items"]
    assert list(first) == list(VISIT_COLUMNS)


@pytest.mark.parametrize("address", ["visits", "inside", "figures", "entries"])
def test_small_pages_make_the_same_list_as_a_large_one(county: Program, address: str) -> None:
    whole = pages(county, f"{address}?limit=500")
    assert len(whole) > 7
    assert pages(county, f"{address}?limit=7") == whole


def test_alerts_come_in_pages_too(town: Place, county: Program) -> None:
    busy.go_wrong(town, NOW)
    assert len(pages(county, "alerts?limit=1")) == len(pages(county, "alerts")) >= 4
    (backup,) = [each for each in pages(county, "alerts?state=open") if each["kind"] == "backup"]
    assert (backup["severity"], backup["gate"]) == ("serious", None)
    assert all(each["gate"] == "north" for each in pages(county, "alerts?gate=north"))


def test_filters_are_those_of_the_contract(town: Place, county: Program) -> None:
    rows = table(town, "visits")
    for name, value in (("gate", "east"), ("direction", "out"), ("outcome", "turned_back"), ("reason", "revoked")):
        found = county.get(f"visits?{name}={value}").json["items"]
        assert {each["visit_id"] for each in found} == {row["visit_id"] for row in rows if row[name] == value} != set()
    assert [each["outcome"] for each in county.get("visits?outcome=open").json["items"]] == [None]
    span = "visits?from=2026-03-01T11:00:00%2B08:00&to=2026-03-01T04:00:00Z"
    assert {each["visit_id"] for each in county.get(span).json["items"]} == {
        row["visit_id"] for row in rows if "2026-03-01T03" <= row["opened_at"] < "2026-03-01T04"
    }
    assert {each["plate"] for each in county.get(f"visits?plate={quote('B88K')}").json["items"]} == {"鲁B88K21"}


def test_one_visit_names_its_entries(town: Place, county: Program) -> None:
    row = next(row for row in table(town, "visits") if row["outcome"] == "passed")
    found = county.get(f"visits/{row['visit_id']}").json
    assert found["plate"] == row["plate"]
    numbers = [entry["id"] for entry in table(town, "entries") if entry["visit"] == row["visit_id"]]
    assert [each["id"] for each in found["entries"]] == numbers


def test_gates_say_how_they_are(county: Program) -> None:
    found = {each["gate"]: each for each in county.get("gates").json["items"]}
    assert {gate: each["state"] for gate, each in found.items()} == {
        "east": "live", "south": "live", "west": "silent", "north": "offline",
    }  # fmt: skip
    assert found["north"]["camera"] is False


def test_plates_are_masked_for_a_token_without_that_scope(town: Place, app: Flask) -> None:
    bus = Program(app, token(town, [Scope.VISITS_READ, Scope.ALERTS_READ]))
    for address in ("visits", "inside"):
        plates = {each["plate"] for each in bus.get(address).json["items"] if each["plate"]}
        assert plates
        assert all("•••" in plate for plate in plates)
    assert all("•••" in each["vehicle"] for each in bus.get("inside").json["items"] if each["plate"])
    refused = bus.get("visits?plate=B12345")
    assert (refused.status_code, "visits:plates" in refused.json["detail"]) == (403, True)


def test_personal_values_are_shown_for_a_reason_that_the_audit_keeps(town: Place, county: Program, app: Flask) -> None:
    assert busy.PERSONAL["phone"] not in county.get("visits").text
    assert busy.PERSONAL["phone"] in county.get(f"visits?why={quote('流调 12')}").text
    (note,) = [row for row in table(town, "audit") if row["action"] == "personal values read"]
    assert (note["user"], note["object"], "流调 12" in note["detail"]) == ("t-1", "visits", True)
    other = Program(app, token(town, [Scope.VISITS_READ]))
    assert other.get("visits?why=x").status_code == 403
    assert len([row for row in table(town, "audit") if row["action"] == "personal values read"]) == 1


def test_a_session_reads_as_its_role_may(app: Flask) -> None:
    viewer, supervisor = Browser(app, Role.VIEWER), Browser(app, Role.SUPERVISOR)
    seen: Any = viewer.open("/api/v1/visits").json
    plates = [each["plate"] for each in seen["items"] if each["plate"]]
    assert all("•••" in plate for plate in plates)
    assert viewer.open("/api/v1/visits?why=x").status_code == 403
    assert busy.PERSONAL["phone"] in supervisor.open("/api/v1/visits?why=x").text


@pytest.mark.parametrize("address", [*LISTS, "/api/openapi.json", "/export/visits.csv"])
def test_what_has_not_changed_is_not_sent_again(county: Program, address: str) -> None:
    first = county.get(address)
    again = county.get(address, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert county.get(address, If_None_Match='"other"').status_code == 200
    assert "no-cache" in first.headers["Cache-Control"]


def test_whatever_an_older_version_stored_the_api_answers(place: Place) -> None:
    older = hostile.everything(place)
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    with console(place) as app:
        program = Program(app, token(place))
        for address in (
            "visits?limit=500",
            "visits?limit=500&why=x",
            "inside?limit=500",
            "entries?limit=500",
            "entries?limit=500&why=x",
        ):
            assert pages(program, address)
        for address in ("gates", "alerts", "figures", "figures?from=2026-01-01T00:00:00Z"):
            assert program.get(address).status_code == 200
        assert program.get("/export/visits.csv").status_code == 200
        for visit in older.expected[:30]:
            assert program.get(f"visits/{visit}").status_code == 200


def test_head_answers_as_get_without_a_body(county: Program) -> None:
    for address in LISTS:
        answer = county.ask("HEAD", address)
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["ETag"]
