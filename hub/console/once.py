"""Does what a form asks once, however often it is sent: a finger that taps twice, a page that is loaded again.

A form carries a mark of its own (`part.once()` in its template). The same mark with the same values from the same user is the same form.

Tested in `tests/hub/console/test_once.py`.
"""

import hashlib
import json
import secrets
from collections.abc import Callable

from flask import flash, redirect, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from hub.accounts import forms
from hub.console.context import hub, now, user
from hub.console.display import worded
from hub.errors import RefusedError

FIELD = "once"


def once_mark() -> str:
    """A new form's mark."""
    return secrets.token_urlsafe(12)


def do_once(connection: Connection, do: Callable[[], str]) -> str:
    """Does what this request's form asks, unless the same form was answered before. Returns the address that it leads to."""
    form = _digest()
    if form is None:
        return do()
    before = forms.begin(connection, form, now())
    if before is not None:
        return before
    address = do()
    forms.finish(connection, form, address)
    return address


def act(do: Callable[[Connection], object], there: str, said: str) -> Response:
    """Does something once and goes to a page with a line that says so; or with the line that says why not, and nothing was changed."""

    def leads_to(connection: Connection) -> str:
        do(connection)
        return there

    try:
        with hub().writing.begin() as connection:
            do_once(connection, lambda: leads_to(connection))
    except RefusedError as refused:
        flash(worded(refused.words), "refused")
    else:
        flash(said)
    return redirect(there)


def _digest() -> str | None:
    """What stands for this form and what it says; None for a form without a mark."""
    if not request.form.get(FIELD):
        return None
    values = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    return hashlib.sha256(json.dumps([user().id, request.path, values]).encode()).hexdigest()
