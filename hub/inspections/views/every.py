"""The page of findings: open ones by due time, figures per gate, per unit and per who is responsible.

Tested in `tests/hub/inspections/test_views.py`.
"""

from datetime import timedelta

from flask import render_template, request

from edge.contract.records import wall_text
from hub.accounts.roles import Role
from hub.console.context import chosen_unit, hub, narrowed, needs, now
from hub.console.times import now_text
from hub.console.units import unit_choices, unit_name
from hub.inspections import store
from hub.inspections.figures import figures
from hub.inspections.views.blueprint import blueprint, register

OPEN = 100
DAYS = 30
"""Of which figures are shown, beside what is still open."""


@blueprint.get("")
@needs(Role.OFFICER)
def every() -> str:
    """Open findings, of one gate or one unit if the address says so, and the figures."""
    connection, town, unit = narrowed(), hub().town, chosen_unit()
    gate = request.args.get("gate", "")[:32]
    open_ = store.open_findings(connection, town, OPEN + 1, gate=gate)
    since = wall_text(now() - timedelta(days=DAYS))
    by_gate, by_unit, by_responsible = figures(store.found_since(connection, town, since), now_text())
    return render_template(
        "inspections/every.html",
        register=register(),
        rows=open_[:OPEN],
        more=len(open_) > OPEN,
        by_gate=by_gate,
        by_unit=by_unit,
        by_responsible=by_responsible,
        unit_name=unit_name,
        gate=gate,
        unit=unit,
        choices=unit_choices(),
        days=DAYS,
    )
