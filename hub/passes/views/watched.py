"""The page of the watch list (布控): plates that gates stop, or only report."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from edge.contract.plates import classify
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.passes import watchlist
from hub.passes.passlist import unwatch_plate, watch_plate
from hub.passes.views.blueprint import blueprint

ROWS = 50


class WatchForm(PageForm):
    """A plate and what gates do when it comes."""

    plate = StringField(_("Plate"), [InputRequired(_("Enter the plate.")), Length(max=32)])
    deny_in = BooleanField(_("Stop on the way in"))
    deny_out = BooleanField(_("Stop on the way out"))
    notify = BooleanField(_("Tell the command post"))
    why = StringField(
        _("Reason"), [DataRequired(_("Say why; officers at the gates see it.")), Length(max=200)], filters=[stripped]
    )

    def validate_plate(self, field: StringField) -> None:
        """A plate that a vehicle may carry."""
        if not 0 < len(classify(field.data or "").text) <= 16:
            raise ValidationError(_("Enter a plate of 1 to 16 characters."))

    def validate_notify(self, field: BooleanField) -> None:
        """Something is done about a watched plate."""
        if not (field.data or self.deny_in.data or self.deny_out.data):
            raise ValidationError(_("Tick at least one."))


@blueprint.route("/watched", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def watched() -> str | Response | tuple[str, int]:
    """The list, searched by plate or reason; a POST adds a plate or changes how it is watched."""
    if request.method != "POST":
        return _page(WatchForm(data={"notify": True}))
    form = WatchForm(request.form)
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: _watch(connection, form))
    except RefusedError as refused:
        form.plate.errors = [worded(refused.words)]
        return _page(form), HTTPStatus.BAD_REQUEST
    flash(gettext("The plate is watched; the gates are being told."))
    return redirect(url_for("passes.watched"))


def _watch(connection: Connection, form: WatchForm) -> str:
    watch_plate(
        hub().opened,
        connection,
        form.plate.data or "",
        deny_in=form.deny_in.data,
        deny_out=form.deny_out.data,
        notify=form.notify.data,
        why=form.why.data or "",
        by=user().id,
        now=now(),
    )
    return url_for("passes.watched")


@blueprint.post("/watched/remove")
@needs(Role.SUPERVISOR)
def unwatch() -> Response:
    """Takes a plate off the list, for a reason. A plate that is off already stays off."""
    plate, reason = classify(request.form.get("plate", "")).text, request.form.get("reason", "")[: watchlist.MOST_WHY]
    try:
        with hub().writing.begin() as connection:
            if watchlist.find(connection, hub().town, plate) is not None:
                unwatch_plate(hub().opened, connection, plate, reason=reason, by=user().id, now=now())
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(gettext("The plate is watched no longer; the gates are being told."))
    return redirect(url_for("passes.watched"))


def _page(form: WatchForm) -> str:
    search = request.args.get("search", "").strip()
    after = request.args.get("after") or None
    found = watchlist.page(reading(), town=hub().town, search=search, after=after, limit=ROWS + 1)
    return render_template(
        "passes/watched.html",
        form=form,
        entries=found[:ROWS],
        search=search,
        total=watchlist.count(reading(), hub().town),
        first=after is None,
        following=found[ROWS - 1].plate if len(found) > ROWS else None,
    )
