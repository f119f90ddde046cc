"""The twelve stories in which lanes went wrong, and what officers cursed: each as it must be, with two loops and with three sensors."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from edge.contract.facts import AlarmRaised, Disinfected, Kind, Outcome, VerifiedBy, VisitClosed
from edge.lane.events import (
    AdmitPressed,
    BarrierDown,
    BarrierMoving,
    BarrierUp,
    CameBack,
    EmergencyPressed,
    FaultCleared,
    Loop,
    PlateMismatch,
    QrSeen,
    Registered,
    SignedOn,
    SolutionMixed,
    SprayAgainPressed,
    SprayDone,
    TurnBackPressed,
    WentThrough,
)
from edge.lane.phase import Arm, Phase, Shown
from tests.edge.gates import POLICY_FULL, TOML, TestTown, qr

NEAR, FAR, UNDER = Loop.OUTER, Loop.INNER, Loop.SAFETY
SWITCHES = "[lanes.pins]\nbarrier_up = 20\nbarrier_down = 21\n"
THREE = "[lanes.pins]\nsafety = 26\n"


class Road(TestTown):
    """A lane as the roadside knows it: sensors go on and off, the arm's end switches close as a test says."""

    def __init__(
        self, toml: str = TOML, *, switches: bool = False, fails: str = "closed", raised: bool = False
    ) -> None:
        rules = replace(TestTown().rules, policy=POLICY_FULL.model_copy(update={"fail_barrier": fails}))
        super().__init__(toml=toml, rules=rules, raised=raised)
        arm = self.hands["1"]
        arm.tells_up = arm.tells_down = arm.slow = switches
        arm.at_down = switches and not raised
        self.gate.handle(SignedOn("u-2"))
        self.gate.handle(SolutionMixed("chlorine", "", "A", litres=10.0))

    def edges(self, *edges: Loop) -> None:
        """Each sensor that is named changes."""
        for loop in edges:
            self.loop(loop, loop not in self.gate.lanes["1"].state.occupied)

    def by_hand(self, plate: str = "鲁B11111", class_: str = "duty") -> str:
        """An officer registers the vehicle; a duty vehicle owes no disinfection, a resident does. Returns the visit."""
        self.gate.handle(Registered("1", plate, class_))
        return self.journal.entries[-1].visit or ""

    def up(self) -> None:
        """The arm comes to its upper end."""
        arm = self.hands["1"]
        arm.at_up, arm.at_down = True, False
        if arm.tells_up:
            self.gate.handle(BarrierMoving("1"))
            self.gate.handle(BarrierUp("1"))

    def down(self) -> None:
        """The arm comes to its lower end."""
        arm = self.hands["1"]
        arm.at_up, arm.at_down = False, True
        if arm.tells_down:
            self.gate.handle(BarrierMoving("1"))
            self.gate.handle(BarrierDown("1"))

    def falls(self) -> None:
        """The lane has been free for its time, and the arm leaves its upper end."""
        self.pass_time(0.3)
        assert self.arm is Arm.FALLING
        self.hands["1"].at_up = False
        self.gate.handle(BarrierMoving("1"))

    @property
    def phase(self) -> Phase:
        return self.gate.view.lanes[0].phase

    @property
    def arm(self) -> Arm:
        return self.gate.view.lanes[0].arm

    @property
    def held(self) -> bool:
        """The relay holds the arm up."""
        return self.hands["1"].raised

    @property
    def red(self) -> bool:
        return next(each for each in reversed(self.log) if each.startswith("light")) == "light red"

    def outcomes(self) -> list[tuple[str, Outcome]]:
        """Every visit that ended, by its plate."""
        plates = {entry.visit: entry.private.get("plate", "") for entry in self.journal.entries if entry.private}
        closed = [(entry.visit, entry.body) for entry in self.journal.entries if entry.kind is Kind.VISIT_CLOSED]
        return [(plates.get(visit, ""), body.outcome) for visit, body in closed if isinstance(body, VisitClosed)]

    def alarms(self) -> list[str]:
        return [body.alarm for body in self.journal.bodies(Kind.ALARM_RAISED) if isinstance(body, AlarmRaised)]

    def sprays(self) -> int:
        return self.log.count("spray")


A, B = "鲁B11111", "鲁B22222"
PASSED, UNCLEAR = Outcome.PASSED, Outcome.UNCLEAR


def admitted(road: Road, plate: str = A) -> str:
    """A vehicle stands on the near loop and was let through."""
    road.arrive()
    visit = road.by_hand(plate)
    road.up()
    assert road.phase is Phase.OPEN
    return visit


# -- 1: two cars close behind each other -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edges", [(FAR, FAR), (FAR, NEAR, NEAR, FAR)], ids=["the near loop never free", "free for a moment"]
)
def test_story_1_one_gone_one_following_is_red_and_the_second_is_judged_as_itself(edges: Sequence[Loop]) -> None:
    road = Road(switches=True)
    admitted(road)
    road.edges(*edges)
    assert (road.red, road.phase, road.outcomes()) == (True, Phase.CHECKING, [])
    assert road.held, "somebody is on the near loop, and perhaps under the arm"
    road.pass_time(1.0)
    road.gate.handle(QrSeen("1", qr(), road.time))
    assert road.outcomes() == [(A, PASSED)], "another pass: the first one is gone"
    assert (road.phase, road.red, road.sprays()) == (Phase.DISINFECTING, False, 1)
    road.sprayed(10.0, 2.0)
    assert road.phase is Phase.OPEN
    assert road.alarms() == []


def test_story_1_who_follows_at_once_is_tailgating_and_uses_nobodys_word() -> None:
    road = Road(switches=True)
    admitted(road)
    road.edges(FAR, FAR, FAR)
    assert (road.alarms(), road.red) == (["tailgating"], True)
    road.edges(NEAR, FAR)
    road.pass_time(1.0)
    assert road.outcomes() == [(A, PASSED)]
    assert len(road.journal.bodies(Kind.VISIT_OPENED)) == 1
    road.pass_time(1.0)
    assert road.arm is Arm.FALLING


def test_story_1_with_a_third_sensor_the_first_has_passed_before_the_second_is_judged() -> None:
    road = Road(TOML + THREE, switches=True)
    admitted(road)
    road.edges(UNDER, FAR, UNDER)  # past the arm, the near loop never free
    assert (road.phase, road.red) == (Phase.CHECKING, True)
    road.by_hand(B)
    assert road.phase is Phase.NEXT, "its word waits until the first is off the far loop"
    road.edges(FAR)
    assert road.outcomes() == [(A, PASSED)]
    assert (road.phase, road.red) == (Phase.OPEN, False)


# -- 2: left open, or moved by key -------------------------------------------------------------------------------------


def test_story_2_an_arm_that_was_left_open_never_comes_down_on_who_was_judged_under_it() -> None:
    road = Road(fails="open", raised=True)
    assert road.gate.view.lanes[0].shown is Shown.LEFT_OPEN
    road.arrive()
    road.by_hand(A, "resident")
    assert (road.phase, road.arm, road.held) == (Phase.DISINFECTING, Arm.HOLDING, True)
    road.edges(FAR)  # it drives on, undisinfected
    assert (road.held, road.alarms()) == (True, ["forced_passage"])
    road.sprayed(10.0, 2.0)
    assert road.journal.bodies(Kind.DISINFECTED) == []
    road.edges(NEAR, FAR)
    road.pass_time(1.0)
    assert road.outcomes() == [(A, PASSED)]
    road.pass_time(1.0)
    assert not road.held


@pytest.mark.parametrize("edge", [NEAR, FAR])
@pytest.mark.parametrize("word", [None, "register", "emergency"])
def test_story_2_the_arm_turns_round_in_every_phase_over_who_comes_under_it(edge: Loop, word: str | None) -> None:
    road = Road(switches=True)
    admitted(road)
    road.edges(FAR, NEAR, FAR)
    road.falls()
    assert not road.held
    road.edges(edge)
    assert (road.arm, road.held) == (Arm.RISING, True)
    if word is None:
        assert road.red
    elif word == "register":
        road.by_hand(B, "resident")
        assert road.phase is Phase.DISINFECTING
    else:
        road.gate.handle(EmergencyPressed("1"))
    road.up()
    assert road.held


# -- 3: up means that the relay holds it -------------------------------------------------------------------------------


def test_story_3_an_arm_opened_by_key_is_held_by_the_relay_from_then_on() -> None:
    road = Road(switches=True)
    road.arrive()
    road.by_hand()
    road.pass_time(11.0)
    assert (road.arm, road.phase, road.red) == (Arm.STUCK, Phase.OPENING, True)
    road.up()  # by key
    assert (road.arm, road.phase, road.held, road.red) == (Arm.UP, Phase.OPEN, True, False)
    road.edges(FAR)
    assert (road.phase, road.held) == (Phase.DRIVING, True), "the key is out, and nothing falls"
    road.edges(NEAR, FAR)
    road.pass_time(1.0)
    assert road.outcomes() == [(A, PASSED)]


def test_story_3_an_arm_that_a_key_holds_over_a_vehicle_is_not_dropped() -> None:
    road = Road(switches=True)
    road.up()  # by key, for nobody
    assert (road.arm, road.held) == (Arm.KEYED, False)
    road.edges(NEAR)
    assert (road.arm, road.held) == (Arm.HOLDING, True)


# -- 4: slow is not stuck ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", ["closed", "open"])
def test_story_4_who_waits_while_the_arm_should_fall_makes_no_barrier_stuck(fails: str) -> None:
    road = Road(switches=True, fails=fails)
    admitted(road)
    road.edges(FAR, NEAR, FAR)
    road.falls()
    road.edges(NEAR)  # the next car, on the loop for longer than the arm takes
    road.up()
    road.pass_time(30.0)
    road.edges(NEAR)
    road.pass_time(3.1)  # it might be between the loops
    road.falls()
    road.pass_time(5.0)
    road.down()
    assert (road.alarms(), road.arm, road.held) == ([], Arm.LYING, False)


def test_story_4_a_slow_arm_is_believed_when_it_speaks_at_last() -> None:
    road = Road(switches=True)
    admitted(road)
    road.edges(FAR, NEAR, FAR)
    road.pass_time(0.3)
    road.pass_time(11.0)
    assert (road.arm, set(road.gate.view.alarms)) == (Arm.STUCK, {"barrier_stuck"})
    road.down()
    assert (road.arm, dict(road.gate.view.alarms)) == (Arm.LYING, {})


# -- 5: a reading belongs to a vehicle ---------------------------------------------------------------------------------


def test_story_5_a_pass_read_as_its_vehicle_drives_off_opens_for_nobody_else() -> None:
    road = Road()
    again: list[str] = []
    road.gate.lanes["1"]._callbacks = replace(road.gate.lanes["1"]._callbacks, look_again=again.append)
    admitted(road)
    road.edges(FAR)
    road.gate.handle(QrSeen("1", qr(), road.time))
    road.edges(NEAR, FAR)
    road.pass_time(1.0)
    road.gate.handle(QrSeen("1", qr(), road.time))
    road.pass_time(3.0)
    road.arrive()
    assert (road.phase, road.red) == (Phase.CHECKING, True)
    assert again == ["1"], "what is in sight now is the second vehicle's"
    road.gate.handle(QrSeen("1", qr(), road.time))
    assert road.phase is Phase.DISINFECTING


# -- 6, 7: forced through ----------------------------------------------------------------------------------------------


ONE_WAY = TOML + 'direction = "in"\n'


@pytest.mark.parametrize("toml", [TOML, ONE_WAY, ONE_WAY + THREE], ids=["two ways", "one way", "third sensor"])
def test_story_6_who_drives_through_while_it_is_sprayed_is_forced_and_opens_for_nobody(toml: str) -> None:
    road = Road(toml)
    road.arrive()
    road.by_hand(A, "resident")
    run = road.hands["1"].run
    road.edges(*((UNDER, FAR, NEAR, UNDER) if "safety" in toml else (FAR, NEAR)))
    road.gate.handle(SprayDone("1", 10.0, 2.0, run))
    road.edges(FAR)
    road.pass_time(1.0)
    assert road.alarms() == ["forced_passage"]
    assert road.journal.bodies(Kind.DISINFECTED) == []
    assert (road.held, road.phase) == (False, Phase.WAITING)
    # two loops in a lane of two ways: an opposite one may have come, and this one backed off
    assert road.outcomes() == [(A, UNCLEAR if toml == TOML else PASSED)]


def test_story_7_forced_through_with_a_follower_on_the_near_loop() -> None:
    road = Road(ONE_WAY + THREE)
    road.arrive()
    road.by_hand(A, "resident")
    road.edges(UNDER, FAR, UNDER, FAR)  # the near loop never free
    assert (road.alarms(), road.outcomes()) == (["forced_passage"], [(A, PASSED)])
    assert road.phase is Phase.CHECKING
    road.pass_time(1.0)
    road.by_hand(B, "resident")
    assert (road.phase, road.sprays()) == (Phase.DISINFECTING, 2), "nothing of the first one's is inherited"


# -- 8: visits go with vehicles ----------------------------------------------------------------------------------------


def test_story_8_one_backs_off_while_an_opposite_one_stands_there() -> None:
    road = Road()
    road.loop(FAR, True)  # it came first, and waits
    road.loop(NEAR, True)
    assert road.gate.view.lanes[0].opposite
    road.loop(NEAR, False)
    road.pass_time(1.0)
    road.by_hand(A)
    (opened,) = road.journal.bodies(Kind.VISIT_OPENED)
    assert opened.direction == "out"  # type: ignore[attr-defined]  # of a VisitOpened
    assert (road.alarms(), road.outcomes()) == ([], [])


def test_story_8_face_to_face_and_the_one_drives_out_through_the_others_open_arm() -> None:
    road = Road()
    admitted(road)
    road.edges(FAR)  # an opposite one comes: for two loops it is the first one's nose
    road.edges(NEAR)  # the first backs off
    road.edges(NEAR, FAR)  # the opposite one drives out
    road.edges(NEAR)
    road.pass_time(5.0)
    assert road.outcomes() == [(A, UNCLEAR)]
    assert "unclear_passage" in road.alarms()


def test_story_8_face_to_face_with_a_third_sensor_is_told_apart() -> None:
    road = Road(TOML + THREE)
    admitted(road)
    road.edges(FAR, NEAR)  # an opposite one comes, the first backs off
    assert road.outcomes() == [(A, Outcome.ABANDONED)]
    assert road.phase is Phase.CHECKING
    road.edges(UNDER, NEAR)  # the opposite one drives through, unjudged
    assert road.alarms() != []


def test_story_8_one_that_rolls_back_after_its_tail_left_the_near_loop() -> None:
    road = Road()
    visit = admitted(road)
    road.edges(FAR, NEAR, NEAR, FAR)
    assert (road.phase, road.gate.view.lanes[0].unclear, road.red) == (Phase.CHECKING, visit, True)
    road.edges(NEAR)
    road.pass_time(5.0)
    assert road.outcomes() == [(A, UNCLEAR)]


def test_story_8_the_officer_says_what_became_of_it() -> None:
    for word, outcome in ((WentThrough, [(A, PASSED)]), (CameBack, [])):
        road = Road()
        visit = admitted(road)
        road.edges(FAR, FAR)
        assert road.gate.handle(word("1", visit))
        assert road.outcomes() == outcome
        if word is CameBack:
            assert (road.phase, road.red) == (Phase.OPEN, False)
            road.edges(FAR, NEAR, FAR)
            road.pass_time(1.0)
            assert road.outcomes() == [(A, PASSED)]


def test_story_8_rolled_back_with_a_third_sensor_keeps_its_own_word() -> None:
    road = Road(TOML + THREE)
    admitted(road)
    road.edges(UNDER, FAR, NEAR, NEAR)
    road.edges(FAR, UNDER)
    road.edges(NEAR)
    road.pass_time(5.0)
    assert PASSED not in [outcome for _, outcome in road.outcomes()]


# -- 9, 10: the sprayer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("toml", [TOML, ONE_WAY])
def test_story_9_a_pass_read_before_the_loop_sprays_nobody_until_the_vehicle_stands(toml: str) -> None:
    road = Road(toml)
    road.gate.handle(QrSeen("1", qr(), road.time))
    road.pass_time(2.0)
    assert road.sprays() == 0
    road.loop(NEAR, True)
    assert (road.phase, road.sprays()) == (Phase.DISINFECTING, 0)
    road.pass_time(1.1)
    assert road.sprays() == 1


def test_story_10_the_end_of_a_run_is_that_runs_alone() -> None:
    road = Road()
    road.arrive()
    road.by_hand(A, "resident")
    first = road.hands["1"].run
    road.gate.handle(TurnBackPressed("1"))
    road.by_hand(B, "resident")
    road.gate.handle(SprayDone("1", 10.0, 2.0, first))
    assert (road.phase, road.journal.bodies(Kind.DISINFECTED)) == (Phase.DISINFECTING, [])
    road.sprayed(10.0, 2.0)
    (said,) = road.journal.bodies(Kind.DISINFECTED)
    assert isinstance(said, Disinfected)
    assert said.verified_by is VerifiedBy.SENSOR


# -- 11: one emergency a vehicle ---------------------------------------------------------------------------------------


def test_story_11_an_emergency_pressed_again_while_it_drives_is_no_second_visit() -> None:
    road = Road()
    road.arrive()
    for edges in ((), (FAR,), (NEAR,), ()):
        road.gate.handle(EmergencyPressed("1"))
        road.edges(*edges)
    assert len(road.journal.bodies(Kind.VISIT_OPENED)) == 1
    road.edges(FAR)
    road.pass_time(1.0)
    assert [outcome for _, outcome in road.outcomes()] == [PASSED]
    road.gate.handle(EmergencyPressed("1"))
    assert len(road.journal.bodies(Kind.VISIT_OPENED)) == 2


# -- 12: motorcycles ---------------------------------------------------------------------------------------------------


def test_story_12_a_motorcycle_between_the_loops_is_waited_for() -> None:
    road = Road(switches=True)
    admitted(road)
    road.edges(NEAR)
    road.pass_time(2.5)
    assert (road.held, road.phase) == (True, Phase.OPEN)
    road.edges(FAR)
    road.edges(FAR)
    road.pass_time(4.0)
    assert (road.outcomes(), road.alarms()) == ([(A, PASSED)], [])


def test_story_12_nobody_waits_for_motorcycles_where_none_come() -> None:
    road = Road(TOML + "[lanes.road]\nshortest = 3.5\n", switches=True)
    admitted(road)
    road.edges(NEAR)
    road.pass_time(0.3)
    assert road.outcomes() == [(A, Outcome.ABANDONED)]


# -- what officers cursed ----------------------------------------------------------------------------------------------


def test_curse_the_next_car_is_judged_while_the_first_leaves() -> None:
    road = Road()
    admitted(road)
    road.edges(FAR, NEAR, NEAR)  # the first is on the far loop still, the next on the near one
    road.pass_time(1.0)
    assert road.phase is Phase.CHECKING
    road.by_hand(B, "resident")
    assert (road.phase, road.sprays(), road.outcomes()) == (Phase.DISINFECTING, 1, [])
    road.sprayed(10.0, 2.0)
    assert (road.phase, road.red) == (Phase.NEXT, True)
    road.edges(FAR)
    assert (road.phase, road.outcomes()) == (Phase.OPEN, [(A, PASSED)])


def test_curse_at_a_stuck_arm_with_nobody_judged_the_officer_can_say_that_it_moves_again() -> None:
    road = Road(switches=True)
    admitted(road)
    road.edges(FAR, NEAR, FAR)
    road.pass_time(0.3)
    road.pass_time(11.0)
    assert (road.arm, road.phase) == (Arm.STUCK, Phase.WAITING)
    assert road.gate.handle(FaultCleared("1"))
    assert road.arm is Arm.FALLING
    road.down()
    assert (road.arm, dict(road.gate.view.alarms)) == (Arm.LYING, {})
    assert not road.gate.handle(FaultCleared("1"))


def test_curse_turn_back_with_nobody_judged_recalls_nobody() -> None:
    road = Road(switches=True)
    road.arrive()
    assert not road.gate.handle(TurnBackPressed("1"))
    assert road.phase is Phase.CHECKING


def test_curse_stuck_then_turned_back_then_admitted_is_never_green_with_the_arm_down() -> None:
    road = Road(switches=True)
    road.arrive()
    road.by_hand()
    road.pass_time(11.0)
    road.gate.handle(TurnBackPressed("1"))
    assert (road.phase, road.red) == (Phase.RECALLED, True)
    road.gate.handle(AdmitPressed("1"))
    road.pass_time(11.0)
    assert (road.arm, road.phase, road.red) == (Arm.STUCK, Phase.OPENING, True)
    assert road.gate.view.lanes[0].shown is Shown.FAULT


def test_curse_after_a_restart_an_arm_that_sticks_over_nobody_is_an_alarm() -> None:
    road = Road(switches=True, raised=True)
    assert road.held
    road.loop(NEAR, True)
    road.loop(FAR, True)  # the car under it
    road.edges(NEAR, FAR)
    road.pass_time(1.0)
    road.pass_time(1.0)
    assert road.arm is Arm.FALLING
    road.pass_time(11.0)
    assert (road.arm, "barrier_stuck" in road.alarms()) == (Arm.STUCK, True)


def test_curse_the_sprayer_is_started_again_when_nothing_flowed() -> None:
    road = Road()
    road.arrive()
    visit = road.by_hand(A, "resident")
    assert not road.gate.handle(SprayAgainPressed("1", visit)), "it sprays"
    road.sprayed(10.0, 0.0)
    assert road.gate.view.lanes[0].unconfirmed
    assert road.gate.handle(SprayAgainPressed("1", visit))
    assert (road.sprays(), road.gate.view.lanes[0].spraying) == (2, True)
    road.sprayed(10.0, 2.0)
    assert road.phase is Phase.OPEN


@pytest.mark.parametrize("toml", [TOML, TOML + THREE], ids=["two loops", "three sensors"])
def test_a_queue_of_ten_is_served_without_anybody_reversing(toml: str) -> None:
    road = Road(toml, switches=True)
    plates = [f"鲁B{number:05d}" for number in range(10)]
    road.arrive()
    for plate in plates:
        road.by_hand(plate)
        road.up()
        assert road.phase is Phase.OPEN
        road.edges(*((UNDER, FAR, NEAR, UNDER, NEAR, FAR) if "safety" in toml else (FAR, NEAR, NEAR, FAR)))
        road.pass_time(1.1)
    assert road.outcomes()[:9] == [(plate, PASSED) for plate in plates[:9]]
    assert road.alarms() == []


def test_curse_who_faces_one_that_backed_off_is_not_locked_in() -> None:
    """Two loops, two ways: the first backs off from its green while an opposite one stands on the far loop."""
    road = Road()
    visit = admitted(road)
    road.edges(FAR, NEAR)
    assert road.phase is Phase.DRIVING, "as if it were under way"
    road.pass_time(31.0)
    assert (road.phase, road.gate.view.lanes[0].unclear, road.red) == (Phase.CHECKING, visit, True)
    road.by_hand(B)
    assert (road.outcomes(), road.phase) == ([(A, UNCLEAR)], Phase.OPEN)
    (_, opened) = road.journal.bodies(Kind.VISIT_OPENED)
    assert opened.direction == "out"  # type: ignore[attr-defined]  # of a VisitOpened


@pytest.mark.parametrize("word", [CameBack, WentThrough])
def test_curse_who_faces_one_that_backed_off_gets_nobodys_word(word: type[CameBack] | type[WentThrough]) -> None:
    road = Road()
    visit = admitted(road)
    road.edges(FAR, NEAR)
    road.pass_time(31.0)
    assert road.gate.handle(word("1", visit))
    assert (road.phase, road.red) == (Phase.CHECKING, True)
    assert road.outcomes() == [(A, Outcome.ABANDONED if word is CameBack else PASSED)]


def test_curse_who_waits_on_the_far_loop_of_one_that_is_through_is_not_locked_in() -> None:
    """Three sensors, two ways: the far loop is never free between who leaves and the opposite ones."""
    road = Road(TOML + THREE, switches=True)
    admitted(road)
    road.edges(FAR, UNDER, NEAR, UNDER, FAR, FAR)
    road.pass_time(2.0)
    assert (road.phase, road.outcomes()) == (Phase.DRIVING, [])
    road.pass_time(31.0)
    assert (road.phase, road.outcomes(), road.alarms()) == (Phase.CHECKING, [(A, PASSED)], [])
    assert road.red


def test_story_8_who_faces_one_that_backed_off_and_drives_out_is_nobodys_passage() -> None:
    road = Road()
    admitted(road)
    road.edges(FAR, NEAR)
    road.pass_time(31.0)
    road.edges(NEAR, FAR, NEAR)
    road.pass_time(4.0)
    assert road.outcomes() == [(A, UNCLEAR)]
    assert road.alarms() != []


def test_story_12_a_motorcycle_between_the_near_loop_and_the_third_sensor_is_waited_for() -> None:
    road = Road(TOML + THREE + "[lanes.road]\napart = 5\n", switches=True)
    admitted(road)
    road.edges(NEAR)
    road.pass_time(2.0)
    assert (road.held, road.outcomes()) == (True, [])
    road.edges(UNDER, UNDER)
    road.pass_time(0.5)
    road.edges(FAR, FAR)
    road.pass_time(6.0)
    assert (road.outcomes(), road.alarms()) == ([(A, PASSED)], [])


def test_curse_an_officer_who_walks_through_the_beam_disturbs_nobody() -> None:
    road = Road(TOML + THREE, switches=True)
    road.arrive()
    road.by_hand(A, "resident")
    road.edges(UNDER, UNDER)
    assert (road.phase, road.alarms(), road.gate.view.lanes[0].spraying) == (Phase.DISINFECTING, [], True)
    road.sprayed(10.0, 2.0)
    road.up()
    road.edges(UNDER, FAR, NEAR, UNDER, FAR)
    road.pass_time(0.5)
    assert (road.outcomes(), road.alarms()) == ([(A, PASSED)], [])


def test_curse_an_emergency_that_was_recalled_before_it_came_is_nobodys_word() -> None:
    road = Road()
    admitted(road)
    road.edges(FAR)
    road.gate.handle(EmergencyPressed("1"))
    road.gate.handle(TurnBackPressed("1"))
    road.edges(NEAR, FAR)
    road.pass_time(1.0)
    road.arrive()
    assert (road.phase, road.red) == (Phase.CHECKING, True)
    assert not road.gate.handle(AdmitPressed("1"))


def test_curse_a_plate_that_differs_is_put_right_by_registering_the_vehicle() -> None:
    road = Road()
    road.arrive()
    road.gate.handle(QrSeen("1", qr(), road.time))
    road.sprayed(10.0, 2.0)
    road.gate.handle(PlateMismatch("1"))
    assert (road.phase, road.red) == (Phase.RECALLED, True)
    road.by_hand(B)
    assert (road.phase, road.red) == (Phase.OPEN, False)


def test_story_10_a_run_that_began_on_an_empty_place_counts_for_nobody() -> None:
    road = Road(ONE_WAY)
    road.gate.handle(QrSeen("1", qr(), road.time))
    road.gate.handle(SprayAgainPressed("1"))
    first = road.hands["1"].run
    road.arrive()
    road.gate.handle(SprayDone("1", 10.0, 2.0, first))
    assert road.journal.bodies(Kind.DISINFECTED) == []
    assert road.hands["1"].run == first + 1
