"""The touch page at the gate (800 x 480, gloves, night): one glance and two taps. For this machine only.

Chinese and English stand side by side in the verdict; labels follow the chosen language. Nothing inline (strict CSP), every
form carries a CSRF token, and the page says how fresh what it shows is.
"""

import os
import re
import secrets
import socket
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, current_app, render_template, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect
from waitress import wasyncore
from waitress.server import create_server
from werkzeug.exceptions import HTTPException

from edge.contract.files import set_aside, write_whole
from edge.contract.plates import PROVINCES, spoken
from edge.contract.reasons import VERDICT_WORDS, WORDS
from edge.kiosk import aim, duty, hosts, lanes, words
from edge.kiosk.desk import Desk, Known, News
from edge.kiosk.words import _

__all__ = ["Desk", "Kiosk", "KioskError", "Known", "News", "cookie", "create_app", "secret"]

log = structlog.get_logger()

LANGUAGES = ("zh", "en")
LOOKS = ("night", "sun")
CSP = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
MAX_FORM = 16 * 1024
YEAR = 365 * 86400
PATIENCE = 10
"""Seconds after which a connection that neither asks nor reads is closed: a browser that hangs must not use all of them up."""


def cookie(town: str, gate: str, what: str) -> str:
    """The name of a cookie of one gate's screen: a browser does not tell the ports of one host apart."""
    return f"kakou.{town}.{gate}.{what}"


def language() -> str:
    """The language of this request: asked for, remembered, or Chinese."""
    return _chosen("lang", LANGUAGES)


def look() -> str:
    """The screen's look: asked for, remembered, or dark."""
    return _chosen("look", LOOKS)


def _chosen(what: str, choices: tuple[str, ...]) -> str:
    chosen = request.args.get(what) or request.cookies.get(_cookie(what))
    return chosen if chosen in choices else choices[0]


def _cookie(what: str) -> str:
    return cookie(current_app.config["TOWN"], current_app.config["GATE"], what)


def create_app(desk: Desk, secret_key: str) -> Flask:
    """The page's WSGI application in front of a gate."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key,
        # a screen stays open for weeks: its token is as good as its session
        WTF_CSRF_TIME_LIMIT=None,
        TOWN=desk.town,
        GATE=desk.gate_id,
        # with a mark of the key: two gates of one name on one machine (a demo beside a demo) do not end each other's session
        SESSION_COOKIE_NAME=cookie(desk.town, desk.gate_id, f"session.{sha256(secret_key.encode()).hexdigest()[:8]}"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=MAX_FORM,
        BABEL_DEFAULT_LOCALE=LANGUAGES[0],
    )
    app.before_request(_refuse_strangers)  # first of all: before any token is looked at
    CSRFProtect(app)
    Babel(app, locale_selector=language)
    app.jinja_env.globals.update(
        WORDS=WORDS,
        VERDICT_WORDS=VERDICT_WORDS,
        PROVINCES=PROVINCES,
        language=language,
        look=look,
        spoken=spoken,
        words=words,
    )
    app.register_blueprint(lanes.pages(desk))
    app.register_blueprint(duty.pages(desk))
    app.register_blueprint(aim.pages(desk))
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(TimeoutError, _busy)
    app.after_request(_headers)
    return app


def secret(path: Path) -> str:
    """The key of the page's sessions, made once (mode 0600): a form on the screen outlives a restart of the gate.

    A key that cannot be used is made anew: that costs a form on the screen, which is then pressed again. Where the disk takes
    no file, the key lives until the next start.
    """
    try:
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        kept = ""
        fault: object = error
    else:
        fault = "expected 64 hexadecimal digits"
    if re.fullmatch(r"[0-9a-f]{64}", kept):
        return kept
    made = secrets.token_hex(32)
    try:
        if os.path.lexists(path):
            log.warning("key of the screen made anew", path=str(path), fault=str(fault), before=str(set_aside(path)))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, made)
    except OSError as error:
        log.error("key of the screen is not kept", path=str(path), error=str(error))
    return made


class KioskError(OSError):
    """The page cannot be served; the text is one line."""


class Kiosk:
    """The page, served on a thread of its own."""

    def __init__(self, app: Flask, host: str, port: int, patience: int = PATIENCE) -> None:
        # bound here: waitress leaves its sockets open when the port is taken
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise KioskError(f"kiosk: {host}:{port} cannot be had: {error.strerror or error}") from None
        self.port: int = self._socket.getsockname()[1]
        self._server: Any = create_server(
            app, sockets=[self._socket], threads=4, ident="kakou", channel_timeout=patience, cleanup_interval=patience
        )
        self._thread = threading.Thread(target=self._server.run, name="kiosk", daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stops answering and gives the port back."""
        # on the server's own thread: it must not poll a socket that somebody else closes
        with suppress(OSError):  # awake for another reason, it may have closed everything before it is woken
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown()


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    # not no-referrer: a browser would then say "Origin: null" with the screen's own forms
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    for name, choices in (("lang", LANGUAGES), ("look", LOOKS)):
        if request.args.get(name) in choices and response.status_code < 400:
            response.set_cookie(_cookie(name), request.args[name], max_age=YEAR, samesite="Strict", httponly=True)
    return response


def _refuse_strangers() -> Response | None:
    target = request.environ.get("REQUEST_URI") or request.path
    refused = hosts.refusal(request.method, target, dict(request.headers))
    if refused is None:
        return None
    log.warning(
        "request refused", why=refused.value[2], method=request.method, host=request.headers.get("Host", "")[:100]
    )
    return Response(f"{refused.line}\n", refused.status, mimetype="text/plain")


def _stale_form(error: CSRFError) -> tuple[str, int]:
    return _page(_("This page is out of date: go back and press again."), 400)


def _http_error(error: HTTPException) -> tuple[str, int]:
    if error.code == 404:
        return _page(_("There is no such page."), 404)
    return _page(error.description or error.name, error.code or 500)


def _busy(error: TimeoutError) -> tuple[str, int]:
    log.error("gate does not answer its screen")
    return _page(_("The gate does not answer: use the key of the barrier."), 503)


def _page(line: str, status: int) -> tuple[str, int]:
    return render_template("error.html", line=line), status
