"""Forms that were answered: one that is sent again is led where the first one led, and nothing is done twice.

Tested in `tests/hub/console/test_once.py`.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import answered_forms
from hub.database.statements import insert_new

KEPT = timedelta(days=2)
"""For how long an answered form is known; a page stands open for a shift."""


def begin(connection: Connection, form: str, now: datetime) -> str | None:
    """Notes that a form is being answered in this transaction; returns where it led, if it was answered before."""
    connection.execute(delete(answered_forms).where(answered_forms.c.at < wall_text(now - KEPT)))
    mark = secrets.token_hex(8)
    # of two that come at once the second waits here for the first
    insert_new(connection, answered_forms, [{"form": form, "mark": mark, "leads_to": "", "at": wall_text(now)}])
    row = connection.execute(select(answered_forms).where(answered_forms.c.form == form)).one()
    return None if row.mark == mark else str(row.leads_to)


def finish(connection: Connection, form: str, leads_to: str) -> None:
    """Notes the address that a form was answered with."""
    connection.execute(update(answered_forms).where(answered_forms.c.form == form).values(leads_to=leads_to))
