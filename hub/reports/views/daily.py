"""The daily reports: a list, one as it is printed, as PDF and as workbook; remarks, and making one anew.

Tested in `tests/hub/reports/test_daily_views.py`.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from hub.accounts.privacy import masked_plates
from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, reading, role, user
from hub.console.display import user_name
from hub.console.forms import PageForm, row_id, stripped
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.reports import kept, making
from hub.reports.kept import LONGEST_REMARKS, Report
from hub.reports.parts import Cell
from hub.reports.pdf import pdf
from hub.reports.period import day_of, last_due, missed
from hub.reports.ranges import Range
from hub.reports.sheet import date_of, made_by, sheet
from hub.reports.views.blueprint import blueprint
from hub.reports.views.links import Links
from hub.reports.workbook import workbook
from hub.values.stored import text_of, time_of

ROWS = 40
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _storable(text: str | None) -> str:
    """A text without NUL, which PostgreSQL's texts cannot hold."""
    return text_of(text) or ""


class DaysForm(PageForm):
    """The days whose reports are asked for."""

    start = DateField(_("From"), [Optional()])
    end = DateField(_("To"), [Optional()])

    def validate_end(self, field: DateField) -> None:
        """A range runs forwards."""
        if field.data and self.start.data and field.data < self.start.data:
            raise ValidationError(_("“Until” must be later than “From”."))


class RemarksForm(PageForm):
    """What the duty officer has to say to a report."""

    remarks = TextAreaField(_("Remarks"), [Length(max=LONGEST_REMARKS)], filters=[_storable, stripped])


@blueprint.get("/reports")
@needs(Role.VIEWER)
def every() -> str | tuple[str, int]:
    """The reports, newest day first."""
    form = DaysForm(request.args)
    valid = form.validate()
    before = request.args.get("older", "")[:10]
    rows: list[Report] = []
    following = None
    if valid:
        first, last = ("" if each.data is None else each.data.isoformat() for each in (form.start, form.end))
        rows, following = kept.page(reading(), hub().town, first=first, last=last, before=before, limit=ROWS)
    here, asked = (
        url_for("reports.every"),
        {name: value for name in ("start", "end") if (value := request.args.get(name))},
    )
    page = render_template(
        "reports/list.html",
        form=form,
        rows=rows,
        made_by=lambda report: made_by(report, user_name),
        last=last_due(now(), hub().opened.settings).isoformat(),
        missing=_missing() if valid and not before and not asked else [],
        older=f"{here}?{urlencode({**asked, 'older': following})}" if following else None,
        newest=f"{here}?{urlencode(asked)}" if before else None,
    )
    return page if valid else (page, HTTPStatus.BAD_REQUEST)


@blueprint.post("/reports")
@needs(Role.SUPERVISOR)
def make_one() -> AnyResponse:
    """Makes the report of a day, or makes it anew."""
    day = day_of(request.form.get("day", ""))
    here = hub()
    making.make(here.reading, here.writing, here.opened.settings, day, by=user().id, now=now())
    flash(gettext("The report was made."))
    return redirect(url_for("reports.one", day=day.isoformat()))


@blueprint.get("/reports/<day>")
@needs(Role.VIEWER)
def one(day: str) -> str:
    """One report as it is printed."""
    return _one(_report(day), RemarksForm())


@blueprint.post("/reports/<day>/remarks")
@needs(Role.OFFICER)
def remark(day: str) -> AnyResponse | tuple[str, int]:
    """Writes the remarks of a day's report."""
    report, form = _report(day), RemarksForm(request.form)
    if not form.validate():
        return _one(report, form), HTTPStatus.BAD_REQUEST

    def do(connection: Connection) -> str:
        kept.remark(connection, hub().town, day, form.remarks.data or "", by=user().id, now=now())
        return url_for("reports.one", day=day)

    with hub().writing.begin() as connection:
        there = do_once(connection, lambda: do(connection))
    flash(gettext("The remarks were written down."))
    return redirect(there)


@blueprint.get("/reports/<day>.pdf")
@needs(Role.VIEWER)
def paper(day: str) -> Response:
    """The report as PDF, masked as the page is."""
    report = _report(day)
    made = pdf(sheet(report, masked=masked_plates(role())), date_of(report.made_at, hub().zone))
    return _file(report, made, "application/pdf", "pdf")


@blueprint.get("/reports/<day>.xlsx")
@needs(Role.VIEWER)
def book(day: str) -> Response:
    """The report as a workbook, masked as the page is."""
    report = _report(day)
    made = workbook(sheet(report, masked=masked_plates(role())), date_of(report.made_at, hub().zone))
    return _file(report, made, XLSX, "xlsx")


def _file(report: Report, data: bytes, kind: str, ending: str) -> Response:
    with hub().writing.begin() as connection:
        note(connection, "report exported", f"reports/{report.day}", file=ending, number=report.version)
    name = f"daily-{hub().town}-{report.day}.{ending}"
    return Response(data, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _report(day: str) -> Report:
    try:
        found = kept.find(reading(), hub().town, day_of(day).isoformat(), row_id(request.args.get("version")))
    except RefusedError:
        found = None
    if found is None:
        abort(404)
    return found


def _one(report: Report, form: RemarksForm) -> str:
    if not form.errors:
        form.remarks.data = report.remarks
    versions = kept.versions(reading(), hub().town, report.day)
    later = making.came_later_to(reading(), hub().town, report)
    return render_template(
        "reports/report.html",
        report=report,
        sheet=sheet(report, masked=masked_plates(role())),
        newest=versions[0].version,
        versions=versions,
        form=form,
        made_by=made_by(report, user_name),
        later=later,
        leads_to=_leads_to,
    )


def _leads_to(cell: Cell) -> str | None:
    """The address of what a cell counts or names."""
    leads: Mapping[str, Any] = cell.leads_to
    match leads.get("to"):
        case "visits":
            start, end = time_of(leads.get("start")), time_of(leads.get("end"))
            return (
                Links(Range.of(start, end), hub().zone, leads.get("gate")).visits(**leads["asked"])
                if start and end
                else None
            )
        case "order":
            return url_for("orders.show", order_id=str(leads["order"]))
        case "visit":
            return url_for("ledger.visit", visit_id=str(leads["visit"]))
        case "conflict":
            return url_for("conflicts.show", conflict_id=str(leads["conflict"]))
        case "inside":
            return url_for("ledger.inside")
        case _:
            return None


def _missing() -> list[str]:
    settings = hub().opened.settings
    return [
        day.isoformat() for day in missed(now(), settings, kept.founded(reading()), kept.days(reading(), hub().town))
    ]
