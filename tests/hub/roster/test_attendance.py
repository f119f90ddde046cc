"""The roster against who signed on: each outcome from plain values, and hours in which no minute counts twice."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.contract.records import wall_text
from hub.roster.attendance import Attendance, Came, compared, hours, unrostered
from hub.roster.served import Served
from hub.roster.store import Presence
from hub.roster.values import LEADER, Assignment, RosterRules, StaffMember

DAY = datetime(2026, 3, 2, tzinfo=UTC)
RULES = RosterRules(late_minutes=10)
ALL_DAY = (DAY, DAY + timedelta(days=1))


def at(hour: float) -> str:
    return wall_text(DAY + timedelta(hours=hour))


def member(id_: str, user: str | None) -> StaffMember:
    return StaffMember(id_, id_, None, None, None, user, None, "2026-01-01", None)


PEOPLE = {"a": member("a", "u-1"), "b": member("b", "u-2"), "v": member("v", None)}


def row(staff: str, gate: str = "east") -> Assignment:
    return Assignment("2026-03-02", "day", gate, staff, at(8), at(16), published=True)


def one(
    times: list[Served], *, staff: str = "a", now: float = 20, noted: tuple[Presence, ...] = (), rows: tuple[Assignment, ...] = (), gate: str = "east",
) -> Attendance:  # fmt: skip
    found = compared([row(staff, gate), *rows], PEOPLE, times, noted, RULES, DAY + timedelta(hours=now))
    return found[0]


@pytest.mark.parametrize(
    ("times", "now", "came", "minutes"),
    [
        ([], 7, Came.AHEAD, 0),
        ([], 8.1, Came.AHEAD, 0),
        ([], 9, Came.MISSING, 0),
        ([], 16, Came.NO_SHOW, 0),
        ([Served("east", "u-1", at(7.9))], 9, Came.THERE, 0),
        ([Served("east", "u-1", at(7.9), at(16.1))], 20, Came.SERVED, 0),
        ([Served("east", "u-1", at(8.5))], 9, Came.LATE, 30),
        ([Served("east", "u-1", at(8), at(15))], 20, Came.EARLY, 60),
        ([Served("east", "u-1", at(8), at(10)), Served("east", "u-1", at(11), at(16))], 20, Came.SERVED, 0),
        ([Served("west", "u-1", at(8), at(16))], 20, Came.ELSEWHERE, 0),
        ([Served("east", "u-2", at(8), at(16))], 20, Came.NO_SHOW, 0),
        ([Served("east", "u-1", at(0), at(8.05))], 20, Came.NO_SHOW, 0),
    ],
)
def test_what_became_of_a_shift(times: list[Served], now: float, came: Came, minutes: int) -> None:
    found = one(times, now=now)
    assert (found.came, found.minutes) == (came, minutes)


def test_of_two_who_share_a_gate_nobody_is_late_or_early_while_the_other_is_signed_on() -> None:
    times = [Served("east", "u-1", at(8), at(12)), Served("east", "u-2", at(12), at(16))]
    assert one(times, rows=(row("b"),)).came is Came.SERVED
    assert one(times, staff="b", rows=(row("a"),)).came is Came.SERVED
    assert one(times).came is Came.EARLY, "the other one is not on the roster"


def test_who_signs_on_nowhere_is_unknown_until_somebody_notes_it() -> None:
    assert one([], staff="v").came is Came.UNKNOWN
    note = Presence("2026-03-02", "day", "east", "v", at(9), at(16), at(16), "u-9")
    found = one([], staff="v", noted=(note,))
    assert (found.came, found.minutes, found.by_hand) == (Came.LATE, 60, True)


def test_a_leader_may_sign_on_at_any_gate_or_at_none() -> None:
    assert one([], gate=LEADER).came is Came.UNKNOWN
    assert one([Served("west", "u-1", at(8), at(16))], gate=LEADER).came is Came.SERVED


def test_who_is_not_on_the_roster_is_found_and_who_comes_early_is_on_it() -> None:
    early, late, stranger = (
        Served("east", "u-1", at(7.9), at(8.2)),
        Served("east", "u-1", at(17), at(18)),
        Served("east", "u-7", at(9)),
    )
    assert unrostered([row("a")], PEOPLE, [early, late, stranger], RULES) == [late, stranger]


def test_no_minute_counts_twice_and_only_the_period_counts() -> None:
    times = [
        Served("east", "u-1", at(-2), at(4)),
        Served("west", "u-1", at(3), at(6)),
        Served("east", "u-1", at(22)),
        Served("east", "u-2", at(0), at(9)),
    ]
    note = Presence("2026-03-02", "day", "east", "a", at(5), at(7), at(8), "u-9")
    assert hours(PEOPLE["a"], "u-1", times, [note], ALL_DAY, DAY + timedelta(hours=23)) == timedelta(hours=8)
