"""The live page: the gates, the day's figures, the last crossings, who is inside.

Tested in `tests/hub/web/test_app.py`.
"""

from datetime import datetime, timedelta

from flask import Blueprint, render_template

from edge.contract.records import wall_text
from hub.accounts.privacy import shown
from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, role
from hub.gates.status import SILENT_AFTER, every_gate
from hub.ledger import queries

blueprint = Blueprint("gates", __name__)
LAST_CROSSINGS = 14
INSIDE_ROWS = 8
UNCLEAR_FOR = timedelta(days=1)
"""For how long the page asks to look into a visit with an unclear end: each shift sees it."""


@blueprint.get("/")
@needs(Role.VIEWER)
def live() -> str:
    """The whole page."""
    return render_template("gates/live.html", **_board())


@blueprint.get("/live/board")
@needs(Role.VIEWER)
def board() -> str:
    """The part of the page that changes; asked for again when the stream says so."""
    return render_template("gates/board.html", **_board())


def _board() -> dict[str, object]:
    connection, town = reading(), hub().town
    gates = every_gate(connection, town)
    figures = queries.figures(connection, town, wall_text(midnight(now().astimezone(hub().zone))))
    last = queries.page(connection, town, queries.Filter(), limit=LAST_CROSSINGS).rows
    inside, _ = queries.inside_now(connection, town, limit=INSIDE_ROWS)
    counts = queries.inside_counts(connection, town)
    return {
        "gates": [(gate, gate.freshness(now()), figures.get(gate.gate, queries.Figures())) for gate in gates],
        "total": sum(figures.values(), queries.Figures()),
        "last": [shown(row, role()) for row in last],
        "inside": [shown(row, role()) for row in inside],
        "inside_counts": counts,
        "inside_total": sum(counts.values()),
        "unclear": queries.unclear(connection, town, wall_text(now() - UNCLEAR_FOR)),
        "local_now": now().astimezone(hub().zone).strftime("%H:%M:%S"),
        "silent_after": SILENT_AFTER,
    }


def midnight(local: datetime) -> datetime:
    """When the local day began."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
