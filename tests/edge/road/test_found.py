"""What the road found, each as its shortest story."""

from edge.contract.alarms import BARRIER_STUCK, FORCED, PASSAGES, TAILGATING, UNREGISTERED
from edge.contract.facts import Outcome
from edge.contract.reasons import Colour, Direction
from edge.lane.events import EmergencyPressed, QrSeen, Registered
from edge.lane.phase import Phase
from tests.edge.road.stage import STOP, Stage
from tests.edge.road.vehicles import motorcycle, trailer, truck

IN, OUT = Direction.IN, Direction.OUT
PASSED = Outcome.PASSED


def test_a_gap_on_the_far_loop_under_a_trailer_is_no_vehicle_from_the_other_side() -> None:
    """Three sensors, one way: a drawbar that the loops do not notice, and a car close behind it."""
    stage = Stage(3, loops=1.0, beam=True)
    first, second = stage.actor(trailer(6.0, 1.8, 5.0, metal=False), owes=False), stage.actor(owes=False, space=5.1)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.leave()
    stage.until(lambda: first.vehicle.gone)
    stage.still()
    second.show()
    stage.admitted()
    second.leave()
    stage.run(30.0)
    assert second.outcomes == [PASSED]
    third = stage.actor(owes=False)
    third.come().show()
    stage.admitted()
    third.leave()
    stage.run(30.0)
    assert third.outcomes == [PASSED]


def test_a_slow_arm_that_counts_as_stuck_does_not_come_down_on_who_drives_under_it() -> None:
    """The relay was let go when its time was over; then somebody comes under it."""
    for sensors in (2, 3):
        stage = Stage(sensors, travel=3.0)
        stage.lane.stick(4.0)  # 12 s, and `times.stuck` is 10
        first = stage.actor(owes=False)
        first.come().show()
        stage.until(lambda stage=stage: BARRIER_STUCK in stage.alarms)  # type: ignore[misc]
        first.leave(0.8)
        stage.run(20.0)
        assert not first.vehicle.touched


def test_an_arm_that_a_key_holds_up_is_not_taken_for_lying() -> None:
    """Only the upper end switch is fitted, and says all the time that the arm is up; the key goes out over a vehicle."""
    stage = Stage(3, down_switch=False)
    stage.lane.turn_key(True)
    first, second = stage.actor(owes=False), stage.actor(space=5.0)
    first.come().show()
    stage.admitted()
    first.leave()
    stage.run(20.0)
    second.to(1.8)
    stage.lane.turn_key(None)
    stage.run(6.0)
    assert not second.vehicle.touched


def test_one_between_two_loops_that_never_reached_the_far_one_has_not_passed() -> None:
    """Two loops: it backs off while the arm is up, another one comes and shows its pass."""
    stage = Stage(2)
    first, second = stage.actor(), stage.actor(space=1.0)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    stage.lane.remove(first.vehicle)  # it turns aside
    stage.run(0.7)
    second.come()
    second.show()
    stage.run(1.0)
    assert PASSED not in first.outcomes
    second.back()
    stage.run(20.0)
    assert PASSED not in first.outcomes


def test_a_vehicle_is_registered_that_the_loops_take_for_one_under_the_arm() -> None:
    """Two loops, two ways, the arm still up: one comes on each side, and the first is registered by hand."""
    stage = Stage(2, ways=(IN, OUT), travel=6.0)
    before, other = stage.actor(owes=False), stage.actor(way=OUT)
    first, second = stage.actor(space=1.0), stage.actor(space=1.0)
    before.come().show()
    other.start(-5.0)
    first.start(-8.0)
    second.start(STOP)
    stage.admitted()
    before.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    first.come()
    stage.run(0.5)
    other.come()
    stage.press(Registered("1", stage.plate(first), "resident"))
    stage.run(0.5)
    stage.lane.remove(first.vehicle)  # it turns aside
    other.back()
    stage.run(8.0)
    second.come()
    stage.run(12.0)
    assert stage.lamp is not Colour.GREEN, "the first one's registration is not the second's"
    assert stage.world.counts["disinfected by sensor"] == 0


def test_an_emergency_for_nobody_in_sight_is_for_whoever_comes_first() -> None:
    """Two ways: it is not known from which side; whoever comes by its green is no unregistered passage."""
    for sensors in (2, 3):
        stage = Stage(sensors, ways=(IN, OUT))
        stage.press(EmergencyPressed("1"))
        stage.admitted()
        first = stage.actor(way=OUT)
        first.leave()
        stage.run(20.0)
        assert stage.alarms == []
        assert first.outcomes == [PASSED]
        assert stage.lamp is Colour.RED


def test_one_whose_pass_was_read_before_is_no_evidence_that_the_one_before_passed() -> None:
    """Three sensors: the next one is judged while the first is under the arm; the first rolls back, the next makes room."""
    stage = Stage(3, spray=2.0)
    first, second = stage.actor(), stage.actor(space=1.5)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.to(4.2)
    second.start(STOP)
    stage.run(3.0)
    second.show()
    stage.run(3.0)
    second.back()
    first.back()
    stage.run(1.5)
    assert PASSED not in first.outcomes
    stage.run(30.0)
    assert PASSED not in first.outcomes


def test_a_pass_read_as_its_vehicle_drives_off_is_not_that_of_who_stands_behind_it() -> None:
    """The first was registered by hand, with the plate that its pass is bound to; the next is on the near loop already."""
    for sensors in (2, 3):
        stage = Stage(sensors)
        first, second = stage.actor(owes=False), stage.actor(space=2.0)
        first.come()
        second.start(STOP)
        stage.still()
        stage.press(Registered("1", stage.plate(first), "samples"))
        stage.admitted()
        first.start(5.4)
        second.start(STOP)
        stage.until(lambda first=first, second=second: second.vehicle.covers.near and first.vehicle.nose > 5.0)  # type: ignore[misc]
        assert first.vehicle.pass_text is not None
        stage.press(QrSeen("1", first.vehicle.pass_text, stage.world.now - 0.1))
        stage.run(2.0)
        first.leave()
        stage.run(15.0)
        assert len(first.outcomes) == 1, "no second visit by the same pass"
        assert stage.lamp is Colour.RED
        second.show()
        stage.admitted()
        second.leave()
        stage.run(20.0)
        assert (first.outcomes, second.outcomes) == ([PASSED], [PASSED])


def test_a_drawbar_that_the_beam_does_not_notice_stops_nobody_after_it() -> None:
    """Three sensors: the trailer counts as a vehicle behind; who comes after it is served all the same."""
    stage = Stage(3, beam=True)
    first, second = stage.actor(trailer(5.0, 1.8, 3.2, solid=False), owes=False), stage.actor(owes=False, space=6.0)
    first.come().show()
    stage.admitted()
    second.start(STOP)
    first.leave()
    stage.until(lambda: first.vehicle.gone)
    stage.still()
    stage.run(8.0)
    second.show()
    stage.admitted()
    second.leave()
    stage.run(20.0)
    assert second.outcomes == [PASSED]


def test_one_who_leaves_the_loop_while_it_is_sprayed_under_a_raised_arm_is_not_disinfected() -> None:
    """Two loops, one that is registered by hand and turns aside at once: it may be between the loops, but not disinfected."""
    stage = Stage(2, spray=4.0, travel=6.0)
    before, first = stage.actor(owes=False), stage.actor(space=1.0)
    before.come().show()
    first.start(-8.0)
    stage.admitted()
    before.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    first.come()
    stage.run(2.0)
    stage.press(Registered("1", stage.plate(first), "resident"))
    assert stage.lane.hands.spraying
    stage.run(0.7)
    stage.lane.remove(first.vehicle)
    stage.run(30.0)
    assert stage.world.counts["disinfected by sensor"] == 0


def test_after_a_restart_a_vehicle_in_a_one_way_lane_still_goes_that_way() -> None:
    """Its nose is on the far loop when the gate starts: it did not come from there; the next one is served as itself."""
    stage = Stage(3)
    first, second, third = stage.actor(owes=False), stage.actor(owes=False, space=2.0), stage.actor(space=4.0)
    first.come().show()
    second.start(STOP)
    third.start(STOP)
    stage.still()
    stage.admitted()
    first.to(3.4)  # off the near loop, under the arm, on the far loop
    stage.world.stop()
    stage.run(1.0)
    stage.world.start()
    stage.run(1.0)
    first.start(4.6)
    second.start(STOP)
    stage.still()
    first.leave()
    stage.run(8.0)
    stage.press(Registered("1", stage.plate(second), "samples"))
    stage.admitted()
    second.leave()
    stage.until(lambda: second.through)
    stage.run(5.0)
    assert second.outcomes == [PASSED]
    assert stage.lamp is Colour.RED


def test_nobody_waits_for_ever_for_one_who_went_back_before_another_that_faced_it() -> None:
    """Two ways: one goes back under the raised arm, one from the other side stands on what was its far loop, and is registered."""
    stage = Stage(2, ways=(IN, OUT), travel=6.0)
    before, first, other = stage.actor(owes=False), stage.actor(space=2.0), stage.actor(way=OUT)
    before.come().show()
    first.start(-8.0)
    other.start(-5.0)
    stage.admitted()
    before.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    first.come()
    first.show()
    other.come()
    stage.lane.remove(first.vehicle)  # it turns aside
    stage.run(2.0)
    stage.press(Registered("1", stage.plate(other), "samples"))
    stage.run(5.0)
    assert stage.lamp is not Colour.GREEN
    stage.until(lambda: stage.lamp is Colour.GREEN)
    assert PASSED not in first.outcomes
    other.leave()
    stage.run(30.0)
    assert other.outcomes == [PASSED]


def test_where_one_waits_on_each_side_the_officer_says_whom_he_registers() -> None:
    for sensors in (2, 3):
        stage = Stage(sensors, ways=(IN, OUT))
        other, first = stage.actor(way=OUT), stage.actor()
        other.come()
        first.come()
        stage.press(Registered("1", stage.plate(first), "resident", IN))
        stage.run(1.0)
        assert stage.lane.hands.spraying
        first.back()
        stage.run(20.0)
        assert first.outcomes == [Outcome.ABANDONED], "the other one does not inherit it"
        assert stage.world.counts["disinfected by sensor"] == 0


def test_one_that_drives_unsprayed_after_another_came_behind_it_is_told() -> None:
    """Two loops, the arm still up: one leaves its loop during the spray, another comes, the first drives on."""
    stage = Stage(2, travel=6.0, spray=8.0)
    before, first, second = stage.actor(owes=False), stage.actor(motorcycle(), space=1.0), stage.actor(space=0.2)
    before.come().show()
    first.start(-8.0)
    second.start(-14.0)
    stage.admitted()
    before.leave(4.0)
    stage.until(lambda: stage.lane.arm.falling)
    first.to(-0.6).show()
    second.start(-3.2)
    stage.run(3.0)
    first.to(1.0)
    second.to(-1.3)
    first.leave()
    stage.run(8.0)
    assert first.through
    assert set(stage.alarms) & PASSAGES


def test_an_arm_that_a_key_holds_up_does_not_come_down_on_who_drives_under_it() -> None:
    """Three sensors, no end switch: for the gate it lies; the loops say that one drives, and the key is taken out."""
    stage = Stage(3, switches=False)
    stage.lane.turn_key(True)
    first = stage.actor()
    first.to(2.0)
    stage.lane.turn_key(None)
    stage.run(6.0)
    assert not first.vehicle.touched
    first.leave()
    stage.run(20.0)
    assert stage.down
    assert FORCED in stage.alarms


def test_a_pass_of_one_that_an_emergency_let_through_is_not_that_of_who_stands_behind_it() -> None:
    """Its plate is not known; it shows its pass under the arm, when the next is on the near loop."""
    for sensors in (2, 3):
        stage = Stage(sensors)
        first, second = stage.actor(motorcycle(), owes=False), stage.actor(owes=False, space=1.7)
        first.come()
        second.start(STOP)
        stage.still()
        stage.press(EmergencyPressed("1"))
        stage.admitted()
        first.start(1.2)
        second.start(STOP)
        stage.until(lambda stage=stage: stage.view.phase is Phase.CHECKING)  # type: ignore[misc]
        first.show()
        first.leave()
        stage.run(15.0)
        assert first.outcomes in ([PASSED], [None]), "no second visit by its pass"
        assert stage.lamp is Colour.RED
        second.show()
        stage.admitted()
        second.leave()
        stage.run(20.0)
        assert (len(first.outcomes), second.outcomes) == (1, [PASSED])


def test_one_that_came_back_has_not_passed_by_the_pass_of_one_that_comes_as_it_goes() -> None:
    """Two loops, no short vehicles: its own tail was on the near loop, and is off it at that moment."""
    stage = Stage(2, loops=1.0, shortest=4.5)
    first, second = stage.actor(owes=False), stage.actor(owes=False)
    first.come().show()
    second.start(-12.0)
    stage.admitted()
    first.to(5.8).to(-0.8)
    stage.lane.remove(first.vehicle)  # it turns aside
    stage.run(0.1)
    second.show()
    stage.run(5.0)
    assert PASSED not in first.outcomes
    second.come().show()
    stage.admitted()
    second.leave()
    stage.run(20.0)
    assert second.outcomes == [PASSED]


def test_the_arm_stays_up_over_a_motorcycle_that_follows_and_is_on_no_loop() -> None:
    """Two loops: it left the near one while the first was on the far one, and stands between them when that is gone."""
    stage = Stage(2)
    first, second = stage.actor(truck(9.0), owes=False), stage.actor(motorcycle(), space=1.6)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.start(11.4)
    second.start(0.6)
    stage.until(lambda: second.vehicle.nose > 0.59)
    assert stage.lane.outer.level is False
    first.leave(4.0)
    stage.run(5.0)
    assert stage.lane.inner.level is False
    assert not second.vehicle.touched
    second.leave()
    stage.run(20.0)
    assert not second.vehicle.touched
    assert first.outcomes == [PASSED]
    assert stage.down
    assert set(stage.alarms) == {TAILGATING}


def test_one_that_comes_from_there_is_not_the_motorcycle_that_left_the_far_loop_a_moment_ago() -> None:
    """Two loops, two ways: nobody knows for some seconds whether a short one is gone."""
    for waits in (True, False):
        stage = Stage(2, ways=(IN, OUT))
        first, other = stage.actor(motorcycle(), owes=False), stage.actor(motorcycle(), way=OUT, owes=False)
        first.come().show()
        stage.admitted()
        first.leave(5.0)
        other.start(-5.0)
        stage.until(lambda stage=stage, first=first: first.vehicle.gone)  # type: ignore[misc]
        other.come()
        if waits:
            stage.run(8.0)
            other.show()
            stage.admitted()
        other.leave()
        stage.run(20.0)
        assert (first.outcomes, other.outcomes) == ([PASSED], [PASSED] if waits else [])
        assert stage.alarms == ([] if waits else [UNREGISTERED])


def test_one_that_no_edge_of_the_near_loop_told_is_noticed_on_the_far_one() -> None:
    """Two loops, one way: it followed so closely that the near loop was never free."""
    stage = Stage(2, travel=6.0)
    first, second = stage.actor(owes=False), stage.actor(motorcycle(), space=0.3)
    first.come().show()
    second.start(STOP)
    stage.still()
    stage.admitted()
    first.start(6.4)
    second.start(1.0)
    stage.until(lambda: second.vehicle.nose > 0.99)
    first.leave(4.0)
    stage.run(3.0)
    second.leave()
    stage.run(20.0)
    assert first.outcomes == [PASSED]
    assert UNREGISTERED in stage.alarms


def test_with_one_on_each_side_a_pass_says_nothing_of_one_that_came_back() -> None:
    """Three sensors: it rolled back behind its own tail, and the camera reads the one that faces it."""
    stage = Stage(3, ways=(IN, OUT))
    first, other = stage.actor(owes=False), stage.actor(way=OUT, owes=False)
    first.come().show()
    other.start(-5.0)
    stage.admitted()
    first.to(3.5)
    first.to(-2.0)
    assert stage.view.unclear is not None
    other.come().show()
    stage.run(1.0)
    assert PASSED not in first.outcomes


def test_one_that_comes_from_there_is_not_the_one_that_followed_and_is_gone() -> None:
    """Two loops, two ways: nobody knows for some seconds where a follower is."""
    stage = Stage(2, far=2.0, ways=(IN, OUT))
    first, second, other = stage.actor(owes=False), stage.actor(space=1.7), stage.actor(way=OUT, owes=False)
    first.come().show()
    second.start(STOP)
    other.start(-5.0)
    stage.still()
    stage.admitted()
    second.leave(4.0)
    first.leave(4.0)
    stage.until(lambda: second.through and not second.vehicle.covers.far)
    other.come()
    stage.run(8.0)
    other.show()
    stage.admitted()
    other.leave()
    stage.run(30.0)
    assert (first.outcomes, second.outcomes, other.outcomes) == ([PASSED], [], [PASSED])
    assert stage.alarms == [TAILGATING]
