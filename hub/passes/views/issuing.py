"""The list of passes, and issuing one."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateTimeLocalField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from edge.contract.plates import classify
from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, policy, reading, user
from hub.console.display import class_name, gate_name, worded
from hub.console.forms import PageForm
from hub.console.paging import cursor
from hub.errors import RefusedError
from hub.passes import store
from hub.passes.doubts import Doubt, DoubtfulError, mark
from hub.passes.issue import doubts_about, issue_pass
from hub.passes.store import PassState
from hub.passes.terms import Unfit
from hub.passes.views.blueprint import blueprint, in_town, unfit_words

ROWS = 40
_MINUTE = "%Y-%m-%dT%H:%M"
_FIELDS = {
    "plate": "plate",
    "class": "vehicle_class",
    "from": "not_before",
    "to": "expires",
    "gates": "gates",
}
STATES = {
    PassState.VALID: _("Valid"),
    PassState.NOT_YET: _("Not yet valid"),
    PassState.EXPIRED: _("Expired"),
    PassState.BLOCKED: _("Blocked"),
    PassState.REVOKED: _("Revoked"),
}


class IssueForm(PageForm):
    """The form of a new pass; times are the town's."""

    plate = StringField(_("Plate"), [InputRequired(_("Enter the plate.")), Length(max=32)])
    vehicle_class = SelectField(_("Class"))
    gates = SelectMultipleField(_("Gates"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())
    not_before = DateTimeLocalField(_("Valid from"), [InputRequired(_("Enter a time."))], format=[_MINUTE])
    expires = DateTimeLocalField(_("Valid until"), [Optional()], format=[_MINUTE])
    priority = BooleanField(_("Priority"))

    def validate_plate(self, field: StringField) -> None:
        """Any plate that a vehicle may carry: an odd pattern is no fault, none at all is."""
        if not 0 < len(classify(field.data or "").text) <= 16:
            raise ValidationError(_("Enter a plate of 1 to 16 characters."))

    def validate_expires(self, field: DateTimeLocalField) -> None:
        """A pass ends after it begins."""
        if field.data and self.not_before.data and field.data <= self.not_before.data:
            raise ValidationError(_("The end must be later than the beginning."))


@blueprint.get("")
@needs(Role.OFFICER)
def every() -> str:
    """Passes, newest first, searched by plate, id or reference, by state and by class."""
    asked = {name: request.args.get(name, "").strip() for name in ("search", "state", "vehicle_class")}
    found = store.page(
        reading(),
        town=hub().town,
        search=asked["search"],
        state=PassState(asked["state"]) if asked["state"] in set(PassState) else None,
        vehicle_class=asked["vehicle_class"],
        now=now(),
        after=cursor(request.args.get("older")),
        limit=ROWS + 1,
    )
    shown, more = found[:ROWS], len(found) > ROWS
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    older = f"{wall_text(shown[-1].issued_at)}~{shown[-1].id}" if more else None
    return render_template(
        "passes/list.html",
        passes=shown,
        asked=kept,
        states=STATES,
        newest=url_for("passes.every", **kept) if "older" in request.args else None,
        older=url_for("passes.every", **kept, older=older) if older else None,
        now=now(),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Role.OFFICER)
def issue() -> str | Response | tuple[str, int]:
    """Issues a pass; gates learn of its key, not of itself, so it is good at once, also at a gate without a link.

    What is doubtful is shown first, and issued when the form comes again with the mark of those doubts. A form that is sent twice
    leads to the pass that it was answered with.
    """
    form = _issue_form()
    if request.method != "POST":
        return _page(form)
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            once = _request_of(form)
            issued = store.of_request(connection, hub().town, once) if once else None
            if issued is None:
                issued = _issue(connection, form, once)
    except Unfit as unfit:
        form[_FIELDS[unfit.column]].errors = [unfit_words(unfit)]
        return _page(form), HTTPStatus.BAD_REQUEST
    except DoubtfulError as doubtful:
        return _page(form, doubts=doubtful.doubts), HTTPStatus.CONFLICT
    except RefusedError as refused:
        return _page(form, odd=worded(refused.words)), HTTPStatus.BAD_REQUEST
    if request.form.get("then") == "print":
        return redirect(url_for("passes.card", pass_id=issued.id))
    flash(gettext("The pass is issued."))
    return redirect(url_for("passes.show", pass_id=issued.id))


def _issue(connection: Connection, form: IssueForm, once: str | None) -> store.Issued:
    """The pass that the form asks for; `DoubtfulError`, which undoes it, if its doubts were not confirmed."""
    plate = form.plate.data or ""
    doubts = doubts_about(hub().opened, connection, plate, now())
    # first, so that a value that can't stand is named before anybody is asked about doubts
    issued = issue_pass(
        hub().opened,
        connection,
        plate=plate,
        vehicle_class=form.vehicle_class.data,
        allowed=form.gates.data or None,
        not_before=in_town(form.not_before.data) or now(),
        expires=in_town(form.expires.data),
        priority=form.priority.data or None,
        by=user().id,
        now=now(),
        request=once,
        confirmed=doubts,
    )
    if doubts and request.form.get("mark") != mark(doubts):
        raise DoubtfulError(doubts)
    return issued


def _request_of(form: IssueForm) -> str | None:
    """What stands for this form with what it says; None for one that bears no mark of ours."""
    once = request.form.get("once", "")
    if not once:
        return None
    said = [
        once,
        user().id,
        classify(form.plate.data or "").text,
        form.vehicle_class.data,
        sorted(form.gates.data or ()),
        str(form.not_before.data),
        str(form.expires.data),
        bool(form.priority.data),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _page(form: IssueForm, odd: str | None = None, doubts: Sequence[Doubt] = ()) -> str:
    once = request.form.get("once") or secrets.token_urlsafe(16)
    confirm = mark(doubts) if doubts else ""
    return render_template("passes/new.html", form=form, odd=odd, doubts=doubts, mark=confirm, once=once)


def _issue_form() -> IssueForm:
    form = IssueForm(request.form)
    rules = policy()
    form.vehicle_class.choices = [(each.id, class_name(each.id)) for each in rules.classes] if rules else []
    form.gates.choices = [(gate, gate_name(gate)) for gate in rules.gates] if rules else []
    if request.method != "POST":
        form.not_before.data = now().astimezone(hub().zone).replace(second=0, microsecond=0, tzinfo=None)
    return form
