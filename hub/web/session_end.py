"""A session's life on the pages: each act puts its end off, a page warns before it, and after it one comes back to the same page.

Tested in `tests/hub/web/test_session_end.py`.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, g, redirect, request, session, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from hub.accounts import sessions
from hub.console import kept_forms
from hub.console.context import hub, now, reading
from hub.console.kept_forms import KeptForm
from hub.database.engine import UnusableError
from hub.web import account_views
from hub.web.account_views import WAITS

log = structlog.get_logger()
blueprint = Blueprint("session_end", __name__, url_prefix="/session")
BY_HAND = "Kakou-By-Hand"
"""The header of a request of htmx that a person's click, key or touch caused."""
NO_ACT = frozenset({"static", "healthz", "session_end.left", None})
"""Endpoints that a page asks for by itself."""
NEVER_KEPT = frozenset({"accounts.login", "accounts.logout", "session_end.stay", "preferences", None})
"""Endpoints whose forms hold nothing that anybody would miss."""


@blueprint.get("")
def left() -> dict[str, int]:
    """How many seconds the session still lasts if nobody does anything; 0: it has ended."""
    return {"left": seconds_left()}


@blueprint.post("/stay")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no types
def stay() -> AnyResponse | dict[str, int]:
    """Puts the end off, as every act does; says the seconds, or goes back to the page where there is no script."""
    return {"left": seconds_left()} if request.accept_mimetypes.best == "application/json" else redirect(back())


@blueprint.post("/ended")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no types
def ended() -> AnyResponse:
    """A page sends its half-filled form here when the session has ended; where it has not after all, the form comes back at once."""
    return hold() or redirect(back())


def note_use() -> None:
    """Before each request: an act of a user puts the end of the session off. And the form that waits for this page is taken out."""
    if request.endpoint in NO_ACT or not current_user.is_authenticated:
        return
    token, lasts = current_user.token, hub().settings.session.idle(current_user.account.role)
    g.session_end = sessions.end_of(reading(), token)
    if _is_act() and g.session_end is not None and sessions.is_due(g.session_end, lasts, now()):
        try:
            with hub().writing.begin() as connection:
                g.session_end = sessions.use(connection, token, now(), lasts)
        except UnusableError as error:
            # a page that only shows something is shown even where nothing can be written
            log.warning("session.use", error=str(error.orig))
    if WAITS in session and request.method == "GET" and not _by_htmx():
        _take_out()


def seconds_left() -> int:
    """The seconds until the session ends; 0 where there is none."""
    if not current_user.is_authenticated:
        return 0
    end = g.get("session_end") or sessions.end_of(reading(), current_user.token)
    return 0 if end is None else max(0, int((end - now()).total_seconds()))


def seconds_of_warning() -> int:
    """So many seconds before the end a page says so."""
    return int(hub().settings.session.warning(current_user.account.role).total_seconds())


def sign_in() -> AnyResponse:
    """The answer to a request without a session: the page to sign in, whole, which comes back to where one was.

    A stream of events ends with 204, which asks a browser not to come back (HTML, server-sent events).
    """
    if _by_stream():
        return Response(status=HTTPStatus.NO_CONTENT)
    kept = _kept() if request.method == "POST" else None
    address = url_for("accounts.login", next=back())
    if _by_htmx():
        # never swapped into the page that asked
        sealed = "" if kept is None else kept.sealed()
        address += f"&{kept_forms.KEPT}={sealed}" if 0 < len(sealed) < kept_forms.URL_ROOM else ""
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": address})
    if kept is None:
        return redirect(address)
    return Response(account_views.login_page(next_=kept.page, kept=kept.sealed()), HTTPStatus.UNAUTHORIZED)


def sign_in_if_kept() -> AnyResponse | None:
    """As `sign_in`, for a form whose session is over and forgotten; None for one that is nobody's."""
    return None if _kept(marked=True) is None else sign_in()


def hold() -> AnyResponse | None:
    """The answer to a form whose user signed in anew meanwhile: back to its page, where it stands filled in. None: it is nobody's, or another's."""
    kept = _kept(marked=True)
    if kept is None or not current_user.is_authenticated or kept.user != current_user.account.id:
        return None
    with hub().writing.begin() as connection:
        sessions.keep(connection, current_user.token, kept.sealed())
    session[WAITS] = True
    if _by_htmx():
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": kept.page})
    return redirect(kept.page)


def back() -> str:
    """The page on which the user is, or was, as path and query: that of the request itself if it asks for one, else the one that sent it."""
    sender = request.headers.get("HX-Current-URL") or (request.referrer if request.method == "POST" else None)
    if sender is None:
        return account_views.local_page(request.full_path if request.query_string else request.path)
    parts = urlsplit(sender)
    return account_views.local_page(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def waiting() -> KeptForm | None:
    """The form that stands filled in on this page."""
    found: KeptForm | None = g.get("kept_form")
    return found


def _kept(*, marked: bool = False) -> KeptForm | None:
    """What this request would have sent; None if it is nobody's, or nothing that anybody would miss.

    `marked`: without a token it may be another site's, and only the mark of our pages says that it is not.
    """
    user = _whose(marked=marked) if request.endpoint not in NEVER_KEPT else None
    if user is None:
        return None
    action = request.form.get(kept_forms.KEPT_ACTION) or request.path
    return KeptForm(user, back(), action, kept_forms.keepable(request.form.items(multi=True)))


def _whose(*, marked: bool) -> str | None:
    if (mark := request.form.get(kept_forms.FORM_OF)) or marked:
        return kept_forms.owner(mark or "")
    token = session.get("_user_id")
    return None if token is None else sessions.whose(reading(), token)


def _take_out() -> None:
    text = sessions.kept(reading(), current_user.token)
    found = None if text is None else kept_forms.opened(text)
    if found is not None and urlsplit(found.page).path != request.path:
        return
    session.pop(WAITS)
    with hub().writing.begin() as connection:
        sessions.keep(connection, current_user.token, None)
    g.kept_form = found


def _is_act() -> bool:
    """Returns True if a person caused this request, and not a page that stands open."""
    if _by_stream():
        return False
    return not _by_htmx() or request.method == "POST" or BY_HAND in request.headers


def _by_stream() -> bool:
    return request.accept_mimetypes.best == "text/event-stream"


def _by_htmx() -> bool:
    return "HX-Request" in request.headers
