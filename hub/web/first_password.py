"""Users whose password an admin gave: every page leads to the one on which they set their own, and nothing else opens.

Tested in `tests/hub/accounts/test_views.py`.
"""

from http import HTTPStatus

from flask import Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

ALLOWED = frozenset(
    {
        "people.first_password",
        "people.set_password",
        "accounts.logout",
        "accounts.login",
        "static",
        "healthz",
        "preferences",
    }
)
"""Endpoints that open before."""
API = "/api/"


def lead_there() -> AnyResponse | None:
    """Before each request: the way to the page of the own password, if the user must set one; None: the request goes on.

    A request of htmx leads the whole page there; a stream of events ends with 204 (HTML, server-sent events); the API and what is no page
    answers 403.
    """
    if request.endpoint in ALLOWED or not current_user.is_authenticated or not current_user.account.must_change:
        return None
    there = url_for("people.first_password")
    if "HX-Request" in request.headers:
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": there})
    if request.accept_mimetypes.best == "text/event-stream":
        return Response(status=HTTPStatus.NO_CONTENT)
    if request.method not in ("GET", "HEAD") or request.path.startswith(API):
        abort(HTTPStatus.FORBIDDEN)
    return redirect(there)
