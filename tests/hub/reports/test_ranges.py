"""A range of time is cut so that its pieces are whole, together are all of it, and never overlap."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.ledger.projections.sums import BUCKETS, LONGER, UNKNOWN, Level
from hub.reports.figures import GROUPS, Wait, percentile, waits_in_groups
from hub.reports.ranges import Range, Unit
from hub.visits.search import WAITS

SHANGHAI, BERLIN, KOLKATA = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata"))
MINUTE = timedelta(minutes=1)
NEXT = {Level.HOUR: timedelta(hours=1), Level.DAY: timedelta(days=1), Level.MONTH: timedelta(days=31)}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def bounds(level: Level, first: str, before: str) -> tuple[datetime, datetime]:
    rest = {Level.HOUR: ":00", Level.DAY: "T00:00", Level.MONTH: "-01T00:00"}[level]
    return at(first + rest), at(before + rest)


@pytest.mark.parametrize("seed", range(200))
def test_pieces_and_edges_are_the_whole_range_once(seed: int) -> None:
    dice = random.Random(seed)
    start = at("2025-11-20T00:00") + dice.randrange(200_000) * MINUTE
    length = dice.choice((1, 59, 60, 61, 1439, 1440, 5000, 60_000, 400_000))
    range_ = Range(start, start + length * MINUTE)
    covered = [bounds(*piece) for piece in range_.pieces()]
    covered += [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in range_.edges()]
    covered.sort()
    assert covered[0][0] == range_.start
    assert covered[-1][1] == range_.end
    assert all(begin < end for begin, end in covered)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(covered))
    assert all(end - begin < timedelta(hours=1) for begin, end in covered if begin.minute or end.minute)


def test_a_long_range_is_few_pieces() -> None:
    pieces = Range(at("2026-01-15T07:30"), at("2026-12-15T09:10")).pieces()
    assert [piece[0] for piece in pieces] == [Level.DAY, Level.MONTH, Level.DAY, Level.HOUR, Level.HOUR]


def test_all_hours_before_a_range_are_its_past() -> None:
    assert Range(at("2026-03-04T05:30"), at("2026-03-05T00:00")).before() == [
        (Level.MONTH, "", "2026-03"),
        (Level.DAY, "2026-03-01", "2026-03-04"),
        (Level.HOUR, "2026-03-04T00", "2026-03-04T05"),
    ]


def test_three_days_are_shown_by_the_hour_and_more_by_the_towns_days() -> None:
    assert len(Range(at("2026-03-01T16:00"), at("2026-03-04T16:00")).steps(SHANGHAI)) == 73
    long = Range(at("2026-03-01T16:00"), at("2026-03-08T20:00"))
    assert long.unit is Unit.DAY
    steps = [each.astimezone(SHANGHAI).strftime("%d %H:%M") for each in long.steps(SHANGHAI)]
    assert steps == [*(f"{day:02d} 00:00" for day in range(2, 10)), "09 04:00"]


def test_the_day_on_which_clocks_change_is_one_step() -> None:
    steps = Range(at("2026-03-27T23:00"), at("2026-04-01T22:00")).steps(BERLIN)
    lengths = [(end - begin) / timedelta(hours=1) for begin, end in itertools.pairwise(steps)]
    assert lengths == [24, 23, 24, 24, 24]


def test_where_days_begin_within_an_hour_a_step_begins_with_the_next_one() -> None:
    steps = Range(at("2026-03-01T18:30"), at("2026-03-08T18:30")).steps(KOLKATA)
    assert [each.minute for each in steps] == [30, *[0] * 7, 30]


def test_ten_years_are_too_long_and_a_year_is_not() -> None:
    assert Range(at("2016-01-01T00:00"), at("2026-01-01T00:00")).too_long
    assert not Range(at("2025-01-01T00:00"), at("2026-01-01T00:00")).too_long


def test_a_percentile_is_known_to_its_bucket() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({UNKNOWN: 3}, 0.5) is None
    assert percentile({"000040": 1, UNKNOWN: 9}, 0.95) == Wait(35, 40)
    assert percentile({"000005": 50, "000040": 49, LONGER: 1}, 0.5) == Wait(0, 5)
    assert percentile({"000005": 50, "000040": 44, LONGER: 6}, 0.95) == Wait(BUCKETS[-1], None)


def test_the_groups_that_are_shown_and_those_that_the_ledger_can_be_asked_for_are_the_same() -> None:
    assert set(GROUPS) <= set(BUCKETS)
    every = waits_in_groups({f"{each:06d}": 1 for each in BUCKETS} | {LONGER: 1, UNKNOWN: 5})
    assert sum(n for _, _, n in every) == len(BUCKETS) + 1
    assert [(above, most) for above, most, _ in every] == [(above, most) for _, above, most in WAITS]
