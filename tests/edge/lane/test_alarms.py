"""What a gate tells of its lanes: solution, tank, help, barrier; and that one lane or a slow disk holds up nobody."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from edge.contract.facts import Disinfected, Kind, Outcome
from edge.contract.policy import VehicleClass
from edge.gate.recovery import Past
from edge.journal.outbox import NewRecord
from edge.lane.events import (
    AlarmBegan,
    AlarmEnded,
    BarrierUp,
    EmergencyPressed,
    FaultCleared,
    HelpGiven,
    HelpPressed,
    Loop,
    LoopChanged,
    OverridePressed,
    QrSeen,
    Registered,
    SignedOn,
    SolutionMixed,
    SprayAgainPressed,
    SprayDone,
    TankChanged,
    TurnBackPressed,
)
from edge.lane.phase import Phase, Shown
from tests.edge.gates import POLICY_FULL, TOML, TestTown, qr

TWO = (
    TOML
    + '[[lanes]]\nname = "2"\n[lanes.pins]\nouter_loop = 0\ninner_loop = 1\ndisinfected = 2\nturn_back = 3\nemergency = 4\n'
    + "barrier = 7\nsprayer = 8\nred = 9\namber = 10\ngreen = 11\n"
)
BATCH = SolutionMixed("chlorine", "", "A", litres=10.0)


@pytest.fixture
def town() -> TestTown:
    made = TestTown()
    made.gate.handle(SignedOn("u-2"))
    made.gate.handle(BATCH)
    return made


def phase(town: TestTown, lane: int = 0) -> Phase:
    return town.gate.view.lanes[lane].phase


def spray(town: TestTown, litres: float) -> None:
    """A vehicle comes, is sprayed with so much, and drives through."""
    town.arrive()
    town.gate.handle(QrSeen("1", qr(), town.time))
    town.sprayed(10.0, litres)
    town.drive_through()
    town.pass_time(20.0)


def test_a_batch_that_is_nearly_used_up_is_told_until_another_is_mixed(town: TestTown) -> None:
    spray(town, 8.9)
    assert "solution_low" not in town.gate.view.alarms
    spray(town, 0.5)
    assert town.gate.view.alarms["solution_low"] == "0.6 of 10.0 litres are left"
    town.gate.handle(BATCH)
    assert "solution_low" not in town.gate.view.alarms


def test_a_batch_that_expires_is_told_before_anybody_sprays_with_it(town: TestTown) -> None:
    town.pass_time(23 * 3600.0)
    assert town.gate.view.alarms == {}
    town.pass_time(2 * 3600.0)
    assert town.gate.view.alarms.keys() == {"no_solution"}
    town.gate.turn()
    assert len(town.journal.bodies(Kind.ALARM_RAISED)) == 1


OWN = TWO.replace('name = "2"\n', 'name = "2"\ntank = "B"\n')


def own_tanks() -> TestTown:
    """Two lanes with a tank each, and batches that differ in their names' twelve digits."""
    town = TestTown(toml=OWN)
    town.visits = iter(f"{number:012x}{number:020x}" for number in range(1, 100))
    return town


def sprayed_at(town: TestTown, lane: str, litres: float) -> Disinfected:
    """A vehicle comes to this lane and is sprayed with so much: what was kept of that."""
    town.gate.handle(LoopChanged(lane, Loop.OUTER, True))
    town.gate.handle(Registered(lane, f"鲁B{lane}2345", "resident"))
    town.pass_time(1.0)
    town.sprayed(10.0, litres, lane)
    kept = town.journal.bodies(Kind.DISINFECTED)[-1]
    assert isinstance(kept, Disinfected)
    return kept


def test_a_spray_points_to_the_newest_batch_of_its_lanes_own_tank() -> None:
    town = own_tanks()
    town.gate.handle(SignedOn("u-2"))
    town.gate.handle(BATCH)
    town.gate.handle(replace(BATCH, agent="peracetic_acid", tank="B"))
    own, other = (tank.batch for tank in town.gate.view.tanks)
    assert own is not None
    assert other is not None
    assert (own.tank, other.tank) == ("A", "B")
    first, second = sprayed_at(town, "1", 2.0), sprayed_at(town, "2", 3.0)
    assert ((first.batch, first.agent), (second.batch, second.agent)) == (
        (own.batch, "chlorine"),
        (other.batch, "peracetic_acid"),
    )
    assert [tank.batch.left for tank in town.gate.view.tanks if tank.batch] == [8.0, 7.0]


def test_lanes_that_share_a_tank_share_its_batch() -> None:
    town = TestTown(toml=TWO)
    town.gate.handle(BATCH)
    assert sprayed_at(town, "1", 2.0).batch == sprayed_at(town, "2", 3.0).batch
    (tank,) = town.gate.view.tanks
    assert tank.batch is not None
    assert tank.batch.left == 5.0


def test_a_tank_with_nothing_that_counts_is_its_own_lanes_alarm_until_it_is_filled() -> None:
    town = own_tanks()
    town.gate.handle(BATCH)
    town.gate.handle(LoopChanged("2", Loop.OUTER, True))
    town.gate.handle(Registered("2", "鲁B22345", "resident"))
    assert town.gate.view.alarms == {}, "it must stand first"
    town.pass_time(1.0)
    assert town.gate.view.alarms == {"no_solution": "tank B: sprayed without a batch of disinfectant that counts"}
    assert town.journal.entries[-1].lane == "2"
    town.gate.handle(BATCH)
    assert "no_solution" in town.gate.view.alarms, "the other lane's tank was filled"
    town.gate.handle(replace(BATCH, tank="B"))
    assert town.gate.view.alarms == {}
    sprayed_at(town, "1", 9.5)
    assert town.gate.view.alarms == {"solution_low": "tank A: 0.5 of 10.0 litres are left"}
    town.gate.handle(replace(BATCH, tank="B"))
    assert "solution_low" in town.gate.view.alarms
    town.pass_time(25 * 3600.0)
    assert town.gate.view.alarms["no_solution"].count("has expired") == 2


def test_an_alarm_of_the_time_before_lanes_had_tanks_of_their_own_ends_with_the_next_batch() -> None:
    town = TestTown(toml=OWN, past=Past(alarms={("no_solution", None): "old"}))
    town.gate.handle(BATCH)
    assert town.gate.view.alarms == {}
    shared = TestTown(toml=TWO, past=Past(alarms={("no_solution", "2"): "old"}))
    shared.gate.handle(BATCH)
    assert shared.gate.view.alarms == {}


def test_a_low_tank_is_told_until_it_is_filled(town: TestTown) -> None:
    town.gate.handle(TankChanged("1", True))
    assert (town.gate.view.alarms, town.gate.view.lanes[0].low) == ({"tank_low": "lane 1"}, True)
    town.gate.handle(TankChanged("1", False))
    assert (town.gate.view.alarms, town.gate.view.lanes[0].low) == ({}, False)


def test_help_is_called_until_somebody_came() -> None:
    town = TestTown(toml=TWO)
    for lane in ("1", "2"):
        assert town.gate.handle(HelpPressed(lane))
    assert town.gate.view.alarms == {"help": "lane 1; lane 2"}
    assert town.gate.handle(HelpGiven("1"))
    assert town.gate.view.alarms == {"help": "lane 2"}
    assert [entry.lane for entry in town.journal.entries] == ["1", "2", "1"]


def test_an_alarm_of_one_lane_is_not_cleared_by_the_other() -> None:
    town = TestTown(toml=TWO)
    for lane in ("1", "2"):
        town.gate.handle(AlarmBegan("no_flow", f"lane {lane}", lane))
    town.gate.handle(AlarmEnded("no_flow", "2"))
    assert town.gate.view.alarms == {"no_flow": "lane 1"}


def test_two_lanes_work_beside_each_other() -> None:
    town = TestTown(toml=TWO)
    town.gate.handle(SignedOn("u-2"))
    town.gate.handle(BATCH)
    for lane, plate in (("1", "鲁B11111"), ("2", "鲁B22222")):
        town.gate.handle(LoopChanged(lane, Loop.OUTER, True))
        town.gate.handle(Registered(lane, plate, "resident"))
    assert [phase(town, 0), phase(town, 1)] == [Phase.DISINFECTING, Phase.DISINFECTING]
    town.pass_time(1.0)
    town.sprayed(10.0, 2.0, "2")
    assert [phase(town, 0), phase(town, 1)] == [Phase.DISINFECTING, Phase.OPEN]
    town.gate.handle(TurnBackPressed("1", why="other"))
    assert [town.hands["1"].raised, town.hands["2"].raised] == [False, True]


# -- a class of its own --------------------------------------------------------------------------------------------------


def test_a_class_has_its_own_spray_and_contact_time(town: TestTown) -> None:
    pigs = VehicleClass(number=5, id="pigs", zh="运猪", en="Pigs", spray_seconds=25, contact_seconds=60)
    policy = POLICY_FULL.model_copy(update={"classes": (*POLICY_FULL.classes, pigs), "parts": ("tyres", "body")})
    town.rules = replace(town.rules, policy=policy)
    town.arrive()
    town.gate.handle(Registered("1", "鲁B11111", "pigs"))
    assert town.gate.view.lanes[0].spray_seconds == 25
    town.sprayed(10.0, 2.0)
    assert town.gate.view.lanes[0].unconfirmed, "10 s are not 25"
    assert town.gate.handle(SprayAgainPressed("1", town.gate.view.lanes[0].visit))
    town.gate.handle(SprayDone("1", 25.0, 5.0, 1))
    assert phase(town) is Phase.DISINFECTING, "an earlier run says nothing"
    town.sprayed(25.0, 5.0)
    assert (phase(town), town.gate.view.lanes[0].contact_until) == (Phase.CONTACT, town.time + 60)
    assert not town.hands["1"].raised
    town.pass_time(61.0)
    assert (phase(town), town.hands["1"].raised) == (Phase.OPEN, True)
    sprayed, acted = town.journal.bodies(Kind.DISINFECTED)
    assert (sprayed.parts, sprayed.litres, acted.contact_minutes) == (("tyres", "body"), 5.0, 1.0)  # type: ignore[attr-defined]  # of a Disinfected


def test_an_override_of_the_disinfection_names_who_and_why(town: TestTown) -> None:
    town.arrive()
    town.gate.handle(Registered("1", "鲁B11111", "resident"))
    visit = town.gate.view.lanes[0].visit
    assert town.gate.handle(OverridePressed("1", visit, "u-9", "birth", "disinfection"))
    (said,) = town.journal.bodies(Kind.OVERRIDDEN)
    assert (said.officer, said.reason, said.what) == ("u-9", "birth", "disinfection")  # type: ignore[attr-defined]  # of an Overridden
    assert town.hands["1"].raised


# -- a barrier that does not move ------------------------------------------------------------------------------------------


def shown(town: TestTown) -> Shown:
    return town.gate.view.lanes[0].shown


def stuck(town: TestTown) -> None:
    hands = town.hands["1"]
    hands.tells_up = hands.slow = True
    town.arrive()
    town.gate.handle(Registered("1", "鲁B11111", "duty"))
    assert phase(town) is Phase.OPENING
    town.pass_time(11.0)


def test_a_barrier_that_does_not_rise_is_an_alarm_that_ends_when_it_moves(town: TestTown) -> None:
    stuck(town)
    assert (shown(town), phase(town)) == (Shown.FAULT, Phase.OPENING)
    assert town.gate.view.alarms == {"barrier_stuck": "lane 1"}
    assert town.gate.view.lanes[0].fault
    town.hands["1"].at_up = True
    town.gate.handle(BarrierUp("1"))
    assert (shown(town), phase(town), town.gate.view.alarms) == (Shown.OPEN, Phase.OPEN, {})
    assert town.hands["1"].raised


def test_a_stuck_barriers_relay_is_off_only_once_nobody_can_be_under_it_where_the_policy_says_closed(
    town: TestTown,
) -> None:
    stuck(town)
    assert town.hands["1"].raised, "somebody is on the loop: it may be opened by key at any moment"
    town.loop(Loop.OUTER, False)
    town.pass_time(3.0)
    assert (shown(town), town.hands["1"].raised) == (Shown.FAULT, False)


def test_a_fault_leaves_the_barrier_open_where_the_policy_says_so(town: TestTown) -> None:
    town.rules = replace(town.rules, policy=POLICY_FULL.model_copy(update={"fail_barrier": "open"}))
    stuck(town)
    assert town.hands["1"].raised
    town.loop(Loop.OUTER, False)
    town.pass_time(3.0)
    assert (shown(town), town.hands["1"].raised) == (Shown.FAULT, True)


def test_a_gate_that_starts_with_a_barrier_left_open_judges_the_first_vehicle_and_goes_on_closed() -> None:
    rules = replace(TestTown().rules, policy=POLICY_FULL.model_copy(update={"fail_barrier": "open"}))
    town = TestTown(rules=rules, raised=True)
    assert shown(town) is Shown.LEFT_OPEN
    town.pass_time(3600.0)
    assert (shown(town), town.hands["1"].raised) == (Shown.LEFT_OPEN, True)
    # read before it is on a loop: its direction is not known yet
    town.gate.handle(QrSeen("1", qr(), town.time))
    town.hands["1"].blocked = True
    town.arrive()
    assert (shown(town), town.hands["1"].raised) == (Shown.DISINFECTING, True), "never down onto a vehicle"
    town.gate.handle(TurnBackPressed("1"))
    assert shown(town) is Shown.CLOSING
    town.hands["1"].blocked = False
    town.loop(Loop.OUTER, False)
    town.pass_time(3.0)
    town.pass_time(1.0)
    town.pass_time(1.0)
    assert (shown(town), town.hands["1"].raised) == (Shown.WAITING, False)


def test_a_barrier_that_is_up_when_a_gate_starts_comes_down_where_the_policy_fails_closed() -> None:
    town = TestTown(raised=True)
    assert shown(town) is Shown.CLOSING
    town.pass_time(1.0)
    town.pass_time(1.0)
    assert (shown(town), town.hands["1"].raised) == (Shown.WAITING, False)


def test_the_officer_has_the_barrier_tried_again(town: TestTown) -> None:
    stuck(town)
    town.log.clear()
    assert town.gate.handle(FaultCleared("1"))
    assert (shown(town), "raise" in town.log, town.gate.view.alarms) == (Shown.OPENING, True, {})
    town.pass_time(11.0)
    assert shown(town) is Shown.FAULT, "its time began anew, and it is stuck again"


# -- a disk that is full, or slow ------------------------------------------------------------------------------------------


def test_an_emergency_needs_nobody_and_nothing_but_a_journal() -> None:
    town = TestTown(rules=replace(TestTown().rules, policy=None))
    town.gate.handle(EmergencyPressed("1"))
    assert town.hands["1"].raised


def test_where_the_disk_is_full_nothing_opens_and_the_screen_can_say_why(town: TestTown) -> None:
    town.journal.broken = True
    town.gate.handle(EmergencyPressed("1"))
    assert not town.hands["1"].raised
    assert "full" in (town.gate.view.fault or "")
    assert "journal_full" in town.gate.view.alarms
    town.journal.broken = False
    town.gate.handle(EmergencyPressed("1"))
    assert town.hands["1"].raised
    assert "journal_full" not in town.gate.view.alarms


def test_an_emergency_waits_for_its_own_record_and_for_no_alarm_that_the_journal_is_owed(town: TestTown) -> None:
    town.journal.broken = True
    town.gate.handle(AlarmBegan("camera", "lane 1: delivers no pictures", "1"))
    town.journal.broken = False
    keep_all, up = town.journal.keep_all, list[bool]()

    def watched(entries: Sequence[NewRecord], /) -> None:
        up.append(town.hands["1"].raised)
        keep_all(entries)

    town.journal.keep_all = watched  # type: ignore[method-assign]  # the same journal, watched
    town.gate.handle(EmergencyPressed("1"))
    assert up == [False, True, True], "the visit; then what was owed, and that the journal speaks again"
    assert alarms_kept(town) == ["+camera", "+journal_full", "-journal_full"]


def alarms_kept(town: TestTown) -> list[str]:
    """What the journal was told of alarms: `+` raised, `-` cleared."""
    signs = {Kind.ALARM_RAISED: "+", Kind.ALARM_CLEARED: "-"}
    return [signs[each.kind] + each.body.alarm for each in town.journal.entries if each.kind in signs]  # type: ignore[attr-defined]  # an alarm's body


def test_an_alarm_that_is_raised_while_the_disk_is_full_is_kept_once_there_is_room(town: TestTown) -> None:
    town.journal.broken = True
    town.gate.handle(AlarmBegan("camera", "lane 1: delivers no pictures", "1"))
    assert town.gate.view.alarms["camera"] == "lane 1: delivers no pictures"
    town.pass_time(2.0)
    assert alarms_kept(town) == []
    town.journal.broken = False
    town.pass_time(2.0)
    assert alarms_kept(town) == ["+camera", "+journal_full", "-journal_full"]
    assert town.gate.view.alarms.keys() == {"camera"}
    assert town.gate.view.fault is None
    town.pass_time(60.0)
    assert len(alarms_kept(town)) == 3


def test_an_alarm_that_ends_while_the_disk_is_full_is_kept_as_over_once_there_is_room(town: TestTown) -> None:
    town.gate.handle(TankChanged("1", True))
    town.journal.broken = True
    town.gate.handle(TankChanged("1", False))
    assert "tank_low" not in town.gate.view.alarms
    town.journal.broken = False
    town.pass_time(2.0)
    assert alarms_kept(town) == ["+tank_low", "-tank_low", "+journal_full", "-journal_full"]


def test_what_came_and_went_while_the_disk_was_full_is_told_in_its_order(town: TestTown) -> None:
    town.journal.broken = True
    town.gate.handle(HelpPressed("1"))
    town.gate.handle(HelpGiven("1"))
    town.gate.handle(TankChanged("1", True))
    town.journal.broken = False
    town.gate.handle(SignedOn("u-3"))
    assert alarms_kept(town) == ["+help", "+journal_full", "-help", "+tank_low", "-journal_full"]


def test_a_full_disk_that_nobody_works_at_is_over_by_itself(town: TestTown) -> None:
    town.journal.broken = True
    town.gate.handle(EmergencyPressed("1"))
    assert town.gate.view.fault is not None
    town.journal.broken = False
    town.pass_time(2.0)
    assert town.gate.view.fault is None
    assert town.gate.view.alarms == {}


def test_a_contact_time_that_ends_while_the_disk_is_full_is_said_again(town: TestTown) -> None:
    pigs = VehicleClass(number=5, id="pigs", zh="运猪", en="Pigs", contact_seconds=60)
    town.rules = replace(town.rules, policy=POLICY_FULL.model_copy(update={"classes": (*POLICY_FULL.classes, pigs)}))
    town.arrive()
    town.gate.handle(Registered("1", "鲁B11111", "pigs"))
    town.sprayed(10.0, 2.0)
    town.journal.broken = True
    town.pass_time(61.0)
    assert (phase(town), town.hands["1"].raised) == (Phase.CONTACT, False)
    town.journal.broken = False
    town.pass_time(2.0)
    assert phase(town) is Phase.OPEN


class SlowJournal:
    """A journal on a slow card: each commit takes `seconds`."""

    def __init__(self, town: TestTown, seconds: float) -> None:
        self._keep, self._seconds = town.journal.keep_all, seconds
        town.journal.keep_all = self.keep_all  # type: ignore[method-assign]  # the same journal, slower

    def keep_all(self, entries: object, /) -> None:
        time.sleep(self._seconds)
        self._keep(entries)  # type: ignore[arg-type]  # what the gate gave


def test_a_slow_card_delays_a_lane_and_loses_nothing(town: TestTown) -> None:
    SlowJournal(town, 1.0)
    stop = threading.Event()
    running = threading.Thread(target=town.gate.run, args=(stop,))
    running.start()
    try:
        began = time.monotonic()
        town.gate.post(LoopChanged("1", Loop.OUTER, True))
        for _ in range(50):
            # the camera reads on, whatever the disk does: an event costs its thread nothing
            town.gate.post(QrSeen("1", qr(), town.time))
        assert time.monotonic() - began < 0.9, "less than a single commit takes"
        assert town.gate.ask(TurnBackPressed("1"))
    finally:
        stop.set()
        running.join(timeout=10)
    closed = town.journal.bodies(Kind.VISIT_CLOSED)
    assert [body.outcome for body in closed] == [Outcome.TURNED_BACK]  # type: ignore[attr-defined]  # of a VisitClosed
    assert len(town.journal.bodies(Kind.VISIT_OPENED)) == 1
