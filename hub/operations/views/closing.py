"""The closing report: as a page, as PDF and as a workbook; made again by a supervisor. Tested in `tests/hub/operations/test_closing.py`."""

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection

from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, reading, user
from hub.console.forms import row_id
from hub.operations import closing as reports
from hub.operations import store
from hub.operations.closing import ClosingReport
from hub.operations.closing_sheet import closing_sheet
from hub.operations.views.blueprint import act, blueprint
from hub.operations.views.page import Answer
from hub.reports.pdf import pdf
from hub.reports.sheet import date_of
from hub.reports.workbook import workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/closing")
@needs(Role.VIEWER)
def closing() -> str:
    """The closing report of an operation, or of the one that ended last."""
    ended = [each for each in store.every(reading(), hub().town) if each.ended_at is not None]
    asked = request.args.get("operation") or (ended[0].id if ended else "")
    operation = next((each for each in ended if each.id == asked), None)
    if operation is None and request.args.get("operation"):
        abort(404)
    report = None if operation is None else _find(operation.id)
    return render_template(
        "operation/closing.html",
        operation=operation,
        report=report,
        sheet=None if report is None else closing_sheet(report),
        versions=[] if operation is None else reports.versions(reading(), hub().town, operation.id),
        ended=ended,
        leads_to=_leads_to,
    )


@blueprint.post("/closing")
@needs(Role.SUPERVISOR)
def make_closing() -> Answer:
    """Makes the report of an ended operation, or makes it again."""
    here = hub()

    def do(connection: Connection) -> str:
        id_ = request.form.get("operation", "")
        reports.make(connection, here.town, id_, zone=here.settings.timezone, by=user().id, now=now())
        return str(gettext("The report was made."))

    done = act(do, "operation.closing")
    return done if not isinstance(done, str) else (render_template("error.html", code=409, text=done), 409)


@blueprint.get("/closing.pdf")
@needs(Role.VIEWER)
def closing_pdf() -> Response:
    """The closing report as PDF: the same bytes each time."""
    report = _asked()
    return _file(report, pdf(closing_sheet(report), date_of(report.made_at, hub().zone)), "application/pdf", "pdf")


@blueprint.get("/closing.xlsx")
@needs(Role.VIEWER)
def closing_xlsx() -> Response:
    """The closing report as a workbook: the same bytes each time."""
    report = _asked()
    return _file(report, workbook(closing_sheet(report), date_of(report.made_at, hub().zone)), XLSX, "xlsx")


def _find(id_: str) -> ClosingReport | None:
    return reports.find(reading(), hub().town, id_, row_id(request.args.get("version")))


def _asked() -> ClosingReport:
    found = _find(request.args.get("operation", ""))
    if found is None:
        abort(404)
    return found


def _file(report: ClosingReport, data: bytes, kind: str, ending: str) -> Response:
    with hub().writing.begin() as connection:
        note(
            connection,
            "operation report exported",
            f"operations/{report.operation}",
            file=ending,
            number=report.version,
        )
    name = f"closing-{hub().town}-{report.operation}.{ending}"
    return Response(data, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _leads_to(cell: object) -> str | None:
    leads = getattr(cell, "leads_to", {})
    return url_for("ledger.visit", visit_id=str(leads["visit"])) if leads.get("to") == "visit" else None
