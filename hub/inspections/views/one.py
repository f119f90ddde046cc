"""One finding: what it says, its way, and the step that follows: handed over, put right, checked, closed, objected to, decided.

Tested in `tests/hub/inspections/test_views.py`.
"""

from flask import render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading
from hub.console.forms import row_id
from hub.console.once import act
from hub.inspections.views.blueprint import as_writer, blueprint, keeper_of, known_finding, read_values, register
from hub.registers import history
from hub.registers import store as registers
from hub.registers.rows import Draft

SENT = ("study", "measures", "responsible", "person", "until", "fix", "objection", "decision", "check")
"""The fields that a step may fill."""
STAMPS = {"fixed": "fixed_at", "closed": "closed_at"}


@blueprint.get("/<int:finding_id>")
@needs(Role.OFFICER)
def show(finding_id: int) -> str:
    """The page of a finding."""
    row = known_finding(finding_id)
    return render_template(
        "inspections/show.html", register=register(), row=row, steps=history.of(reading(), hub().town, row.id)[-30:]
    )


@blueprint.post("/<int:finding_id>/move")
@needs(Role.OFFICER)
def move(finding_id: int) -> Response:
    """Brings a finding into its next state; without one (`to` empty) writes down what was studied."""
    known_finding(finding_id)
    there = url_for("inspections.show", finding_id=finding_id)

    def do(connection: Connection) -> None:
        keeper, who = keeper_of(connection), as_writer()
        row = registers.known(connection, hub().town, keeper.register, finding_id)
        version, to = row_id(request.form.get("version")) or 0, request.form.get("to", "")
        values = read_values({name: request.form[name] for name in SENT if request.form.get(name)})
        if not to:
            keeper.change(connection, row, Draft({**row.values, **values}, row.links), who, version=version)
            return
        if to in STAMPS:
            values[STAMPS[to]] = wall_text(now())
        keeper.move(connection, row, to, who, version=version, values=values, why=request.form.get("why", "")[:400])

    return act(do, there, gettext("Kept."))
