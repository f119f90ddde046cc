"""Log in, log out, the audit."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask import Response as FlaskResponse
from flask_babel import lazy_gettext as _
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_required, login_user, logout_user
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from hub.accounts import audit, store
from hub.accounts.login import GUESSES, GUESSES_EACH, SignedIn, guessed, limiter
from hub.accounts.roles import Role
from hub.context import hub, needs, note, now, reading
from hub.forms import PageForm, row_id

blueprint = Blueprint("accounts", __name__)
AUDIT_ROWS = 50


class LoginForm(PageForm):
    """Who somebody says to be."""

    login = StringField(_("Login"), [InputRequired(_("Enter your login.")), Length(max=64)])
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password.")), Length(max=256)])


def _refused(response: FlaskResponse) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED


@blueprint.route("/login", methods=["GET", "POST"])
@limiter.limit(GUESSES, key_func=guessed, methods=["POST"], deduct_when=_refused)
@limiter.limit(GUESSES_EACH, key_func=get_remote_address, methods=["POST"], deduct_when=_refused)
def login() -> str | Response | tuple[str, int]:
    """The login page. What is wrong is not said: neither logins nor passwords can be guessed apart."""
    form = LoginForm(request.form)
    if request.method == "GET":
        return render_template("accounts/login.html", form=form)
    if not form.validate():
        return render_template("accounts/login.html", form=form), HTTPStatus.BAD_REQUEST
    account = store.authenticate(reading(), form.login.data or "", form.password.data or "")
    if account is None:
        wrong = _("Login or password is wrong.")
        return render_template("accounts/login.html", form=form, wrong=wrong), HTTPStatus.UNAUTHORIZED
    with hub().writing.begin() as connection:
        token = store.open_session(connection, account.id, now())
        audit.note(connection, user=account.id, action="logged in", object=f"users/{account.id}", detail={}, now=now())
    session.clear()
    login_user(SignedIn(account, token))
    return redirect(own_page(request.args.get("next", "")))


@blueprint.post("/logout")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no types
def logout() -> Response:
    """Ends the session, in the table too: a copied cookie opens nothing afterwards."""
    with hub().writing.begin() as connection:
        store.end_session(connection, current_user.token, now())
        note(connection, "logged out", f"users/{current_user.account.id}")
    logout_user()
    session.clear()
    return redirect(url_for("accounts.login"))


@blueprint.get("/audit")
@needs(Role.SUPERVISOR)
def audit_page() -> str:
    """Who did what, newest first."""
    asked = {name: request.args.get(name, "").strip() for name in ("search", "user", "action")}
    before = row_id(request.args.get("before"))
    notes = audit.page(reading(), **asked, before=before, limit=AUDIT_ROWS + 1)
    more = len(notes) > AUDIT_ROWS
    return render_template(
        "accounts/audit.html",
        notes=notes[:AUDIT_ROWS],
        older=notes[AUDIT_ROWS - 1].id if more else None,
        newest=before is None,
        asked=asked,
        users=store.every_user(reading()),
        actions=audit.actions(reading()),
    )


def own_page(address: str) -> str:
    """An address to go on to, if it is a path of this hub; else the live page."""
    parts = urlsplit(address)
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if own else url_for("gates.live")
