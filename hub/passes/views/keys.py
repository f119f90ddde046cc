"""The keys that sign passes: rotated without reprinting, revoked by id."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, HiddenField
from wtforms.validators import Optional

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.forms import PageForm
from hub.console.once import do_once
from hub.passes import keys, passlist
from hub.passes.views.blueprint import ReasonForm, blueprint, in_town


class RotateForm(PageForm):
    """Until when passes of the key before count; empty: until the last of them has expired."""

    keep_until = DateTimeLocalField(_("Trust the old key until"), [Optional()], format=["%Y-%m-%dT%H:%M"])


class RevokeKeyForm(ReasonForm):
    """The form that revokes a key, with the reason."""

    kid = HiddenField()


@blueprint.get("/keys")
@needs(Role.ADMIN)
def every_key() -> str:
    """Every key there ever was."""
    return _page()


@blueprint.post("/keys/rotate")
@needs(Role.ADMIN)
def rotate_key() -> str | Response | tuple[str, int]:
    """Makes a new key, which signs from now on."""
    form = RotateForm(request.form)
    until = in_town(form.keep_until.data)
    if form.validate() and until is not None and until <= now():
        form.keep_until.errors = [gettext("Enter a time in the future, or leave it empty.")]
    if form.errors:
        return _page(rotate=form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        passlist.rotate_key(hub().opened, connection, keep_until=until, by=user().id, now=now())
        return url_for("passes.every_key")

    with hub().writing.begin() as connection:
        do_once(connection, lambda: do(connection))
    flash(gettext("A new key signs passes from now on; the gates are being told."))
    return redirect(url_for("passes.every_key"))


@blueprint.post("/keys/revoke")
@needs(Role.ADMIN)
def revoke_key() -> str | Response | tuple[str, int]:
    """Ends every pass of a key. A key that signs, or is revoked already, has no form on the page: its refusal is a page of its own."""
    form = RevokeKeyForm(request.form)
    if not form.validate():
        return _page(revoke=form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        passlist.revoke_key(
            hub().opened, connection, form.kid.data or "", by=user().id, reason=form.reason.data or "", now=now()
        )
    flash(gettext("The key is revoked with all its passes; the gates are being told."))
    return redirect(url_for("passes.every_key"))


def _page(*, rotate: RotateForm | None = None, revoke: RevokeKeyForm | None = None) -> str:
    found = keys.page(reading(), hub().town)
    outliving = {each.kid: keys.outliving(reading(), hub().town, each.kid) for each in found}
    return render_template(
        "passes/keys.html",
        keys=found,
        outliving=outliving,
        rotate=rotate or RotateForm(),
        revoke=revoke or RevokeKeyForm(),
        now=now(),
    )
