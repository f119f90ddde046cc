"""The blueprint of the pages of accounts, and what they share. Tested in `tests/hub/accounts/test_views.py`."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from edge.contract.values import LONGEST_LINE
from hub.accounts import store
from hub.accounts.passwords import MAX_PASSWORD
from hub.accounts.roles import Role
from hub.accounts.store import User
from hub.console.context import hub, reading
from hub.console.display import worded
from hub.console.forms import PageForm, row_id, stripped
from hub.console.labels import label
from hub.console.once import do_once
from hub.errors import RefusedError

blueprint = Blueprint("people", __name__)
PAGE_LOGIN = 32
"""Characters of a login."""


class PersonForm(PageForm):
    """The name and the role of a user."""

    name = StringField(
        _("Name"), [InputRequired(_("Enter the person's name.")), Length(max=LONGEST_LINE)], filters=[stripped]
    )
    role = SelectField(_("Role"))


class NewUserForm(PersonForm):
    """A new user. No password: one is made."""

    login = StringField(_("Login"), [InputRequired(_("Enter a login.")), Length(max=PAGE_LOGIN)], filters=[stripped])
    password = PasswordField(_("First password"), [Optional(), Length(max=MAX_PASSWORD)])


def with_roles(form: PersonForm) -> PersonForm:
    """The form with every role to choose from, in words."""
    form.role.choices = [(each.value, label("role", each.value)) for each in Role]
    return form


def user_or_404(id_: str) -> User:
    """The user with this id; 404 if there is none."""
    found = store.find(reading(), id_)
    if found is None:
        abort(404)
    return found


def version() -> int:
    """The version of the user that the form was made for; 400 for a form without."""
    found = row_id(request.form.get("version"))
    if found is None:
        abort(400)
    return found


def act(do: Callable[[Connection], object], there: str, said: str) -> Response:
    """Does something once and goes to a page with a line that says so; or with the line that says why not, and nothing was changed."""

    def leads_to(connection: Connection) -> str:
        do(connection)
        return there

    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: leads_to(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(said)
    return redirect(there)
