"""The pages of duty staff: the list, one person with days away and the next shifts, a new one. Phones are masked for every role.

Tested in `tests/hub/roster/test_views.py`.
"""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from hub.accounts.privacy import mask_phone
from hub.accounts.roles import Role
from hub.console.context import branch, chosen_unit, hub, needs, note, reading, role
from hub.console.display import worded
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.console.units import unit_choices
from hub.errors import RefusedError
from hub.roster import staff, store
from hub.roster.staff import LONGEST_NAME, StaffTerms
from hub.roster.values import WHYS, StaffMember
from hub.roster.views.blueprint import (
    asked,
    author,
    blueprint,
    gate_words,
    infos,
    officers,
    refuse,
    role_words,
    shift_words,
    today,
    unit_words,
)

ROWS = 50
EVERY_GATE = "*"


class StaffForm(PageForm):
    """Somebody of the duty staff."""

    name = StringField(_("Name"), [InputRequired(_("Enter the name.")), Length(max=LONGEST_NAME)], filters=[stripped])
    phone = StringField(_("Phone"), [Length(max=25)], filters=[stripped])
    unit = SelectField(_("Unit"), default="")
    role = SelectField(_("Duty role"))
    user = SelectField(_("Signs on at gates as"))
    gates = SelectMultipleField(_("May serve at"), default=[EVERY_GATE])
    since = DateField(_("Serves from"), [InputRequired(_("Enter the day."))])
    until = DateField(_("Serves until"), [Optional()])

    def offer(self, before: str | None = None) -> "StaffForm":
        """Fills in what can be chosen here; `before`: the unit that stands there now, which may be closed, or a text."""
        units = unit_choices()
        if before and before not in dict(units):
            units.append((before, unit_words(before)))
        self.unit.choices = [("", gettext("none")), *units]
        terms, known = store.terms(reading(), hub().town), infos()
        self.role.choices = [("", gettext("none")), *((each.id, role_words(terms, each.id)) for each in terms.roles)]
        self.user.choices = [("", gettext("does not sign on")), *officers().items()]
        self.gates.choices = [(EVERY_GATE, gettext("Every gate")), *((each, gate_words(each, known)) for each in known)]
        return self

    def terms(self) -> StaffTerms:
        """What the form says."""
        at = self.gates.data or [EVERY_GATE]
        return StaffTerms(
            self.name.data or "", self.phone.data or "", self.unit.data or "", self.role.data or "", self.user.data or "",
            None if EVERY_GATE in at else tuple(at),
            self.since.data.isoformat() if self.since.data else "",
            self.until.data.isoformat() if self.until.data else "",
        )  # fmt: skip


class RevealForm(PageForm):
    """Why somebody needs the whole phone."""

    why = StringField(
        _("Reason"), [DataRequired(_("Say why; it stays in the audit.")), Length(max=200)], filters=[stripped]
    )


@blueprint.get("/roster/staff")
@needs(Role.OFFICER)
def everybody() -> str:
    """The list of the duty staff, searched by name, whole phone, role, gate, state."""
    wanted = {name: request.args.get(name, "").strip()[:64] for name in ("search", "role", "gate", "state", "unit")}
    found = store.StaffAsked(**wanted, day=today())
    after = request.args.get("after_name", ""), request.args.get("after", "")
    chosen_unit()
    people = store.page(reading(), hub().town, found, after=after if all(after) else None, limit=ROWS + 1)
    last = people[ROWS - 1] if len(people) > ROWS else None
    terms, known = store.terms(reading(), hub().town), infos()
    return render_template(
        "roster/staff.html",
        people=people[:ROWS],
        wanted=wanted,
        total=store.count(reading(), hub().town),
        first=not all(after),
        following={
            **{name: value for name, value in wanted.items() if value},
            "after": last.id,
            "after_name": last.name,
        }
        if last
        else None,
        roles=[(each.id, role_words(terms, each.id)) for each in terms.roles],
        gates=[(each, gate_words(each, known)) for each in known],
        officers=officers(),
        units=unit_choices(),
        today=today(),
        **_shown(),
    )


@blueprint.route("/roster/staff/new", methods=["GET", "POST"])
@needs(Role.SUPERVISOR)
def new_staff() -> str | Response | tuple[str, int]:
    """A form for somebody new."""
    if request.method != "POST":
        return _new(StaffForm(data={"since": date.fromisoformat(today()), "gates": [EVERY_GATE]}).offer())
    form = StaffForm(request.form).offer()
    if not form.validate():
        return _new(form), HTTPStatus.BAD_REQUEST
    try:
        with hub().writing.begin() as connection:
            address = do_once(
                connection, lambda: url_for("roster.person", staff_id=staff.add(author(connection), form.terms()))
            )
    except RefusedError as refused:
        form.name.errors = [worded(refused.words)]
        return _new(form), HTTPStatus.BAD_REQUEST
    flash(gettext("The person is on the list."))
    return redirect(address)


@blueprint.get("/roster/staff/<staff_id>")
@needs(Role.OFFICER)
def person(staff_id: str) -> str:
    """One person: particulars, days away, the shifts of the weeks around."""
    return _person(_found(staff_id))


@blueprint.post("/roster/staff/<staff_id>/change")
@needs(Role.SUPERVISOR)
def change_staff(staff_id: str) -> str | Response | tuple[str, int]:
    """Other particulars of a person, as they were shown when the form was opened."""
    before = _found(staff_id)
    form = StaffForm(request.form).offer(before.unit)
    if not form.validate():
        return _person(before, form), HTTPStatus.BAD_REQUEST
    version = asked("version", 9)
    try:
        with hub().writing.begin() as connection:
            staff.change(author(connection), staff_id, form.terms(), int(version) if version.isdecimal() else 0)
    except RefusedError as refused:
        form.name.errors = [worded(refused.words)]
        return _person(before, form), HTTPStatus.BAD_REQUEST
    flash(gettext("Changed."))
    return redirect(url_for("roster.person", staff_id=staff_id))


@blueprint.post("/roster/staff/<staff_id>/away")
@needs(Role.SUPERVISOR)
def away(staff_id: str) -> Response:
    """Days on which the person is away, or (with `absence`) is not after all."""
    _found(staff_id)
    try:
        with hub().writing.begin() as connection:
            if number := asked("absence", 9):
                staff.remove_absence(author(connection), staff_id, int(number) if number.isdecimal() else 0)
            else:
                staff.add_absence(author(connection), staff_id, asked("since"), asked("until"), asked("why"))
    except RefusedError as refused:
        refuse(refused)
    return redirect(url_for("roster.person", staff_id=staff_id))


@blueprint.post("/roster/staff/<staff_id>/phone")
@needs(Role.SUPERVISOR)
def phone(staff_id: str) -> str | Response | tuple[str, int]:
    """The page with the whole phone, once, for a reason that the audit keeps; or (with `forget`) takes the phone off the list."""
    found = _found(staff_id)
    if not _is_own(found):
        abort(HTTPStatus.FORBIDDEN)
    if "forget" in request.form:
        with hub().writing.begin() as connection:
            staff.forget_phone(author(connection), staff_id)
        flash(gettext("The phone is off the list."))
        return redirect(url_for("roster.person", staff_id=staff_id))
    form = RevealForm(request.form)
    if not form.validate():
        return _person(found, reveal=form), HTTPStatus.BAD_REQUEST
    with hub().writing.begin() as connection:
        note(connection, "staff unmasked", f"staff/{staff_id}", reason=form.why.data)
    return _person(found, whole=True)


def _new(form: StaffForm) -> str:
    return render_template("roster/new_staff.html", form=form)


def _person(
    found: StaffMember, form: StaffForm | None = None, reveal: RevealForm | None = None, *, whole: bool = False
) -> str:
    around = date.fromisoformat(today())
    days = [(around + timedelta(days=n)).isoformat() for n in (-7, 28)]
    rows = [each for each in store.of_member(reading(), hub().town, found.id, days[0], days[1]) if not each.dropped]
    terms = store.terms(reading(), hub().town, removed=True)
    if form is None:
        data = {
            "name": found.name, "unit": found.unit or "", "role": found.role or "", "user": found.user or "",
            "gates": [EVERY_GATE] if found.gates is None else list(found.gates), "since": date.fromisoformat(found.since),
            "until": None if found.until is None else date.fromisoformat(found.until),
        }  # fmt: skip
        form = StaffForm(data=data).offer(found.unit)
    return render_template(
        "roster/person.html",
        person=found,
        form=form,
        reveal=reveal or RevealForm(),
        whole=whole,
        rows=rows,
        shifts={each.id: f"{shift_words(each)} {each.times}" for each in terms.shifts},
        names={id_: gate_words(id_, infos()) for id_ in infos()},
        whys=WHYS,
        may_change=role().may(Role.SUPERVISOR) and _is_own(found),
        officers=officers(),
        today=today(),
        **_shown(),
    )


def _is_own(found: StaffMember) -> bool:
    """Returns True if the account may change somebody: of one that is limited to a branch, its units' people."""
    within = branch()
    return within is None or found.unit in within.units


def _found(staff_id: str) -> StaffMember:
    found = store.member(reading(), hub().town, staff_id)
    if found is None:
        abort(404)
    return found


def _shown() -> dict[str, Any]:
    terms, known = store.terms(reading(), hub().town), infos()
    return {
        "mask_phone": mask_phone,
        "role_words": lambda id_: role_words(terms, id_),
        "gates_words": lambda at: [gate_words(each, known) for each in at or ()],
    }
