"""The page of one unit: what it is called, where it stands, what belongs to it; for an admin the forms that change it.

Tested in `tests/hub/organisation/test_views.py`.
"""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import gate_name, worded
from hub.console.forms import version
from hub.console.once import act, do_once
from hub.errors import RefusedError
from hub.organisation import changes, levels, store
from hub.organisation.units import Unit
from hub.organisation.views.blueprint import (
    UnitForm,
    blueprint,
    language,
    level_names,
    unit_or_404,
    with_choices,
)


@blueprint.get("/units/<unit_id>")
@needs(Role.VIEWER)
def show(unit_id: str) -> str:
    """One unit."""
    return _page(unit_or_404(unit_id))


@blueprint.get("/new")
@needs(Role.ADMIN)
def new() -> str:
    """The form of a new unit; `parent`: below which one."""
    parent = store.find(reading(), hub().town, request.args.get("parent", ""))
    ranks = levels.every(reading(), hub().town)
    places = [each.id for each in ranks]
    below = 0 if parent is None else min(places.index(parent.level) + 1, len(places) - 1)
    return _new(UnitForm(data={"parent": "" if parent is None else parent.id, "level": places[below]}))


@blueprint.post("/new")
@needs(Role.ADMIN)
def add() -> str | Response | tuple[str, int]:
    """Adds a unit."""
    form = _with_choices(UnitForm(request.form))
    if not form.validate():
        return _new(form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        unit = changes.add(connection, town=hub().town, said=form.said(), by=user().id, now=now())
        return url_for("organisation.show", unit_id=unit.id)

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: do(connection))
    except RefusedError as refused:
        return _new(form, worded(refused.words)), HTTPStatus.CONFLICT
    flash(gettext("The unit is added."))
    return redirect(there)


@blueprint.post("/units/<unit_id>/change")
@needs(Role.ADMIN)
def change(unit_id: str) -> str | Response | tuple[str, int]:
    """Names a unit anew, or moves it with all below it."""
    unit, before = unit_or_404(unit_id), version()
    form = _with_choices(UnitForm(request.form), unit)
    if not form.validate():
        return _page(unit, form), HTTPStatus.BAD_REQUEST
    return act(
        lambda connection: changes.change(
            connection, town=hub().town, id_=unit_id, said=form.said(), version=before, by=user().id, now=now()
        ),
        url_for("organisation.show", unit_id=unit_id),
        gettext("Changed."),
    )


@blueprint.post("/units/<unit_id>/close")
@needs(Role.ADMIN)
def close(unit_id: str) -> Response:
    """Closes a unit, or opens it again (`open`)."""
    unit_or_404(unit_id)
    before, again = version(), "open" in request.form
    do = changes.reopen if again else changes.close
    return act(
        lambda connection: do(connection, town=hub().town, id_=unit_id, version=before, by=user().id, now=now()),
        url_for("organisation.show", unit_id=unit_id),
        gettext("The unit is open again.") if again else gettext("The unit is closed."),
    )


@blueprint.post("/units/<unit_id>/gates")
@needs(Role.ADMIN)
def put_gates(unit_id: str) -> Response:
    """The gates that are ticked belong to the unit; those that did and are not ticked belong to none."""
    unit_or_404(unit_id)
    ticked, town = set(request.form.getlist("gate")), hub().town

    def do(connection: Connection) -> None:
        before = {gate for gate, unit in store.units_of_gates(connection, town).items() if unit == unit_id}
        for gate in sorted(before ^ ticked):
            new = unit_id if gate in ticked else None
            changes.put_gate(connection, town=town, gate=gate, unit=new, by=user().id, now=now())

    return act(do, url_for("organisation.show", unit_id=unit_id), gettext("Changed."))


def _new(form: UnitForm, wrong: str = "") -> str:
    return render_template("organisation/new.html", form=_with_choices(form), wrong=wrong)


def _with_choices(form: UnitForm, but: Unit | None = None) -> UnitForm:
    town = hub().town
    return with_choices(form, store.every(reading(), town), levels.every(reading(), town), but=but)


def _page(unit: Unit, form: UnitForm | None = None) -> str:
    connection, town = reading(), hub().town
    branch = store.every(connection, town, under=unit, closed=True)
    gates = [(gate, gate_name(gate), at) for gate, at in store.units_of_gates(connection, town).items()]
    inside = {each.id for each in branch}
    data = {
        "zh": unit.zh, "en": unit.en, "level": unit.level, "parent": unit.parent or "", "position": unit.position, "remark": unit.remark,
    }  # fmt: skip
    return render_template(
        "organisation/one.html",
        unit=unit,
        above=[(id_, name) for id_, name in _above(unit)],
        below=[each for each in branch if each.parent == unit.id],
        count=sum(1 for each in branch if each.closed_at is None) - (unit.closed_at is None),
        gates=[each for each in gates if each[2] in inside],
        every_gate=gates,
        names=store.names(connection, town, (each[2] for each in gates), language=language()),
        users=store.with_all_below(branch, store.count_users(connection)).get(unit.id, 0),
        levels=level_names(),
        lang=language(),
        form=_with_choices(form or UnitForm(data=data), unit),
    )


def _above(unit: Unit) -> list[tuple[str, str]]:
    names = store.names(reading(), hub().town, unit.ids, language=language())
    return [(id_, names.get(id_, id_)) for id_ in unit.ids[:-1]]
