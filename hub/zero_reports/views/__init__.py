"""The page of zero reports: today's table with the missing ones first, the form, the hours, and the days before.

Tested in `tests/hub/zero_reports/test_views.py`.
"""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, limit, needs, now, reading, user
from hub.console.days import address_day
from hub.console.display import chinese, gate_name
from hub.console.forms import PageForm, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.organisation import levels
from hub.zero_reports import store
from hub.zero_reports.store import GATE, Reporter, ZeroReport
from hub.zero_reports.terms import Terms

blueprint = Blueprint("zero_reports", __name__, url_prefix="/zero-reports")
DAYS = 31
"""Days before that are listed."""


class ReportForm(PageForm):
    """A zero report: who, how many, what."""

    reporter = SelectField(_("Who reports"))
    count = IntegerField(
        _("How many (0: none)"),
        [InputRequired(_("Enter a number; 0 is “none”.")), NumberRange(0, store.MOST_COUNT)],
        default=0,
    )
    text = StringField(_("What came up"), [Length(max=store.LONGEST)], filters=[stripped])


class TermsForm(PageForm):
    """The hours of zero reports, and who gives them."""

    cut_off = StringField(_("Data count until"), filters=[stripped])
    due = StringField(_("Report due at"), filters=[stripped])
    level = SelectField(_("Units that report"))
    gates = BooleanField(_("Gates report too"))


@blueprint.get("")
@needs(Role.VIEWER)
def every() -> str:
    """A day's reports, the missing ones first."""
    return _page(_report_form(), _terms_form())


@blueprint.post("")
@needs(Role.OFFICER)
def give() -> str | AnyResponse | tuple[str, int]:
    """Takes a report."""
    form = _report_form(sent=True)
    if not form.validate():
        return _page(form, _terms_form()), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        store.report(
            connection, hub().town, form.reporter.data, form.count.data or 0, form.text.data or "",
            zone=hub().zone, by=user().id, now=now(),
        )  # fmt: skip
        return url_for("zero_reports.every")

    with hub().writing.begin() as connection:
        address = do_once(connection, lambda: do(connection))
    flash(gettext("The report was received."))
    return redirect(address)


@blueprint.post("/terms")
@needs(Role.SUPERVISOR)
def set_terms() -> AnyResponse:
    """Sets the hours, and who reports."""
    form = _terms_form(sent=True)
    if not form.validate():
        raise RefusedError("zero reports: expected a level of units, or gates, that report")

    def do(connection: Connection) -> str:
        terms = Terms(form.cut_off.data or "", form.due.data or "", form.level.data or "", bool(form.gates.data))
        store.set_terms(connection, hub().town, terms, by=user().id, now=now())
        return url_for("zero_reports.every")

    with hub().writing.begin() as connection:
        address = do_once(connection, lambda: do(connection))
    flash(gettext("The hours of zero reports were set."))
    return redirect(address)


def _page(form: ReportForm, terms_form: TermsForm) -> str:
    there, town = store.terms(reading(), hub().town), hub().town
    if there is None:
        return render_template("zero_reports/page.html", terms=None, form=form, terms_form=terms_form)
    terms = there[0]
    open_ = terms.open_day(now(), hub().zone)
    day = address_day(request.args.get("day"), open_, HTTPStatus.NOT_FOUND)
    found = store.of_day(reading(), town, day.isoformat())
    rows = [(each, found.get(each.id)) for each in store.reporters(reading(), town, terms, limit())]
    rows.sort(key=lambda each: each[1] is not None)
    return render_template(
        "zero_reports/page.html",
        terms=terms,
        day=day.isoformat(),
        is_open=day == open_,
        due=wall_text(terms.due_of(day, hub().zone)),
        over=now() > terms.due_of(day, hub().zone),
        cut_off=wall_text(terms.cut_off_of(day, hub().zone)),
        begins=wall_text(terms.cut_off_of(day - timedelta(days=1), hub().zone)),
        rows=rows,
        counts=_counts([report for _each, report in rows]),
        reporter_name=_name,
        versions=[each for each in store.versions(reading(), town, day.isoformat()) if each.reporter in {row[0].id for row in rows}],
        names={each.id: _name(each) for each, _report in rows},
        history=store.history(reading(), town, open_.isoformat(), DAYS) if limit() is None else [],
        form=form,
        terms_form=terms_form,
    )  # fmt: skip


def _counts(reports: list[ZeroReport | None]) -> dict[str, int]:
    there = [each for each in reports if each is not None]
    return {
        "missing": len(reports) - len(there),
        "reported": len(there),
        "none": sum(not each.count for each in there),
        "late": sum(each.late for each in there),
    }


def _name(reporter: Reporter) -> str:
    if reporter.kind == GATE:
        return gate_name(reporter.of)
    return (reporter.zh or reporter.en) if chinese() else (reporter.en or reporter.zh)


def _report_form(*, sent: bool = False) -> ReportForm:
    form = ReportForm(request.form if sent else None)
    there = store.terms(reading(), hub().town)
    found = [] if there is None else store.reporters(reading(), hub().town, there[0], limit())
    given = (
        {} if there is None else store.of_day(reading(), hub().town, there[0].open_day(now(), hub().zone).isoformat())
    )
    form.reporter.choices = [(each.id, _name(each)) for each in sorted(found, key=lambda one: one.id in given)]
    return form


def _terms_form(*, sent: bool = False) -> TermsForm:
    there = store.terms(reading(), hub().town)
    terms = Terms() if there is None else there[0]
    form = TermsForm(request.form if sent else None, obj=terms)
    language = "zh" if chinese() else "en"
    choices = [(each.id, each.name(language)) for each in levels.every(reading(), hub().town)]
    form.level.choices = [("", gettext("none")), *choices]
    return form
