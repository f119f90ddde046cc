"""The blueprint of the organisation's pages, and what they share. Tested in `tests/hub/organisation/test_views.py`."""

from collections.abc import Sequence

from flask import Blueprint, abort
from flask_babel import lazy_gettext as _
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from edge.contract.values import LONGEST_LINE
from hub.console.context import hub, limit, reading
from hub.console.display import chinese
from hub.console.forms import PageForm, stripped
from hub.organisation import levels, store
from hub.organisation.units import LONGEST_NAME, MOST_POSITION, Level, Said, Unit

blueprint = Blueprint("organisation", __name__, url_prefix="/organisation")


class UnitForm(PageForm):
    """What a unit is called and where it stands."""

    zh = StringField(_("Chinese name"), [Length(max=LONGEST_NAME)], filters=[stripped])
    en = StringField(_("English name"), [Length(max=LONGEST_NAME)], filters=[stripped])
    level = SelectField(_("Level"))
    parent = SelectField(_("Belongs to"))
    id = StringField(_("Id"), [Length(max=32)], filters=[stripped])
    position = IntegerField(_("Order in the list"), [Optional(), NumberRange(0, MOST_POSITION)])
    remark = StringField(_("Remark"), [Length(max=LONGEST_LINE)], filters=[stripped])

    def said(self) -> Said:
        """What the form says."""
        return Said(
            self.level.data, self.zh.data or "", self.en.data or "", self.parent.data or "", self.id.data or "",
            self.position.data or 0, self.remark.data or "",
        )  # fmt: skip


def language() -> str:
    """The language in which units are named."""
    return "zh" if chinese() else "en"


def with_choices(form: UnitForm, units: Sequence[Unit], ranks: Sequence[Level], *, but: Unit | None = None) -> UnitForm:
    """The form with the levels and parents to choose from: no unit of the branch `but`, none of the lowest level."""
    form.level.choices = [(each.id, each.name(language())) for each in ranks]
    lowest = ranks[-1].id
    may = [each for each in units if each.level != lowest and not (but and but.holds(each))]
    form.parent.choices = [("", _("none: it is a root")), *((each.id, indented(each)) for each in may)]
    return form


def indented(unit: Unit) -> str:
    """A unit's name, moved in by its depth, for a list to choose from."""
    return "\u3000" * unit.depth + unit.name(language())


def unit_or_404(id_: str) -> Unit:
    """The unit with this id; 404 if there is none, or the user may not see it."""
    found = store.find(reading(), hub().town, id_)
    within = limit()
    if found is None or (within is not None and not within.holds(found)):
        abort(404)
    return found


def level_names() -> dict[str, str]:
    """The levels' names in the language of the request."""
    return {each.id: each.name(language()) for each in levels.every(reading(), hub().town)}
