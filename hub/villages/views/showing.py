"""The pages that show village plans: the list of them, one with what stands on it, the plan's file. Tested in `tests/hub/villages/test_views.py`."""

from collections import Counter
from collections.abc import Sequence

from flask import Response, abort, render_template, request

from hub.accounts.roles import Role
from hub.console.context import chosen_unit, hub, needs, reading, user
from hub.console.display import gate_name
from hub.map.plan import MOST_BYTES, TYPES
from hub.organisation import levels
from hub.organisation import store as units
from hub.organisation.units import Unit
from hub.villages import store
from hub.villages.marks import Mark, MarkKind, responsible, write_shape
from hub.villages.store import VillagePlan
from hub.villages.views.blueprint import (
    MarkForm,
    blueprint,
    language,
    mark_form,
    marks_of,
    name_of,
    phone_of,
    plan_or_404,
    sees_households,
    unit_or_404,
)

A_YEAR = 365 * 24 * 3600
VILLAGE = "village"
"""The level whose units are listed though they have no plan yet."""
SIGNS = {
    MarkKind.ENTRANCE: "box-arrow-in-right", MarkKind.CHECKPOINT: "sign-stop-fill", MarkKind.TESTING: "patch-check",
    MarkKind.AREA: "layers", MarkKind.HOUSEHOLD: "person-circle", MarkKind.JUNCTION: "sign-merge-right",
    MarkKind.SCHOOL: "journal-text", MarkKind.BUS_STOP: "truck",
}  # fmt: skip
"""Kind of a mark -> its sign."""


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """The villages with their plans, or those that a search finds, and how fresh each is."""
    known = store.every(reading(), hub().town)
    text, root = request.args.get("search", "").strip()[:64], chosen_unit()
    found = (
        units.search(reading(), hub().town, text, under=root)
        if text
        else units.every(reading(), hub().town, under=root)
    )
    names = units.names(reading(), hub().town, language=language())
    return render_template(
        "villages/list.html",
        units=[each for each in found if each.level == VILLAGE or each.id in known],
        text=text,
        known=known,
        names=names,
        lang=language(),
        levels={each.id: each.name(language()) for each in levels.every(reading(), hub().town)},
    )


@blueprint.get("/<unit_id>")
@needs(Role.VIEWER)
def show(unit_id: str) -> str:
    """One plan."""
    return page(unit_or_404(unit_id))


@blueprint.get("/<unit_id>/plan/<hash_>")
@needs(Role.VIEWER)
def picture(unit_id: str, hash_: str) -> Response:
    """The plan itself; another one has another address."""
    plan = plan_or_404(unit_or_404(unit_id)).plan
    if plan.hash != hash_:
        abort(404)
    answer = Response(plan.data, mimetype=TYPES[plan.kind])
    answer.headers["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    return answer


def page(unit: Unit, form: MarkForm | None = None, wrong: str = "") -> str:
    """The page of a plan; `form`: the one of a new mark that was sent and is wrong."""
    found = store.find(reading(), hub().town, unit.id)
    marks = [] if found is None else marks_of(unit, found)
    return render_template(
        "villages/show.html",
        form=form or mark_form(unit),
        wrong=wrong,
        edits=user().role.may(Role.SUPERVISOR) and unit.closed_at is None,
        most=MOST_BYTES // 1024 // 1024,
        **described(unit, found, marks),
    )


def described(
    unit: Unit, found: VillagePlan | None, marks: Sequence[Mark], *, whole: bool = False
) -> dict[str, object]:
    """What both the page and the paper say of a plan. `whole`: households are not masked."""
    counts = Counter(each.said.kind for each in marks)
    return {
        "unit": unit,
        "lang": language(),
        "title": units.full_name(reading(), hub().town, unit, language=language()),
        "found": found,
        "marks": [
            {
                "mark": each, "said": each.said, "name": name_of(each, whole=whole), "phone": phone_of(each, whole=whole),
                "shape": write_shape(each.said.shape), "sign": SIGNS[each.said.kind],
                "gate": gate_name(each.said.gate) if each.said.gate else "",
            }
            for each in marks
        ],
        "kinds": [(kind, counts[kind], SIGNS[kind]) for kind in MarkKind if counts[kind]],
        "responsible": responsible(marks),
        "households": sees_households(unit),
        "masks_phones": not user().role.may(Role.OFFICER),
    }  # fmt: skip
