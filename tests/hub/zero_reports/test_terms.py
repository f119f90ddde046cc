"""The hours of zero reports: which day is open when, and what hours may be."""

from datetime import UTC, date, datetime

import pytest

from hub.errors import RefusedError
from hub.zero_reports.terms import Terms
from tests.hub.registers.declared import ZONE

TERMS = Terms("16:00", "17:00")


@pytest.mark.parametrize(
    ("hour", "day"),
    [
        ("07:59", date(2026, 2, 28)),
        ("08:00", date(2026, 3, 1)),
        ("12:00", date(2026, 3, 1)),
        ("23:00", date(2026, 3, 1)),
    ],
)
def test_the_day_of_the_last_cut_off_is_open(hour: str, day: date) -> None:
    # 08:00 UTC is 16:00 in the town
    now = datetime.fromisoformat(f"2026-03-01T{hour}:00+00:00")
    assert TERMS.open_day(now, ZONE) == day


def test_a_report_is_due_in_the_towns_time() -> None:
    assert TERMS.due_of(date(2026, 3, 1), ZONE) == datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("terms", "wrong"),
    [
        (Terms("24:00", "17:00"), "expected an hour like 16:00"),
        (Terms("16:00", "5 pm"), "expected an hour like 16:00"),
        (Terms("17:00", "17:00"), "expected an hour after the cut-off"),
        (Terms(level="", gates=False), "expected a level of units, or gates"),
    ],
)
def test_hours_that_cannot_stand_are_refused(terms: Terms, wrong: str) -> None:
    with pytest.raises(RefusedError, match=wrong):
        terms.checked()
