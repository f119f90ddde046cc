"""The page of one user for admins: name and role, roster and PIN, sessions, another password, disabling.

Each form carries the version of the user that it shows: of two admins at once one is refused. Tested in
`tests/hub/accounts/test_views.py`.
"""

from http import HTTPStatus

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectMultipleField
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from hub.accounts import sessions
from hub.accounts.passwords import MAX_PASSWORD, made_password
from hub.accounts.roles import SIGNS_ON, Role
from hub.accounts.store import User
from hub.accounts.views.adding import shown_once
from hub.accounts.views.blueprint import PersonForm, blueprint, user_or_404, with_roles
from hub.accounts.views.ending import EVERY, end_sessions
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import chinese, gate_name, worded
from hub.console.forms import PageForm, version
from hub.console.once import act, do_once
from hub.enrolment import officers
from hub.enrolment.left_open import left_open
from hub.errors import RefusedError
from hub.gates.status import every_gate
from hub.organisation import changes
from hub.organisation import store as organisation
from hub.organisation.units import Unit


class RosterForm(PageForm):
    """The gates at which an officer's PIN counts."""

    gates = SelectMultipleField(
        _("At these gates only"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )


class PasswordForm(PageForm):
    """Another first password. Nothing: one is made."""

    password = PasswordField(_("First password"), [Optional(), Length(max=MAX_PASSWORD)])


@blueprint.get("/accounts/<user_id>")
@needs(Role.ADMIN)
def show(user_id: str) -> str:
    """One user."""
    return _page(user_or_404(user_id))


@blueprint.post("/accounts/<user_id>/change")
@needs(Role.ADMIN)
def change(user_id: str) -> Response | tuple[str, int]:
    """Another name or role."""
    shown, form, before = user_or_404(user_id), PersonForm(request.form), version()
    if not with_roles(form).validate():
        return _page(shown, form), HTTPStatus.BAD_REQUEST
    name, role = form.name.data or "", form.role.data
    return act(
        lambda connection: officers.change_user(
            hub().opened, connection, user_id, name=name, role=role, version=before, by=user().id, now=now()
        ),
        # who takes the admin's role from himself may not look at this page any more
        _here(user_id) if user_id != user().id or role == Role.ADMIN else url_for("people.own"),
        gettext("Changed."),
    )


@blueprint.post("/accounts/<user_id>/roster")
@needs(Role.ADMIN)
def roster(user_id: str) -> Response:
    """The gates at which an officer's PIN counts: all of them, or those that are ticked."""
    user_or_404(user_id)
    form, before = _with_gates(RosterForm(request.form)), version()
    if not form.validate():
        abort(HTTPStatus.BAD_REQUEST)
    at = None if request.form.get("all") else list(form.gates.data or ())
    return act(
        lambda connection: officers.set_roster(
            hub().opened, connection, user_id, at, version=before, by=user().id, now=now()
        ),
        _here(user_id),
        gettext("The roster is set; the gates are being told."),
    )


@blueprint.post("/accounts/<user_id>/unit")
@needs(Role.ADMIN)
def put_unit(user_id: str) -> Response:
    """The unit to which a user belongs, and whether the account sees its branch alone."""
    user_or_404(user_id)
    before, unit, confined = version(), request.form.get("unit", ""), "confined" in request.form
    return act(
        lambda connection: changes.put_user(
            connection,
            town=hub().town,
            user=user_id,
            unit=unit,
            confined=confined,
            version=before,
            by=user().id,
            now=now(),
        ),
        _here(user_id),
        gettext("Changed."),
    )


@blueprint.post("/accounts/<user_id>/pin")
@needs(Role.ADMIN)
def pin(user_id: str) -> Response:
    """Another PIN for an officer, or none any more (`clear`)."""
    user_or_404(user_id)
    new, before = None if request.form.get("clear") else request.form.get("pin", ""), version()
    return act(
        lambda connection: officers.set_pin(
            hub().opened, connection, user_id, new, version=before, by=user().id, now=now()
        ),
        _here(user_id),
        gettext("The PIN is taken away; the gates are being told.")
        if new is None
        else gettext("The PIN is set; the gates are being told."),
    )


@blueprint.post("/accounts/<user_id>/password")
@needs(Role.ADMIN)
def password(user_id: str) -> str | Response:
    """Another first password: the user's sessions end, and the next sign-in asks for an own one."""
    user_or_404(user_id)
    typed, before, done = request.form.get("password", ""), version(), list[str]()
    new = typed or made_password()

    def do(connection: Connection) -> str:
        officers.set_password(
            hub().opened, connection, user_id, new, version=before, must_change=True, by=user().id, now=now()
        )
        done.append(user_id)
        return _here(user_id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
        return redirect(_here(user_id))
    if done and not typed:
        return shown_once(user_id, new, gettext("The password is set, and every session of this user has ended."))
    flash(gettext("The password is set, and every session of this user has ended."))
    return redirect(there)


@blueprint.post("/accounts/<user_id>/sessions/end")
@needs(Role.ADMIN)
def end_session(user_id: str) -> Response:
    """Ends one session of a user, or every one."""
    user_or_404(user_id)
    return end_sessions(user_id, _here(user_id))


@blueprint.get("/accounts/<user_id>/disable")
@needs(Role.ADMIN)
def ask_disable(user_id: str) -> str:
    """What the user leaves open, and the question."""
    shown = user_or_404(user_id)
    if shown.disabled:
        abort(404)
    return render_template("people/disable.html", shown=shown, open_=left_open(hub().opened, reading(), shown, now()))


@blueprint.post("/accounts/<user_id>/disable")
@needs(Role.ADMIN)
def disable(user_id: str) -> Response:
    """Disables a user."""
    user_or_404(user_id)
    before = version()
    return act(
        lambda connection: officers.disable_user(
            hub().opened, connection, user_id, version=before, by=user().id, now=now()
        ),
        _here(user_id),
        gettext("Disabled: every session has ended; the gates are being told."),
    )


@blueprint.post("/accounts/<user_id>/enable")
@needs(Role.ADMIN)
def enable(user_id: str) -> Response:
    """Lets a disabled user sign in again."""
    user_or_404(user_id)
    before = version()
    return act(
        lambda connection: officers.enable_user(
            hub().opened, connection, user_id, version=before, by=user().id, now=now()
        ),
        _here(user_id),
        gettext("The user may sign in again, with the password and the PIN of before."),
    )


def _page(shown: User, form: PersonForm | None = None) -> str:
    gates = RosterForm(
        data={
            "gates": [each.gate for each in every_gate(reading(), hub().town)] if shown.gates is None else shown.gates
        }
    )
    return render_template(
        "people/one.html",
        shown=shown,
        form=with_roles(form or PersonForm(name=shown.name, role=shown.role.value)),
        roster=_with_gates(gates),
        password=PasswordForm(),
        sessions=sessions.open_of(reading(), shown.id, now()),
        signs_on=shown.role in SIGNS_ON,
        every=EVERY,
        units=[("\u3000" * each.depth + each.name("zh" if chinese() else "en"), each.id) for each in _units()],
    )


def _units() -> list[Unit]:
    return organisation.every(reading(), hub().town)


def _with_gates(form: RosterForm) -> RosterForm:
    form.gates.choices = [(each.gate, gate_name(each.gate)) for each in every_gate(reading(), hub().town)]
    return form


def _here(user_id: str) -> str:
    return url_for("people.show", user_id=user_id)
