"""Raises an alert while villages or gates have not given the day's zero report after its due time.

Tested in `tests/hub/zero_reports/test_store.py`.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts.kinds import AlertKind
from hub.alerts.store import About, State
from hub.zero_reports import store

MOST_NAMED = 8
"""Of those that are missing, in the alert's line."""


def missing_zero_reports(connection: Connection, town: str, now: datetime, zone: tzinfo) -> Iterator[State]:
    """One state for the open day, from its due time until all have reported; none for a day before the hours were set."""
    there = store.terms(connection, town)
    if there is None:
        return
    terms, since = there
    day = terms.open_day(now, zone)
    due = wall_text(terms.due_of(day, zone))
    if wall_text(now) <= due or due < since:
        return
    late = [each.id for each in store.missing(connection, town, day, terms)]
    if late:
        names = ", ".join(late[:MOST_NAMED]) + (" …" if len(late) > MOST_NAMED else "")
        about = About(subject=day.isoformat(), happened_at=due)
        yield State(AlertKind.ZERO_REPORT, None, f"{day.isoformat()}: {len(late)}: {names}", about)
