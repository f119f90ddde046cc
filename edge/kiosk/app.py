"""The WSGI application of the gate's screen: the pages' blueprints, the language, the headers, the error pages.

Chinese and English stand side by side in the verdict; labels follow the chosen language. Nothing inline (strict CSP), every
form carries a CSRF token, and the page says how fresh what it shows is.
"""

from hashlib import sha256

import structlog
from flask import Flask, Response, current_app, render_template, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from edge.contract.plates import spoken
from edge.contract.reasons import VERDICT_WORDS, WORDS
from edge.kiosk import aim, context, duty, hosts, lane_words, lanes, times, words
from edge.kiosk.desk import Desk
from edge.kiosk.offers import provinces
from edge.kiosk.words import _

log = structlog.get_logger()

LANGUAGES = ("zh", "en")
LOOKS = ("night", "sun")
CSP = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
MAX_FORM = 16 * 1024
YEAR = 365 * 86400


def cookie(town: str, gate: str, what: str) -> str:
    """The name of a cookie of one gate's screen: a browser does not tell the ports of one host apart."""
    return f"kakou.{town}.{gate}.{what}"


def language() -> str:
    """The language of this request: what its address asks for, else what its cookie says, else Chinese."""
    return _chosen("lang", LANGUAGES)


def look() -> str:
    """The screen's look, `night` or `sun`: what the address asks for, else what the cookie says, else `night`."""
    return _chosen("look", LOOKS)


def _chosen(what: str, choices: tuple[str, ...]) -> str:
    chosen = request.args.get(what) or request.cookies.get(_cookie(what))
    return chosen if chosen in choices else choices[0]


def _cookie(what: str) -> str:
    return cookie(current_app.config["TOWN"], current_app.config["GATE"], what)


def create_app(desk: Desk, secret_key: str) -> Flask:
    """The application that shows this gate on its screen; `secret_key` signs its sessions (`session_key.secret`)."""
    app = Flask("edge.kiosk")
    app.extensions[context.EXTENSION] = desk
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
        provinces=_provinces,
        language=language,
        look=look,
        spoken=spoken,
        words=words,
        lane_words=lane_words,
        times=times,
    )
    for views in (lanes, duty, aim):
        app.register_blueprint(views.blueprint)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(TimeoutError, _busy)
    app.after_request(_headers)
    return app


def _provinces() -> str:
    """The keys of the provinces, the town's first."""
    here = context.desk()
    return provinces(here.policy(), here.known())


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
