"""Until when a row is to be done."""

from hub.registers.declaration import read
from hub.registers.due import due_at
from tests.hub.registers.declared import FINDINGS, ZONE

SINCE = "2026-03-01T04:30:00.000Z"
HOURS = FINDINGS.replace('due = "until"\n', "").replace('next = ["fixed"]\n', 'next = ["fixed"]\ndue_hours = 2\n')


def test_a_day_is_due_at_its_end_in_the_towns_zone() -> None:
    assert due_at(read(FINDINGS), "open", {"until": "2026-03-02"}, SINCE, ZONE) == "2026-03-02T16:00:00.000Z"


def test_a_moment_is_due_then() -> None:
    register = read(FINDINGS.replace('type = "date"', 'type = "time"'))
    assert due_at(register, "open", {"until": SINCE}, SINCE, ZONE) == SINCE


def test_what_has_ended_is_not_due() -> None:
    assert due_at(read(FINDINGS), "closed", {"until": "2026-03-02"}, SINCE, ZONE) is None


def test_a_state_may_say_how_long_a_row_may_stay_in_it() -> None:
    assert due_at(read(HOURS), "open", {}, SINCE, ZONE) == "2026-03-01T06:30:00.000Z"
    assert due_at(read(HOURS), "fixed", {}, SINCE, ZONE, kept=SINCE) == SINCE
