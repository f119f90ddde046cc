"""Which questions from above are not answered in time: one alert each, until the first answer, or until it is closed.

Run by the listener's schedule. Tested in `tests/hub/questions/test_store.py`.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.engine import Connection

from hub.alerts.kinds import AlertKind
from hub.alerts.store import About
from hub.alerts.store import State as AlertState
from hub.questions import store

MOST = 500


def overdue_questions(connection: Connection, town: str, now: datetime) -> Iterator[AlertState]:
    """A state for each question that is overdue."""
    found, _ = store.page(connection, town, store.Asked(state=store.State.OVERDUE.value), now, limit=MOST)
    for each in found:
        who = " ".join(filter(None, (each.asked_by, each.document)))
        about = About(subject=each.id, happened_at=each.due_at)
        yield AlertState(AlertKind.QUESTION_OVERDUE, None, f"question {each.id}: due {each.due_at}, {who}", about)
