"""Which crossing marks which run: the first in its window, whatever the order in which they become known."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

from hub.runs.marks import Crossing, Run, RunState, mark
from tests.hub.runs.test_plan import SAMPLES, ZONE

EIGHT = datetime(2026, 3, 1, 8, tzinfo=ZONE)
MINUTE = timedelta(minutes=1)
DUE = [EIGHT + 30 * MINUTE * number for number in range(4)]


def out(minutes: int, gate: str = "east", direction: str = "out", vehicle: str = "鲁B1") -> Crossing:
    return Crossing(f"v{minutes}", gate, vehicle, direction, EIGHT + minutes * MINUTE, "")


def marked(*crossings: Crossing, now: int = 999) -> list[Run]:
    return list(mark(SAMPLES, DUE, sorted(crossings, key=lambda each: each.at), EIGHT + now * MINUTE))


def states(*crossings: Crossing, now: int = 999) -> list[RunState]:
    return [each.state for each in marked(*crossings, now=now)]


def test_up_to_its_tolerance_a_run_is_on_time_then_late_until_the_next_ones_window() -> None:
    assert states(out(-10), out(30), out(70)) == [RunState.DONE] * 3
    assert states(out(10), out(41), out(79)) == [RunState.DONE, RunState.LATE, RunState.LATE]
    assert states(out(-11), out(20)) == [RunState.MISSED, RunState.DONE, RunState.MISSED]


def test_a_run_that_is_not_over_is_due_or_to_come() -> None:
    assert states(now=-11) == [RunState.EXPECTED] * 3
    assert states(now=0) == [RunState.DUE, RunState.EXPECTED, RunState.EXPECTED]
    assert states(now=10) == [RunState.DUE, RunState.EXPECTED, RunState.EXPECTED]
    assert states(now=11) == [RunState.MISSED, RunState.EXPECTED, RunState.EXPECTED]


def test_the_first_crossing_of_a_window_counts_in_any_order_of_arrival() -> None:
    crossings = (out(0), out(5), out(31), out(65))
    expected = [each.by for each in marked(*crossings)]
    assert [each.visit for each in expected if each] == ["v0", "v31", "v65"]
    for order in permutations(crossings):
        assert [each.by for each in marked(*order)] == expected


def test_other_gates_and_the_way_in_mark_nothing() -> None:
    assert states(out(0, gate="west"), out(30, direction="in")) == [RunState.MISSED] * 3


def test_the_vehicles_next_crossing_is_its_return_by_any_gate() -> None:
    back = out(25, gate="west", direction="in")
    first, second, _ = marked(out(0), out(12, vehicle="鲁B2", direction="in"), back, out(31), out(50))
    assert (first.back, second.back) == (back, None)


def test_a_run_once_a_day_is_late_for_twelve_hours_and_then_missed() -> None:
    plan = replace(SAMPLES, times=("08:00",))
    due = [EIGHT, EIGHT + timedelta(days=1)]
    for hours, state in ((11, RunState.LATE), (12, RunState.MISSED)):
        (run,) = mark(plan, due, [out(hours * 60)], EIGHT + timedelta(days=2))
        assert run.state is state
