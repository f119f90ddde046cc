"""A town without an admin: every page leads to /setup, where a one-time code lets somebody make the first one.

The steps after that are the admin's (`hub.setup.views`). Tested in `tests/hub/setup/test_views.py`.
"""

import math
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from edge.contract.values import LONGEST_LINE
from hub.accounts import counting
from hub.accounts.address_block import network
from hub.accounts.browsers import browser_words
from hub.accounts.changes import there_is_an_admin
from hub.accounts.counting import Rule
from hub.accounts.passwords import MAX_PASSWORD
from hub.accounts.roles import Role
from hub.console.context import hub, now, reading
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.errors import RefusedError
from hub.setup import first_admin
from hub.setup import store as setups
from hub.setup.first_admin import FirstAdmin
from hub.setup.views.blueprint import next_page, opened
from hub.web import account_views

blueprint = Blueprint("wizard", __name__, url_prefix="/setup")
OPEN = frozenset({"wizard.start", "wizard.code", "wizard.admin", "static", "healthz", "preferences"})
"""Endpoints that open while there is no admin."""
HELD = "setup"
"""In the session's cookie: what shows that this browser gave the code."""
OVER = "kakou_setup_over"
"""In the app: the town is set up; nobody need ask the database again."""
ADDRESS = Rule(free=5, first=30, longest=300, leak=600)
"""Wrong codes from one address."""
ALL = Rule(free=60, first=1, longest=60, leak=60)
"""Wrong codes from wherever."""
LONGEST_CODE = 40


class CodeForm(PageForm):
    """The one-time code."""

    code = StringField(_("One-time code"), [InputRequired(_("Enter the code.")), Length(max=LONGEST_CODE)])


class AdminForm(PageForm):
    """The first admin."""

    name = StringField(
        _("Name"), [InputRequired(_("Enter the person's name.")), Length(max=LONGEST_LINE)], filters=[stripped]
    )
    login = StringField(_("Login"), [InputRequired(_("Enter a login.")), Length(max=32)], filters=[stripped])
    password = PasswordField(_("Password"), [InputRequired(_("Enter a password.")), Length(max=MAX_PASSWORD)])
    again_password = PasswordField(_("The password again"), [InputRequired(_("Enter the password again."))])

    def validate_again_password(self, field: PasswordField) -> None:
        """Requires the same twice."""
        if field.data != self.password.data:
            raise ValidationError(gettext("The two differ."))


def lead_there() -> AnyResponse | None:
    """Before each request: the way to /setup while the town has no admin yet; None: the request goes on."""
    if request.endpoint in OPEN or current_app.extensions.get(OVER):
        return None
    found = setups.find(reading(), hub().town)
    if found is None or not found.is_open:
        current_app.extensions[OVER] = True
        return None
    if there_is_an_admin(reading()):
        return None
    there = url_for("wizard.start")
    if "HX-Request" in request.headers:
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": there})
    return redirect(there)


def unfinished() -> bool:
    """Returns True if the steps of setting up wait for the admin who looks at this page."""
    if current_app.extensions.get(OVER) or not current_user.is_authenticated:
        return False
    found = setups.find(reading(), hub().town)
    return found is not None and found.is_open and current_user.account.role is Role.ADMIN


@blueprint.get("")
def start() -> AnyResponse:
    """Leads to the first step that is not done."""
    opened()
    if there_is_an_admin(reading()):
        return redirect(next_page())
    return redirect(url_for("wizard.admin" if _holds() else "wizard.code"))


@blueprint.route("/code", methods=["GET", "POST"])
def code() -> str | AnyResponse | tuple[str, int] | Response:
    """The one-time code."""
    _no_admin_yet()
    form = CodeForm(request.form)
    if request.method != "POST":
        return _code_page(CodeForm())
    if not form.validate():
        return _code_page(form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        if wait := _counted(connection):
            left = max(1, math.ceil(wait))
            wrong = gettext("Too many wrong codes. Try again in %(count)s seconds.", count=left)
            return Response(_code_page(form, wrong), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(left)})
        token = setups.use_code(connection, hub().town, form.code.data or "", now())
    if token is None:
        return _code_page(form, gettext("This code is wrong, used or older than 24 hours.")), HTTPStatus.UNAUTHORIZED
    session.clear()
    session[HELD] = token
    # the browser may be closed before the first admin is made; the hub knows itself when it is too late
    session.permanent = True
    return redirect(url_for("wizard.admin"))


@blueprint.route("/admin", methods=["GET", "POST"])
def admin() -> str | AnyResponse | tuple[str, int]:
    """The first admin, who is signed in at once."""
    _no_admin_yet()
    if not _holds():
        return redirect(url_for("wizard.code"))
    form = AdminForm(request.form)
    if request.method != "POST":
        return _admin_page(AdminForm(login="admin"))
    if not form.validate():
        return _admin_page(form), HTTPStatus.BAD_REQUEST
    wanted = FirstAdmin(
        name=form.name.data or "",
        login=form.login.data or "",
        password=form.password.data or "",
        address=request.remote_addr or "",
        browser=browser_words(request.headers.get("User-Agent", "")),
    )
    try:
        with hub().writing.begin() as connection:
            user, token = first_admin.make(hub().opened, connection, wanted, now())
    except RefusedError as refused:
        return _admin_page(form, worded(refused.words)), HTTPStatus.CONFLICT
    account_views.sign_in_here(user, token)
    return redirect(next_page())


def _no_admin_yet() -> None:
    """404 once there is an admin: nobody else is made by code."""
    opened()
    if there_is_an_admin(reading()):
        abort(HTTPStatus.NOT_FOUND)


def _holds() -> bool:
    return opened().held_by(session.get(HELD, ""), now())


def _counted(connection: Connection) -> float:
    """Counts a try; or gives the seconds that it must wait, and then it does not count."""
    secret, when = current_app.config["SECRET_KEY"], now().timestamp()
    rules = {
        counting.name(secret, "setup code", network(request.remote_addr or "")): ADDRESS,
        counting.name(secret, "setup codes"): ALL,
    }
    held = counting.found(connection, rules)
    if wait := max(tally.wait(when) for tally in held.values()):
        return wait
    counting.keep(connection, {name: held[name].one_more(rule, when) for name, rule in rules.items()})
    return 0.0


def _code_page(form: CodeForm, wrong: str | None = None) -> str:
    return render_template("setup/code.html", form=form, wrong=wrong)


def _admin_page(form: AdminForm, wrong: str | None = None) -> str:
    return render_template("setup/admin.html", form=form, wrong=wrong)
