"""The terms of zero reports: until when data count for a day, until when the day's report is due, who reports. Pure.

A day's report says what came up between two cut-offs: what comes later counts for the next day. It can be given from the cut-off on,
until the next one; after its due time it is late.

Tested in `tests/hub/zero_reports/test_terms.py`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from hub.errors import RefusedError

_HOUR = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms. `level`: the level of the organisation whose units report (empty: none do); `gates`: gates report too."""

    cut_off: str = "16:00"
    due: str = "17:00"
    level: str = "village"
    gates: bool = True

    def checked(self) -> "Terms":
        """The same; `RefusedError` says what cannot stand."""
        for name, hour in (("cut-off", self.cut_off), ("due", self.due)):
            if _HOUR.fullmatch(hour) is None:
                raise RefusedError("%(name)s: %(hour)r: expected an hour like 16:00", name=name, hour=hour[:20])
        if self.due <= self.cut_off:
            raise RefusedError("due: expected an hour after the cut-off, %(hour)s", hour=self.cut_off)
        if not self.level and not self.gates:
            raise RefusedError("zero reports: expected a level of units, or gates, that report")
        return self

    def cut_off_of(self, day: date, zone: tzinfo) -> datetime:
        """The moment up to which data count for a day."""
        return _at(day, self.cut_off, zone)

    def due_of(self, day: date, zone: tzinfo) -> datetime:
        """The moment after which a day's report is late."""
        return _at(day, self.due, zone)

    def last_due(self, before: datetime, zone: tzinfo) -> date:
        """The last day whose report was due before a moment."""
        day = before.astimezone(zone).date()
        return day if self.due_of(day, zone) <= before else day - timedelta(days=1)

    def open_day(self, now: datetime, zone: tzinfo) -> date:
        """The day whose report can be given now: that of the last cut-off."""
        today = now.astimezone(zone).date()
        return today if self.cut_off_of(today, zone) <= now else today - timedelta(days=1)


def _at(day: date, hour: str, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), zone)
