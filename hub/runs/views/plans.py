"""The plans: what is to be driven when, making a plan, stopping one.

Tested in `tests/hub/runs/test_views.py`.
"""

from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import IntegerField, SearchField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from edge.contract.reasons import Direction
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, policy, reading, user
from hub.console.display import class_name, gate_name, worded
from hub.console.forms import PageForm, stripped
from hub.console.labels import label
from hub.console.once import act, do_once
from hub.errors import RefusedError
from hub.gates.status import every_gate
from hub.runs import store
from hub.runs.plan import EVERY_DAY, LEAST_MINUTES, LONGEST_NAME, MOST_MINUTES, Plan, words_of
from hub.runs.views.blueprint import blueprint

LONGEST_LIST = 4000


class PlanForm(PageForm):
    """A plan: its name and area, its vehicles and gates, when its runs are due."""

    name = StringField(_("Name"), [DataRequired(_("Give it a name.")), Length(max=LONGEST_NAME)], filters=[stripped])
    area = StringField(_("Area"), [Length(max=LONGEST_NAME)], filters=[stripped])
    route = StringField(_("Route"), [Length(max=LONGEST_NAME)], filters=[stripped])
    vehicle_class = SelectField(_("Class of vehicles"), default="")
    plates = TextAreaField(_("Or these plates"), [Length(max=LONGEST_LIST)])
    passes = TextAreaField(_("Or these passes"), [Length(max=LONGEST_LIST)])
    gates = SelectMultipleField(_("Gates"))
    direction = SelectField(_("A run is marked when the vehicle goes"), default=Direction.OUT.value)
    every_minutes = IntegerField(_("Every so many minutes"), [Optional(), NumberRange(LEAST_MINUTES, MOST_MINUTES)])
    begins = StringField(_("From"), [InputRequired(_("Enter a time."))], filters=[stripped], default="08:00")
    ends = StringField(_("To"), [InputRequired(_("Enter a time."))], filters=[stripped], default="20:00")
    times = StringField(_("Or at these times"), [Length(max=500)], filters=[stripped])
    weekdays = SelectMultipleField(_("On"), default=list(EVERY_DAY))
    tolerance_minutes = IntegerField(
        _("Tolerance in minutes"), [InputRequired(_("Enter a number.")), NumberRange(1, MOST_MINUTES)], default=10
    )
    return_minutes = IntegerField(_("Back within minutes"), [Optional(), NumberRange(1, MOST_MINUTES)])

    def plan(self) -> Plan:
        """What the form says, not yet checked."""
        values: dict[str, Any] = {
            name: tuple(words_of(self[name].data or "")) for name in ("plates", "passes", "times")
        }
        values |= {name: self[name].data or "" for name in ("name", "area", "route", "begins", "ends", "direction")}
        values |= {name: self[name].data for name in ("every_minutes", "tolerance_minutes", "return_minutes")}
        return Plan(
            **values,
            vehicle_class=self.vehicle_class.data or None,
            gates=tuple(self.gates.data or ()),
            weekdays="".join(self.weekdays.data or ()),
        )


class FindForm(PageForm):
    """The form that chooses plans."""

    search = SearchField(_("Name, area, route or plate"), [Length(max=64)], filters=[stripped])


@blueprint.get("/plans")
@needs(Role.OFFICER)
def every_plan() -> str:
    """Every plan, those that were stopped last; those with a text in their name, area, route or plates."""
    form = FindForm(request.args)
    search = form.search.data or "" if form.validate() else ""
    found = sorted(store.plans(reading(), hub().town, search=search), key=lambda each: each.stopped_at is not None)
    return render_template("runs/plans.html", rows=found, form=form, asked=bool(search))


@blueprint.get("/plans/new")
@needs(Role.SUPERVISOR)
def new_plan() -> str:
    """The form for a plan; with `like`, filled in as another plan has it."""
    form = _form()
    found = store.find(reading(), hub().town, request.args.get("like", ""))
    if found is not None:
        _fill(form, found.plan)
    return render_template("runs/new.html", form=form)


@blueprint.post("/plans")
@needs(Role.SUPERVISOR)
def make_plan() -> str | AnyResponse | tuple[str, int]:
    """Makes a plan: from now on its runs are due."""
    form = _form(sent=True)
    if not form.validate():
        return render_template("runs/new.html", form=form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: _make(connection, form))
    except RefusedError as refused:
        return render_template("runs/new.html", form=form, wrong=worded(refused.words)), HTTPStatus.BAD_REQUEST
    flash(gettext("The runs are planned, from now on."))
    return redirect(url_for("runs.every_plan"))


@blueprint.post("/plans/<plan_id>/stop")
@needs(Role.SUPERVISOR)
def stop_plan(plan_id: str) -> AnyResponse:
    """Stops a plan, for a reason; what was due stays."""

    def do(connection: Connection) -> None:
        reason = request.form.get("reason", "")
        store.stop(connection, town=hub().town, id_=plan_id, reason=reason, by=user().id, now=now())

    return act(do, url_for("runs.every_plan"), gettext("The plan is stopped."))


def _make(connection: Connection, form: PlanForm) -> str:
    known = policy()
    store.add(
        connection,
        town=hub().town,
        plan=form.plan(),
        gates=_gates(),
        classes=[each.id for each in known.classes] if known else (),
        by=user().id,
        now=now(),
    )
    return url_for("runs.every_plan")


def _gates() -> list[str]:
    return [each.gate for each in every_gate(reading(), hub().town)]


def _form(*, sent: bool = False) -> PlanForm:
    form, known = PlanForm(request.form if sent else None), policy()
    classes = [(each.id, class_name(each.id)) for each in known.classes] if known else []
    form.vehicle_class.choices = [("", gettext("no class")), *classes]
    form.gates.choices = [(gate, gate_name(gate)) for gate in _gates()]
    form.direction.choices = [(each.value, str(label("direction", each.value))) for each in Direction]
    form.weekdays.choices = [(each, str(label("weekday", each))) for each in EVERY_DAY]
    return form


def _fill(form: PlanForm, plan: Plan) -> None:
    for name in (
        "name",
        "area",
        "route",
        "direction",
        "every_minutes",
        "begins",
        "ends",
        "tolerance_minutes",
        "return_minutes",
    ):
        form[name].data = getattr(plan, name)
    form.vehicle_class.data = plan.vehicle_class or ""
    form.gates.data, form.weekdays.data = list(plan.gates), list(plan.weekdays)
    form.plates.data, form.passes.data, form.times.data = (
        "\n".join(plan.plates),
        "\n".join(plan.passes),
        " ".join(plan.times),
    )
