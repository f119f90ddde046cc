"""The day's list of findings: summed up, studied, solved (梳理、研判、解决), and what is left open; a page to print.

Tested in `tests/hub/inspections/test_views.py`.
"""

from datetime import datetime, time, timedelta
from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now
from hub.console.days import address_day, day_or_none
from hub.inspections import store
from hub.inspections.views.blueprint import blueprint, register

LEFT = 100
"""Of the findings that are left open, so many are listed."""


@blueprint.get("/day")
@needs(Role.OFFICER)
def today() -> Response:
    """Leads to the list of a day that was chosen, or of today."""
    chosen = request.args.get("day", "")
    day = day_or_none(chosen) or now().astimezone(hub().zone).date()
    return redirect(url_for("inspections.day", day=day.isoformat()))


@blueprint.get("/day/<day>")
@needs(Role.OFFICER)
def day(day: str) -> str:
    """The list of a day of the town's calendar."""
    wanted = address_day(day, wrong=HTTPStatus.NOT_FOUND)
    start, end = (datetime.combine(wanted + timedelta(days=n), time(), hub().zone) for n in (0, 1))
    found = store.day(narrowed(), hub().town, wall_text(start), wall_text(end), LEFT)
    return render_template(
        "inspections/day.html",
        register=register(),
        day=wanted,
        found=found,
        before=(wanted - timedelta(days=1)).isoformat(),
        after=(wanted + timedelta(days=1)).isoformat(),
        end=wall_text(min(end, now().astimezone(hub().zone))),
    )
