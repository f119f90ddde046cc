"""The blueprint of the pages of village plans, and what they share. Tested in `tests/hub/villages/test_views.py`."""

from typing import Any

from flask import Blueprint, abort, request
from flask_babel import lazy_gettext as _
from flask_login import current_user
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from edge.contract.values import LONGEST_LINE
from hub.accounts.privacy import mask_name, mask_phone
from hub.accounts.roles import Role
from hub.console.context import hub, limit, reading, user
from hub.console.display import chinese, gate_name
from hub.console.forms import PageForm, stripped
from hub.console.labels import label
from hub.map.plan import MOST_BYTES
from hub.organisation import store as units
from hub.organisation.units import Unit
from hub.villages import store
from hub.villages.marks import LONGEST_NAME, Mark, MarkKind, Need, Said, read_shape, write_shape
from hub.villages.store import VillagePlan

blueprint = Blueprint("villages", __name__, url_prefix="/villages")
UPLOAD = MOST_BYTES + 64 * 1024
"""Bytes of a request with a plan."""
LONGEST_SHAPE = 6000


class MarkForm(PageForm):
    """A mark of a plan."""

    kind = SelectField(_("What"))
    name = StringField(_("Name on the plan"), [Length(max=LONGEST_NAME)], filters=[stripped])
    shape = TextAreaField(
        _("Place on the plan"), [InputRequired(_("Click on the plan, or enter a place.")), Length(max=LONGEST_SHAPE)]
    )
    gate = SelectField(_("Gate"), default="")
    grid = SelectField(_("Grid"), default="")
    officer = StringField(_("Responsible"), [Length(max=LONGEST_NAME)], filters=[stripped])
    phone = StringField(_("Phone"), [Length(max=32)], filters=[stripped])
    need = SelectField(_("Need"), default="")
    remark = StringField(_("Remark"), [Length(max=LONGEST_LINE)], filters=[stripped])

    def said(self) -> Said:
        """What the form says; `RefusedError` for a place that is none."""
        return Said(
            MarkKind(self.kind.data), self.name.data or "", read_shape(self.shape.data or ""), self.gate.data or "",
            self.grid.data or "", self.officer.data or "", self.phone.data or "", self.need.data or "", self.remark.data or "",
        )  # fmt: skip


@blueprint.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # a plan is more than a form may hold elsewhere
    if endpoint == "villages.upload" and current_user.is_authenticated:
        request.max_content_length = request.max_form_memory_size = UPLOAD


def language() -> str:
    """The language in which units are named."""
    return "zh" if chinese() else "en"


def unit_or_404(id_: str) -> Unit:
    """The unit with this id; 404 if there is none, or the account may not see it."""
    found, within = units.find(reading(), hub().town, id_), limit()
    if found is None or (within is not None and not within.holds(found)):
        abort(404)
    return found


def plan_or_404(unit: Unit) -> VillagePlan:
    """The plan of a unit; 404 if it has none."""
    found = store.find(reading(), hub().town, unit.id)
    if found is None:
        abort(404)
    return found


def sees_households(unit: Unit) -> bool:
    """Returns True if the user may see where households of special need live: a supervisor, or an officer of the unit's branch."""
    if user().role.may(Role.SUPERVISOR):
        return True
    mine = units.find(reading(), hub().town, user().unit or "") if user().role.may(Role.OFFICER) else None
    return mine is not None and mine.holds(unit)


def marks_of(unit: Unit, found: VillagePlan) -> list[Mark]:
    """What the user may see on the plan of a unit."""
    return store.marks(reading(), hub().town, unit.id, found.plan, households=sees_households(unit))


def name_of(mark: Mark, *, whole: bool = False) -> str:
    """What a mark is called on a page: a household's name is masked, unless somebody said why it must not be."""
    name = mark.said.name
    return mask_name(name) if mark.said.kind is MarkKind.HOUSEHOLD and name and not whole else name


def phone_of(mark: Mark, *, whole: bool = False) -> str:
    """A mark's telephone number; masked for viewers, and of a household for everybody."""
    phone, hidden = mark.said.phone, mark.said.kind is MarkKind.HOUSEHOLD or not user().role.may(Role.OFFICER)
    return mask_phone(phone) if phone and hidden and not whole else phone


def mark_form(unit: Unit, mark: Mark | None = None, *, sent: bool = False) -> MarkForm:
    """The form of a mark, with what there is to choose from."""
    data = None
    if mark is not None:
        said = mark.said
        data = {name: getattr(said, name) for name in ("name", "gate", "grid", "officer", "phone", "need", "remark")}
        data |= {"kind": said.kind.value, "shape": write_shape(said.shape)}
    form = MarkForm(request.form if sent else None, data=data)
    households = sees_households(unit)
    form.kind.choices = [
        (each.value, label("mark", each.value)) for each in MarkKind if households or each is not MarkKind.HOUSEHOLD
    ]
    none = ("", _("none"))
    gates = units.units_of_gates(reading(), hub().town)
    form.gate.choices = [none, *((each, gate_name(each)) for each in gates)]
    below = units.every(reading(), hub().town, under=unit)[1:]
    form.grid.choices = [none, *((each.id, each.name(language())) for each in below)]
    form.need.choices = [none, *((each.value, label("need", each.value)) for each in Need)]
    return form
