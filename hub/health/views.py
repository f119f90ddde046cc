"""The page of health, and the figures for Prometheus. Tested in `tests/hub/health/test_views.py` and `tests/hub/health/test_metrics.py`."""

import hmac
import ipaddress
import time
from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g, render_template, request

from hub.accounts.roles import Role
from hub.console.context import Hub, hub, needs, now, reading
from hub.database import slow
from hub.health.checks import CHECKS, Check, Result, examine, worst
from hub.health.finding import Look
from hub.health.metrics import CONTENT_TYPE, Metrics

blueprint = Blueprint("health", __name__)
EXTENSION = "kakou-metrics"
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
"""Headers of a proxy: who sends one of them does not sit at this machine."""


def register(app: Flask, here: Hub) -> None:
    """Lets the app count how long its requests take, and note the slow statements of its engines."""

    def look(checks: Sequence[Check]) -> list[Result]:
        with here.reading.connect() as connection:
            return examine(Look(here.opened, connection, here.clock()), checks)

    app.extensions[EXTENSION] = Metrics(look, lambda: here.feed.listening)
    app.after_request(_took)
    log = slow.SlowLog(here.settings.run, "web")
    for engine in (here.reading, here.writing):
        log.watch(engine)


def _took(response: Response) -> Response:
    if "started" in g:
        current_app.extensions[EXTENSION].took(request.endpoint, time.perf_counter() - g.started)
    return response


@blueprint.get("/health")
@needs(Role.SUPERVISOR)
def page() -> str:
    """Every check with what it found and what to do."""
    results = examine(Look(hub().opened, reading(), now()), CHECKS)
    return render_template(
        "health/page.html",
        results=results,
        worst=worst([each for result in results for each in result.findings]),
        bad=sum(each.state != "ok" for result in results for each in result.findings),
        slow=slow.every(hub().settings.run),
    )


@blueprint.get("/metrics")
def metrics() -> Response:
    """The figures for Prometheus: for this machine, or for who has the token of hub.toml."""
    refused = _refused()
    if refused is not None:
        return refused
    return Response(current_app.extensions[EXTENSION].text(), content_type=CONTENT_TYPE)


def _refused() -> Response | None:
    """Why the figures are not given, as an answer; None if they are."""
    expected, sent = hub().settings.metrics.token, request.headers.get("Authorization", "")
    if expected is not None and sent:
        given = sent.removeprefix("Bearer ").strip().encode("utf-8", "replace")
        if sent.startswith("Bearer ") and hmac.compare_digest(given, expected.encode()):
            return None
        return _line("metrics: the token is another one", HTTPStatus.UNAUTHORIZED)
    if _at_this_machine():
        return None
    line = "metrics: only for this machine, or with the token of [metrics] in hub.toml as a bearer token"
    return _line(line, HTTPStatus.UNAUTHORIZED if expected is not None else HTTPStatus.FORBIDDEN)


def _line(text: str, status: HTTPStatus) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="metrics"'} if status is HTTPStatus.UNAUTHORIZED else {}
    return Response(f"{text}\n", status, headers, mimetype="text/plain")


def _at_this_machine() -> bool:
    """Returns True if the request comes straight from this machine. Behind a proxy of ours nobody's does: it may be anybody's."""
    if hub().settings.web.proxies or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
