"""The touch page at the gate (800 x 480, gloves, night): one glance and two taps. For this machine only.

Chinese and English stand side by side in the verdict; labels follow the chosen language. Nothing inline (strict CSP), every
form carries a CSRF token, and the page says how fresh what it shows is.
"""

import secrets
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, render_template, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect
from waitress import wasyncore
from waitress.server import create_server
from werkzeug.exceptions import HTTPException

from edge.contract.plates import PROVINCES, spoken
from edge.contract.reasons import VERDICT_WORDS, WORDS
from edge.kiosk import aim, duty, lanes, words
from edge.kiosk.desk import Desk, Known, News
from edge.kiosk.words import _

__all__ = ["Desk", "Kiosk", "KioskError", "Known", "News", "create_app", "secret"]

log = structlog.get_logger()

LANGUAGES = ("zh", "en")
COOKIE = "kakou-kiosk-lang"
LOOKS = ("night", "sun")
LOOK_COOKIE = "kakou-kiosk-look"
CSP = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
MAX_FORM = 16 * 1024
PATIENCE = 10
"""Seconds after which a connection that neither asks nor reads is closed: a browser that hangs must not use all of them up."""


def language() -> str:
    """The language of this request: asked for, remembered, or Chinese."""
    chosen = request.args.get("lang") or request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def look() -> str:
    """The screen's look: asked for, remembered, or dark."""
    chosen = request.args.get("look") or request.cookies.get(LOOK_COOKIE)
    return chosen if chosen in LOOKS else LOOKS[0]


def create_app(desk: Desk, secret_key: str) -> Flask:
    """The page's WSGI application in front of a gate."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key,
        # a screen stays open for weeks: its token is as good as its session
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_COOKIE_NAME="kakou-kiosk",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=MAX_FORM,
        BABEL_DEFAULT_LOCALE=LANGUAGES[0],
    )
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
    """The key of the page's sessions, made once (mode 0600): a form on the screen outlives a restart of the gate."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


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
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    for name, cookie, choices in (("lang", COOKIE, LANGUAGES), ("look", LOOK_COOKIE, LOOKS)):
        if request.args.get(name) in choices:
            response.set_cookie(cookie, request.args[name], max_age=365 * 86400, samesite="Strict", httponly=True)
    return response


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
