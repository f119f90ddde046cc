"""Adding a user, with a first password that the user must change. Tested in `tests/hub/accounts/test_views.py`."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.accounts import store
from hub.accounts.passwords import made_password
from hub.accounts.roles import Role
from hub.accounts.views.blueprint import NewUserForm, blueprint, with_roles
from hub.console.context import hub, needs, now, user
from hub.console.display import worded
from hub.console.once import do_once
from hub.enrolment import officers
from hub.errors import RefusedError


@blueprint.get("/accounts/new")
@needs(Role.ADMIN)
def new() -> str:
    """The form of a new user."""
    return _page(NewUserForm(role=Role.OFFICER.value))


@blueprint.post("/accounts")
@needs(Role.ADMIN)
def add() -> str | Response | tuple[str, int]:
    """Adds a user. A password that was made is on the answer, once: the same form sent again leads to the user's page without it."""
    form = NewUserForm(request.form)
    if not with_roles(form).validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    typed = form.password.data or ""
    password = typed or made_password()
    done: list[str] = []
    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: _add(connection, form, password, done))
    except RefusedError as refused:
        return _page(form, wrong=worded(refused.words)), HTTPStatus.CONFLICT
    if typed or not done:
        flash(gettext("The user is added, and sets a password at the first sign-in."))
        return redirect(there)
    return shown_once(done[0], password, gettext("The user is added."))


def shown_once(id_: str, password: str, said: str) -> str:
    """The page with a password that was made: nobody can look at it again."""
    with hub().reading.connect() as connection:
        # what was written just now, which the request's own connection may not see
        found = store.find(connection, id_)
    return render_template("people/password.html", shown=found, password=password, said=said)


def _add(connection: Connection, form: NewUserForm, password: str, done: list[str]) -> str:
    id_ = officers.add_user(
        hub().opened,
        connection,
        login=form.login.data or "",
        name=form.name.data or "",
        role=form.role.data,
        password=password,
        by=user().id,
        now=now(),
        must_change=True,
    )
    done.append(id_)
    return url_for("people.show", user_id=id_)


def _page(form: NewUserForm, wrong: str | None = None) -> str:
    return render_template("people/new.html", form=with_roles(form), wrong=wrong)
