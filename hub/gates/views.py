"""The live page: the gates, the day's figures, the last crossings, who is inside.

Tested in `tests/hub/gates/test_live.py` and `tests/hub/web/test_app.py`.
"""

from datetime import datetime, timedelta

from flask import Blueprint, render_template, request
from flask_babel import gettext

from edge.contract.records import wall_text
from hub.accounts.privacy import shown
from hub.accounts.roles import Role
from hub.console import pieces
from hub.console.context import chosen_unit, hub, narrowed, needs, now, role
from hub.console.display import alarm_words, amount, count
from hub.console.labels import label
from hub.gates.status import SILENT_AFTER, Freshness, GateStatus, every_gate
from hub.ledger import queries

blueprint = Blueprint("gates", __name__)
LAST_CROSSINGS = 20
INSIDE_ROWS = 8
LOW_TANK = 0.15
"""Of a tank, below which it is said."""
UNCLEAR_FOR = timedelta(days=1)
"""For how long the page asks to look into a visit with an unclear end: each shift sees it."""


@blueprint.get("/")
@needs(Role.VIEWER)
def live() -> str:
    """The whole page."""
    return render_template("gates/live.html", known=None, **_board())


@blueprint.get("/live/board")
@needs(Role.VIEWER)
def board() -> str:
    """What changed: the parts that differ from those that the page shows (`known`: their marks); asked when the stream says so."""
    return render_template("gates/board.html", known=pieces.marks(request.args.get("known", "")), **_board())


def _board() -> dict[str, object]:
    connection, town = narrowed(), hub().town
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
        "strip_key": " ".join(gate.gate for gate in gates),
        "crossings_key": " ".join(row["visit_id"] for row in last),
        "fingerprint": pieces.fingerprint,
        "faults": faults,
        "unit": chosen_unit(),
    }


def faults(gate: GateStatus, freshness: Freshness) -> list[str]:
    """What is wrong with a gate, in words, the gravest first; empty if nothing is known to be."""
    health = gate.health
    if health is None:
        return [gettext("What it says of itself cannot be read.")] if gate.unreadable else []
    found = [alarm_words(alarm) for alarm in gate.alarms]
    if health.camera is False:
        found.append(gettext("Camera failed"))
    if health.tank is not None and not LOW_TANK <= health.tank <= 1:
        share = gate.tank if gate.tank is not None else amount(health.tank * 100)
        found.append(gettext("Tank %(n)s %%", n=share))
    if health.clock != "synced":
        found.append(label("clock", health.clock))
    if health.backlog:
        waiting = gettext("%(n)s waiting to be sent") if freshness is Freshness.LIVE else gettext("%(n)s waited then")
        found.append(waiting % {"n": count(health.backlog)})
    if not health.officer:
        found.append(gettext("Nobody signed on"))
    return found


def midnight(local: datetime) -> datetime:
    """When the local day began."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
