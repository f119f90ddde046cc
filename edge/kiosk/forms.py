"""Reads the screen's forms, gives the gate the event, and shows the answer in one line.

Tested in `tests/edge/kiosk/test_app.py`.
"""

from flask import abort, flash, request

from edge.gate.view import LaneView
from edge.kiosk.context import desk
from edge.kiosk.words import _
from edge.lane.events import DisinfectedPressed, Event, OfAVisit
from edge.lane.phase import Phase

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


def submit(event: Event, done: str, lane: LaneView | None = None) -> bool:
    """Gives the gate an event and shows the result in one line: `done`, or why not. Returns True if it was done."""
    if desk().ask(event):
        flash(done, "done")
        return True
    flash(_refusal(event, lane), "error")
    return False


def _refusal(event: Event, lane: LaneView | None) -> str:
    view = desk().view()
    if view.fault is not None:
        return _("Not kept: register on paper, open the barrier by key.")
    if lane is not None and lane.phase is Phase.CLOSING:
        return _("The barrier is still up: wait until it is down.")
    if isinstance(event, DisinfectedPressed) and view.officer is None:
        return _("Sign on first: somebody must answer for the disinfection.")
    if _of_another_visit(event):
        return _("Another vehicle is at the lane now: look again.")
    return _("Not possible now.")


def _of_another_visit(event: Event) -> bool:
    """Returns True if the button was pressed for a vehicle that is at the lane no more."""
    if not isinstance(event, OfAVisit):
        return False
    lane = desk().view().lane(event.lane)
    return event.visit is not None and lane is not None and lane.visit != event.visit
