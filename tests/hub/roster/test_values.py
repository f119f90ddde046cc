"""Shifts on the clock: over midnight, overlaps, days and times as people write them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from edge.contract.records import wall_text
from hub.errors import RefusedError
from hub.roster.values import Absence, DutyShift, StaffMember, clock_of, day_of, days_of, week_of, without_overlaps

ZONE = ZoneInfo("Asia/Shanghai")


def shift(starts: str, ends: str, id_: str = "a") -> DutyShift:
    return DutyShift(id_, "班", "Shift", starts, ends)


def test_a_shift_that_goes_over_midnight_ends_on_the_next_day() -> None:
    begin, end = shift("20:00", "08:00").span(date(2026, 3, 1), ZONE)
    assert (wall_text(begin), wall_text(end)) == ("2026-03-01T12:00:00.000Z", "2026-03-02T00:00:00.000Z")


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (("08:00", "20:00"), ("20:00", "08:00"), False),
        (("08:00", "20:00"), ("19:59", "23:00"), True),
        (("22:00", "06:00"), ("05:59", "07:00"), True),
        (("22:00", "06:00"), ("23:00", "01:00"), True),
        (("00:00", "08:00"), ("08:00", "16:00"), False),
        (("08:00", "08:00"), ("12:00", "13:00"), True),
        (("16:00", "00:00"), ("00:00", "08:00"), False),
    ],
)
def test_shifts_overlap_by_the_clock_whichever_midnight_lies_between(
    first: tuple[str, str], second: tuple[str, str], overlap: bool
) -> None:
    one, other = shift(*first), shift(*second, "b")
    assert one.overlaps(other) is other.overlaps(one) is overlap
    if overlap:
        with pytest.raises(RefusedError, match=r"overlaps .* nothing was changed"):
            without_overlaps([one, other])
    else:
        without_overlaps([one, other])


@pytest.mark.parametrize("text", ["", "8", "24:00", "08:60", "8：5", "ab:cd", "08:00:00", "٠٨:٠٠"])
def test_what_is_no_time_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RefusedError, match="expected a time such as 08:00"):
        clock_of(text)


def test_a_time_may_be_written_with_the_colon_of_a_chinese_keyboard() -> None:
    assert clock_of(" 8：05 ") == "08:05"


@pytest.mark.parametrize("text", ["", "2026-3-1", "2026-02-30", "0001-01-01", "20260301", "today"])
def test_what_is_no_day_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RefusedError, match="expected a day such as 2026-03-01"):
        day_of(text)


def test_a_week_begins_on_monday() -> None:
    assert week_of(date(2026, 3, 1)) == date(2026, 2, 23)
    assert days_of(date(2026, 2, 23))[-1] == "2026-03-01"


def test_a_person_serves_from_a_day_to_a_day_and_may_be_away_between() -> None:
    person = StaffMember(
        "s-1", "王伟", None, None, None, None, ("east",), "2026-03-01", "2026-03-31",
        absences=(Absence(1, "s-1", "2026-03-05", "2026-03-06", "leave"),),
    )  # fmt: skip
    assert [person.serves(day) for day in ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")] == [
        False,
        True,
        True,
        False,
    ]
    assert person.away("2026-03-06") is not None
    assert person.away("2026-03-07") is None
    assert person.may_serve("east")
    assert not person.may_serve("west")
    assert person.may_serve(""), "a leader on duty serves at no gate"
