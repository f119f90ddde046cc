"""The reader's choices for every page, kept in cookies: the language and the theme. Tested in `tests/hub/web/test_app.py`."""

from flask import current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from hub.console.context import hub
from hub.console.kept_forms import KEPT, URL_ROOM
from hub.web import account_views

LANGUAGES = ("zh", "en")
THEMES = ("auto", "light", "dark")


def cookie_of(what: str) -> str:
    """The name of a cookie of this hub."""
    return f"{current_app.config['SESSION_COOKIE_NAME']}-{what}"


def _chosen(what: str) -> str | None:
    # before each hub had names of its own, one did for all: what was chosen then counts until it is chosen anew
    return request.cookies.get(cookie_of(what)) or request.cookies.get(what)


def language() -> str:
    """The language of this request: what was chosen, else the hub's."""
    chosen = _chosen("lang") if request else None
    return chosen if chosen in LANGUAGES else hub().settings.language


def theme() -> str:
    """Light, dark, or what the machine wants."""
    chosen = _chosen("theme")
    return chosen if chosen in THEMES else "auto"


def preferences() -> Response:
    """Keeps a chosen language or theme in a cookie and goes back to the page; to the sign-in with the form that waits there."""
    page, kept = account_views.local_page(request.form.get("next", "")), request.form.get(KEPT, "")
    if 0 < len(kept) < URL_ROOM:
        page = url_for("accounts.login", next=page, kept=kept)
    response = redirect(page)
    for name, allowed in (("lang", LANGUAGES), ("theme", THEMES)):
        value = request.form.get(name, "")
        if value in allowed:
            response.set_cookie(
                cookie_of(name), value, max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=request.is_secure
            )
    return response
