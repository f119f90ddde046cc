"""A village plan on one page of A4: the drawing, the legend, how fresh it is, room for names and a seal. Households are masked.

Tested in `tests/hub/villages/test_views.py`.
"""

from http import HTTPStatus

from flask import render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, user
from hub.console.forms import PageForm, stripped
from hub.villages import store
from hub.villages.drawing import drawing
from hub.villages.views.blueprint import blueprint, marks_of, plan_or_404, sees_households, unit_or_404
from hub.villages.views.showing import described


class WholeForm(PageForm):
    """Why somebody must see the households in full."""

    why = StringField(
        _("Reason"), [DataRequired(_("Say why; it stays in the audit.")), Length(max=500)], filters=[stripped]
    )


@blueprint.get("/<unit_id>/print")
@needs(Role.VIEWER)
def paper(unit_id: str) -> str:
    """The page for paper."""
    return _paper(unit_id)


@blueprint.post("/<unit_id>/print")
@needs(Role.SUPERVISOR)
def whole(unit_id: str) -> str | tuple[str, int]:
    """The page for paper with nothing masked, once, for a reason that the audit keeps."""
    unit, form = unit_or_404(unit_id), WholeForm(request.form)
    plan_or_404(unit)
    if not form.validate():
        return _paper(unit_id, form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        store.note_read(connection, unit=unit.id, why=form.why.data or "", by=user().id, now=now())
    return _paper(unit_id, whole=True)


def _paper(unit_id: str, form: WholeForm | None = None, *, whole: bool = False) -> str:
    unit = unit_or_404(unit_id)
    found = plan_or_404(unit)
    shown = marks_of(unit, found)
    return render_template(
        "villages/paper.html",
        drawing=drawing(found.plan, shown),
        form=form or WholeForm(),
        whole=whole,
        may_see_whole=sees_households(unit) and user().role.may(Role.SUPERVISOR),
        masked=gettext("Households are masked.") if not whole else "",
        **described(unit, found, shown, whole=whole),
    )
