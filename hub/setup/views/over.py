"""The end of setting up: what was done, what is next, and the button that ends it for good. Tested in `tests/hub/setup/test_views.py`."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from hub.accounts.roles import Role
from hub.console.context import hub, needs, now, reading, user
from hub.console.display import worded
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.setup import store
from hub.setup.views.blueprint import blueprint, next_page, opened, refused


@blueprint.get("/done")
@needs(Role.ADMIN)
def show_done() -> str | Response:
    """What is next; before every step is done, the first that is not."""
    setup = opened()
    if setup.next_step is not None:
        return redirect(next_page())
    found = [each for each in gates.every(reading(), hub().town) if not each.retired]
    return render_template("setup/done.html", setup=setup, step=None, gates=found, rules=hub().opened.given)


@blueprint.post("/done")
@needs(Role.ADMIN)
def finish() -> Response:
    """Ends it: the steps never open again."""
    opened()
    try:
        with hub().writing.begin() as connection:
            store.finish(connection, hub().town, by=user().id, now=now())
    except RefusedError as why:
        return refused(worded(why.words), next_page())
    flash(gettext("The town is set up."))
    return redirect(url_for("gates.live"))
