"""The times that are exported most: today, this shift, yesterday, this week, this operation. All by the town's clock.

Tested in `tests/hub/visits/test_presets.py`.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum

from flask_babel import lazy_gettext as _
from sqlalchemy.engine import Connection

from hub.shifts import store as shifts
from hub.town.town import Town
from hub.values.stored import time_of


class Preset(StrEnum):
    """A time that a button stands for."""

    TODAY = "today"
    SHIFT = "shift"
    YESTERDAY = "yesterday"
    WEEK = "week"
    """From Monday on."""
    OPERATION = "operation"


WORDS = {
    Preset.TODAY: _("Today"),
    Preset.SHIFT: _("This shift"),
    Preset.YESTERDAY: _("Yesterday"),
    Preset.WEEK: _("This week"),
    Preset.OPERATION: _("This operation"),
}


def span(
    preset: Preset, connection: Connection, town: Town, now: datetime, *, operation_starts: str | None
) -> tuple[datetime | None, datetime | None]:
    """From when, and before when (None: no bound). `operation_starts`: RFC 3339; None: not known, and everything is asked for."""
    local = now.astimezone(town.settings.zone)
    match preset:
        case Preset.TODAY:
            return _midnight(local), None
        case Preset.YESTERDAY:
            return _midnight(local - timedelta(days=1)), _midnight(local)
        case Preset.WEEK:
            return _midnight(local - timedelta(days=local.weekday())), None
        case Preset.SHIFT:
            return current_shift_start(connection, town, now), None
        case Preset.OPERATION:
            return time_of(operation_starts), None


def current_shift_start(connection: Connection, town: Town, now: datetime) -> datetime:
    """When the present shift began: that of the officers on duty at the post, else by the hours of hub.toml."""
    on_duty = shifts.current_shift_start(connection, town.id, now)
    return on_duty or by_the_clock(town.settings.shifts, now.astimezone(town.settings.zone))


def by_the_clock(starts: Sequence[str], local: datetime) -> datetime:
    """The last of the day's hours at which shifts change, before a local moment."""
    hours = [time.fromisoformat(each) for each in starts]
    days = (local - timedelta(days=1), local)
    begun = [datetime.combine(day.date(), hour, local.tzinfo) for day in days for hour in hours]
    return max((each for each in begun if each <= local), default=_midnight(local))


def _midnight(local: datetime) -> datetime:
    return datetime.combine(local.date(), time(), local.tzinfo)
