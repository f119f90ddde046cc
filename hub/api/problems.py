"""Errors of the API as `application/problem+json` (RFC 9457): a status, one line that says what was wrong, where, what was expected.

Tested in `tests/hub/api/test_refusals.py`.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, g, request
from flask_wtf.csrf import CSRFError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from hub.errors import RefusedError
from hub.passes.doubts import DoubtfulError, mark

PATH = "/api/"
MIMETYPE = "application/problem+json"
LONGEST = 300
"""Characters of a line about a fault."""
MOST = 20
"""Faults that are named at once."""
LATER = {HTTPStatus.SERVICE_UNAVAILABLE: 5, HTTPStatus.TOO_MANY_REQUESTS: 60}
"""Seconds after which to come again, where nothing else is known."""
SAYS = {
    HTTPStatus.BAD_REQUEST: "The request could not be read.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take that method.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("That is more than a request may bring: 64 KiB."),
    HTTPStatus.INTERNAL_SERVER_ERROR: "The hub made a mistake. It is in its log; nothing was kept halfway.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The hub is busy. Try again in a moment.",
}


class Fault(BaseModel):
    """One value that cannot stand: where it is, and what was expected."""

    where: str = Field(description="The parameter, header or field")
    problem: str


class Problem(BaseModel):
    """A problem, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", description="always about:blank: the status says what kind it is")
    title: str
    status: int
    detail: str = Field(description="One line for a person: what was wrong, where, and what was expected")
    errors: list[Fault] | None = None
    doubts: list[str] | None = Field(default=None, description="What must be confirmed before a pass is issued")
    confirm: str | None = Field(default=None, description="Sent back as `confirm`, it says that these doubts are meant")


class ProblemError(HTTPException):
    """A refusal that says its own line. `more`: members of the problem beside the usual ones; `headers`: of the answer."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
    ) -> None:
        super().__init__(detail)
        self.code, self.headers, self.more = status.value, dict(headers or {}), more


def asked() -> bool:
    """Returns True if whoever asks is a program: it gets its errors as problems, and no pages."""
    return request.path.startswith(PATH) or "api_export" in g


def answer(
    status: int, detail: str, headers: Mapping[str, str] | None = None, more: Mapping[str, object] | None = None
) -> Response:
    """A problem as the answer."""
    known = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail[:LONGEST]}
    response = Response(_json({**known, **(more or {})}), status=status, mimetype=MIMETYPE)
    if status in LATER:
        response.headers["Retry-After"] = str(LATER[HTTPStatus(status)])
    response.headers.extend(headers or {})
    return response


def of_http(error: HTTPException) -> Response:
    """The problem for an error that HTTP has a number for."""
    if isinstance(error, ProblemError):
        return _retried(error)
    if isinstance(error, CSRFError):
        return answer(
            HTTPStatus.BAD_REQUEST,
            f"X-CSRFToken: {error.description} A session writes with its page's token; a program uses a token of its own.",
        )
    status = HTTPStatus(error.code or 500)
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer(status, SAYS.get(status, "The request could not be served."), headers)


def of_refusal(error: RefusedError) -> Response:
    """The problem for what the hub refuses: the request is well formed, and what it asks cannot be."""
    more: dict[str, object] = {}
    if isinstance(error, DoubtfulError):
        more = {"doubts": [str(each.words()) for each in error.doubts], "confirm": mark(error.doubts)}
    return answer(HTTPStatus.CONFLICT, str(error), more=more)


def of_values(error: ValidationError) -> Response:
    """The problem for values that cannot stand: 422 with each of them by name, never with the value."""
    faults = [{"where": _where(each["loc"]), "problem": _problem(each)} for each in error.errors()[:MOST]]
    first = faults[0]
    more = {"errors": faults}
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first['where']}: {first['problem']}", more=more)


def _retried(error: ProblemError) -> Response:
    response = answer(error.code or 500, error.description or "", more=error.more)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def _where(parts: Sequence[object]) -> str:
    return ".".join(str(part)[:40] for part in parts) or "body"


def _problem(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "extra_forbidden":
        return "unknown name"
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:LONGEST]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
