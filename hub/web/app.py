"""The hub's web application: settings, engines, login, languages, headers and the subjects' views, wired into one Flask app.

Everything is server-rendered; pages carry nothing inline and load nothing from elsewhere, and the headers say so to the
browser. The app only reads the ledger; what it writes goes through the ledger's own append, the passes' store, the audit.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import structlog
from flask import Flask, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_babel import Babel
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from itsdangerous import BadData
from sqlalchemy import select
from sqlalchemy.engine import Engine
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie

from hub.accounts import store
from hub.accounts import views as people_views
from hub.alerts import views as alerts_views
from hub.api import app as api
from hub.backup import views as backup_views
from hub.conflicts import views as conflicts_views
from hub.console import display, kept_forms, memo, once, register_pages, sealed
from hub.console.context import Hub, chosen_unit, close_reading, hub, limit_to, reading
from hub.console.login import SignedIn, limiter
from hub.console.stream import SEATS, Feed
from hub.console.units import unit_choices
from hub.database.engine import UnusableError, reader
from hub.database.schema import metadata
from hub.destruction import views as destruction_views
from hub.downlink import signed_lists
from hub.errors import RefusedError
from hub.exports import views as exports_views
from hub.feed import views as feed_views
from hub.gates import views as gates_views
from hub.gates.status import listener_is_silent
from hub.health import views as health_views
from hub.inspections import views as inspections_views
from hub.log import configure
from hub.map import views as map_views
from hub.needs import views as needs_views
from hub.operations import views as operations_views
from hub.operations.unfinished import mend
from hub.orders import views as orders_views
from hub.organisation import views as organisation_views
from hub.passes import views as passes_views
from hub.passes.sheet import MOST_BYTES
from hub.persons import views as persons_views
from hub.pictures import views as pictures_views
from hub.quarantine import views as quarantine_views
from hub.questions import views as questions_views
from hub.register_hooks import hooks_of
from hub.registers import views as registers_views
from hub.registers.paper import views as register_paper_views
from hub.reports import views as reports_views
from hub.roster import views as roster_views
from hub.runs import views as runs_views
from hub.setup import views as setup_views
from hub.shifts import views as shifts_views
from hub.tokens import views as tokens_views
from hub.town.fresh_rules import FreshTown
from hub.town.operation import Rules
from hub.town.settings import Settings
from hub.town.town import Town
from hub.vehicles import views as vehicles_views
from hub.villages import views as villages_views
from hub.visits import views as visits_views
from hub.web import (
    account_views,
    audit_views,
    first_password,
    hooks,
    limits,
    news_views,
    register_cards,
    session_end,
    stream_views,
    wizard,
)
from hub.web.cookies import cookie_name, secret_key
from hub.web.errors import http_error, refused, unexpected_error
from hub.web.preferences import language, preferences, theme
from hub.web.proxied import behind
from hub.web.rules_alert import RulesAlert
from hub.zero_reports import views as zero_reports_views

log = structlog.get_logger()

FORM_BYTES = 64 * 1024
LARGE = {
    "/passes/import": MOST_BYTES * 3 // 2,
    "/organisation/import": MOST_BYTES * 3 // 2,
    "/roster/import/staff": MOST_BYTES * 3 // 2,
    "/roster/import/roster": MOST_BYTES * 3 // 2,
    "/orders/import": MOST_BYTES * 3 // 2,
    "/questions/import": MOST_BYTES * 3 // 2,
    "/runs/plans/import": MOST_BYTES * 3 // 2,
    "/map/plan": map_views.UPLOAD,
    "/villages/plan": map_views.UPLOAD,
}
"""Addresses that take more than a form may hold, from who is signed in."""
VIEWS = (
    wizard,
    setup_views,
    account_views,
    people_views,
    audit_views,
    health_views,
    backup_views,
    destruction_views,
    session_end,
    stream_views,
    news_views,
    gates_views,
    visits_views,
    operations_views,
    quarantine_views,
    passes_views,
    conflicts_views,
    alerts_views,
    orders_views,
    questions_views,
    runs_views,
    shifts_views,
    roster_views,
    reports_views,
    zero_reports_views,
    map_views,
    persons_views,
    needs_views,
    inspections_views,
    organisation_views,
    villages_views,
    vehicles_views,
    pictures_views,
    registers_views,
    register_paper_views,
    tokens_views,
    feed_views,
    exports_views,
)


class CookieSession(SecureCookieSessionInterface):
    """Flask's signed cookie, marked Secure exactly where the page came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Returns True if the cookie may travel over https alone."""
        return request.is_secure


def create_app(
    folder: str | Path | None = None, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), seats: int = SEATS
) -> Flask:
    """The app for a hub's data folder (else the environment's KAKOU_HUB_DATA). `seats`: event streams, below the threads."""
    if folder is None:
        # a server started us in a process of our own
        configure()
    town = Town.open(Path(folder or os.environ["KAKOU_HUB_DATA"]))
    app = api.new_app("hub", str(Path(__file__).parents[1]))
    opened = _open(town, clock, seats)
    register_pages.set_pages(app, register_cards.CARDS)
    app.extensions["kakou"] = opened
    rules_alert = RulesAlert(opened.writing, opened.reading, town.id, clock)
    rules_alert.update(opened.source.fault)
    _configure(app, town.settings)
    _hook(app, opened.source, rules_alert)
    _extend(app, town.settings)
    display.register(app)
    memo.register(app)
    alerts_views.register(app)
    health_views.register(app, opened)
    exports_views.register(app)
    registers_views.register(app, hooks_of(town))
    app.jinja_env.globals.update(
        language=language,
        theme=theme,
        open_conflicts=conflicts_views.open_conflicts,
        not_storing=alerts_views.not_storing,
        stream_address=stream_views.stream_address,
        rules_fault=lambda: opened.source.fault,
        ask_news=news_views.ask,
        form_of=kept_forms.form_of,
        kept_form=session_end.waiting,
        session_left=session_end.seconds_left,
        session_warning=session_end.seconds_of_warning,
        once_mark=once.once_mark,
        setup_unfinished=wizard.unfinished,
        vehicle_address=sealed.vehicle_address,
        opens=limits.opens,
        chosen_unit=chosen_unit,
        unit_choices=unit_choices,
    )
    for views in VIEWS:
        app.register_blueprint(views.blueprint)
    api.register(app, town.settings.api.requests_per_minute)
    app.teardown_request(close_reading)
    app.after_request(hooks.finish)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(RefusedError, refused)
    app.register_error_handler(Exception, unexpected_error)
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/preferences", view_func=preferences, methods=["POST"])
    return app


def _open(town: Town, clock: Callable[[], datetime], seats: int) -> Hub:
    settings = town.settings
    reading_engine = reader(settings.database_url)
    feed = Feed(stream_views.Look(reading_engine, settings.town), seats=seats)
    source = FreshTown(town, lambda: _published_rules(reading_engine, settings.town))
    writing = town.writer()
    try:
        mend(settings.folder, writing, settings.town)
    except UnusableError as error:
        log.error("a change of operation.toml that was cut off is not mended", error=str(error.orig))
    return Hub(source, writing, reading_engine, feed, clock)


def _configure(app: Flask, settings: Settings) -> None:
    secret = secret_key(settings.keys / "web.key")
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=cookie_name(settings.town, secret),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page may stand open for a shift
        # a proxy may hide which host was asked for; who sends a form is asked of the browser (`hooks.refuse_from_elsewhere`)
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=200,
        SEND_FILE_MAX_AGE_DEFAULT=30 * 24 * 3600,
        BABEL_DEFAULT_LOCALE=settings.language,
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=False,
    )
    # only where the settings say so: without a proxy anybody could send its headers
    app.wsgi_app = behind(app.wsgi_app, settings.web.proxies)  # type: ignore[method-assign,assignment]  # how Flask adds a middleware
    app.session_interface = CookieSession()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _hook(app: Flask, source: FreshTown, rules_alert: RulesAlert) -> None:
    """What comes before every view, in this order, and before the token of a form is checked (`_extend`)."""
    app.before_request(hooks.start_time)
    app.before_request(hooks.refuse_from_elsewhere)

    @app.before_request
    def look_at_rules() -> None:
        # before any view's transaction: the alert takes one of its own
        source.current()
        rules_alert.update(source.fault)

    app.before_request(wizard.lead_there)
    app.before_request(session_end.note_use)
    app.before_request(first_password.lead_there)
    app.before_request(limits.keep_within)
    app.before_request(api.answer_programs)


def _extend(app: Flask, settings: Settings) -> None:
    api.exempt(CSRFProtect(app))
    limiter.init_app(app)
    Babel(app, locale_selector=language, default_timezone=settings.timezone)
    _login(app)


def body_room(app: Flask, path: str, headers: Mapping[str, str]) -> int:
    """How many bytes a request may bring: more than a form only where a list is uploaded, by somebody with a session of ours.

    `headers`: by their names in capitals, with `_` for `-`.
    """
    room = LARGE.get(path) or registers_views.room_of(path) or FORM_BYTES
    if room == FORM_BYTES:
        return room
    cookie = parse_cookie(headers.get("COOKIE", "")).get(app.config["SESSION_COOKIE_NAME"], "")
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # it is `CookieSession`
    try:
        return room if "_user_id" in serializer.loads(cookie) else FORM_BYTES
    except BadData:
        return FORM_BYTES


def _published_rules(engine: Engine, town: str) -> Rules | None:
    with engine.connect() as connection:
        return signed_lists.published_rules(connection, town)


def let_streams_end(app: Flask) -> None:
    """Ends the event streams, which would never end by themselves: the server is to stop. Safe in a signal's handler."""
    feed: Feed = app.extensions["kakou"].feed
    feed.close()


def healthz() -> tuple[dict[str, str], int]:
    """For a probe: 200 when the database answers and the listener is at its broker, 503 when not; says nothing of the town."""
    try:
        reading().execute(select(metadata.tables["ledgers"].c.count).limit(1))
        silent = listener_is_silent(reading(), hub().town, hub().clock())
    except Exception as error:
        log.warning("healthz.database", error=str(error).splitlines()[0])
        return {"status": "database does not answer"}, HTTPStatus.SERVICE_UNAVAILABLE
    if silent:
        return {"status": "listener is not at the broker"}, HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok"}, HTTPStatus.OK


def _login(app: Flask) -> None:
    manager = LoginManager(app)
    manager.unauthorized_handler(session_end.sign_in)
    manager.session_protection = None  # a phone changes its address; the session's row says whether it counts

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
    def load(token: str) -> SignedIn | None:
        if "no_database" in g:
            return None  # the page that says so asks as well
        account = store.session_user(reading(), token, hub().clock())
        if account is None:
            return None
        limit_to(account)
        return SignedIn(account, token)
