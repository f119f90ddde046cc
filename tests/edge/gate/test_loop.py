"""The loop: a record before anything moves, nothing opens without one, and what a restart must remember."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from gpiozero.pins.mock import MockFactory

from edge.config import Pins
from edge.contract.facts import ClockTrust, Kind, Outcome, ReadBy, VisitOpened
from edge.contract.messages import Watched
from edge.contract.reasons import Direction, Reason, Verdict
from edge.decision.rules import Rules
from edge.gate.callbacks import Callbacks
from edge.gate.clocks import Clocks
from edge.gate.loop import Gate
from edge.gate.recovery import Past
from edge.gate.view import LaneView, OpenVisit, SolutionBatch
from edge.hardware.barrier_mark import Unmarked
from edge.hardware.lane import UNMARKED, LaneHardware
from edge.lane.events import (
    AdmitPressed,
    AlarmBegan,
    AlarmEnded,
    DisinfectedPressed,
    EmergencyPressed,
    Event,
    Loop,
    LoopChanged,
    PlateFilled,
    PlateMismatch,
    QrSeen,
    Registered,
    SignedOff,
    SignedOn,
    SolutionMixed,
    TurnBackPressed,
    VisitFinished,
)
from edge.lane.phase import Arm, Phase, Shown
from tests.contract.samples import PASS
from tests.edge.gates import NOW, TOML, PressedPin, TestTown, fitted, qr

DUTY = qr(vehicle_class=2)
PINS = Pins()
MIXED = SolutionMixed("chlorine", "", "A")


@pytest.fixture
def town() -> TestTown:
    made = TestTown()
    made.gate.handle(SignedOn("u-2"))
    made.gate.handle(MIXED)
    made.log.clear()
    made.journal.entries.clear()
    return made


def see(town: TestTown, text: str) -> None:
    town.gate.handle(QrSeen("1", text, town.time))


def phase(town: TestTown) -> Phase:
    return town.gate.view.lanes[0].phase


def test_a_crossing_from_pass_to_passed(town: TestTown) -> None:
    town.arrive()
    see(town, qr())
    assert town.log == ["keep visit_opened", "light amber", "spray"]
    town.sprayed(10.0, 2.5)
    town.drive_through()
    assert town.journal.kinds() == [Kind.VISIT_OPENED, Kind.DISINFECTED, Kind.VISIT_CLOSED]
    assert town.log.index("keep disinfected") < town.log.index("raise") < town.log.index("lower")
    opened, sprayed, closed = town.journal.entries
    assert (opened.private, opened.lane, opened.visit) == ({"plate": "鲁B12345"}, "1", closed.visit)
    assert opened.body.officer == "u-2"  # type: ignore[attr-defined]  # of a VisitOpened
    assert (sprayed.body.agent, sprayed.body.concentration) == ("chlorine", "500 mg/L")  # type: ignore[attr-defined]  # of a Disinfected
    assert closed.body.outcome is Outcome.PASSED  # type: ignore[attr-defined]  # of a VisitClosed
    assert phase(town) is Phase.WAITING


def test_the_loops_say_the_way(town: TestTown) -> None:
    town.arrive(Loop.INNER)
    see(town, DUTY)
    assert town.gate.view.lanes[0].reason is Reason.EXIT_OK
    town.drive_through(near=Loop.INNER)
    assert town.journal.kinds() == [Kind.VISIT_OPENED, Kind.VISIT_CLOSED]


def test_a_code_read_before_its_vehicle_reaches_the_loop_is_judged_there(town: TestTown) -> None:
    see(town, DUTY)
    assert town.journal.entries == []
    town.pass_time(2.0)
    town.arrive()
    assert phase(town) is Phase.OPEN


def test_a_code_of_a_vehicle_that_never_came_is_forgotten(town: TestTown) -> None:
    see(town, DUTY)
    town.pass_time(6.0)
    town.arrive()
    assert (phase(town), town.journal.entries) == (Phase.CHECKING, [])


def test_the_next_vehicles_code_is_read_again_in_its_turn_and_never_opens_for_another(town: TestTown) -> None:
    town.arrive()
    see(town, DUTY)
    see(town, qr(id=b"87654321", vehicle_class=2))
    town.drive_through()
    assert (phase(town), town.looked) == (Phase.WAITING, [])
    town.arrive()
    assert (phase(town), town.looked) == (Phase.CHECKING, ["1"])
    see(town, qr(id=b"87654321", vehicle_class=2))
    assert phase(town) is Phase.OPEN


def test_the_code_of_one_close_behind_is_read_again_though_nobody_knows_yet_that_the_first_is_gone(
    town: TestTown,
) -> None:
    town.arrive()
    see(town, DUTY)
    town.gate.handle(LoopChanged("1", Loop.INNER, True))
    see(town, qr(id=b"87654321", vehicle_class=2))
    assert (phase(town), town.looked) == (Phase.DRIVING, [])
    town.gate.handle(LoopChanged("1", Loop.INNER, False))
    assert town.gate.view.lanes[0].unclear is not None
    assert (phase(town), town.looked) == (Phase.CHECKING, ["1"])
    see(town, qr(id=b"87654321", vehicle_class=2))
    assert town.journal.kinds() == [Kind.VISIT_OPENED, Kind.VISIT_CLOSED, Kind.VISIT_OPENED]


def test_a_code_that_is_read_while_an_emergency_drives_off_may_be_its_own() -> None:
    """Nobody knows its plate: the code counts once it has left, if it is in sight still."""
    town = TestTown(toml=TOML + "[lanes.pins]\nsafety = 2\n")
    town.gate.handle(SignedOn("u-2"))
    town.arrive()
    town.gate.handle(EmergencyPressed("1"))
    for loop, occupied in ((Loop.SAFETY, True), (Loop.INNER, True), (Loop.OUTER, False), (Loop.OUTER, True)):
        town.loop(loop, occupied)
    see(town, DUTY)
    assert (phase(town), town.journal.kinds().count(Kind.VISIT_OPENED)) == (Phase.CHECKING, 1)
    town.loop(Loop.SAFETY, False)
    assert town.looked == []
    town.loop(Loop.INNER, False)
    assert (phase(town), town.looked) == (Phase.CHECKING, ["1"])


def test_a_code_that_is_read_while_the_vehicle_in_turn_is_off_its_loop_may_be_anothers(town: TestTown) -> None:
    town.arrive()
    town.loop(Loop.OUTER, False)
    see(town, DUTY)
    assert (phase(town), town.journal.entries) == (Phase.CHECKING, [])
    town.loop(Loop.OUTER, True)
    assert (phase(town), town.looked) == (Phase.CHECKING, ["1"])


def test_the_same_pass_while_its_visit_is_open_makes_no_record(town: TestTown) -> None:
    town.arrive()
    see(town, qr())
    see(town, qr())
    assert town.journal.kinds() == [Kind.VISIT_OPENED]


def test_the_same_pass_moments_later_asks_the_officer_and_names_the_first_visit(town: TestTown) -> None:
    town.arrive()
    see(town, DUTY)
    town.drive_through()
    first = town.journal.entries[0].visit
    town.pass_time(5.0)
    town.arrive()
    see(town, DUTY)
    assert (phase(town), town.gate.view.lanes[0].first) == (Phase.ASKING, first)
    town.gate.handle(AdmitPressed("1"))
    assert phase(town) is Phase.OPEN
    town.drive_through()
    town.pass_time(11.0)
    town.arrive()
    see(town, DUTY)
    assert town.gate.view.lanes[0].reason is Reason.OK


def test_a_pass_that_was_turned_back_is_no_duplicate(town: TestTown) -> None:
    town.arrive()
    see(town, qr())
    town.gate.handle(TurnBackPressed("1"))
    town.loop(Loop.OUTER, False)
    town.pass_time(1.0)
    town.arrive()
    see(town, qr())
    assert town.gate.view.lanes[0].reason is Reason.DISINFECTION_DUE


def test_a_turned_back_vehicle_that_still_stands_there_is_not_judged_again(town: TestTown) -> None:
    town.arrive()
    see(town, "https://example.com")
    town.gate.handle(TurnBackPressed("1"))
    see(town, "https://example.com")
    assert town.journal.kinds() == [Kind.VISIT_OPENED, Kind.VISIT_CLOSED]


def test_an_advertisement_does_not_end_the_visit_behind_it(town: TestTown) -> None:
    town.arrive()
    see(town, qr(gates=0b10))
    see(town, "https://example.com")
    assert town.gate.view.lanes[0].reason is Reason.WRONG_GATE
    # but the right pass after the wrong one does
    see(town, DUTY)
    assert phase(town) is Phase.OPEN


def test_a_vehicle_without_a_pass_is_registered_by_hand(town: TestTown) -> None:
    town.arrive()
    town.gate.handle(Registered("1", "鲁b·99999", "resident", Direction.OUT, {"origin": "青岛", "phone": ""}))
    entry = town.journal.entries[0]
    assert entry.private == {"plate": "鲁B99999", "origin": "青岛"}
    # the loops know better than the form which way it drives
    assert (entry.body.read_by, entry.body.direction) == (ReadBy.HAND, Direction.IN)  # type: ignore[attr-defined]  # of a VisitOpened
    assert phase(town) is Phase.DISINFECTING
    town.gate.handle(DisinfectedPressed("1"))
    assert phase(town) is Phase.OPEN


def test_what_cannot_be_done_now_says_so(town: TestTown) -> None:
    assert not town.gate.handle(AdmitPressed("1"))
    town.arrive()
    see(town, qr())
    assert not town.gate.handle(Registered("1", "鲁B99999", "resident"))
    assert town.gate.handle(TurnBackPressed("1"))


def test_an_emergency_needs_no_rules_and_its_plate_follows(town: TestTown) -> None:
    town.rules = Rules()
    town.gate.handle(EmergencyPressed("1"))
    assert town.log[:2] == ["keep visit_opened", "raise"]
    visit = town.gate.view.plateless[0].visit
    assert not town.gate.handle(PlateFilled(visit, " ")), "an empty plate is none"
    town.gate.handle(PlateFilled(visit, "鲁BX1234应急"))
    town.arrive()
    town.drive_through()
    said_again = town.journal.entries[-1]
    assert town.journal.kinds()[-2:] == [Kind.VISIT_CLOSED, Kind.VISIT_CLOSED]
    assert (said_again.visit, said_again.private) == (visit, {"plate": "鲁BX1234应急"})
    assert (said_again.body.supplement, said_again.body.outcome) == (True, Outcome.PASSED)  # type: ignore[attr-defined]  # of a VisitClosed
    assert town.gate.view.plateless == ()


def test_a_plate_filled_in_after_the_vehicle_is_gone_is_kept_at_once(town: TestTown) -> None:
    town.gate.handle(EmergencyPressed("1"))
    town.arrive()
    town.drive_through()
    visit = town.gate.view.plateless[0].visit
    town.gate.handle(PlateFilled(visit, "鲁BX1234应急"))
    assert town.journal.entries[-1].private == {"plate": "鲁BX1234应急"}


def test_nothing_opens_when_the_journal_takes_nothing(town: TestTown) -> None:
    town.arrive()
    town.journal.broken = True
    see(town, DUTY)
    town.gate.handle(EmergencyPressed("1"))
    assert "raise" not in town.log
    assert (phase(town), "full" in (town.gate.view.fault or "")) == (Phase.CHECKING, True)
    assert "journal_full" in town.gate.view.alarms
    town.journal.broken = False
    see(town, DUTY)
    assert (phase(town), town.gate.view.fault) == (Phase.OPEN, None)
    assert Kind.ALARM_RAISED in town.journal.kinds()
    assert Kind.ALARM_CLEARED in town.journal.kinds()


def test_a_full_journal_stops_the_sprayer_and_keeps_the_vehicle_where_it_is(town: TestTown) -> None:
    town.arrive()
    see(town, qr())
    town.journal.broken = True
    town.gate.handle(DisinfectedPressed("1"))
    assert (phase(town), town.log[-1], "raise" in town.log) == (Phase.DISINFECTING, "stop spray", False)


def test_the_barrier_closes_behind_a_vehicle_even_when_the_journal_is_full(town: TestTown) -> None:
    town.arrive()
    see(town, DUTY)
    town.journal.broken = True
    town.drive_through()
    assert (phase(town), town.log[-1]) == (Phase.WAITING, "lower")
    left = town.gate.view.unfinished
    assert [each.plate for each in left] == ["鲁B12345"]
    town.journal.broken = False
    town.gate.handle(VisitFinished(left[0].visit, Outcome.PASSED))
    assert town.journal.bodies(Kind.VISIT_CLOSED)[-1].outcome is Outcome.PASSED  # type: ignore[attr-defined]  # of a VisitClosed
    assert town.gate.view.unfinished == ()


def test_shifts_and_batches_are_records(town: TestTown) -> None:
    town.gate.handle(SignedOn("u-3"))
    town.gate.handle(SignedOff())
    town.gate.handle(SolutionMixed("chlorine", "1000 mg/L", "A"))
    assert town.journal.kinds() == [Kind.SHIFT_ENDED, Kind.SHIFT_STARTED, Kind.SHIFT_ENDED, Kind.SOLUTION_PREPARED]
    assert town.gate.view.officer is None
    (tank,) = town.gate.view.tanks
    assert tank.batch is not None
    assert (tank.name, tank.batch.concentration) == ("A", "1000 mg/L")
    assert tank.batch.expires_at - town.now() == timedelta(hours=24)


def test_spraying_without_a_batch_that_counts_is_an_alarm_and_the_officers_word() -> None:
    town = TestTown(
        past=Past(batches={"A": SolutionBatch("b-0", "chlorine", "500 mg/L", "A", NOW - timedelta(hours=1))})
    )
    town.arrive()
    see(town, qr())
    assert "no_solution" in town.gate.view.alarms
    town.sprayed(10.0)
    assert town.gate.view.lanes[0].unconfirmed
    town.gate.handle(MIXED)
    assert "no_solution" not in town.gate.view.alarms


def test_an_alarm_is_raised_once_and_cleared_once(town: TestTown) -> None:
    for event in (
        AlarmBegan("camera", "x"),
        AlarmBegan("camera", "x"),
        AlarmEnded("camera"),
        AlarmEnded("camera"),
    ):
        town.gate.handle(event)
    assert town.journal.kinds() == [Kind.ALARM_RAISED, Kind.ALARM_CLEARED]


def test_a_restart_remembers_shift_batch_duplicates_and_what_was_left_open() -> None:
    left = OpenVisit("f" * 32, "1", "2026-04-01T07:59:00.000Z", "鲁B77777", Direction.IN, Reason.DISINFECTION_DUE)
    batch = SolutionBatch("b-0", "chlorine", "500 mg/L", "A", NOW + timedelta(hours=1))
    passed = {PASS.id_hex: ("e" * 32, NOW - timedelta(seconds=4))}
    town = TestTown(past=Past("u-2", {"A": batch}, (left,), (), passed, {("camera", None): "gone"}))
    view = town.gate.view
    assert (view.officer, view.solution_valid, view.unfinished, dict(view.alarms)) == (
        "u-2",
        True,
        (left,),
        {"camera": "gone"},
    )
    town.arrive()
    see(town, DUTY)
    assert (view.lanes[0].phase, town.gate.view.lanes[0].first) == (Phase.WAITING, "e" * 32)
    town.gate.handle(VisitFinished(left.visit, Outcome.ABANDONED))
    entry = town.journal.entries[-1]
    assert (entry.visit, entry.lane, town.gate.view.unfinished) == (left.visit, "1", ())


def test_records_wake_the_link_and_decisions_are_timed(town: TestTown) -> None:
    before = town.woken
    town.arrive()
    town.gate.handle(QrSeen("1", qr(), town.time - 0.25))
    assert (town.woken, town.timed) == (before + 1, [0.25])


def two_lanes() -> str:
    pins = "".join(
        f"{name} = {number}\n"
        for number, name in enumerate(
            ("outer_loop", "inner_loop", "disinfected", "turn_back", "emergency", "barrier", "sprayer", "red"), start=7
        )
    )
    second = f'[[lanes]]\nname = "2"\ndirection = "in"\n[lanes.pins]\n{pins}amber = 15\ngreen = 16\n'
    return TOML + "[lanes.pins]\ndisinfected = 2\nturn_back = 3\nemergency = 4\nbarrier = 0\nsprayer = 1\n" + second


def test_a_pass_at_another_lane_of_the_gate_is_a_duplicate() -> None:
    town = TestTown(toml=two_lanes())
    town.arrive()
    see(town, qr())
    town.gate.handle(QrSeen("2", qr(), town.time))
    second_lane = town.gate.view.lane("2")
    assert second_lane is not None
    assert (second_lane.verdict, second_lane.first) == (Verdict.LOOK, town.journal.entries[0].visit)


def test_a_queue_is_answered_in_turns_and_timers_fire_between(town: TestTown) -> None:
    town.gate.post(EmergencyPressed("1"))
    town.gate.turn()
    assert phase(town) is Phase.OPEN
    town.pass_time(30.5)
    assert (phase(town), town.log[-1]) == (Phase.WAITING, "lower")
    assert town.journal.bodies(Kind.VISIT_CLOSED)[0].outcome is Outcome.ABANDONED  # type: ignore[attr-defined]  # of a VisitClosed


def test_an_unknown_batch_concentration_is_the_policys(town: TestTown) -> None:
    (tank,) = town.gate.view.tanks
    assert tank.batch is not None
    assert tank.batch.concentration == "500 mg/L"


# -- who is inside, who is watched, whose plate differs ------------------------------------------------------------------


def watching(town: TestTown, **how: bool) -> None:
    watched = Watched(plate=PASS.plate, why="stolen", **how)
    town.rules = replace(town.rules, watch={PASS.plate: watched})


def alarms(town: TestTown) -> list[tuple[Kind, str]]:
    kinds = (Kind.ALARM_RAISED, Kind.ALARM_CLEARED)
    return [(entry.kind, entry.body.alarm) for entry in town.journal.entries if entry.kind in kinds]  # type: ignore[attr-defined]  # of an alarm


def test_a_vehicle_that_passed_is_told_at_once_by_its_plate(town: TestTown) -> None:
    town.arrive()
    see(town, DUTY)
    assert town.saw == []
    town.drive_through()
    assert [(vehicle, seen.gate, seen.direction) for vehicle, seen in town.saw] == [(PASS.plate, "east", Direction.IN)]
    assert town.saw[0][1].visit == town.journal.entries[0].visit


def test_who_was_turned_back_is_not_told(town: TestTown) -> None:
    town.arrive()
    see(town, DUTY)
    town.gate.handle(TurnBackPressed("1"))
    town.loop(Loop.OUTER, False)
    town.pass_time(1)
    assert town.journal.bodies(Kind.VISIT_CLOSED) == [], "a motorcycle may be between the loops"
    town.pass_time(2)
    assert town.journal.bodies(Kind.VISIT_CLOSED)[0].outcome is Outcome.TURNED_BACK  # type: ignore[attr-defined]  # of a VisitClosed
    assert town.saw == []


def test_a_watched_vehicle_raises_an_alarm_that_names_its_visit_and_not_its_plate(town: TestTown) -> None:
    watching(town)
    town.arrive()
    see(town, DUTY)
    assert phase(town) is Phase.OPEN
    (raised,) = town.journal.bodies(Kind.ALARM_RAISED)
    assert (raised.alarm, raised.detail) == ("watch_list", town.journal.entries[0].visit)  # type: ignore[attr-defined]  # of an alarm
    assert town.gate.view.alarms.keys() == {"watch_list"}
    assert town.gate.view.lanes[0].watched == "stolen"
    town.drive_through()
    assert town.gate.view.alarms == {}
    assert alarms(town) == [(Kind.ALARM_RAISED, "watch_list"), (Kind.ALARM_CLEARED, "watch_list")]


def test_a_denied_vehicle_is_stopped_also_by_hand(town: TestTown) -> None:
    watching(town, deny_in=True, notify=False)
    town.arrive()
    town.gate.handle(Registered("1", PASS.plate, "duty"))
    assert (phase(town), town.gate.view.lanes[0].reason) == (Phase.REFUSED, Reason.WATCH_LIST)
    assert "raise" not in town.log
    town.gate.handle(TurnBackPressed("1"))
    assert alarms(town) == [(Kind.ALARM_RAISED, "watch_list"), (Kind.ALARM_CLEARED, "watch_list")]


def test_another_plate_refuses_the_vehicle_under_a_visit_of_its_own(town: TestTown) -> None:
    town.arrive()
    see(town, qr())
    assert phase(town) is Phase.DISINFECTING
    assert town.gate.handle(PlateMismatch("1"))
    assert phase(town) is Phase.REFUSED
    opened = [entry for entry in town.journal.entries if entry.kind is Kind.VISIT_OPENED]
    assert [entry.body.reason for entry in opened] == [Reason.DISINFECTION_DUE, Reason.PLATE_MISMATCH]  # type: ignore[attr-defined]  # of a VisitOpened
    assert opened[0].visit != opened[1].visit
    assert (opened[1].body.pass_id, opened[1].private) == (PASS.id_hex, {"plate": PASS.plate})  # type: ignore[attr-defined]  # of a VisitOpened
    assert town.journal.kinds()[1] is Kind.VISIT_CLOSED
    entries = len(town.journal.entries)
    see(town, qr())  # the camera still sees the same pass
    assert len(town.journal.entries) == entries
    assert "raise" not in town.log


def test_without_a_pass_no_plate_can_differ(town: TestTown) -> None:
    assert not town.gate.handle(PlateMismatch("1"))
    town.arrive()
    town.gate.handle(Registered("1", "鲁B7", "resident"))
    assert not town.gate.handle(PlateMismatch("1"))


def test_a_clock_that_is_not_trusted_only_asks_for_a_look(town: TestTown) -> None:
    town.clock = ClockTrust.UNSYNCED
    town.arrive()
    see(town, qr(expires=PASS.not_before + 1))
    assert (phase(town), town.gate.view.lanes[0].reason) == (Phase.ASKING, Reason.CLOCK_UNTRUSTED)


def test_a_watched_vehicles_alarm_ends_with_its_visit_also_after_a_power_cut() -> None:
    left = OpenVisit("7" * 32, "1", "2026-04-01T07:59:00.000Z", PASS.plate, Direction.IN, Reason.WATCH_LIST)
    town = TestTown(past=Past(unfinished=(left,), alarms={("watch_list", None): left.visit}))
    assert town.gate.handle(VisitFinished(left.visit, Outcome.TURNED_BACK))
    assert town.gate.view.alarms == {}


def test_a_second_watched_vehicle_is_told_while_the_first_is_still_here() -> None:
    town = TestTown(toml=two_lanes())
    town.rules = replace(town.rules, watch={plate: Watched(plate=plate) for plate in ("鲁B1", "鲁B2")})
    for lane, plate in (("1", "鲁B1"), ("2", "鲁B2")):
        town.gate.handle(LoopChanged(lane, Loop.OUTER, True))
        town.gate.handle(Registered(lane, plate, "duty"))
    raised = [entry.body.detail for entry in town.journal.entries if entry.kind is Kind.ALARM_RAISED]  # type: ignore[attr-defined]  # of an alarm
    assert raised == [entry.visit for entry in town.journal.entries if entry.kind is Kind.VISIT_OPENED]
    assert len(raised) == 2


# -- a barrier that is still up --------------------------------------------------------------------------------------------


class LeftUp(Unmarked):
    """The last run was killed while the barrier was up."""

    stands = True


class Wired:
    """A gate with real devices on mock pins, whose time moves by hand."""

    def __init__(self, *, left_up: bool = False) -> None:
        self.factory = MockFactory()
        if left_up:
            self.factory.pin(PINS.inner_loop, pin_class=PressedPin)
        self.town = TestTown()
        mark = LeftUp() if left_up else UNMARKED
        self.lane = LaneHardware(fitted(20), self._post, factory=self.factory, mark=mark)
        self.town.hands["1"] = self.lane  # type: ignore[assignment]  # the real hands
        self.waiting: list[Event] = []
        self.gate = Gate(
            self.town.settings, self.town.journal, {"1": self.lane}, lambda: self.town.rules,
            Clocks(now=self.town.now, monotonic=lambda: self.town.time), callbacks=Callbacks(new_id=self.town.new_id),
        )  # fmt: skip
        self.town.gate = self.gate
        self.lane.start()

    def _post(self, event: Event) -> None:
        self.waiting.append(event)

    def press(self, name: str) -> None:
        self.factory.pin(getattr(PINS, name)).drive_low()

    def let_go(self, name: str) -> None:
        self.factory.pin(getattr(PINS, name)).drive_high()

    def answer(self) -> None:
        while self.waiting:
            self.gate.handle(self.waiting.pop(0))

    def pass_time(self, seconds: float) -> None:
        self.answer()
        self.town.pass_time(seconds)

    def vehicle_through(self) -> None:
        for move, name in (("press", "inner_loop"), ("let_go", "outer_loop"), ("let_go", "inner_loop")):
            getattr(self, move)(name)
            self.answer()


@pytest.fixture
def wired() -> Iterator[Wired]:
    made = Wired()
    yield made
    made.lane.close()


def lane_view(wired: Wired) -> LaneView:
    return wired.gate.view.lanes[0]


def followed_closely(wired: Wired) -> None:
    """A vehicle passed, and the next is on the loop before the lane has heard of it."""
    wired.press("outer_loop")
    wired.answer()
    see(wired.town, DUTY)
    wired.pass_time(1.0)
    assert phase(wired.town) is Phase.OPEN
    wired.vehicle_through()
    wired.town.time += 1
    wired.press("outer_loop")
    wired.gate.turn()
    assert (lane_view(wired).shown, lane_view(wired).arm, wired.lane.raised) == (Shown.CLOSING, Arm.HOLDING, True)
    wired.answer()


def test_a_vehicle_behind_another_is_judged_as_itself_while_the_barrier_is_still_up(wired: Wired) -> None:
    followed_closely(wired)
    see(wired.town, qr(id=b"87654321"))
    assert (phase(wired.town), lane_view(wired).spraying) == (Phase.DISINFECTING, False)
    assert wired.factory.pin(PINS.green).state == 0, "no word of the other's counts for it"
    assert not wired.gate.handle(Registered("1", "鲁B99999", "duty"))
    wired.pass_time(1.0)
    assert (lane_view(wired).spraying, lane_view(wired).arm, wired.lane.raised) == (True, Arm.HOLDING, True)
    assert wired.town.journal.kinds()[:3] == [Kind.VISIT_OPENED, Kind.VISIT_CLOSED, Kind.VISIT_OPENED]
    wired.let_go("outer_loop")
    wired.answer()
    assert wired.lane.raised, "it may be under the arm"
    wired.pass_time(3.0)
    assert (phase(wired.town), wired.lane.raised) == (Phase.WAITING, True), "the loops have not stayed free"
    wired.pass_time(1.0)
    assert (lane_view(wired).shown, wired.lane.raised) == (Shown.CLOSING, False), "it takes a second to come down"
    wired.pass_time(1.0)
    assert lane_view(wired).shown is Shown.WAITING
    closed = wired.town.journal.bodies(Kind.VISIT_CLOSED)
    assert [body.outcome for body in closed] == [Outcome.PASSED, Outcome.ABANDONED]  # type: ignore[attr-defined]  # of a VisitClosed


def test_a_vehicle_that_follows_through_unregistered_is_an_alarm_in_the_ledger(wired: Wired) -> None:
    followed_closely(wired)
    wired.vehicle_through()
    (raised,) = wired.town.journal.bodies(Kind.ALARM_RAISED)
    assert (raised.alarm, raised.detail) == ("unregistered_passage", "lane 1, in")  # type: ignore[attr-defined]  # of an alarm
    assert wired.gate.view.alarms.keys() == {"unregistered_passage"}
    wired.pass_time(1.0)
    wired.pass_time(1.0)
    assert (lane_view(wired).shown, wired.lane.raised) == (Shown.WAITING, False)
    assert wired.gate.view.alarms, "the screen shows it for a while"
    wired.pass_time(60.0)
    assert wired.gate.view.alarms == {}


def test_an_emergency_behind_another_opens_at_once(wired: Wired) -> None:
    followed_closely(wired)
    wired.gate.handle(EmergencyPressed("1"))
    assert wired.lane.raised
    assert phase(wired.town) in {Phase.OPENING, Phase.OPEN}
    wired.pass_time(1.0)
    assert (phase(wired.town), wired.lane.raised) == (Phase.OPEN, True)


def test_a_restart_lowers_the_barrier_only_behind_the_vehicle_beneath_it() -> None:
    wired = Wired(left_up=True)
    wired.pass_time(1.0)
    assert (lane_view(wired).shown, wired.lane.raised) == (Shown.CLOSING, True)
    wired.let_go("inner_loop")
    wired.answer()
    assert wired.lane.raised
    for seconds in (3.0, 1.0, 1.0):
        wired.pass_time(seconds)
    assert (lane_view(wired).shown, wired.lane.raised) == (Shown.WAITING, False)
    wired.lane.close()


# -- whom the officer meant ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", [AdmitPressed, TurnBackPressed, PlateMismatch, DisinfectedPressed])
def test_a_word_that_was_meant_for_another_vehicle_counts_for_nothing(
    town: TestTown, press: type[AdmitPressed]
) -> None:
    town.arrive()
    see(town, qr())
    before = list(town.journal.entries)
    assert not town.gate.handle(press("1", "f" * 32))
    assert (phase(town), town.journal.entries) == (Phase.DISINFECTING, before)


def test_a_word_for_the_vehicle_at_the_lane_counts(town: TestTown) -> None:
    town.arrive()
    see(town, qr())
    assert town.gate.handle(TurnBackPressed("1", town.gate.view.lanes[0].visit))


def test_what_nobody_waits_for_any_more_is_not_done_later(town: TestTown) -> None:
    town.arrive()
    with pytest.raises(TimeoutError):
        town.gate.ask(Registered("1", "鲁B99999", "duty"), patience=0.01)
    town.gate.turn()
    assert (phase(town), town.journal.entries) == (Phase.CHECKING, [])


def test_a_crossings_record_names_the_picture_that_was_taken_of_it() -> None:
    town = TestTown(picture="ab" * 32)
    town.arrive()
    town.gate.handle(QrSeen("1", qr(), town.time))
    (opened,) = town.journal.bodies(Kind.VISIT_OPENED)
    assert isinstance(opened, VisitOpened)
    assert opened.picture == "ab" * 32


def test_every_new_picture_of_the_gate_is_shown() -> None:
    town = TestTown()
    town.loop(Loop.OUTER, True)
    town.gate.handle(QrSeen("1", qr(), town.time))
    town.pass_time(1.0)
    assert [(view.lanes[0].phase, view.lanes[0].spraying) for view in town.shown] == [
        (Phase.CHECKING, False),
        (Phase.DISINFECTING, False),
        (Phase.DISINFECTING, True),
    ]
    assert town.shown[-1] is town.gate.view


def test_who_is_admitted_after_a_change_of_shift_is_so_by_the_officer_who_stands_in_its_end(town: TestTown) -> None:
    town.gate.handle(SignedOn("u-2"))
    town.clock = ClockTrust.UNSYNCED
    town.arrive()
    see(town, qr(vehicle_class=2, expires=PASS.not_before + 1))
    assert phase(town) is Phase.ASKING
    town.gate.handle(SignedOff(to="u-3"))
    town.gate.handle(AdmitPressed("1"))
    town.drive_through()
    (opened,) = town.journal.bodies(Kind.VISIT_OPENED)
    (closed,) = town.journal.bodies(Kind.VISIT_CLOSED)
    assert (opened.officer, closed.officer) == ("u-2", "u-3")  # type: ignore[attr-defined]  # of a VisitOpened, a VisitClosed
