"""Compares the roster with who signed on: on time, late, left early, no-show, somebody who is not on the roster; and hours worked.

A gate's screen has one officer signed on at a time. So of several officers who are rostered for one shift at one gate nobody is late, and
nobody left early, while another of them is signed on; but each of them signs on at some time of the shift. Who signs on nowhere (a
volunteer beside the lane) is noted by hand, and is `unknown` until then.

Pure; tested in `tests/hub/roster/test_attendance.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from edge.contract.records import wall_text
from hub.roster.served import Served
from hub.roster.store import Presence
from hub.roster.values import LEADER, Assignment, RosterRules, StaffMember
from hub.values.stored import time_of

Span = tuple[datetime, datetime]


class Came(StrEnum):
    """What became of somebody's shift."""

    AHEAD = "ahead"
    """The shift has not begun, and the person is not there yet."""
    THERE = "there"
    """The person is on duty now."""
    SERVED = "served"
    """The person was there, from the beginning to the end."""
    LATE = "late"
    EARLY = "early"
    """The person left before the end."""
    MISSING = "missing"
    """The shift goes on, and the person has not come."""
    NO_SHOW = "no_show"
    """The shift is over, and the person never came."""
    ELSEWHERE = "elsewhere"
    """The person signed on at another gate instead."""
    UNKNOWN = "unknown"
    """The person signs on nowhere, and nobody noted anything."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """What became of one assignment. `since`, `until`: when the person was there first and last; `minutes` late, or too early away."""

    assignment: Assignment
    came: Came
    since: str | None = None
    until: str | None = None
    minutes: int = 0
    by_hand: bool = False
    at_gate: str = ""
    """Another gate at which the person signed on."""


def compared(
    rows: Sequence[Assignment],
    people: Mapping[str, StaffMember],
    times: Sequence[Served],
    noted: Iterable[Presence],
    rules: RosterRules,
    now: datetime,
) -> list[Attendance]:
    """What became of each assignment, as far as the hub knows now. `times`: of all gates that `rows` name, and of any others."""
    hands = {(each.day, each.shift, each.gate, each.staff): each for each in noted}
    colleagues: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        if (person := people.get(row.staff)) is not None and person.user:
            colleagues.setdefault(row.cell, set()).add(person.user)
    found = []
    for row in rows:
        hand = hands.get((*row.cell, row.staff))
        person = people.get(row.staff)
        user = None if person is None else person.user
        found.append(_one(row, user, colleagues.get(row.cell, set()), times, hand, rules, now))
    return found


def unrostered(
    rows: Iterable[Assignment], people: Mapping[str, StaffMember], times: Iterable[Served], rules: RosterRules
) -> list[Served]:
    """The times on duty of officers whom the roster does not have at that gate at that time, or a little before or after."""
    slack = timedelta(minutes=rules.late_minutes)
    planned: dict[tuple[str, str], list[Span]] = {}
    for row in rows:
        person, span = people.get(row.staff), span_of(row.starts, row.ends)
        if person is not None and person.user and span is not None:
            planned.setdefault((person.user, row.gate), []).append((span[0] - slack, span[1] + slack))
    found = []
    for each in times:
        start, end = time_of(each.start), time_of(each.end)
        spans = planned.get((each.officer, each.gate), ())
        if start is not None and not any(first < (end or start + slack) and start < last for first, last in spans):
            found.append(each)
    return found


def span_of(starts: str | None, ends: str | None) -> Span | None:
    """Two stored times as moments; None where one of them is none."""
    first, last = time_of(starts), time_of(ends)
    return None if first is None or last is None else (first, last)


def hours(
    person: StaffMember | None,
    user: str,
    times: Iterable[Served],
    noted: Iterable[Presence],
    period: Span,
    now: datetime,
) -> timedelta:
    """How long somebody was on duty within a period: signed on at gates, or noted by hand; no minute counts twice."""
    spans: list[Span] = []
    for each in times:
        if each.officer == user and (start := time_of(each.start)) is not None:
            spans.append((start, time_of(each.end) or now))
    for hand in noted:
        if person is not None and hand.staff == person.id and (start := time_of(hand.came_at)) is not None:
            spans.append((start, time_of(hand.left_at) or now))
    return total(spans, period)


def total(spans: Iterable[Span], period: Span) -> timedelta:
    """The length of what these spans cover of a period."""
    first, last = period
    sum_, reached = timedelta(0), first
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, last)
        if end > start:
            sum_ += end - start
            reached = end
    return sum_


def _one(
    row: Assignment,
    user: str | None,
    colleagues: set[str],
    times: Sequence[Served],
    hand: Presence | None,
    rules: RosterRules,
    now: datetime,
) -> Attendance:
    span = span_of(row.starts, row.ends)
    if span is None:
        return Attendance(row, Came.UNKNOWN)
    if hand is not None:
        left = None if hand.left_at is None else time_of(hand.left_at)
        return _judged(row, span, [(time_of(hand.came_at) or span[0], left)], [], rules, now, by_hand=True)
    near = _near(times, span, rules)
    theirs = [each for each in near if user is not None and each.officer == user]
    here = [_moments(each) for each in theirs if row.gate in (LEADER, each.gate)]
    if here:
        others = [
            _moments(each) for each in near if each.officer in colleagues - {user or ""} and each.gate == row.gate
        ]
        return _judged(row, span, here, others, rules, now)
    if theirs:
        return Attendance(row, Came.ELSEWHERE, theirs[0].start, theirs[-1].end, at_gate=theirs[0].gate)
    if now < span[0] + timedelta(minutes=rules.late_minutes):
        return Attendance(row, Came.AHEAD)
    if user is None or row.gate == LEADER:
        # who leads goes about, and may sign on at no gate at all
        return Attendance(row, Came.UNKNOWN)
    return Attendance(row, Came.NO_SHOW if now >= span[1] else Came.MISSING)


def _near(times: Iterable[Served], span: Span, rules: RosterRules) -> list[Served]:
    """The times on duty that belong to a shift: they reach into it, and not only by the minutes that a handover takes."""
    slack = timedelta(minutes=rules.late_minutes)
    found = []
    for each in times:
        start, end = time_of(each.start), time_of(each.end)
        if start is not None and start < span[1] and (end is None or end > min(span[0] + slack, span[1])):
            found.append(each)
    return found


def _moments(each: Served) -> tuple[datetime, datetime | None]:
    start = time_of(each.start)
    assert start is not None
    return start, time_of(each.end)


def _judged(
    row: Assignment,
    span: Span,
    here: Sequence[tuple[datetime, datetime | None]],
    others: Sequence[tuple[datetime, datetime | None]],
    rules: RosterRules,
    now: datetime,
    *,
    by_hand: bool = False,
) -> Attendance:
    slack = timedelta(minutes=rules.late_minutes)
    first = min(start for start, _end in here)
    goes_on = any(end is None for _start, end in here)
    last = None if goes_on else max(end for _start, end in here if end is not None)
    since, until = wall_text(first), None if last is None else wall_text(last)

    def covered(at: datetime) -> bool:
        return any(start <= at and (end is None or at < end) for start, end in others)

    late = first > span[0] + slack and not covered(span[0] + slack)
    early = last is not None and last < span[1] - slack and not covered(last)
    if late:
        came, minutes = Came.LATE, round((first - span[0]).total_seconds() / 60)
    elif early and last is not None:
        came, minutes = Came.EARLY, round((span[1] - last).total_seconds() / 60)
    elif goes_on and now < span[1]:
        came, minutes = Came.THERE, 0
    else:
        came, minutes = Came.SERVED, 0
    return Attendance(row, came, since, until, minutes, by_hand)
