"""Who was on duty when: a search, its CSV, and the page of one shift that is printed and signed.

Tested in `tests/hub/shifts/test_views.py`.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from io import StringIO
from urllib.parse import urlencode

from flask import Response, abort, render_template, request, stream_with_context, url_for
from flask_babel import lazy_gettext as _
from wtforms import DateTimeLocalField, SearchField
from wtforms.validators import Length, Optional

from edge.contract.records import wall_text
from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.console.context import hub, needs, note, now, reading
from hub.console.display import user_name
from hub.console.forms import PageForm, row_id, stripped
from hub.console.times import local
from hub.shifts import store
from hub.shifts.views import matters
from hub.shifts.views.blueprint import blueprint
from hub.values.visible import visible

ROWS = 50
BOM = "\ufeff"
FORMULA = "=+-@\t"
COLUMNS = {
    "user": _("Officer"),
    "started_at": _("From"),
    "ended_at": _("To"),
    "relieves": _("Relieved"),
    "ended_by": _("Ended by"),
    "ended_why": _("Reason"),
    "open_matters": _("Open matters"),
    "taken": _("Taken over"),
    "shift": _("Shift"),
}
"""The columns of the CSV, with their words in the reader's language."""


class AskForm(PageForm):
    """The form that asks who was on duty."""

    name = SearchField(_("Name"), [Length(max=64)], filters=[stripped])
    start = DateTimeLocalField(_("From"), [Optional()], format="%Y-%m-%dT%H:%M")
    end = DateTimeLocalField(_("To"), [Optional()], format="%Y-%m-%dT%H:%M")


@blueprint.get("/shifts")
@needs(Role.SUPERVISOR)
def every() -> str | tuple[str, int]:
    """Times on duty, newest first."""
    form = AskForm(request.args)
    if not form.validate():
        return render_template("shifts/list.html", form=form, rows=[], older=None, newest=None, csv=None), (
            HTTPStatus.BAD_REQUEST
        )
    before = row_id(request.args.get("older"))
    rows, following = store.page(reading(), hub().town, _asked(form), before=before, limit=ROWS)
    kept = {name: value for name in ("name", "start", "end") if (value := request.args.get(name))}
    here = url_for("shifts.every")
    return render_template(
        "shifts/list.html",
        form=form,
        rows=rows,
        older=f"{here}?{urlencode({**kept, 'older': following})}" if following else None,
        newest=f"{here}?{urlencode(kept)}" if before else None,
        csv=f"{url_for('shifts.export')}?{urlencode(kept)}",
    )


@blueprint.get("/shifts.csv")
@needs(Role.SUPERVISOR)
def export() -> Response:
    """The same as a table for a spreadsheet, in the reader's language."""
    form = AskForm(request.args)
    if not form.validate():
        abort(HTTPStatus.BAD_REQUEST)
    asked = _asked(form)
    with hub().writing.begin() as connection:
        note(connection, "duties exported", "duties", start=asked.start, end=asked.end, field=form.name.data or "")
    return Response(
        stream_with_context(_csv(asked)),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=duty-{now().astimezone(hub().zone):%Y%m%d-%H%M}.csv"},
    )


@blueprint.get("/shift/<shift_id>")
@needs(Role.OFFICER)
def page(shift_id: str) -> str:
    """One shift as it is printed: who, from when to when, figures, open matters, notes, and two lines to sign on."""
    connection, town = reading(), hub().town
    shift = store.find(connection, town, shift_id)
    if shift is None:
        abort(404)
    offer = store.handover(connection, town, shift_id)
    next_ = store.taken_over(connection, town, shift_id)
    figures = offer.figures if offer else store.figures(connection, town, shift.started_at, shift.ended_at)
    listed = matters.named(offer.matters) if offer else []
    return render_template(
        "shifts/page.html",
        shift=shift,
        offer=offer,
        next_=next_,
        figures=figures,
        kinds=matters.by_kind(listed),
        listed=len(listed),
        printed=wall_text(now()),
        notes=list(reversed(store.notes(connection, town, shift_id))),
    )


def _asked(form: AskForm) -> store.Asked:
    users = None
    if wanted := (form.name.data or "").casefold():
        everybody = accounts.every_user(reading())
        users = tuple(
            each.id for each in everybody if wanted in each.name.casefold() or wanted == each.login.casefold()
        )
    return store.Asked(users, _utc(form.start.data), _utc(form.end.data))


def _utc(local_time: datetime | None) -> str:
    return "" if local_time is None else wall_text(local_time.replace(tzinfo=hub().zone))


def _csv(asked: store.Asked) -> Iterator[str]:
    buffer = StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    out.writerow([str(words) for words in COLUMNS.values()])
    yield BOM
    before: int | None = None
    while True:
        rows, before = store.page(reading(), hub().town, asked, before=before, limit=500)
        for each in rows:
            out.writerow([_cell(cell) for cell in _cells(each)])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        if before is None:
            return


def _cells(each: store.Duty) -> list[object]:
    return [
        user_name(each.user), _local(each.started_at), _local(each.ended_at),
        user_name(each.relieves) if each.relieves else "", user_name(each.ended_by) if each.ended_by else "",
        each.ended_why or each.why, each.open_matters, len(each.taken), each.shift,
    ]  # fmt: skip


def _local(text: str | None) -> str:
    when = local(text) if text else None
    return (text or "") if when is None else when.isoformat(timespec="seconds")


def _cell(value: object) -> str:
    text = visible(str(value))
    return f"'{text}" if text[:1] in FORMULA and text else text
