"""The history: every run that was due, searched and walked page by page.

Tested in `tests/hub/runs/test_views.py`.
"""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, SearchField, SelectField
from wtforms.validators import Length, Optional

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, reading
from hub.console.forms import PageForm, in_years, stripped
from hub.console.labels import label
from hub.console.paging import cursor
from hub.runs import store
from hub.runs.derive import STORED
from hub.runs.views.blueprint import blueprint

ROWS = 60


class AskForm(PageForm):
    """The form that chooses runs."""

    search = SearchField(_("Name, area or route"), [Length(max=64)], filters=[stripped])
    area = SelectField(_("Area"), default="")
    plan = SelectField(_("Plan"), default="")
    state = SelectField(_("State"), default="")
    since = DateField(_("From"), [Optional()])
    until = DateField(_("To"), [Optional()])

    def validate_since(self, field: DateField) -> None:
        """Requires a year that a database's calendar has."""
        in_years(field)

    def validate_until(self, field: DateField) -> None:
        """Requires a year that a database's calendar has."""
        in_years(field)


@blueprint.get("/history")
@needs(Role.VIEWER)
def past() -> str | tuple[str, int]:
    """Runs that were due, newest first."""
    form = _form()
    return _page(form) if form.validate() else (_page(form, fits=False), HTTPStatus.BAD_REQUEST)


def _form() -> AskForm:
    form, any_ = AskForm(request.args), [("", gettext("All"))]
    form.area.choices = any_ + [
        (each, each or gettext("no area")) for each in store.areas(reading(), hub().town) if each
    ]
    form.plan.choices = any_ + [
        (each.id, " · ".join(filter(None, (each.plan.name, each.plan.area))))
        for each in store.plans(reading(), hub().town)
    ]
    form.state.choices = any_ + [(each.value, str(label("run_state", each.value))) for each in sorted(STORED)]
    return form


def _page(form: AskForm, *, fits: bool = True) -> str:
    older = cursor(request.args.get("older"))
    asked = _asked(form) if fits else store.Asked()
    found, more = store.page(reading(), hub().town, asked, after=older, limit=ROWS) if fits else ([], None)
    kept = {name: value for name, value in request.args.items() if name != "older" and value}
    return render_template(
        "runs/history.html",
        rows=found,
        plans={each.id: each.plan for each in store.plans(reading(), hub().town)},
        form=form,
        asked=asked != store.Asked(),
        older=_address(kept, older="~".join(more)) if more else None,
        newest=_address(kept) if older else None,
    )


def _address(kept: dict[str, str], **more: str) -> str:
    return f"{url_for('runs.past')}?{urlencode({**kept, **more})}"


def _asked(form: AskForm) -> store.Asked:
    def midnight(day: date | None, days: int = 0) -> str:
        return "" if day is None else wall_text(datetime.combine(day + timedelta(days), time(), hub().zone))

    return store.Asked(
        search=form.search.data or "",
        plan=form.plan.data or "",
        area=form.area.data or "",
        state=form.state.data or "",
        start=midnight(form.since.data),
        end=midnight(form.until.data, 1),
    )
