"""The page of the own account: own password, own PIN, own sessions. For everybody who signed in. Tested in `tests/hub/accounts/test_views.py`."""

import math
from http import HTTPStatus

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length, ValidationError

from hub.accounts import own_password, sessions, store
from hub.accounts.hashing import TURNS, BusyError
from hub.accounts.passwords import MAX_PASSWORD, check_password, check_pin
from hub.accounts.roles import SIGNS_ON, Role
from hub.accounts.sign_in import Wait
from hub.accounts.views.blueprint import blueprint
from hub.accounts.views.ending import EVERY, end_sessions
from hub.console.context import hub, needs, note, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm
from hub.enrolment import officers
from hub.errors import RefusedError

Answer = str | Response | tuple[str, int]


class OwnPasswordForm(PageForm):
    """Another password of one's own: the old one, and the new one twice."""

    old_password = PasswordField(
        _("Password until now"), [InputRequired(_("Enter your password until now.")), Length(max=MAX_PASSWORD)]
    )
    new_password = PasswordField(
        _("New password"), [InputRequired(_("Enter a new password.")), Length(max=MAX_PASSWORD)]
    )
    again_password = PasswordField(_("The new one again"), [InputRequired(_("Enter the new password again."))])

    def validate_new_password(self, field: PasswordField) -> None:
        """Requires one that is not guessed soon, and not the old one."""
        account = user()
        if field.data == self.old_password.data:
            raise ValidationError(gettext("This is the password until now: take another one."))
        try:
            check_password(field.data or "", (account.login, account.name, hub().town))
        except RefusedError as refused:
            raise ValidationError(worded(refused.words)) from None

    def validate_again_password(self, field: PasswordField) -> None:
        """Requires the same twice."""
        if field.data != self.new_password.data:
            raise ValidationError(gettext("The two differ."))


class OwnPinForm(PageForm):
    """Another PIN of one's own."""

    pin_password = PasswordField(
        _("Your password"), [InputRequired(_("Enter your password.")), Length(max=MAX_PASSWORD)]
    )
    pin = PasswordField(_("New PIN (4 to 12 digits)"), [InputRequired(_("Enter a new PIN."))])
    again_pin = PasswordField(_("The new one again"), [InputRequired(_("Enter the new PIN again."))])

    def validate_pin(self, field: PasswordField) -> None:
        """Requires one that is not guessed at once."""
        try:
            check_pin(field.data or "")
        except RefusedError as refused:
            raise ValidationError(worded(refused.words)) from None

    def validate_again_pin(self, field: PasswordField) -> None:
        """Requires the same twice."""
        if field.data != self.pin.data:
            raise ValidationError(gettext("The two differ."))


@blueprint.get("/account")
@needs(Role.VIEWER)
def own() -> str:
    """The own account."""
    return _page()


@blueprint.get("/account/password")
@needs(Role.VIEWER)
def first_password() -> str:
    """The form of the own password alone: for who must change the password, no other page opens."""
    return render_template("people/first_password.html", form=OwnPasswordForm())


@blueprint.post("/account/password")
@needs(Role.VIEWER)
def set_password() -> Answer:
    """Sets the own password; every other session of the user ends."""
    form, account = OwnPasswordForm(request.form), user()
    right = form.validate()
    if right and (wrong := _wrong(form.old_password.data or "")):
        form.old_password.errors, right = [wrong], False
    if not right:
        if account.must_change:
            return render_template("people/first_password.html", form=form), HTTPStatus.BAD_REQUEST
        return _page(password=form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        store.set_password(
            connection, account, form.new_password.data or "", now(), known=(hub().town,), but=current_user.token
        )
        note(connection, "own password set", f"users/{account.id}")
    flash(gettext("Your password is set. Your other sessions have ended."))
    return redirect(url_for("gates.live") if account.must_change else url_for("people.own"))


@blueprint.post("/account/pin")
@needs(Role.OFFICER)
def set_pin() -> Answer:
    """Sets the own PIN, for the gates of the roster."""
    form, account = OwnPinForm(request.form), user()
    right = form.validate()
    if right and (wrong := _wrong(form.pin_password.data or "")):
        form.pin_password.errors, right = [wrong], False
    if not right:
        return _page(pin=form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            officers.set_pin(hub().opened, connection, account.id, form.pin.data or "", by=account.id, now=now())
    except RefusedError as refused:
        # an admin signs on at no gate
        flash(worded(refused.words), "refused")
    else:
        flash(gettext("Your PIN is set; the gates are being told."))
    return redirect(url_for("people.own"))


@blueprint.post("/account/sessions/end")
@needs(Role.VIEWER)
def end_own_session() -> Response:
    """Ends one of the own sessions, or every other one."""
    return end_sessions(user().id, url_for("people.own"))


def _wrong(password: str) -> str | None:
    """What is wrong with the password that guards a change, for its field; None: it is right."""
    here = hub()
    try:
        found = own_password.check(
            here.reading,
            here.writing,
            secret=current_app.config["SECRET_KEY"],
            turns=TURNS,
            user=user(),
            password=password,
            now=now(),
        )
    except BusyError:
        return str(gettext("Many are logging in. Go back and try again in a moment."))
    if found is None:
        return None
    if isinstance(found, Wait):
        return str(
            gettext("Too many wrong passwords. Try again in %(count)s seconds.", count=max(1, math.ceil(found.seconds)))
        )
    return str(gettext("This is not your password."))


def _page(password: OwnPasswordForm | None = None, pin: OwnPinForm | None = None) -> str:
    account = user()
    return render_template(
        "people/own.html",
        password=password or OwnPasswordForm(),
        pin=pin or OwnPinForm(),
        signs_on=account.role in SIGNS_ON,
        sessions=sessions.open_of(reading(), account.id, now()),
        this=sessions.name_of(current_user.token),
        every=EVERY,
    )
