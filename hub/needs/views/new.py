"""Taking a request down while the caller speaks: caller, person, need, due. The person is found by any part of name, phone or address.

What is typed goes with the form, never into an address. Nobody found: the person is written down with the same form.

Tested in `tests/hub/needs/test_views.py`.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, role
from hub.console.display import worded
from hub.console.forms import PageForm, in_years, stripped
from hub.console.once import do_once
from hub.console.register_words import named
from hub.errors import RefusedError
from hub.needs import people, store
from hub.needs.people import Found
from hub.needs.views.blueprint import as_writer, blueprint, keeper_of, sent_values
from hub.registers import catalogue, declaration
from hub.registers.cells import UnfitValue
from hub.registers.rows import Draft, Links

HOURS = (1, 2, 4, 8, 24)
FOUND = 12
_COLUMNS = {
    "caller": "caller", "caller_phone": "caller_phone", "need": "need", "detail": "detail",
    "name": "name", "address": "address", "kinds": "kinds", "phone": "phone",
}  # fmt: skip


class CallForm(PageForm):
    """The form of a call."""

    caller = StringField(_("Who calls"), [InputRequired(_("Enter who calls.")), Length(max=60)], filters=[stripped])
    caller_phone = StringField(_("Caller's phone"), [Length(max=30)], filters=[stripped])
    who = StringField(_("For whom"), [Length(max=60)], filters=[stripped])
    need = SelectField(_("Need"))
    detail = TextAreaField(_("What exactly"), [Length(max=1000)], filters=[stripped])
    due = SelectField(_("Due"), default="4")
    due_at = DateTimeLocalField(_("Or at this time"), [Optional()], format=["%Y-%m-%dT%H:%M"])
    name = StringField(_("Name"), [Length(max=60)], filters=[stripped])
    address = StringField(_("Address"), [Length(max=120)], filters=[stripped])
    phone = StringField(_("Phone"), [Length(max=30)], filters=[stripped])
    kinds = SelectMultipleField(_("Kind"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())

    def validate_due_at(self, field: DateTimeLocalField) -> None:
        """A time that a database can hold."""
        in_years(field)

    def validate_address(self, field: StringField) -> None:
        """Somebody new has an address, to which things are brought."""
        if self.name.data and not field.data:
            raise ValidationError(_("Enter the address."))

    def validate_kinds(self, field: SelectMultipleField) -> None:
        """Somebody new has a kind."""
        if self.name.data and not field.data:
            raise ValidationError(_("Tick at least one."))


@blueprint.get("/new")
@needs(Role.OFFICER)
def new() -> str:
    """The form."""
    return _page(_form())


@blueprint.post("/new")
@needs(Role.OFFICER)
def take_down() -> str | Response | tuple[str, int]:
    """Keeps the request; or looks for the person and shows the form again with who was found."""
    form = _form(sent=True)
    chosen = people.chosen(request.form.get("person", ""))
    found: list[Found] | None = None
    if "find" in request.form or (chosen is None and not form.name.data):
        found = people.search(reading(), hub().town, form.who.data or "", role(), FOUND)
        if "find" in request.form:
            return _page(form, found)
        chosen = (found[0].register, found[0].row.id) if len(found) == 1 else None
    if not form.validate():
        return _page(form, found), HTTPStatus.BAD_REQUEST
    if chosen is None and not form.name.data:
        return _page(form, found), HTTPStatus.CONFLICT
    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: _keep(connection, form, chosen))
    except UnfitValue as unfit:
        form[_COLUMNS.get(unfit.field, "who")].errors = [worded(unfit.wrong)]
        return _page(form, found), HTTPStatus.BAD_REQUEST
    except RefusedError as refused:
        return _page(form, found, worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The request is taken down."))
    return redirect(there, HTTPStatus.SEE_OTHER)


def _keep(connection: Connection, form: CallForm, chosen: tuple[str, int] | None) -> str:
    requests, known = keeper_of(connection, store.REQUESTS), keeper_of(connection, store.PEOPLE)
    if chosen is None:
        texts = {"name": form.name.data or "", "address": form.address.data or "", "phone": form.phone.data or ""}
        values = {**sent_values(known, texts), "kinds": tuple(form.kinds.data or ())}
        person = known.add(connection, Draft(values), as_writer())
    else:
        person = people.person_of(connection, known, chosen, as_writer())
    at = (
        form.due_at.data.replace(tzinfo=hub().zone) if form.due_at.data else now() + timedelta(hours=int(form.due.data))
    )
    said = {
        name: form[name].data or "" for name in ("caller", "caller_phone", "need", "detail")
    }  # fmt: skip
    more = {"called_at": wall_text(now()), "taken_by": as_writer().user, "due": wall_text(at)}
    draft = Draft({**sent_values(requests, said), **more}, Links(parent=person.id, unit=person.links.unit))
    row = requests.add(connection, draft, as_writer())
    return url_for("needs.show", need_id=row.id)


def _form(*, sent: bool = False) -> CallForm:
    form = CallForm(request.form if sent else None)
    known = {id_: declaration.read(text) for id_, text in catalogue.shipped().items()}
    for field, name, register in ((form.need, "need", store.REQUESTS), (form.kinds, "kinds", store.PEOPLE)):
        there = catalogue.find(reading(), hub().town, register)
        of = (there.register if there else known[register]).field(name)
        field.choices = [(each.id, named(each)) for each in (of.choices if of else ())]
    form.due.choices = [(str(each), gettext("within %(n)s h", n=each)) for each in HOURS]
    return form


def _page(form: CallForm, found: list[Found] | None = None, odd: str = "") -> str:
    parts: dict[str, Any] = {"form": form, "found": found, "odd": odd}
    if found is not None and not found and not form.name.data:
        form.name.data = form.who.data
    picked = request.form.get("person", "")
    return render_template("needs/new.html", picked=picked, more=len(found or ()) == FOUND, **parts)
