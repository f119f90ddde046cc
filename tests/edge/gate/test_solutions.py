"""What a lane sprays with: the newest batch of its tank, while it counts and lasts."""

from datetime import timedelta

from edge.contract.facts import Disinfected, Kind, SolutionPrepared, VerifiedBy
from edge.gate.recorder import Recorder
from edge.gate.solutions import Solutions
from edge.lane.events import SolutionMixed
from tests.edge.gates import NOW, POLICY_FULL, RecordingJournal

MIXED = SolutionMixed("chlorine", "", "A", litres=10.0)


class Tanks:
    """A gate's disinfectant, whose time moves by hand."""

    def __init__(self, tanks: dict[str, str]) -> None:
        self.journal = RecordingJournal()
        self.recorder = Recorder(self.journal, lambda: None, {})
        self.now = NOW
        self.solutions = Solutions(
            self.recorder, tanks, {}, lambda: POLICY_FULL, now=lambda: self.now, new_id=lambda: "f" * 32
        )

    def spray(self, litres: float) -> None:
        body = Disinfected(
            batch="b-" + "f" * 12,
            agent="chlorine",
            concentration="500 mg/L",
            parts=("tyres",),
            washed_first=False,
            seconds=10.0,
            verified_by=VerifiedBy.SENSOR,
            officer=None,
            litres=litres,
        )
        self.solutions.used_up(body)


def test_a_mixed_batch_is_a_record_and_counts_until_it_expires() -> None:
    made = Tanks({"1": "A"})
    assert made.solutions.mix(MIXED, "u-2")
    (body,) = made.journal.bodies(Kind.SOLUTION_PREPARED)
    assert isinstance(body, SolutionPrepared)
    assert (body.officer, body.concentration, body.litres) == ("u-2", "500 mg/L", 10.0)
    batch = made.solutions.batch_at("1")
    assert batch is not None
    assert batch.batch == body.batch
    assert not made.solutions.watch_batches()
    made.now = batch.expires_at
    assert made.solutions.batch_at("1") is None
    assert made.solutions.watch_batches()
    assert not made.solutions.watch_batches(), "an alarm once"


def test_without_a_record_nothing_was_mixed() -> None:
    made = Tanks({"1": "A"})
    made.journal.broken = True
    assert not made.solutions.mix(MIXED, None)
    assert made.solutions.batch_at("1") is None


def test_each_lane_sprays_from_its_tank_and_its_alarm_names_it() -> None:
    made = Tanks({"1": "A", "2": "B"})
    made.solutions.mix(MIXED, None)
    assert made.solutions.batch_at("2") is None
    made.solutions.sprayed_without("2")
    made.solutions.sprayed_without("1")
    assert set(made.recorder.standing) == {("no_solution", "1"), ("no_solution", "2")}
    made.solutions.mix(MIXED, None)
    assert list(made.recorder.standing) == [("no_solution", "2")], "only the tank that was filled"


def test_a_batch_that_is_nearly_used_up_is_an_alarm() -> None:
    made = Tanks({"1": "A"})
    made.solutions.mix(MIXED, None)
    made.spray(9.0)
    assert made.recorder.alarms == {}
    made.spray(0.5)
    assert made.recorder.alarms == {"solution_low": "0.5 of 10.0 litres are left"}


def test_tanks_are_shown_in_the_lanes_order_each_once() -> None:
    made = Tanks({"1": "B", "2": "A", "3": "B"})
    made.solutions.mix(MIXED, None)
    assert [(tank.name, tank.valid) for tank in made.solutions.tanks] == [("B", False), ("A", True)]
    made.now += timedelta(days=2)
    assert [tank.valid for tank in made.solutions.tanks] == [False, False]
