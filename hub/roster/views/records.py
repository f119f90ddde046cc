"""What the gates' records say beside the roster: handovers with what was open, hours worked, who was on duty at a moment.

Tested in `tests/hub/roster/test_views.py`.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from flask import render_template, request
from flask_babel import lazy_gettext as _
from wtforms import DateField, DateTimeLocalField, SelectField
from wtforms.validators import InputRequired, Optional, ValidationError

from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now
from hub.console.forms import PageForm, in_years
from hub.roster import on_duty, served, store
from hub.roster.attendance import hours, span_of, total
from hub.roster.values import LEADER, Assignment, StaffMember
from hub.roster.views.blueprint import blueprint, gate_words, infos, role_words, shift_words, today

MOST_DAYS = 92


class AtForm(PageForm):
    """Which gate, which moment."""

    gate = SelectField(_("Gate"))
    at = DateTimeLocalField(_("Moment"), [InputRequired()], format=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"])

    def validate_at(self, field: DateTimeLocalField) -> None:
        """A moment that has neighbours in UTC."""
        in_years(field, 1971, 2199)


class PeriodForm(PageForm):
    """Which days, which gate."""

    since = DateField(_("From"), [Optional()])
    until = DateField(_("To"), [Optional()])
    gate = SelectField(_("Gate"))

    def validate_since(self, field: DateField) -> None:
        """A day that has neighbours in UTC."""
        if field.data and not 1971 <= field.data.year <= 2199:
            raise ValidationError(_("Give a year from %(first)s to %(last)s.", first=1971, last=2199))

    validate_until = validate_since


class Worked(NamedTuple):
    """How long somebody was on duty, how many times, and how long the roster has the person."""

    name: str
    role: str
    staff: str
    hours: float
    times: int
    planned: float


@blueprint.get("/roster/on-duty")
@needs(Role.OFFICER)
def at_moment() -> str:
    """Who was on duty at a gate at a moment: signed on there, on the roster, leading; and how it was handed over before and after."""
    known = infos()
    form = AtForm(
        request.args if request.args.get("at") else None, data={"at": now().astimezone(hub().zone).replace(tzinfo=None)}
    )
    form.gate.choices = [(each, gate_words(each, known)) for each in known]
    found, at = None, None
    if request.args.get("at") and form.validate() and form.at.data is not None:
        at = form.at.data.replace(tzinfo=hub().zone).astimezone(UTC)
        found = on_duty.at(narrowed(), hub().town, form.gate.data, at)
    terms = store.terms(narrowed(), hub().town, removed=True)
    return render_template(
        "roster/on_duty.html",
        form=form,
        found=found,
        at=None if at is None else wall_text(at),
        role_words=lambda role: role_words(terms, role),
        shifts={each.id: f"{shift_words(each)} {each.times}" for each in terms.shifts},
    )


@blueprint.get("/roster/handovers")
@needs(Role.OFFICER)
def handovers() -> str:
    """How officers at the gates handed over: what was open, the note, who came next."""
    form, first, last = _period()
    known = infos()
    gates = [form.gate.data] if form.gate.data in known else list(known)
    times = served.between(narrowed(), hub().town, first, last, gates)
    terms = store.terms(narrowed(), hub().town, removed=True)
    leaders = store.published_between(narrowed(), hub().town, first, last, gate=LEADER)
    people = store.members(narrowed(), hub().town, {each.staff for each in leaders})

    def shift_at(at: str) -> tuple[str, str]:
        led = next((each for each in leaders if each.starts < at <= each.ends), None)
        if led is None:
            return "", ""
        return shift_words(terms.shift(led.shift), led.shift), people[led.staff].name if led.staff in people else ""

    return render_template(
        "roster/handovers.html",
        form=form,
        rows=served.handovers(narrowed(), hub().town, times),
        open_=[each for each in times if each.end is None],
        names={id_: gate_words(id_, known) for id_ in known},
        shift_at=shift_at,
    )


@blueprint.get("/roster/hours")
@needs(Role.SUPERVISOR)
def worked() -> str:
    """Hours on duty of each person in a period, by the gates' records and by what was noted by hand."""
    form, first, last = _period()
    known = infos()
    gates = [form.gate.data] if form.gate.data in known else list(known)
    connection, town = narrowed(), hub().town
    times = served.between(connection, town, first, last, gates)
    noted = [each for each in store.presences(connection, town, first, last) if each.gate in gates]
    planned = [each for each in store.published_between(connection, town, first, last) if each.gate in gates]
    period = (_moment(first), _moment(last))
    known_as = store.of_users(connection, town)
    there = {known_as[each.officer] for each in times if each.officer in known_as}
    people = store.members(
        connection, town, {*there, *(each.staff for each in noted), *(each.staff for each in planned)}
    )
    by_user = {each.user: each for each in people.values() if each.user}
    users = accounts.names(connection)
    strangers = {each.officer for each in times} - by_user.keys()
    terms = store.terms(connection, town)
    rows = []
    for person, user in (
        *((each, each.user or "") for each in people.values()),
        *((None, each) for each in sorted(strangers)),
    ):
        length = hours(person, user, times, noted, period, now())
        plan = _planned(person, planned, period)
        if length or plan:
            count = sum(each.officer == user for each in times) + sum(
                person is not None and each.staff == person.id for each in noted
            )
            name = person.name if person else users.get(user, user)
            rows.append(
                Worked(
                    name,
                    role_words(terms, person.role) if person else "",
                    person.id if person else "",
                    length.total_seconds() / 3600,
                    count,
                    plan,
                )
            )
    rows.sort(key=lambda each: -each.hours)
    return render_template(
        "roster/hours.html", form=form, rows=rows, total=sum(each.hours for each in rows), first=first, last=last
    )


def _planned(person: StaffMember | None, rows: list[Assignment], period: tuple[datetime, datetime]) -> float:
    spans = [span_of(each.starts, each.ends) for each in rows if person is not None and each.staff == person.id]
    return total([each for each in spans if each is not None], period).total_seconds() / 3600


def _period() -> tuple[PeriodForm, str, str]:
    """The form, and the days that it asks for as moments: the last seven days where it asks for none, three months at most."""
    form = PeriodForm(request.args)
    form.gate.choices = [("", _("Every gate")), *((each, gate_words(each, infos())) for each in infos())]
    form.gate.data = form.gate.data or ""
    day = date.fromisoformat(today())
    valid = form.validate()
    last = form.until.data if valid and form.until.data else day
    first = form.since.data if valid and form.since.data else last - timedelta(days=6)
    first = max(min(first, last), last - timedelta(days=MOST_DAYS))
    form.since.data, form.until.data = first, last
    zone = hub().zone
    moments = (datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone))
    return form, wall_text(moments[0]), wall_text(moments[1])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
