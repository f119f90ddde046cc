"""Log in, log out. Tested in `tests/hub/accounts/test_sign_in.py` and `tests/hub/web/test_app.py`."""

import math
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask import Response as FlaskResponse
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user, login_required, login_user, logout_user
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from hub.accounts import sessions, store
from hub.accounts.browsers import browser_words
from hub.accounts.hashing import TURNS, BusyError
from hub.accounts.sign_in import Attempt, Door, Right, Wait, Wrong
from hub.accounts.store import User
from hub.console import kept_forms
from hub.console.context import hub, note, now
from hub.console.forms import PageForm, stripped
from hub.console.kept_forms import KEPT
from hub.console.login import SignedIn, device_of, remember_device
from hub.web import origins

blueprint = Blueprint("accounts", __name__)
WAITS = "form waits"
"""In the session's cookie: a form lies in the session's row, until its page takes it out."""
SIGNED_IN_AT = "at"
"""In the session: the host and port at which the user's browser signed in."""


class LoginForm(PageForm):
    """The form to log in with: login and password."""

    login = StringField(_("Login"), [InputRequired(_("Enter your login.")), Length(max=64)], filters=[stripped])
    # never stripped: a password may end in a blank, and a second try with another text would be a second guess for whoever guesses
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password.")), Length(max=256)])


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    """The login page. What is wrong is not said: neither logins nor passwords can be guessed apart."""
    form = LoginForm(request.form)
    if request.method != "POST":
        return login_page(form)
    if not form.validate():
        return login_page(form), HTTPStatus.BAD_REQUEST
    name, address = form.login.data or "", request.remote_addr or ""
    browser = browser_words(request.headers.get("User-Agent", ""))
    attempt = Attempt(name, form.password.data or "", address, device_of(name), browser)
    try:
        answer = _door().try_(attempt, now())
    except BusyError:
        # cheap, for there are many: no page is made
        text = gettext("Many are logging in. Go back and try again in a moment.")
        return FlaskResponse(f"{text}\n", HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "3"}, mimetype="text/plain")
    match answer:
        case Wait(seconds):
            return _later(form, seconds)
        case Wrong():
            wrong = _("Login or password is wrong.")
            return login_page(form, wrong), HTTPStatus.UNAUTHORIZED
        case Right(user, token):
            sign_in_here(user, token)
            response = redirect(_kept_page(user, token) or local_page(request.args.get("next", "")))
            remember_device(response, name)
            return response


def sign_in_here(user: User, token: str) -> None:
    """Puts a session that was opened just now into the cookie of the browser that asks."""
    session.clear()
    session.permanent = False
    login_user(SignedIn(user, token))
    session[SIGNED_IN_AT] = origins.host_text(origins.sender(request.headers) or "")


def login_page(form: LoginForm | None = None, wrong: object = None, *, next_: str | None = None, kept: str = "") -> str:
    """The page to log in. `next_`: where one goes then; `kept`: a form that met the end of a session, sealed."""
    return render_template(
        "accounts/login.html",
        form=form or LoginForm(),
        wrong=wrong,
        next=request.args.get("next") if next_ is None else next_,
        kept=kept or request.values.get(KEPT, ""),
        ended="_user_id" in session and not current_user.is_authenticated,
    )


def _kept_page(user: User, token: str) -> str | None:
    """The page of the form that met the end of this user's session, now in the new one; None for none, or for another user's."""
    sealed = request.form.get(KEPT, "")
    kept = kept_forms.opened(sealed) if sealed else None
    if kept is None or kept.user != user.id:
        return None
    with hub().writing.begin() as connection:
        sessions.keep(connection, token, sealed)
    session[WAITS] = True
    return kept.page


def _door() -> Door:
    here = hub()
    return Door(here.reading, here.writing, current_app.config["SECRET_KEY"], TURNS, here.settings.session.idle)


def _later(form: LoginForm, seconds: float) -> Response:
    left = max(1, math.ceil(seconds))
    wrong = gettext("Too many wrong passwords. Try again in %(count)s seconds.", count=left)
    return FlaskResponse(login_page(form, wrong), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(left)})


@blueprint.post("/logout")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no types
def logout() -> Response:
    """Ends the session, in the table too: a copied cookie opens nothing afterwards."""
    with hub().writing.begin() as connection:
        store.end_session(connection, current_user.token, now())
        note(connection, "logged out", f"users/{current_user.account.id}")
    logout_user()
    session.clear()
    answer = redirect(url_for("accounts.login"))
    # whoever comes to this browser next finds no page of this one's
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def local_page(address: str) -> str:
    """An address to go on to, if it is a path of this hub; else the live page."""
    # a line's end in it could not be sent back
    local = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return _readable(address) if local else url_for("gates.live")


def _readable(address: str) -> str:
    """An address, or, where it only takes forms, the page above it: `/visits/1/correct` belongs to `/visits/1`."""
    path, adapter = urlsplit(address).path, current_app.create_url_adapter(request)
    while adapter is not None and path.count("/") > 1:
        try:
            adapter.match(path, method="GET")
        except MethodNotAllowed:
            address = path = path.rpartition("/")[0]
        except HTTPException:
            break
        else:
            break
    return address
