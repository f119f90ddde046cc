"""The judge finds a broken lane: for each of its checks one that is broken on purpose."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from edge.contract.facts import Disinfected, Kind, Outcome, VerifiedBy, VisitClosed, VisitOpened
from edge.contract.reasons import Colour
from edge.journal.outbox import NewRecord
from edge.lane.events import EmergencyPressed, Event, HelpPressed
from tests.edge.road.drivers import Human, Plan
from tests.edge.road.stage import STOP, Stage
from tests.edge.road.vehicles import car

OPENED = VisitOpened(
    read_by="hand", direction="in", verdict="go", reason="no_pass", vehicle_class="resident", pass_id=None,
    officer="u-2", operation="op-1", disinfection="off",
)  # fmt: skip


def found(stage: Stage) -> set[str]:
    return {each.check for each in stage.world.judge.violations}


def keep(stage: Stage, visit: str, kind: Kind, body: VisitOpened | VisitClosed | Disinfected, plate: str = "") -> None:
    entry = NewRecord(kind, body, visit=visit, lane="1", private={"plate": plate} if plate else {})
    stage.world.journal.keep_all([entry])


def test_an_arm_on_a_vehicle() -> None:
    stage = Stage(2)
    first = stage.actor(owes=False)
    first.come().show()
    stage.admitted()
    first.to(2.0)
    hands = stage.lane.hands
    hands._relay(False, "gate")  # whatever stands there
    stage.run(4.0)
    assert first.vehicle.touched
    assert "arm" in found(stage)


def test_a_raise_and_a_green_for_nobody() -> None:
    stage = Stage(2)
    stage.lane.hands.raise_barrier()
    stage.lane.hands.light(Colour.GREEN)
    stage.run(0.5)
    assert "raise" in found(stage)


def test_a_raise_over_a_lying_arm_for_nobody() -> None:
    stage = Stage(2)
    stage.run(30.0)
    stage.lane.hands.raise_barrier()
    stage.run(0.5)
    assert "raise" in found(stage)


@pytest.mark.parametrize("sensors", [2, 3])
def test_a_follower_that_is_let_through_on_anothers_word(sensors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(sensors)
    first, second = stage.actor(owes=False), stage.actor(space=4.0)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    monkeypatch.setattr(stage.lane.hands, "light", lambda colour: None)
    monkeypatch.setattr(stage.lane.hands, "lower_barrier", lambda: True)
    monkeypatch.setattr(stage.gate, "handle", lambda event: False)
    monkeypatch.setattr(stage.gate, "turn", lambda: None)
    first.leave()
    second.leave()
    stage.run(30.0)
    assert {"green", "passage"} <= found(stage)


def test_a_disinfection_of_air() -> None:
    stage = Stage(2)
    first = stage.actor()
    said = Disinfected(
        batch="b", agent="a", concentration="1", parts=(), washed_first=False, seconds=4.0,
        verified_by=VerifiedBy.SENSOR, officer=None, litres=1.0,
    )  # fmt: skip
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    stage.lane.hands.start_spray(2.0, 7)
    stage.run(3.0)
    keep(stage, "a" * 32, Kind.DISINFECTED, said)
    assert "disinfected" in found(stage)


def test_a_passed_for_one_that_did_not() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.come()
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    keep(stage, "a" * 32, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.PASSED, officer=None))
    assert "passed" in found(stage)


def test_one_that_went_through_and_is_said_not_to_have() -> None:
    stage = Stage(2)
    first = stage.actor(owes=False)
    first.come()
    keep(stage, "a" * 32, Kind.VISIT_OPENED, OPENED, first.vehicle.plate)
    stage.gate.handle = lambda event: False  # type: ignore[method-assign]
    first.to(5.0)
    stage.world.judge.passages.forget()
    keep(stage, "a" * 32, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.ABANDONED, officer=None))
    assert "not_passed" in found(stage)


def test_a_visit_closed_twice_and_one_shown_nowhere() -> None:
    stage = Stage(2)
    for visit in ("a" * 32, "b" * 32):
        keep(stage, visit, Kind.VISIT_OPENED, OPENED)
    for _ in range(2):
        keep(stage, "a" * 32, Kind.VISIT_CLOSED, VisitClosed(outcome=Outcome.ABANDONED, officer=None))
    stage.world.judge.finish()
    assert [each.check for each in stage.world.judge.violations] == ["records", "records"]


def test_a_sprayer_that_is_on_for_nobody() -> None:
    stage = Stage(2)
    stage.lane.hands.start_spray(5.0, 1)
    stage.press(HelpPressed("1"))
    assert "sprayer" in found(stage)


def test_a_gate_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(2)

    def breaks(event: Event) -> bool:
        raise KeyError("1")

    monkeypatch.setattr(stage.gate, "handle", breaks)
    stage.press(HelpPressed("1"))
    assert found(stage) == {"exception"}


def test_an_emergency_that_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(2)
    monkeypatch.setattr(stage.lane.hands, "raise_barrier", lambda: None)
    stage.press(EmergencyPressed("1"))
    assert "emergency" in found(stage)


def test_an_obedient_one_who_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(2)
    monkeypatch.setattr(stage.lane, "show", lambda vehicle, text=None: None)
    stage.obedient()
    stage.run(600.0)
    assert found(stage) == {"waits"}


def test_one_who_drives_into_a_lying_arm_is_not_the_lanes_doing() -> None:
    stage = Stage(2)
    first = stage.actor()
    first.leave()
    stage.run(30.0)
    assert first.vehicle.touched
    assert "arm" not in found(stage)


def test_vehicles_never_overlap() -> None:
    stage = Stage(2)
    makers: list[Callable[[], object]] = [lambda: stage.obedient(car(), space=0.5) for _ in range(4)]
    for make in makers:
        make()
    queue = stage.lane.traffic.queues[stage.lane.setup.ways[0]]
    for _ in range(400):
        stage.run(0.1)
        assert all(second.nose <= first.tail - 0.49 for first, second in pairwise(queue))


def test_a_driver_that_is_patient_waits_for_its_own_green() -> None:
    stage = Stage(2)
    first = stage.obedient()
    assert isinstance(first.vehicle.driver, Human)
    assert first.vehicle.driver.plan == Plan(stop=STOP, read_after=0.8, reaction=0.5)
    stage.until(lambda: first.through)
    assert first.vehicle.red_at is False
