"""The page of all registers of the town, in groups, each with how full and how fresh it is, beside the pages that other parts put there.

Tested in `tests/hub/registers/views/test_every.py`.
"""

from flask import render_template
from flask_babel import lazy_gettext as _

from hub.accounts.roles import Role
from hub.console.context import chosen_unit, hub, limit, narrowed, needs, reading, role
from hub.console.register_pages import pages
from hub.console.times import now_text
from hub.console.units import unit_choices
from hub.registers import catalogue
from hub.registers.overview import overview
from hub.registers.views.blueprint import blueprint

GROUPS = {
    "people": _("People"),
    "duty": _("Duty"),
    "places": _("Places"),
    "supplies": _("Supplies"),
    "papers": _("Papers"),
    "public": _("The public"),
}


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """All registers that the user may read."""
    found = [each for each in catalogue.every(reading(), hub().town) if role().may(each.register.read)]
    unit = chosen_unit()
    figures = overview(narrowed(), hub().town, [each.register for each in found], now_text())
    groups = [
        (
            word,
            [(page, page.figures()) for page in pages() if page.group == group and role().may(page.least)],
            [(each, figures[each.register.id]) for each in found if each.register.group == group],
        )
        for group, word in GROUPS.items()
    ]
    return render_template(
        "registers/every.html",
        groups=[each for each in groups if each[1] or each[2]],
        unit=None if unit is None or unit == limit() else unit.id,
        units=unit_choices(),
    )
