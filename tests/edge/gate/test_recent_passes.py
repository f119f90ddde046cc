"""Which passes are duplicates: of the last moments, and at the other lanes."""

from datetime import timedelta

from edge.contract.facts import ReadBy
from edge.contract.reasons import Direction, Reason, Verdict
from edge.decision.decision import Decision
from edge.gate.clocks import Clocks
from edge.gate.recent_passes import RecentPasses
from edge.lane.state import Visit
from tests.edge.gates import NOW


class Time:
    """Monotonic seconds that are moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def clocks(self) -> Clocks:
        return Clocks(now=lambda: NOW + timedelta(seconds=self.seconds - 1000), monotonic=lambda: self.seconds)


def visit(name: str, pass_id: str | None) -> Visit:
    return Visit(name, Decision(Reason.OK, Verdict.GO, Direction.IN, ReadBy.QR, pass_id=pass_id))


def test_a_pass_that_went_through_is_recent_for_so_many_seconds() -> None:
    time = Time()
    passes = RecentPasses({}, time.clocks())
    passes.went_through("p", "visit")
    time.seconds += 10
    assert passes.beside("1", 10) == {"p": "visit"}
    time.seconds += 0.5
    assert passes.beside("1", 10) == {}


def test_what_the_journal_remembers_is_as_old_as_the_wall_clock_says() -> None:
    passes = RecentPasses(
        {"old": ("a", NOW - timedelta(seconds=11)), "new": ("b", NOW - timedelta(seconds=9))}, Time().clocks()
    )
    assert passes.beside("1", 10) == {"new": "b"}


def test_a_pass_at_another_lane_is_recent_while_it_stands_there() -> None:
    passes = RecentPasses({}, Time().clocks())
    passes.at_lane("1", (visit("here", "p"),))
    passes.at_lane("2", (visit("there", "q"), visit("by hand", None)))
    assert passes.beside("1", 0) == {"q": "there"}
    assert passes.beside("2", 0) == {"p": "here"}
    passes.at_lane("2", ())
    assert passes.beside("1", 0) == {}
