"""The blueprint of the API: how an address is declared, what comes before each of them and after.

Tested in `tests/hub/api/test_reading.py` and `tests/hub/api/test_refusals.py`.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ParamSpec
from urllib.parse import urlencode

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from hub.api import caller, problems
from hub.api.problems import MIMETYPE, ProblemError
from hub.tokens.scopes import Scope

P = ParamSpec("P")
PREFIX = "/api/v1"
SECURITY = ("token", "session")
"""The names of the two ways to say who calls; either is enough."""
VARY = "Authorization, Cookie"

_REFUSALS = {
    HTTPStatus.UNAUTHORIZED: "Nobody that the hub knows",
    HTTPStatus.FORBIDDEN: "The token's scopes, or the role, do not allow it",
    HTTPStatus.NOT_FOUND: "There is none",
    HTTPStatus.METHOD_NOT_ALLOWED: "The address takes other methods",
    HTTPStatus.CONFLICT: "Each value is well formed, but together, or with what the town has, they cannot stand",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A value is not well formed",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests: Retry-After says when to come again",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The hub made a mistake",
    HTTPStatus.SERVICE_UNAVAILABLE: "The hub cannot answer now",
}
_OF_BODIES = {
    HTTPStatus.BAD_REQUEST: "The body is no JSON, or a session's CSRF token is missing",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than 64 KiB",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not application/json",
}
_PROBLEM = {MIMETYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}

blueprint = APIBlueprint("api", __name__, url_prefix=PREFIX)
beside = APIBlueprint("api_beside", __name__)
"""What the document describes beside the blueprint's addresses: never registered."""
_SCOPES: dict[str, Scope] = {}
LINKS: dict[tuple[str, str], Mapping[str, Any]] = {}
"""(operation, status) -> its links, which the document gets when it is made: the library writes none beside a model."""


def read(
    rule: str, scope: Scope, answer: type[BaseModel] | Mapping[str, Any], *, of: APIBlueprint = blueprint
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """An address that is read with GET: the scope that it takes, and what it answers (a model, or a description of the content)."""
    responses: dict[HTTPStatus, Any] = {HTTPStatus.OK: _described(answer)}
    responses |= {HTTPStatus.NOT_MODIFIED: {"description": "As `If-None-Match` knows it"}}
    return _declared(of.get, rule, scope, responses | _problems(_REFUSALS))


def write(
    rule: str, scope: Scope, status: HTTPStatus, answer: type[BaseModel], links: Mapping[str, Any] | None = None
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """An address that changes something with POST. `links`: what the answer is good for (OpenAPI's links)."""
    responses = {status: _described(answer), **_problems(_REFUSALS | _OF_BODIES)}
    return _declared(blueprint.post, rule, scope, responses, {str(status.value): dict(links)} if links else {})


def said(model: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """The answer that says a model as JSON."""
    value = model.model_dump(mode="json", by_alias=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    response = Response(text.encode("utf-8", "replace"), status=status, mimetype="application/json")
    if following := value.get("next"):
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def following(after: str | int | None) -> str | None:
    """The address of the next page: this request with another cursor."""
    if after is None:
        return None
    asked = {name: value for name, value in request.args.items() if name != "after"}
    return f"{request.path}?{urlencode({**asked, 'after': after})}"


def check_range(start: object, end: object) -> None:
    """`ProblemError` if a range does not run forwards."""
    if start is not None and end is not None and not start < end:  # type: ignore[operator]  # both are moments
        raise ProblemError(HTTPStatus.CONFLICT, "from, to: expected a range that runs forwards: `to` later than `from`")


def conditional(response: Response) -> Response:
    """An answer that says its mark, and only that nothing changed to who knows the mark already."""
    if request.method in ("GET", "HEAD") and response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = VARY
        if not response.is_streamed:
            response.add_etag()
        response.make_conditional(request)
    return response


def refuse_repeated() -> None:
    """`ProblemError` if an address says a name twice: one of the two would be left out."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"query.{name[:40]}: expected once, found {len(values)} times"
            )


@blueprint.before_request
def _admit() -> None:
    caller.admit(_SCOPES[str(request.endpoint).rpartition(".")[2]])
    refuse_repeated()
    if request.method == "POST":
        _read_body()


def _read_body() -> None:
    if request.mimetype != "application/json":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type: expected application/json")
    data = request.get_data()
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "body: expected JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "body: expected an object")


blueprint.after_request(conditional)


def _declared(
    how: Callable[..., Any],
    rule: str,
    scope: Scope,
    responses: Mapping[HTTPStatus, Any],
    links: Mapping[str, Any] | None = None,
) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    def declare(view: Callable[P, Response]) -> Callable[P, Response]:
        _SCOPES[view.__name__] = scope
        security: list[dict[str, list[str]]] = [{SECURITY[0]: []}, {SECURITY[1]: []}]
        text = f"{view.__doc__}\n\nScope: `{scope}`."
        view.__doc__ = text
        declared: Callable[P, Response] = how(
            rule, responses=dict(responses), security=security, operation_id=view.__name__
        )(view)
        for status, known in (links or {}).items():
            LINKS[view.__name__, status] = known
        return declared

    return declare


def _problems(which: Mapping[HTTPStatus, str]) -> dict[HTTPStatus, Any]:
    return {status: {"description": text, "content": _PROBLEM} for status, text in which.items()}


def _described(answer: type[BaseModel] | Mapping[str, Any]) -> Any:
    return dict(answer) if isinstance(answer, Mapping) else answer


__all__ = ["beside", "blueprint", "check_range", "conditional", "following", "problems", "read", "said", "write"]
