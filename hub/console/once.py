"""Does what a form asks once, however often it is sent: a finger that taps twice, a page that is loaded again.

A form carries a mark of its own (`part.once()` in its template). The same mark with the same values from the same user is the same form.

Tested in `tests/hub/console/test_once.py`.
"""

import hashlib
import json
import secrets
from collections.abc import Callable

from flask import request
from sqlalchemy.engine import Connection

from hub.accounts import forms
from hub.console.context import now, user

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


def _digest() -> str | None:
    """What stands for this form and what it says; None for a form without a mark."""
    if not request.form.get(FIELD):
        return None
    values = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    return hashlib.sha256(json.dumps([user().id, request.path, values]).encode()).hexdigest()
