"""Who calls the API, and what that allows: the bearer of a token, or somebody who is signed in to the console.

1. A token in `Authorization` counts, whatever cookie comes with it; one that does not count is refused, and no cookie helps.
2. Else the session's cookie; what it writes needs the CSRF token of its pages in `X-CSRFToken`.
3. Each caller has a bucket of requests.
4. The scope of the address must be among the caller's.

Tested in `tests/hub/api/test_refusals.py`.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from flask import current_app, g, request
from flask_login import current_user

from edge.contract.canonical import Json
from hub.accounts import audit, privacy
from hub.accounts.roles import Role
from hub.api.problems import ProblemError
from hub.api.rate import Buckets
from hub.console.context import hub, now, reading
from hub.database.engine import UnusableError
from hub.tokens import scopes, store
from hub.tokens.scopes import Scope
from hub.tokens.store import TokenState

log = structlog.get_logger()
REALM = 'Bearer realm="kakou"'
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
REFUSED = {
    TokenState.REVOKED: "it is revoked",
    TokenState.EXPIRED: "it has expired",
    TokenState.ORPHANED: "the admin who made it is disabled, or no admin any more",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `id`: as the audit names a token (`t-3`) or a user (`u-2`); `role`: of a session, None of a token."""

    id: str
    scopes: frozenset[Scope]
    role: Role | None

    @property
    def masks_as(self) -> Role:
        """The role whose masks hold for this caller."""
        return Role.OFFICER if Scope.VISITS_PLATES in self.scopes else Role.VIEWER

    def needs(self, scope: Scope) -> None:
        """`ProblemError` (403) if the caller lacks a scope."""
        if scope not in self.scopes:
            who = f"this token ({self.id})" if self.role is None else f"the role {self.role}"
            line = f"{who} may not do this: it takes the scope {scope}"
            challenge = {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'}
            raise ProblemError(HTTPStatus.FORBIDDEN, line, headers=challenge if self.role is None else {})

    def shown(self, row: Mapping[str, Any], *, unmasked: bool = False) -> dict[str, Any]:
        """A row as this caller may see it."""
        return dict(row) if unmasked else privacy.shown(row, self.masks_as)


def caller() -> Caller:
    """Who sends this request; only after `admit`."""
    found: Caller = g.api_caller
    return found


def admit(scope: Scope) -> None:
    """Lets the request in, or raises the problem that refuses it."""
    found = _of_token() if "Authorization" in request.headers else _of_session()
    g.api_caller = found
    g.api_who = found.id
    wait = _buckets().take(found.id, time.monotonic())
    if wait:
        most = hub().settings.api.requests_per_minute
        line = f"more than {most} requests a minute by {found.id}: come again in {math.ceil(wait)} s"
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, line, headers={"Retry-After": str(math.ceil(wait))})
    found.needs(scope)
    if found.role is not None and request.method not in SAFE:
        current_app.extensions["csrf"].protect()


def is_program() -> bool:
    """Returns True if a request that may also come from a browser comes from a program: it shows a token, or asks for no page."""
    if "Authorization" in request.headers:
        return True
    accepted = request.headers.get("Accept", "")
    return bool(accepted) and "text/html" not in accepted and not current_user.is_authenticated


def unmasked(why: str | None, object_: str) -> bool:
    """Returns True if a request says why it must see personal values, and may; the audit keeps it."""
    if why is None:
        return False
    caller().needs(Scope.PERSONAL_READ)
    note("personal values read", object_, why=why)
    return True


def note(action: str, object_: str, **detail: Json) -> None:
    """Writes to the audit what a caller does that changes nothing; nothing for a HEAD request, which gets nothing but headers."""
    if request.method == "HEAD":
        return
    with hub().writing.begin() as connection:
        audit.note(connection, user=caller().id, action=action, object=object_, detail=detail, now=now())


def _of_token() -> Caller:
    kind, _between, text = request.headers["Authorization"].partition(" ")
    if kind.lower() != "bearer":
        raise _unknown("Authorization: expected `Bearer` and a token")
    found = store.of_text(reading(), hub().town, text.strip())
    if found is None:
        raise _unknown("Authorization: this hub has no such token")
    state = found.state(now())
    g.api_who = found.id
    if state is not TokenState.VALID:
        log.warning("api.token_refused", token=found.id, state=state.value, address=request.remote_addr)
        raise _unknown(f"token {found.id}: {REFUSED[state]}; an admin can make another")
    if store.is_use_due(found, now()):
        try:
            with hub().writing.begin() as connection:
                store.note_use(connection, hub().town, found.id, now())
        except UnusableError as error:
            # what only reads is answered even where nothing can be written
            log.warning("api.token_use", error=str(error.orig))
    return Caller(found.id, found.scopes, None)


def _of_session() -> Caller:
    if not current_user.is_authenticated:
        line = "Authorization: expected `Bearer` and a token, which an admin makes (or a session of the console)"
        raise ProblemError(HTTPStatus.UNAUTHORIZED, line, headers={"WWW-Authenticate": REALM})
    account = current_user.account
    return Caller(account.id, scopes.of_role(account.role), account.role)


def _unknown(line: str) -> ProblemError:
    challenge = f'{REALM}, error="invalid_token"'
    return ProblemError(HTTPStatus.UNAUTHORIZED, line, headers={"WWW-Authenticate": challenge})


def _buckets() -> Buckets:
    found: Buckets = current_app.extensions["kakou.api"]
    return found
