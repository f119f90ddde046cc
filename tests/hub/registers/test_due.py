"""Until when a row is to be done."""

from hub.registers.declaration import read
from hub.registers.due import due_at
from tests.hub.registers.declared import FINDINGS, HOUSEHOLDS, ZONE

SINCE = "2026-03-01T04:30:00.000Z"
HOURS = FINDINGS.replace('due = "until"\n', "").replace('next = ["fixed"]\n', 'next = ["fixed"]\ndue_hours = 2\n')


def test_a_day_is_due_at_its_end_in_the_towns_zone() -> None:
    assert due_at(read(FINDINGS), "open", {"until": "2026-03-02"}, SINCE, ZONE) == "2026-03-02T16:00:00.000Z"


def test_a_moment_is_due_then() -> None:
    register = read(FINDINGS.replace('type = "date"', 'type = "time"'))
    assert due_at(register, "open", {"until": SINCE}, SINCE, ZONE) == SINCE


def test_what_has_ended_is_not_due() -> None:
    assert due_at(read(FINDINGS), "closed", {"until": "2026-03-02"}, SINCE, ZONE) is None


def test_what_was_due_is_met_in_a_state_that_says_so_and_only_its_hours_count() -> None:
    met = FINDINGS.replace('needs = ["fix"]', 'needs = ["fix"]\nmet = true\ndue_hours = 2')
    assert due_at(read(met), "fixed", {"until": "2026-02-01"}, SINCE, ZONE) == "2026-03-01T06:30:00.000Z"
    ever = FINDINGS.replace('needs = ["fix"]', 'needs = ["fix"]\nmet = true')
    assert due_at(read(ever), "fixed", {"until": "2026-02-01"}, SINCE, ZONE, kept=SINCE) is None


def test_a_state_may_say_how_long_a_row_may_stay_in_it() -> None:
    assert due_at(read(HOURS), "open", {}, SINCE, ZONE) == "2026-03-01T06:30:00.000Z"
    assert due_at(read(HOURS), "fixed", {}, SINCE, ZONE, kept=SINCE) == SINCE


def test_the_hours_of_a_state_may_count_from_a_field() -> None:
    text = HOURS.replace("due_hours = 2\n", 'due_hours = 2\ndue_since = "until"\n').replace(
        'type = "date"', 'type = "time"'
    )
    assert due_at(read(text), "open", {"until": "2026-03-01T08:00:00.000Z"}, SINCE, ZONE) == "2026-03-01T10:00:00.000Z"
    assert due_at(read(text), "open", {}, SINCE, ZONE) == "2026-03-01T06:30:00.000Z"


def test_a_computed_end_is_due_at_the_end_of_its_day() -> None:
    register = read(HOUSEHOLDS.replace('en = "Homes"\n', 'en = "Homes"\ndue = "until"\n', 1))
    assert due_at(register, None, {"begin": "2026-03-01", "length": 14}, SINCE, ZONE) == "2026-03-15T16:00:00.000Z"
    assert due_at(register, None, {"length": 14}, SINCE, ZONE) is None


def test_in_a_state_that_is_not_timed_nothing_is_due() -> None:
    register = read(FINDINGS.replace('needs = ["fix"]', 'needs = ["fix"]\ntimed = false'))
    assert due_at(register, "fixed", {"until": "2026-03-02"}, SINCE, ZONE, kept=SINCE) is None
