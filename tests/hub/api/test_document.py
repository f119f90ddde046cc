"""The OpenAPI document: what it describes is what there is."""

import re

from flask import Flask

from hub.tokens.scopes import Scope
from tests.hub.api.programs import Program


def test_the_document_is_openapi_3_1_and_anybody_may_read_it(app: Flask) -> None:
    answer = Program(app, None).get("/api/openapi.json")
    assert (answer.status_code, answer.json["openapi"]) == (200, "3.1.0")
    assert "http" not in re.sub(r'"in": ?"[a-z]+"|"scheme": ?"bearer"|"type": ?"http"', "", answer.text)


def test_the_document_describes_every_address_with_its_scope(app: Flask) -> None:
    described = Program(app, None).get("/api/openapi.json").json["paths"]
    served = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
    }
    assert set(described) == served | {"/export/visits.csv"}
    for address, item in described.items():
        for operation in item.values():
            assert any(f"`{scope}`" in operation["description"] for scope in Scope), address
            assert operation["security"] == [{"token": []}, {"session": []}]
            assert {"401", "403", "422", "429", "503"} <= set(operation["responses"]), address


def test_every_error_that_is_described_is_a_problem(app: Flask) -> None:
    for item in Program(app, None).get("/api/openapi.json").json["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"]
