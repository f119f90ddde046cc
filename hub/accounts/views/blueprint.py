"""The blueprint of the pages of accounts, and what they share. Tested in `tests/hub/accounts/test_views.py`."""

from flask import Blueprint, abort
from flask_babel import lazy_gettext as _
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from edge.contract.values import LONGEST_LINE
from hub.accounts import store
from hub.accounts.passwords import MAX_PASSWORD
from hub.accounts.roles import Role
from hub.accounts.store import User
from hub.console.context import reading
from hub.console.forms import PageForm, stripped
from hub.console.labels import label

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
