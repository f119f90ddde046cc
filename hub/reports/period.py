"""The day of a daily report: the 24 hours up to its cut-off, which has the report's date, and the shifts within.

Tested in `tests/hub/reports/test_daily.py`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub.errors import RefusedError
from hub.reports.ranges import Range
from hub.town.settings import Settings

MISSED = 31
"""Days of which a missed report is still made by itself."""
FIRST, LAST = date(1971, 1, 2), date(2199, 12, 30)


@dataclass(frozen=True, slots=True)
class Period:
    """A report's 24 hours (23 or 25 where the town's clocks change)."""

    day: date
    range: Range

    @property
    def text(self) -> str:
        """`2026-03-01`."""
        return self.day.isoformat()


def period(day: date, settings: Settings) -> Period:
    """The period of the report of a day."""
    zone, hour = settings.zone, settings.report.hour
    return Period(day, Range.of(_at(day - timedelta(days=1), hour, zone), _at(day, hour, zone)))


def day_of(text: str) -> date:
    """A day as people and addresses write it; `RefusedError` says what was expected."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST <= day <= LAST or len(text) != 10:
        raise RefusedError("day %(day)r: expected a date like 2026-03-01", day=text[:40])
    return day


def last_due(now: datetime, settings: Settings) -> date:
    """The day of the newest report whose cut-off has passed."""
    today = now.astimezone(settings.zone).date()
    return today if _at(today, settings.report.hour, settings.zone) <= now else today - timedelta(days=1)


def missed(now: datetime, settings: Settings, since: datetime | None, made: set[str]) -> list[date]:
    """The days whose report is due and was not made, oldest first: of the last 31, those that ended after `since` (None: none)."""
    if since is None:
        return []
    last = last_due(now, settings)
    days = [last - timedelta(days=back) for back in range(MISSED)]
    due = [day for day in days if day.isoformat() not in made and period(day, settings).range.end > since]
    return sorted(due)


def shifts(range_: Range, starts: Sequence[str], zone: ZoneInfo) -> list[Range]:
    """The shifts of a period by the town's hours; the first and the last may be parts of one."""
    first, last = (at.astimezone(zone).date() for at in (range_.start, range_.end))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    changes = sorted(
        {at for day in days for hour in starts if range_.start < (at := _at(day, hour, zone)) < range_.end}
    )
    bounds = [range_.start, *changes, range_.end]
    return [Range(begin, end) for begin, end in itertools.pairwise(bounds)]


def _at(day: date, hour: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(hour), zone).astimezone(UTC)
