"""The event stream of every page: what the poller looks at, the address `/stream`, and what a page knows when it is made.

A page names in its stream's address what it shows (`after`, `gates`, `alerts`); a browser that comes back by itself names the newest
entry that it was sent (`Last-Event-ID`). Whatever changed since is said at once.

Tested in `tests/hub/console/test_stream.py`.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, abort, request, url_for
from flask_login import current_user
from sqlalchemy.engine import Connection, Engine

from hub.accounts import store as accounts
from hub.accounts.roles import Role
from hub.alerts import store as alerts
from hub.console.context import Hub, hub, needs, reading, user
from hub.console.stream import Snapshot, events
from hub.database.changes import Changes
from hub.gates.status import digest
from hub.ledger.queries import last_entry

blueprint = Blueprint("stream", __name__)


def snapshot(connection: Connection, town: str) -> Snapshot:
    """The state of a town as a connection sees it."""
    return Snapshot(last_entry(connection, town), digest(connection, town), alerts.version(connection, town))


class Look:
    """The poller's look at a town: reads only where the database changed since the last one."""

    def __init__(self, reading: Engine, town: str) -> None:
        self._reading, self._town, self._changes = reading, town, Changes(reading)
        self._seen: Snapshot | None = None

    def __call__(self) -> Snapshot:
        """The state now."""
        if self._changes.any() or self._seen is None:
            self._seen = None  # should the next lines fail, they are tried again
            with self._reading.connect() as connection:
                self._seen = snapshot(connection, self._town)
        return self._seen


@blueprint.get("/stream")
@needs(Role.VIEWER)
def stream() -> Response:
    """Server-sent events (`hub.console.stream`). 503 when every seat is taken, or the user has enough."""
    here, token, who = hub(), current_user.token, user().id
    if not here.feed.sit(who):
        abort(503)
    text = events(here.feed, _known(), allowed=lambda: _still_open(here, token), beat_text=_time_of_day(here))
    response = Response(text, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(lambda: here.feed.leave(who))
    return response


def stream_address() -> str:
    """The stream of the page that is being made: with what the page shows."""
    now = snapshot(reading(), hub().town)
    return url_for("stream.stream", after=now.entry, gates=now.gates, alerts=now.alerts)


def _known() -> Snapshot:
    said = request.args
    entry = request.headers.get("Last-Event-ID", type=int) or said.get("after", 0, type=int)
    return Snapshot(entry, said.get("gates", ""), said.get("alerts", ""))


def _time_of_day(here: Hub) -> Callable[[], str]:
    def text() -> str:
        now: datetime = here.clock()
        return now.astimezone(here.zone).strftime("%H:%M:%S")

    return text


def _still_open(here: Hub, token: str) -> bool:
    with here.reading.connect() as connection:
        return accounts.session_user(connection, token, here.clock()) is not None
