"""Reads the screen's forms, gives the gate the event, and shows the answer in one line.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from flask import abort, flash, request

from edge.gate.view import LaneView
from edge.kiosk.context import desk
from edge.kiosk.why_not import why_not
from edge.kiosk.words import _
from edge.lane.events import Event

LONGEST = 100
"""Characters of one typed value."""


def typed(name: str) -> str:
    """One typed value, trimmed and cut."""
    sent = request.form if request.method == "POST" else request.args
    return sent.get(name, "").strip()[:LONGEST]


def lane_named() -> LaneView:
    """The lane that the request names, or the first."""
    view = desk().view()
    lane = view.lane(request.values.get("lane") or view.lanes[0].name)
    if lane is None:
        abort(400, _("There is no such lane."))
    return lane


def visit_shown(lane: LaneView) -> str | None:
    """The visit that the screen showed at the lane when the button was pressed."""
    return request.form.get(f"visit-{lane.name}")


def question_shown(lane: LaneView) -> str:
    """The visit of which the screen asked what became of it when the button was pressed; empty if it asked nothing."""
    return request.form.get(f"unclear-{lane.name}", lane.unclear or "")


def submit(event: Event, done: str) -> bool:
    """Gives the gate an event and shows the result in one line: `done`, or why not. Returns True if it was done."""
    name = getattr(event, "lane", None)
    before = None if name is None else desk().view().lane(name)
    if desk().ask(event):
        flash(done, "done")
        return True
    flash(" · ".join(why_not(event, before, desk().view())), "error")
    return False
