"""For how long an alert can be put off. Tested in `tests/hub/alerts/test_views.py`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _

SHIFTS = (8, 20)
"""Hours of the town's day at which a shift ends."""


def shift_end(local: datetime) -> datetime:
    """When the shift of a local time ends."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = (midnight + timedelta(hours=hour + 24 * day) for day in (0, 1) for hour in SHIFTS)
    return next(end for end in ends if end > local)


PAUSES: dict[str, tuple[Any, Callable[[datetime], datetime]]] = {
    "quarter": (_("in 15 minutes"), lambda local: local + timedelta(minutes=15)),
    "hour": (_("in an hour"), lambda local: local + timedelta(hours=1)),
    "shift": (_("at the shift's end"), shift_end),
}
"""Code -> (words, the end of a pause that begins at a local time)."""
