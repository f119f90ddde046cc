"""The map: the gates on the plan with their states, kept up to date by the page's stream; for an admin the plan and the places.

Tested in `tests/hub/map/test_views.py` and `tests/hub/web/test_post.py`.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FloatField, SelectField
from wtforms.validators import InputRequired

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import gate_name, worded
from hub.console.forms import PageForm
from hub.errors import RefusedError
from hub.gates.status import SILENT_AFTER, every_gate
from hub.map import store
from hub.map.plan import MOST_BYTES, TYPES, Plan

blueprint = Blueprint("map", __name__, url_prefix="/map")
UPLOAD = MOST_BYTES + 64 * 1024
"""Bytes of a request with a plan."""
A_YEAR = 365 * 24 * 3600


class PlaceForm(PageForm):
    """Where a gate stands."""

    gate = SelectField(_("Gate"))
    x = FloatField(_("From the left, in thousandths"), [InputRequired(_("Enter a number."))])
    y = FloatField(_("From the top, in thousandths"), [InputRequired(_("Enter a number."))])


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # a plan is more than a form may hold elsewhere
    if endpoint == "map.upload" and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = UPLOAD


@blueprint.get("")
@needs(Role.VIEWER)
def show() -> str:
    """The map, with the list of the gates beside it."""
    return _page(_form(_plan()))


@blueprint.get("/gates")
@needs(Role.VIEWER)
def gates() -> str:
    """The list of the gates with their places; asked for again when the stream says so."""
    return render_template("map/gates.html", **_gates(_plan()))


@blueprint.get("/plan/<hash_>")
@needs(Role.VIEWER)
def picture(hash_: str) -> Response:
    """The plan itself; another one has another address."""
    plan = _plan()
    if plan is None or plan.hash != hash_:
        abort(404)
    answer = Response(plan.data, mimetype=TYPES[plan.kind])
    answer.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return answer


@blueprint.post("/plan")
@needs(Role.ADMIN)
def upload() -> AnyResponse:
    """Keeps a plan."""
    file = request.files.get("plan")
    data = b"" if file is None else file.read(MOST_BYTES + 1)
    return _do(
        lambda connection: store.keep(connection, town=hub().town, data=data, by=user().id, now=now()),
        gettext("The plan is kept. Place the gates on it."),
    )


@blueprint.post("/plan/remove")
@needs(Role.ADMIN)
def remove() -> AnyResponse:
    """Removes the uploaded plan."""
    return _do(
        lambda connection: store.remove(connection, town=hub().town, by=user().id, now=now()),
        gettext("The plan is removed."),
    )


@blueprint.post("/places")
@needs(Role.ADMIN)
def place() -> AnyResponse | tuple[str, int]:
    """Puts a gate somewhere, or takes it off the plan (`off`)."""
    plan = _plan()
    if plan is None:
        abort(409)
    form = _form(plan, sent=True)
    off = "off" in request.form
    if off:
        form.x.data = form.y.data = 0.0
    elif not form.validate():
        return _page(form), 400
    x, y = form.x.data, form.y.data
    assert x is not None
    assert y is not None
    where = None if off else store.Place(x, y)
    return _do(
        lambda connection: store.put(
            connection, town=hub().town, on=plan, gate=form.gate.data, place=where, by=user().id, now=now()
        ),
        gettext("Taken off the plan.") if off else gettext("%(gate)s is placed.", gate=gate_name(form.gate.data)),
    )


def _do(act: Callable[[Connection], object], said: str) -> AnyResponse:
    try:
        with hub().writing.begin() as connection:
            act(connection)
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(said)
    return redirect(url_for("map.show"))


def _plan() -> Plan | None:
    return store.plan(reading(), hub().town, hub().settings.folder)


def _form(plan: Plan | None, *, sent: bool = False) -> PlaceForm:
    form = PlaceForm(request.form if sent else None)
    form.gate.choices = [(each.gate, gate_name(each.gate)) for each in every_gate(reading(), hub().town)]
    if plan is not None and not plan.is_picture:
        form.x.label.text, form.y.label.text = gettext("Longitude"), gettext("Latitude")
    return form


def _page(form: PlaceForm) -> str:
    plan = _plan()
    return render_template("map/map.html", plan=plan, form=form, most=MOST_BYTES // 1024 // 1024, **_gates(plan))


def _gates(plan: Plan | None) -> dict[str, object]:
    places = {} if plan is None else store.places(reading(), hub().town, plan)
    return {
        "gates": [(gate, gate.freshness(now()), places.get(gate.gate)) for gate in every_gate(reading(), hub().town)],
        "silent_after": SILENT_AFTER,
    }
