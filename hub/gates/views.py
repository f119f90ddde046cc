"""The live page: the gates, the day's figures, the last crossings, who is inside; and the stream that keeps it live.

Tested in `tests/hub/web/test_app.py`.
"""

from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, render_template, request
from flask_login import current_user

from edge.contract.records import wall_text
from hub.accounts import store
from hub.accounts.privacy import shown
from hub.accounts.roles import Role
from hub.console.context import Hub, hub, needs, now, reading, role, user
from hub.console.stream import events
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


@blueprint.get("/live/stream")
@needs(Role.VIEWER)
def stream() -> Response:
    """Server-sent events: `ledger`, `gates`, and a `beat` with the hub's time of day. 503 when every seat is taken, or the user has enough."""
    here, token, who = hub(), current_user.token, user().id
    known = request.headers.get("Last-Event-ID", type=int) or request.args.get("after", 0, type=int)
    if not here.feed.sit(who):
        abort(503)
    text = events(
        here.feed, known, allowed=lambda: _still_open(here, token), beat_text=lambda: _local(here, here.clock())
    )
    response = Response(text, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(lambda: here.feed.leave(who))
    return response


def _board() -> dict[str, object]:
    connection, town = reading(), hub().town
    gates = every_gate(connection, town)
    figures = queries.figures(connection, town, wall_text(midnight(now().astimezone(hub().zone))))
    last = queries.page(connection, town, queries.Filter(), limit=LAST_CROSSINGS).rows
    inside, _ = queries.inside_now(connection, town, limit=INSIDE_ROWS)
    counts = queries.inside_counts(connection, town)
    return {
        "entry": queries.last_entry(connection, town),
        "gates": [(gate, gate.freshness(now()), figures.get(gate.gate, queries.Figures())) for gate in gates],
        "total": sum(figures.values(), queries.Figures()),
        "last": [shown(row, role()) for row in last],
        "inside": [shown(row, role()) for row in inside],
        "inside_counts": counts,
        "inside_total": sum(counts.values()),
        "unclear": queries.unclear(connection, town, wall_text(now() - UNCLEAR_FOR)),
        "local_now": _local(hub(), now()),
        "silent_after": SILENT_AFTER,
    }


def midnight(local: datetime) -> datetime:
    """When the local day began."""
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _still_open(here: Hub, token: str) -> bool:
    with here.reading.connect() as connection:
        return store.session_user(connection, token, here.clock()) is not None


def _local(here: Hub, when: datetime) -> str:
    return when.astimezone(here.zone).strftime("%H:%M:%S")
