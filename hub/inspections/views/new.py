"""Writing a finding down: from a visit, an alert or a gate with that filled in, or from anywhere.

Tested in `tests/hub/inspections/test_views.py`.
"""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.alerts import reading as alerts
from hub.console.context import hub, needs, now, reading
from hub.console.display import worded
from hub.console.forms import PageForm, in_years, row_id, stripped
from hub.console.labels import label
from hub.console.once import do_once
from hub.console.register_words import named
from hub.console.units import gate_choices
from hub.errors import RefusedError
from hub.inspections.findings import until
from hub.inspections.views.blueprint import as_writer, blueprint, keeper_of, read_values, register
from hub.ledger import queries
from hub.registers.cells import UnfitValue
from hub.registers.rows import Draft, Links

MOST_UNIT = 32


class FindingForm(PageForm):
    """The form of a new finding."""

    problem = TextAreaField(
        _("What was found"), [InputRequired(_("Say what was found.")), Length(max=2000)], filters=[stripped]
    )
    category = SelectField(_("Category"))
    gate = SelectField(_("Gate"), default="")
    how = SelectField(_("How soon"))
    until = DateTimeLocalField(_("Due"), [Optional()], format=["%Y-%m-%dT%H:%M"])
    responsible = StringField(_("Responsible unit"), [Length(max=80)], filters=[stripped])
    person = StringField(_("Person responsible"), [Length(max=60)], filters=[stripped])
    visit = HiddenField()
    alert = HiddenField()
    unit = HiddenField()

    def validate_until(self, field: DateTimeLocalField) -> None:
        """A time that a database can hold."""
        in_years(field)


@blueprint.get("/new")
@needs(Role.OFFICER)
def new() -> str:
    """The form, with what the address names filled in."""
    form = _form()
    form.unit.data = request.args.get("unit", "")[:MOST_UNIT]
    gate = request.args.get("gate", "")
    visit = queries.visit(reading(), hub().town, request.args.get("visit", ""))
    if visit is not None:
        form.visit.data, gate = visit["visit_id"], str(visit["gate"])
    number = row_id(request.args.get("alert"))
    alert = None if number is None else alerts.find(reading(), hub().town, number)
    if alert is not None:
        form.alert.data, gate = str(alert.id), gate or alert.gate or ""
        form.visit.data = form.visit.data or alert.visit_id or ""
        form.problem.data = str(label("alert", alert.what))
    form.gate.data = gate if gate in dict(gate_choices()) else ""
    return _page(form)


@blueprint.post("/new")
@needs(Role.OFFICER)
def write() -> str | Response | tuple[str, int]:
    """Keeps a finding; it is handed over at once if the form says to whom and until when."""
    form = _form(sent=True)
    if not form.validate():
        return _page(form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: _keep(connection, form))
    except UnfitValue as unfit:
        form[unfit.field if unfit.field in form else "problem"].errors = [worded(unfit.wrong)]
        return _page(form), HTTPStatus.BAD_REQUEST
    except RefusedError as refused:
        return _page(form, worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The finding is written down."))
    return redirect(there, HTTPStatus.SEE_OTHER)


def _keep(connection: Connection, form: FindingForm) -> str:
    keeper, who = keeper_of(connection), as_writer()
    texts = {name: form[name].data or "" for name in ("problem", "category", "how", "responsible", "person")}
    values = read_values(texts)
    at = form.until.data.replace(tzinfo=hub().zone) if form.until.data else None
    term = until(form.how.data, at, now())
    values |= {"found_by": who.user, "found_at": wall_text(now())}
    values |= {} if term is None else {"until": wall_text(term)}
    if (alert := row_id(form.alert.data)) is not None:
        values["alert"] = alert
    links = Links(gate=form.gate.data or None, visit=form.visit.data or None, unit=form.unit.data or None)
    row = keeper.add(connection, Draft(values, links), who)
    if "responsible" in values and "until" in values:
        row = keeper.move(connection, row, "assigned", who, version=row.version)
    return url_for("inspections.show", finding_id=row.id)


def _form(*, sent: bool = False) -> FindingForm:
    form = FindingForm(request.form if sent else None)
    fields = register()
    form.gate.choices = [("", gettext("None")), *gate_choices()]
    for field, name in ((form.category, "category"), (form.how, "how")):
        of = fields.field(name)
        field.choices = [(each.id, named(each)) for each in (of.choices if of else ())]
    return form


def _page(form: FindingForm, odd: str = "") -> str:
    return render_template("inspections/new.html", form=form, odd=odd)
