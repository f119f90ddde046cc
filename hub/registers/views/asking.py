"""The filter of a register's list: the form of its address, and what it asks of the store.

Tested in `tests/hub/registers/views/test_listing.py`.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DateField, SearchField, SelectField
from wtforms.validators import Length, Optional

from edge.contract.records import wall_text
from hub.console.context import hub, role
from hub.console.forms import PageForm, stripped
from hub.console.times import now_text
from hub.console.units import gate_choices, unit_choices
from hub.registers.catalogue import TownRegister
from hub.registers.cells import may_see
from hub.registers.declaration import RegisterField
from hub.registers.field_types import FieldType
from hub.registers.store import MARK, Asked
from hub.registers.views.blueprint import named

FIRST_YEAR, LAST_YEAR = 1970, 9998


class AskForm(PageForm):
    """The form that chooses rows; a register's choices are added to it."""

    search = SearchField(_("Any part of a name, number, address"), [Length(max=64)], filters=[stripped])
    state = SelectField(_("State"), default="")
    unit = SelectField(_("Unit"), default="", validate_choice=False)
    gate = SelectField(_("Gate"), default="")
    day = DateField(_("Day"), [Optional()])
    since = DateField(_("Written from"), [Optional()])
    until = DateField(_("Written until"), [Optional()])
    overdue = BooleanField(_("Overdue only"))
    removed = BooleanField(_("Removed rows"))

    @property
    def chosen(self) -> Mapping[str, str]:
        """The choices that are asked for, by field."""
        return {name.removeprefix(MARK): value for name, value in self.data.items() if name.startswith(MARK) and value}


def ask_form(found: TownRegister, args: Mapping[str, Any] | None = None) -> AskForm:
    """The form for a register, filled with what this address asks for; what the register does not have is left out."""
    register = found.register
    extra = {MARK + each.id: SelectField(named(each), default="") for each in filters(found)}
    form: AskForm = type("RegisterAskForm", (AskForm,), extra)(request.args if args is None else args)
    for of in filters(found):
        choices = [("", gettext("All")), *((one.id, named(one)) for one in of.choices)]
        form[MARK + of.id].choices = choices  # type: ignore[attr-defined]  # it is a field of choices
    form.state.choices = [("", gettext("All")), *((each.id, named(each)) for each in register.states)]
    units = [("", gettext("All")), *unit_choices()]
    if form.unit.data and form.unit.data not in dict(units):
        units.append((form.unit.data, form.unit.data))
    form.unit.choices = units
    form.gate.choices = [("", gettext("All")), *gate_choices()]
    without = [
        ("state", not register.states),
        ("unit", register.unit == "off" or len(units) == 1),
        ("gate", register.gate == "off"),
        ("day", not register.daily),
        ("overdue", register.due is None and not any(each.due_hours for each in register.states)),
    ]
    for name, gone in without:
        if gone:
            del form[name]
    return form


def filters(found: TownRegister) -> list[RegisterField]:
    """The fields whose choices a list can be narrowed to by this reader."""
    asked = found.asked
    return [
        each
        for each in found.register.fields
        if each.type in (FieldType.CHOICE, FieldType.CHOICES) and each.id in asked and may_see(each, role())
    ]


def asked_of(form: AskForm) -> Asked:
    """What a valid form asks for."""
    data = form.data
    return Asked(
        search=data.get("search") or "",
        state=data.get("state") or "",
        unit=data.get("unit") or "",
        gate=data.get("gate") or "",
        day=data["day"].isoformat() if data.get("day") else "",
        due_before=now_text() if data.get("overdue") else "",
        start=_begin(data.get("since")),
        end=_begin(data.get("until"), after=1),
        removed=bool(data.get("removed")),
        chosen=form.chosen,
    )


def _begin(day: date | None, after: int = 0) -> str:
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return ""
    return wall_text(datetime.combine(day + timedelta(days=after), time(), hub().zone))
