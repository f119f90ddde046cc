"""For how long an alert can be put off. Tested in `tests/hub/alerts/test_views.py`."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _

Changes = Sequence[str]
"""The hours at which shifts change, as hub.toml has them: `08:00`."""


def shift_end(local: datetime, changes: Changes) -> datetime:
    """When the shift of a local time ends."""
    days = (local, local + timedelta(days=1))
    hours = [time.fromisoformat(each) for each in changes]
    return min(end for day in days for hour in hours if (end := datetime.combine(day, hour, local.tzinfo)) > local)


PAUSES: dict[str, tuple[Any, Callable[[datetime, Changes], datetime]]] = {
    "quarter": (_("in 15 minutes"), lambda local, _changes: local + timedelta(minutes=15)),
    "hour": (_("in an hour"), lambda local, _changes: local + timedelta(hours=1)),
    "shift": (_("at the shift's end"), shift_end),
}
"""Code -> (words, the end of a pause that begins at a local time)."""
