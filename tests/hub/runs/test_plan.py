"""When runs are due, and what is no plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.errors import HubError
from hub.runs.plan import Plan, checked, moments, words_of

ZONE = ZoneInfo("Asia/Shanghai")
SAMPLES = Plan(
    name="采样", area="东区", route="东门 - 医院", vehicle_class="sample_transport", plates=(), passes=(), gates=("east",),
    direction="out", every_minutes=30, times=(), begins="08:00", ends="20:00", weekdays="1234567", tolerance_minutes=10,
    return_minutes=60,
)  # fmt: skip
SUNDAY = datetime(2026, 3, 1, tzinfo=ZONE)


def due(plan: Plan, days: int = 1) -> list[str]:
    found = moments(plan, SUNDAY, SUNDAY + timedelta(days), ZONE)
    return [each.astimezone(ZONE).strftime("%d %H:%M") for each in found]


def test_every_half_hour_between_two_hours() -> None:
    found = due(SAMPLES)
    assert (found[0], found[1], found[-1], len(found)) == ("01 08:00", "01 08:30", "01 20:00", 25)


def test_the_whole_day_has_each_moment_once() -> None:
    found = due(replace(SAMPLES, begins="00:00", ends="24:00"), days=2)
    assert (len(found), len(set(found)), found[-1]) == (96, 96, "02 23:30")


def test_at_times_on_weekdays() -> None:
    refuse = replace(SAMPLES, every_minutes=None, times=("06:00", "18:00"), weekdays="16")
    assert due(refuse, days=7) == ["02 06:00", "02 18:00", "07 06:00", "07 18:00"]


def test_over_midnight_a_night_belongs_to_the_day_on_which_it_began() -> None:
    night = replace(SAMPLES, begins="22:00", ends="02:00", every_minutes=120, weekdays="7")
    assert due(night, days=2) == ["01 22:00", "02 00:00", "02 02:00"]


def test_from_a_moment_until_before_another() -> None:
    start = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert moments(SAMPLES, start, start + timedelta(minutes=30), ZONE) == [start]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": " "}, "expected a name"),
        ({"vehicle_class": None}, "expected a class of vehicles, plates or passes"),
        ({"vehicle_class": "tank"}, "class 'tank': the operation has no such class"),
        ({"gates": ("nowhere",)}, "gate 'nowhere': there is no such gate"),
        ({"passes": ("12",)}, "pass '12': expected 16 hexadecimal digits"),
        ({"direction": "up"}, "direction 'up': expected in or out"),
        ({"begins": "8"}, "time '8': expected such as 08:30"),
        ({"times": ("25:00",)}, "time '25:00'"),
        ({"weekdays": ""}, "at least one day of the week"),
        ({"weekdays": "8"}, "at least one day of the week"),
        ({"every_minutes": 1}, "every 5 to 1440 minutes"),
        ({"every_minutes": None}, "expected times, or every"),
        ({"tolerance_minutes": 30}, "a tolerance shorter than the time between two runs"),
        ({"times": ("08:00", "08:05")}, "a tolerance shorter than the time between two runs"),
        ({"return_minutes": 0}, "a return within 1440 minutes"),
    ],
)
def test_what_is_no_plan_is_one_line(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(HubError, match=why):
        checked(replace(SAMPLES, **wrong), gates={"east"}, classes={"sample_transport"})  # type: ignore[arg-type]  # any field


def test_a_plan_is_put_in_order() -> None:
    plan = replace(
        SAMPLES, name=" 采样 ", plates=("鲁b·12345", "鲁B12345"), times=("18:00", "06:00", "06:00"), weekdays="717"
    )
    found = checked(plan, gates={"east"}, classes={"sample_transport"})
    assert (found.name, found.plates, found.times, found.weekdays) == ("采样", ("鲁B12345",), ("06:00", "18:00"), "17")
    assert found.every_minutes is None
    assert words_of("鲁B12345，鲁B00001\n鲁B2") == ["鲁B12345", "鲁B00001", "鲁B2"]
