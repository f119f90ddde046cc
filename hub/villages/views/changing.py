"""What is changed on a village plan: the plan itself, its marks; and the word of somebody who looked that it holds.

Everything that is done by dragging is done by a form, too. Tested in `tests/hub/villages/test_views.py`.
"""

from dataclasses import replace
from http import HTTPStatus

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.console.forms import MAX_DIGITS, version
from hub.console.once import act
from hub.errors import RefusedError
from hub.map.plan import MOST_BYTES
from hub.organisation.units import Unit
from hub.villages import store
from hub.villages.marks import Mark, read_shape
from hub.villages.store import VillagePlan
from hub.villages.views.blueprint import (
    MarkForm,
    blueprint,
    language,
    mark_form,
    marks_of,
    plan_or_404,
    unit_or_404,
)
from hub.villages.views.showing import page


@blueprint.post("/plan")
@needs(Role.SUPERVISOR)
def upload() -> Response:
    """Keeps a plan of a village (`village`), or removes the one that there is (`remove`)."""
    unit = unit_or_404(request.form.get("village", ""))
    here, town = url_for("villages.show", unit_id=unit.id), hub().town
    if "remove" in request.form:
        return act(
            lambda connection: store.remove(connection, town=town, unit=unit.id, by=user().id, now=now()),
            here,
            gettext("The plan is removed."),
        )
    file = request.files.get("plan")
    data = b"" if file is None else file.read(MOST_BYTES + 1)
    return act(
        lambda connection: store.keep(connection, town=town, unit=unit.id, data=data, by=user().id, now=now()),
        here,
        gettext("The plan is kept. Put entrances, checkpoints and areas on it."),
    )


@blueprint.post("/<unit_id>/check")
@needs(Role.OFFICER)
def check(unit_id: str) -> Response:
    """Somebody looked on the ground, and the plan holds."""
    unit = unit_or_404(unit_id)
    return act(
        lambda connection: store.check(connection, town=hub().town, unit=unit.id, by=user().id, now=now()),
        url_for("villages.show", unit_id=unit.id),
        gettext("Noted: the plan holds."),
    )


@blueprint.post("/<unit_id>/marks")
@needs(Role.SUPERVISOR)
def add(unit_id: str) -> str | Response | tuple[str, int]:
    """Puts a mark on the plan."""
    unit = unit_or_404(unit_id)
    found, form = plan_or_404(unit), mark_form(unit, sent=True)
    if not form.validate():
        return page(unit, form), HTTPStatus.BAD_REQUEST
    try:
        said = form.said()
    except RefusedError as refused:
        return page(unit, form, worded(refused.words)), HTTPStatus.BAD_REQUEST
    return act(
        lambda connection: store.add_mark(
            connection, town=hub().town, unit=unit.id, on=found.plan, said=said, by=user().id, now=now()
        ),
        url_for("villages.show", unit_id=unit.id),
        gettext("The mark is on the plan."),
    )


@blueprint.get("/<unit_id>/marks/<int:mark_id>")
@needs(Role.SUPERVISOR)
def one(unit_id: str, mark_id: int) -> str:
    """The form of a mark."""
    unit, _found, mark = _mark(unit_id, mark_id)
    return _page(unit, mark, mark_form(unit, mark))


@blueprint.post("/<unit_id>/marks/<int:mark_id>")
@needs(Role.SUPERVISOR)
def change(unit_id: str, mark_id: int) -> str | Response | tuple[str, int]:
    """Changes a mark, or takes it off the plan (`remove`)."""
    unit, found, mark = _mark(unit_id, mark_id)
    before, town, here = version(), hub().town, url_for("villages.show", unit_id=unit.id)
    if "remove" in request.form:
        return act(
            lambda connection: store.remove_mark(
                connection, town=town, unit=unit.id, on=found.plan, id_=mark_id, version=before, by=user().id, now=now()
            ),
            here,
            gettext("The mark is off the plan."),
        )
    form = mark_form(unit, mark, sent=True)
    if not form.validate():
        return _page(unit, mark, form), HTTPStatus.BAD_REQUEST
    try:
        said = form.said()
        with hub().writing.begin() as connection:
            store.change_mark(
                connection, town=town, unit=unit.id, on=found.plan, id_=mark_id, said=said, version=before,
                by=user().id, now=now(),
            )  # fmt: skip
    except RefusedError as refused:
        return _page(unit, mark, form, worded(refused.words)), HTTPStatus.CONFLICT
    return redirect(here)


@blueprint.post("/<unit_id>/move")
@needs(Role.SUPERVISOR)
def move(unit_id: str) -> Response:
    """Moves a mark to another place: what dragging it fills in."""
    unit = unit_or_404(unit_id)
    found, text = plan_or_404(unit), request.form.get("gate", "")
    mark = next((each for each in marks_of(unit, found) if str(each.id) == text), None)
    if mark is None:
        abort(404)

    def do(connection: Connection) -> None:
        said = replace(mark.said, shape=read_shape(request.form.get("shape", "")))
        store.change_mark(
            connection, town=hub().town, unit=unit.id, on=found.plan, id_=mark.id, said=said, by=user().id, now=now()
        )

    return act(do, url_for("villages.show", unit_id=unit.id), gettext("The mark is moved."))


def _mark(unit_id: str, mark_id: int) -> tuple[Unit, VillagePlan, Mark]:
    unit = unit_or_404(unit_id)
    found = plan_or_404(unit)
    if mark_id >= 10**MAX_DIGITS:
        abort(404)
    mark = next((each for each in marks_of(unit, found) if each.id == mark_id), None)
    if mark is None:
        abort(404)
    return unit, found, mark


def _page(unit: Unit, mark: Mark, form: MarkForm, wrong: str = "") -> str:
    return render_template(
        "villages/mark.html", unit=unit, mark=mark, form=form, wrong=wrong, lang=language(), town=hub().town,
        is_picture=store.find(reading(), hub().town, unit.id).plan.is_picture,  # type: ignore[union-attr]  # `_mark` found it
    )  # fmt: skip
