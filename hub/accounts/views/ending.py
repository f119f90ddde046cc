"""Ending sessions: of any user for admins, of their own for everybody. Tested in `tests/hub/accounts/test_views.py`."""

from flask import flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from hub.accounts import sessions
from hub.console.context import hub, note, now

EVERY = "every"
"""The name that stands for every session but the one in which it is asked."""


def end_sessions(user_id: str, there: str) -> Response:
    """Ends the session of a user that the form names, or every one; then goes to a page."""
    name = request.form.get("session", "")
    this = sessions.name_of(current_user.token)
    with hub().writing.begin() as connection:
        names = [each.name for each in sessions.open_of(connection, user_id, now())] if name == EVERY else [name]
        ended = sum(
            sessions.end_named(connection, user_id, each, now()) for each in names if each != this or name == this
        )
        if ended:
            note(connection, "sessions ended", f"users/{user_id}", times=ended)
    if ended:
        flash(gettext("Sessions ended: %(n)s.", n=ended))
    else:
        flash(gettext("No such session is open any more."), "refused")
    return redirect(there)
