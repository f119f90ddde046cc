"""The blueprint of the steps, and what they share. Tested in `tests/hub/setup/test_views.py`."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.console.context import hub, reading
from hub.console.display import worded
from hub.console.once import do_once
from hub.errors import RefusedError
from hub.setup import store
from hub.setup.store import Setup, Step

blueprint = Blueprint("setup", __name__, url_prefix="/setup")
PAGES = {
    Step.TOWN: "setup.show_town",
    Step.OPERATION: "setup.show_operation",
    Step.GATES: "setup.show_gates",
    None: "setup.show_done",
}
"""The page of each step; None: all of them are done."""


def opened() -> Setup:
    """How far the town is; 404 for one that is set up."""
    found = store.find(reading(), hub().town)
    if found is None or not found.is_open:
        abort(404)
    return found


def next_page() -> str:
    """The address of the first step that is not done."""
    with hub().reading.connect() as connection:
        # another look than the request's own: what was written just now counts
        found = store.find(connection, hub().town)
    return url_for(PAGES[None if found is None else found.next_step])


def act(do: Callable[[Connection], object], step: Step | None = None) -> Response | str:
    """Does something once, notes that the step is done, and goes on to the next; gives a line instead if it is refused, and nothing was changed."""

    def leads_to(connection: Connection) -> str:
        do(connection)
        if step is not None:
            store.do_step(connection, hub().town, step)
        return request.path

    try:
        with hub().writing.begin() as connection:
            there = do_once(connection, lambda: leads_to(connection))
    except RefusedError as refused:
        return worded(refused.words)
    return redirect(there if step is None else next_page())


def refused(line: str, there: str) -> Response:
    """Back to a page, with the line that says why nothing was done."""
    flash(line, "refused")
    return redirect(there)
