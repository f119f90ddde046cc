"""Passes through the API: issued, doubted, confirmed, revoked, and done once."""

import pytest
from flask import Flask

from edge.contract import passes as contract
from hub.tokens.scopes import Scope
from tests.hub.api.programs import Program, token
from tests.hub.ledgers import table
from tests.hub.towns import Place

PASS = {"plate": "鲁b·77777", "class": "resident"}


def test_a_pass_is_issued_as_the_form_would(town: Place, county: Program) -> None:
    answer = county.post("passes", {**PASS, "gates": ["east"], "to": "2026-03-05T00:00:00+08:00"})
    assert answer.status_code == 201
    said = answer.json
    assert (said["plate"], said["class"], said["gates"], said["state"]) == ("鲁B77777", "resident", ["east"], "valid")
    assert (said["expires"], said["issued_by"]) == ("2026-03-04T16:00:00.000Z", "t-1")
    assert said["text"].startswith(contract.PREFIX)
    assert [row["user"] for row in table(town, "audit") if row["object"] == f"passes/{said['id']}"] == ["t-1"]


def test_doubts_are_named_first_and_confirmed_by_their_mark(town: Place, county: Program) -> None:
    first = county.post("passes", PASS)
    doubted = county.post("passes", PASS)
    assert (doubted.status_code, doubted.mimetype) == (409, "application/problem+json")
    assert f"has pass {first.json['id']} already" in doubted.json["doubts"][0]
    assert county.post("passes", {**PASS, "confirm": "0" * 32}).status_code == 409
    assert county.post("passes", {**PASS, "confirm": doubted.json["confirm"]}).status_code == 201


def test_the_same_key_does_it_once_and_is_answered_the_same(town: Place, county: Program) -> None:
    before = len(table(town, "passes"))
    first, again = (county.post("passes", PASS, Idempotency_Key="7f3a") for _ in range(2))
    assert (first.status_code, again.status_code, first.data) == (201, 201, again.data)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(table(town, "passes")) == before + 1


def test_a_key_belongs_to_one_request_of_one_caller(town: Place, app: Flask, county: Program) -> None:
    assert county.post("passes", PASS, Idempotency_Key="k").status_code == 201
    other = county.post("passes", {**PASS, "plate": "鲁B88888"}, Idempotency_Key="k")
    assert (other.status_code, "came with another request" in other.json["detail"]) == (409, True)
    bus = Program(app, token(town, [Scope.PASSES_WRITE]))
    assert bus.post("passes", {**PASS, "plate": "鲁B88888"}, Idempotency_Key="k").status_code == 201


def test_a_refusal_keeps_no_key(county: Program) -> None:
    assert county.post("passes", {**PASS, "class": "pilots"}, Idempotency_Key="k").status_code == 409
    assert county.post("passes", PASS, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 81, "鲁".encode().decode("latin-1")])
def test_a_key_that_is_none_is_refused(county: Program, key: str) -> None:
    answer = county.post("passes", PASS, Idempotency_Key=key)
    assert (answer.status_code, "Idempotency-Key" in answer.json["detail"]) == (422, True)


def test_a_pass_is_revoked_for_a_reason_and_the_list_follows(town: Place, county: Program) -> None:
    id_ = county.post("passes", PASS).json["id"]
    version = max(row["version"] for row in table(town, "published") if row["kind"] == "passlist")
    answer = county.post(f"passes/{id_}/revoke", {"reason": "已转让"})
    assert (answer.status_code, answer.json["state"], answer.json["revoked_reason"]) == (200, "revoked", "已转让")
    assert max(row["version"] for row in table(town, "published") if row["kind"] == "passlist") == version + 1
    again = county.post(f"passes/{id_}/revoke", {"reason": "已转让"})
    assert (again.status_code, "revoked already" in again.json["detail"]) == (409, True)
    for place, status in (("ff" * 8, 404), ("no", 404)):
        assert county.post(f"passes/{place}/revoke", {"reason": "x"}).status_code == status
