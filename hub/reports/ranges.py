"""A range of time, cut into the months, days and hours for which there are counts, and the parts of hours at its ends.

Tested in `tests/hub/reports/test_ranges.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from edge.contract.records import wall_text
from hub.ledger.projections.sums import CHARACTERS, Level

MOST_DAYS = 400
"""Of a range: a year with room at both ends."""
BY_THE_HOUR = timedelta(hours=73)
"""Up to so long, a range is shown by the hour (three days, one of which may have 25 hours); longer ones by the day."""
HOUR = timedelta(hours=1)


class Unit(StrEnum):
    """The steps by which a range is shown."""

    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Range:
    """From when, and before when: UTC, whole minutes."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, end: datetime) -> "Range":
        """The range between two aware times, each rounded down to its minute."""
        return cls(*(each.astimezone(UTC).replace(second=0, microsecond=0) for each in (start, end)))

    @property
    def too_long(self) -> bool:
        """Returns True if the range is longer than figures are made for."""
        return self.end - self.start > timedelta(days=MOST_DAYS, hours=1)

    @property
    def unit(self) -> Unit:
        """The steps by which the range is shown."""
        return Unit.HOUR if self.end - self.start <= BY_THE_HOUR else Unit.DAY

    def pieces(self) -> list[tuple[Level, str, str]]:
        """The whole hours of the range as months, days and hours: level, first span, and the span before which they end."""
        first, last = self._whole()
        if first >= last:
            return []
        days = _up_to_day(first), _day(last)
        if days[0] >= days[1]:
            return [_piece(Level.HOUR, first, last)]
        months = _up_to_month(days[0]), days[1].replace(day=1)
        if months[0] >= months[1]:
            found = [(Level.DAY, *days)]
        else:
            found = [(Level.DAY, days[0], months[0]), (Level.MONTH, *months), (Level.DAY, months[1], days[1])]
        found += [(Level.HOUR, first, days[0]), (Level.HOUR, days[1], last)]
        return [_piece(level, begin, end) for level, begin, end in found if begin < end]

    def edges(self) -> list[tuple[str, str]]:
        """The parts of hours at the ends, as times in RFC 3339 UTC: what began in them is counted visit by visit."""
        first, last = self._whole()
        ends = [(self.start, self.end)] if first > last else [(self.start, first), (last, self.end)]
        return [(wall_text(begin), wall_text(end)) for begin, end in ends if begin < end]

    def before(self) -> list[tuple[Level, str, str]]:
        """The months, days and hours before the range's first hour."""
        first = _hour(self.start)
        day, month = _day(first), _day(first).replace(day=1)
        return [
            (Level.MONTH, "", _span(Level.MONTH, month)),
            _piece(Level.DAY, month, day),
            _piece(Level.HOUR, day, first),
        ]

    def steps(self, zone: ZoneInfo) -> list[datetime]:
        """The times at which the steps of the range begin, and its end. A day begins with the first whole hour (UTC) of the town's day."""
        found = [self.start]
        found += [each for each in self._boundaries(zone) if self.start < each < self.end]
        return [*found, self.end] if self.end > self.start else found

    def _boundaries(self, zone: ZoneInfo) -> Iterator[datetime]:
        if self.unit is Unit.HOUR:
            at = _hour(self.start) + HOUR
            while at < self.end:
                yield at
                at += HOUR
            return
        day = self.start.astimezone(zone).date()
        while (at := up_to_hour(midnight(day, zone))) < self.end:
            yield at
            day += timedelta(days=1)

    def _whole(self) -> tuple[datetime, datetime]:
        return up_to_hour(self.start), _hour(self.end)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day of the town begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def up_to_hour(at: datetime) -> datetime:
    """A time, rounded up to its hour."""
    return at if _hour(at) == at else _hour(at) + HOUR


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _up_to_day(at: datetime) -> datetime:
    return at if _day(at) == at else _day(at) + timedelta(days=1)


def _up_to_month(at: datetime) -> datetime:
    return at if at.day == 1 else (at.replace(day=28) + timedelta(days=4)).replace(day=1)


def _span(level: Level, at: datetime) -> str:
    return wall_text(at)[: CHARACTERS[level]]


def _piece(level: Level, begin: datetime, end: datetime) -> tuple[Level, str, str]:
    return level, _span(level, begin), _span(level, end)
