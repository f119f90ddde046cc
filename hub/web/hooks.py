"""Runs before and after every request: its time, the refusal of other sites' forms, the headers, the line in the log.

Tested in `tests/hub/web/test_app.py` and `tests/hub/accounts/test_sign_in.py`.
"""

import time

import structlog
from flask import Response, g, request, session

from hub.api import app as api
from hub.console.context import hub
from hub.console.login import SignedIn
from hub.web import account_views, origins
from hub.web.origins import ElsewhereError

log = structlog.get_logger()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def start_time() -> None:
    """Notes when the request began, for the log."""
    g.started = time.perf_counter()


def refuse_from_elsewhere() -> None:
    """Refuses a form that the browser says another site sends, whatever token it has."""
    if request.method not in SAFE and origins.from_elsewhere(
        request.headers,
        scheme=request.scheme,
        proxied=hub().settings.web.proxies > 0,
        signed_in_at=session.get(account_views.SIGNED_IN_AT),
    ):
        raise ElsewhereError


def finish(response: Response) -> Response:
    """Adds the headers that every answer has, and writes the line of the log."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        # never the query: it may hold a plate
        log.info(
            "web.request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round(1000 * (time.perf_counter() - g.started), 1),
            user=_who(),
        )
    return response


def _who() -> str | None:
    """The id of the user, if a page has loaded the user already: a line of the log is no reason to ask a database that may be broken."""
    if (program := api.who()) is not None:
        return program
    loaded = g.get("_login_user")
    return loaded.account.id if isinstance(loaded, SignedIn) else None
