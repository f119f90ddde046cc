"""The roster of a week as the paper form (值班表): A4 landscape, a table for each gate, with the lines to sign and room for a seal.

Tested in `tests/hub/roster/test_views.py`.
"""

from flask import render_template, request

from edge.contract.records import wall_text
from hub.accounts.privacy import mask_name
from hub.accounts.roles import Role
from hub.console.context import hub, narrowed, needs, now, policy
from hub.roster.values import LEADER
from hub.roster.views import table
from hub.roster.views.blueprint import blueprint, infos
from hub.roster.views.week import asked_week


@blueprint.get("/roster/print")
@needs(Role.OFFICER)
def sheet() -> str:
    """The page to print: of one gate or of all; `masked`: names are hidden, for a sheet that hangs where everybody reads it."""
    known = infos()
    gate = request.args.get("gate", "")
    monday = asked_week(request.args.get("week", ""))
    shown = [gate] if gate in known else list(known)
    week = table.week_of_gates(narrowed(), hub().town, monday, known, shown, now(), hub().zone)
    masked = request.args.get("masked") == "1"
    rules = policy()
    people = {
        each.assignment.staff
        for one in week.tables
        if one.gate != LEADER
        for _shift, cells in one.rows
        for cell in cells
        for each in cell.chips
        if not each.assignment.dropped
    }
    return render_template(
        "roster/sheet.html",
        week=week,
        leaders=week.tables[0],
        tables=week.tables[1:],
        masked=masked,
        named=mask_name if masked else str,
        people=len(people),
        gate=gate if gate in known else "",
        monday=monday.isoformat(),
        operation=rules.operation if rules else None,
        printed=wall_text(now()),
    )
