"""The guard of the arm: each cell of its table, and what may never happen, in every state that it can reach."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from edge.contract.alarms import BARRIER_STUCK
from edge.lane.actions import Action, LowerBarrier, RaiseBarrier, Settle, StartTimer, StopTimer, Tell
from edge.lane.events import Timer
from edge.lane.guard import TABLE, Cue, Guard, Reach, Report, answer, at_start
from edge.lane.phase import Arm

BARE = Reach(travel=2.0, stuck=7.0)
"""No end switches."""
BOTH = replace(BARE, tells_up=True, tells_down=True)
OPEN = replace(BOTH, fails_open=True)
REACHES = [
    replace(
        BARE, tells_up=up, tells_down=down, at_up=up and at == "up", at_down=down and at == "down", fails_open=fails
    )
    for up, down, fails in product((False, True), repeat=3)
    for at in ("up", "between", "down")
]
HELD, LET_DOWN = {Arm.RISING, Arm.UP, Arm.HOLDING}, {Arm.LYING, Arm.FALLING, Arm.KEYED}


def after(guard: Guard, *cues: Cue, reach: Reach = BOTH) -> tuple[Guard, list[Action], list[Report]]:
    """The guard after these cues, everything that was done, and everything that was reported."""
    done, reports = list[Action](), list[Report]()
    for cue in cues:
        guard, actions, report = answer(guard, cue, reach)
        done += actions
        reports += [report] if report else []
    return guard, done, reports


def relay(actions: Iterable[Action]) -> list[type[Action]]:
    return [type(action) for action in actions if isinstance(action, RaiseBarrier | LowerBarrier)]


def timers(actions: Iterable[Action]) -> dict[Timer, float | None]:
    """The timers that were started, with their seconds; None: stopped."""
    found: dict[Timer, float | None] = {}
    for action in actions:
        if isinstance(action, StartTimer):
            found[action.timer] = action.seconds
        if isinstance(action, StopTimer):
            found[action.timer] = None
    return found


def guards() -> Iterator[Guard]:
    for arm, up, busy, known in product(Arm, (False, True), (False, True), (False, True)):
        yield Guard(arm, up, busy, known)


def starts() -> Iterator[tuple[Guard, Reach]]:
    for reach, raised, stays in product(REACHES, (False, True), (False, True)):
        yield at_start(reach, raised=raised, stays=stays)[0], reach


def reached() -> dict[tuple[Guard, bool], set[tuple[Cue, Guard]]]:
    """Every guard that can come to be, by where the policy wants a stuck arm, with what follows each cue."""
    found: dict[tuple[Guard, bool], set[tuple[Cue, Guard]]] = {}
    waiting = [(guard, fitted(reach)) for guard, reach in starts()]
    known = set(waiting)
    while waiting:
        guard, fits_so = waiting.pop()
        fits = [reach for reach in REACHES if fitted(reach) == fits_so]
        for reach, cue in product(fits, Cue):
            if not possible(cue, reach):
                continue
            then = answer(guard, cue, reach)[0]
            found.setdefault((guard, reach.fails_open), set()).add((cue, then))
            key = (then, fits_so)
            if key not in known:
                known.add(key)
                waiting.append(key)
    return found


def fitted(reach: Reach) -> tuple[bool, bool, bool]:
    return reach.tells_up, reach.tells_down, reach.fails_open


def possible(cue: Cue, reach: Reach) -> bool:
    """Returns True if an arm that is fitted so, and stands there, can give this cue."""
    if cue is Cue.AT_UP:
        return reach.at_up
    if cue is Cue.AT_DOWN:
        return reach.at_down
    return cue is not Cue.MOVING or ((reach.tells_up or reach.tells_down) and not (reach.at_up and reach.at_down))


def test_each_cell_leads_where_it_says_and_nowhere_else() -> None:
    arrows: dict[tuple[Arm, Cue], set[Arm]] = {}
    for (guard, _), answers in reached().items():
        for cue, then in answers:
            arrows.setdefault((guard.arm, cue), set()).add(then.arm)
    for arm, cells in TABLE.items():
        for cue in Cue:
            leads = arrows.get((arm, cue), set()) - {arm}
            said = set(cells[cue].to) - {arm} if cue in cells else set()
            assert leads == said, f"{arm} {cue}"
    assert set(TABLE) == set(Arm)


@pytest.mark.parametrize("reach", REACHES, ids=str)
def test_no_answer_lowers_the_arm_onto_somebody(reach: Reach) -> None:
    for guard, cue in product(guards(), Cue):
        then, actions, _ = answer(guard, cue, reach)
        if LowerBarrier() in actions:
            late = guard.arm is Arm.STUCK and cue is Cue.AT_DOWN
            keyed = cue is Cue.AT_UP
            assert not then.busy or late or keyed, f"{guard} {cue}"


@pytest.mark.parametrize("reach", REACHES, ids=str)
def test_each_order_to_the_relay_starts_its_time_anew(reach: Reach) -> None:
    for guard, cue in product(guards(), Cue):
        then, actions, _ = answer(guard, cue, reach)
        if then.arm is guard.arm:
            continue
        if then.arm is Arm.RISING:
            assert timers(actions)[Timer.RISE] == (7.0 if reach.tells_up else 2.0)
        if then.arm is Arm.FALLING:
            assert timers(actions)[Timer.FALL] == (7.0 if reach.tells_down else 2.0)
        if then.arm is Arm.HOLDING and not then.busy:
            assert timers(actions)[Timer.FREE] == 0.25


def test_a_relay_is_switched_with_every_change_between_held_and_let_down() -> None:
    for reach, guard, cue in product(REACHES, guards(), Cue):
        then, actions, _ = answer(guard, cue, reach)
        if guard.arm in LET_DOWN and then.arm in HELD and cue is not Cue.KEPT:
            assert relay(actions)[-1] is RaiseBarrier, f"{guard} {cue}"
        if guard.arm in HELD and then.arm in LET_DOWN:
            assert relay(actions)[-1] is LowerBarrier, f"{guard} {cue}"


# -- up and down -------------------------------------------------------------------------------------------------------


def test_up_for_somebody_and_down_behind_it() -> None:
    guard, done, reports = after(Guard(), Cue.WANT_UP)
    assert (guard.arm, relay(done), reports) == (Arm.RISING, [RaiseBarrier], [])
    guard, done, reports = after(guard, Cue.BUSY, Cue.AT_UP)
    assert (guard.arm, relay(done), reports, timers(done)) == (Arm.UP, [], [Report.UP], {Timer.RISE: None})
    guard, done, _ = after(guard, Cue.WANT_DOWN)
    assert (guard.arm, done) == (Arm.HOLDING, []), "somebody is under it"
    guard, done, _ = after(guard, Cue.CLEARED)
    assert timers(done) == {Timer.FREE: 0.25}
    guard, done, _ = after(guard, Cue.FREE)
    assert (guard.arm, relay(done)) == (Arm.FALLING, [LowerBarrier])
    guard, done, _ = after(guard, Cue.AT_DOWN)
    assert (guard, timers(done)) == (Guard(), {Timer.FALL: None})


def test_without_end_switches_its_time_says_where_it_is() -> None:
    guard, _, reports = after(Guard(), Cue.WANT_UP, Cue.RISE, reach=BARE)
    assert (guard.arm, reports) == (Arm.UP, [Report.UP])
    guard, done, _ = after(guard, Cue.WANT_DOWN, Cue.FALL, reach=BARE)
    assert (guard, Tell(BARRIER_STUCK) in done) == (Guard(), False)


@pytest.mark.parametrize("cue", [Cue.FREE, Cue.WANT_DOWN])
def test_it_stays_up_while_somebody_is_under_it(cue: Cue) -> None:
    for up in (False, True):
        guard, done, _ = after(Guard(Arm.UP if up else Arm.HOLDING, up=up, busy=True, known=True), cue)
        assert (guard.arm in HELD, relay(done)) == (True, [])


def test_somebody_who_comes_while_it_is_about_to_fall_stops_that() -> None:
    guard, done, _ = after(Guard(Arm.HOLDING, known=True), Cue.CLEARED, Cue.BUSY)
    assert timers(done) == {Timer.FREE: None}
    assert after(guard, Cue.FREE)[0].arm is Arm.HOLDING


@pytest.mark.parametrize("reach", [BARE, BOTH])
def test_it_turns_round_over_who_comes_under_it_and_comes_down_behind_it(reach: Reach) -> None:
    guard, done, reports = after(Guard(Arm.FALLING), Cue.BUSY, reach=reach)
    assert (guard.arm, relay(done), reports) == (Arm.RISING, [RaiseBarrier], [])
    guard, _, reports = after(guard, Cue.AT_UP if reach is BOTH else Cue.RISE, reach=reach)
    assert (guard.arm, reports) == (Arm.HOLDING, []), "nobody is let in by that"
    assert relay(after(guard, Cue.CLEARED, Cue.FREE, reach=reach)[1]) == [LowerBarrier]


def test_who_leaves_while_it_turns_round_lets_it_come_down_from_its_upper_end() -> None:
    guard, done, _ = after(Guard(Arm.FALLING), Cue.BUSY, Cue.CLEARED, Cue.AT_UP)
    assert (guard.arm, timers(done)[Timer.FREE]) == (Arm.HOLDING, 0.25)


def test_wanted_up_on_its_way_down_it_goes_up() -> None:
    guard, done, _ = after(Guard(Arm.FALLING), Cue.WANT_UP)
    assert (guard.arm, guard.up, relay(done)) == (Arm.RISING, True, [RaiseBarrier])


def test_wanted_down_on_its_way_up_it_comes_down_unless_somebody_is_under_it() -> None:
    assert relay(after(Guard(Arm.RISING, up=True), Cue.WANT_DOWN)[1]) == [LowerBarrier]
    guard, done, _ = after(Guard(Arm.RISING, up=True, busy=True), Cue.WANT_DOWN)
    assert (guard.arm, guard.up, done) == (Arm.RISING, False, [])
    assert after(guard, Cue.AT_UP)[0].arm is Arm.HOLDING


def test_wanted_up_while_it_is_held_it_stays_up_and_says_so_at_once() -> None:
    guard, done, reports = after(Guard(Arm.HOLDING, busy=True, known=True), Cue.WANT_UP)
    assert (guard.arm, relay(done), reports) == (Arm.UP, [RaiseBarrier], [Report.UP])
    guard, _, reports = after(Guard(Arm.HOLDING), Cue.WANT_UP)
    assert (guard.arm, reports) == (Arm.RISING, []), "nobody knows that it is up"


def test_an_order_that_the_hardware_did_not_carry_out_is_given_again_later() -> None:
    guard, done, _ = after(Guard(Arm.FALLING), Cue.KEPT)
    assert (guard.arm, timers(done)) == (Arm.HOLDING, {Timer.FALL: None, Timer.FREE: 0.25})
    assert relay(after(guard, Cue.FREE)[1]) == [LowerBarrier]
    guard, done, _ = after(Guard(Arm.STUCK), Cue.KEPT)
    assert (guard.arm, timers(done)) == (Arm.STUCK, {Timer.FREE: 0.25})
    assert relay(after(guard, Cue.FREE)[1]) == [LowerBarrier]


def test_it_leaves_its_upper_end_though_it_is_held() -> None:
    guard, done, reports = after(Guard(Arm.UP, up=True, known=True), Cue.MOVING)
    assert (guard.arm, timers(done), reports) == (Arm.RISING, {Timer.RISE: 7.0}, [Report.LEFT])
    assert after(guard, Cue.AT_UP)[2] == [Report.UP]
    assert after(guard, Cue.RISE)[2] == [Report.STUCK]


# -- stuck, and slow ---------------------------------------------------------------------------------------------------


STUCK_UP = [
    (BOTH, False, LowerBarrier),
    (BOTH, True, RaiseBarrier),
    (OPEN, False, RaiseBarrier),
    (OPEN, True, RaiseBarrier),
]


@pytest.mark.parametrize(("reach", "busy", "rests"), STUCK_UP)
def test_one_that_does_not_rise_is_stuck_and_rests_where_the_policy_says_but_never_down_onto_somebody(
    reach: Reach, busy: bool, rests: type[Action]
) -> None:
    guard, done, reports = after(Guard(Arm.RISING, up=True, busy=busy), Cue.RISE, reach=reach)
    assert (guard.arm, relay(done), reports) == (Arm.STUCK, [rests], [Report.STUCK])
    assert Tell(BARRIER_STUCK) in done
    assert timers(done) == dict.fromkeys((Timer.RISE, Timer.FALL, Timer.FREE))
    cleared = relay(after(guard, Cue.CLEARED, reach=reach)[1])
    assert cleared == ([] if reach is OPEN else [LowerBarrier])


@pytest.mark.parametrize(("reach", "rests"), [(BOTH, LowerBarrier), (OPEN, RaiseBarrier)])
def test_one_that_does_not_come_down_is_stuck(reach: Reach, rests: type[Action]) -> None:
    guard, done, reports = after(Guard(Arm.FALLING), Cue.FALL, reach=reach)
    assert (guard.arm, relay(done), reports) == (Arm.STUCK, [rests], [Report.STUCK])


def test_a_vehicle_before_it_makes_no_arm_stuck_that_should_come_down() -> None:
    guard, _, _ = after(Guard(Arm.FALLING), Cue.BUSY)
    assert after(guard, Cue.FALL)[0].arm is Arm.RISING, "that time was stopped"
    guard, _, _ = after(guard, Cue.AT_UP)
    assert after(guard, Cue.RISE, Cue.FALL)[0].arm is Arm.HOLDING


def test_a_stuck_arm_stays_stuck_when_it_is_wanted_down() -> None:
    for reach, ordered in ((BOTH, [LowerBarrier]), (OPEN, [])):
        guard, done, _ = after(Guard(Arm.STUCK, up=True), Cue.WANT_DOWN, reach=reach)
        assert (guard.arm, guard.up, relay(done)) == (Arm.STUCK, False, ordered)
    assert after(Guard(Arm.STUCK, up=True, busy=True), Cue.WANT_DOWN)[1] == []


@pytest.mark.parametrize("reach", [BOTH, OPEN])
def test_a_late_end_switch_is_believed_it_was_only_slow(reach: Reach) -> None:
    up = replace(reach, at_up=True)
    guard, done, reports = after(Guard(Arm.STUCK, up=True, busy=True), Cue.AT_UP, reach=up)
    assert (guard.arm, relay(done), reports) == (Arm.UP, [RaiseBarrier], [Report.UP])
    assert Settle(BARRIER_STUCK) in done
    down = replace(reach, at_down=True)
    for busy in (False, True):
        guard, done, _ = after(Guard(Arm.STUCK, busy=busy), Cue.AT_DOWN, reach=down)
        assert (guard.arm, relay(done), Settle(BARRIER_STUCK) in done) == (Arm.LYING, [LowerBarrier], True)
    assert after(Guard(Arm.STUCK, up=True), Cue.AT_DOWN, reach=down)[0].arm is Arm.STUCK, "it should be up"


def test_a_stuck_arm_is_tried_again_for_the_next_vehicle_and_by_the_officer() -> None:
    guard, done, _ = after(Guard(Arm.STUCK), Cue.WANT_UP)
    assert (guard.arm, relay(done), timers(done)[Timer.RISE]) == (Arm.RISING, [RaiseBarrier], 7.0)
    for up, busy, arm in ((True, False, Arm.RISING), (False, True, Arm.RISING), (False, False, Arm.FALLING)):
        guard, done, _ = after(Guard(Arm.STUCK, up=up, busy=busy), Cue.FREED)
        assert (guard.arm, Settle(BARRIER_STUCK) in done) == (arm, True)
    for arm in Arm:
        if arm not in {Arm.STUCK, Arm.KEYED}:
            assert after(Guard(arm), Cue.FREED) == (Guard(arm), [], [])


# -- by key ------------------------------------------------------------------------------------------------------------


AT_UP = replace(BOTH, at_up=True)


def test_opened_by_key_and_the_key_is_out_while_somebody_drives() -> None:
    guard, done, _ = after(Guard(), Cue.MOVING)
    assert (guard.arm, relay(done)) == (Arm.KEYED, [])
    guard, done, _ = after(guard, Cue.AT_UP, reach=AT_UP)
    assert (guard.arm, RaiseBarrier() in done) == (Arm.KEYED, False), "for nobody"
    guard, done, reports = after(guard, Cue.BUSY, reach=AT_UP)
    assert (guard.arm, relay(done), reports) == (Arm.HOLDING, [RaiseBarrier], [])
    assert relay(after(guard, Cue.CLEARED, Cue.FREE, reach=AT_UP)[1]) == [LowerBarrier]


def test_opened_by_key_under_way_it_is_raised_over_who_drives() -> None:
    guard, done, _ = after(Guard(Arm.KEYED), Cue.BUSY)
    assert (guard.arm, relay(done)) == (Arm.RISING, [RaiseBarrier])
    guard, done, _ = after(Guard(busy=True), Cue.AT_UP, reach=AT_UP)
    assert (guard.arm, relay(done)) == (Arm.HOLDING, [RaiseBarrier])


def test_a_stuck_arm_that_is_opened_by_key_for_whom_it_is_wanted_up_is_held() -> None:
    guard, done, reports = after(Guard(Arm.STUCK, up=True), Cue.AT_UP, reach=AT_UP)
    assert (guard.arm, relay(done), reports) == (Arm.UP, [RaiseBarrier], [Report.UP])
    guard, done, _ = after(Guard(Arm.STUCK), Cue.AT_UP, reach=AT_UP)
    assert (guard.arm, relay(done)) == (Arm.KEYED, [LowerBarrier])
    guard, done, _ = after(Guard(Arm.STUCK), Cue.AT_UP, reach=replace(AT_UP, fails_open=True))
    assert (guard.arm, timers(done)[Timer.FREE]) == (Arm.HOLDING, 0.25), "it moves again"


def test_who_drives_where_the_arm_should_lie_is_under_one_that_still_is_up() -> None:
    """Nothing says where it is: it sticks, or a key holds it; then it would come down."""
    guard, done, _ = after(Guard(), Cue.BUSY, reach=BARE)
    assert (guard.arm, relay(done)) == (Arm.LYING, []), "nobody opens it by standing there"
    guard, done, _ = after(guard, Cue.DRIVES, reach=BARE)
    assert (guard.arm, guard.busy, relay(done)) == (Arm.RISING, True, [RaiseBarrier])
    guard, done, _ = after(guard, Cue.RISE, Cue.CLEARED, Cue.FREE, reach=BARE)
    assert (guard.arm, relay(done)) == (Arm.FALLING, [LowerBarrier])
    down = replace(BOTH, at_down=True)
    assert after(Guard(), Cue.DRIVES, reach=down) == (Guard(busy=True), [], []), "it broke through"


def test_closed_by_key_it_lies() -> None:
    assert after(Guard(Arm.KEYED), Cue.AT_DOWN)[0] == Guard()
    only_up = replace(BARE, tells_up=True)
    guard, done, _ = after(Guard(Arm.KEYED), Cue.MOVING, reach=only_up)
    assert (guard.arm, relay(done), timers(done)) == (Arm.FALLING, [], {Timer.FALL: 2.0})
    assert after(guard, Cue.FALL, reach=only_up)[0] == Guard()
    assert after(Guard(Arm.KEYED, busy=True), Cue.MOVING, reach=only_up)[0].arm is Arm.RISING
    assert after(Guard(Arm.KEYED), Cue.MOVING)[0].arm is Arm.KEYED, "its end switch will say so"


def test_an_officer_has_one_that_is_up_by_key_lowered() -> None:
    assert relay(after(Guard(Arm.KEYED), Cue.FREED)[1]) == [LowerBarrier]
    assert after(Guard(Arm.KEYED, busy=True), Cue.FREED)[1] == []


# -- at the start ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reach", "raised", "stays", "arm", "started"),
    [
        (BARE, False, False, Arm.LYING, {}),
        (BARE, False, True, Arm.LYING, {}),
        (BARE, True, False, Arm.HOLDING, {Timer.FREE: 0.25}),
        (BARE, True, True, Arm.UP, {}),
        (BOTH, True, True, Arm.RISING, {Timer.RISE: 7.0}),
        (replace(BOTH, at_up=True), True, True, Arm.UP, {}),
        (replace(BOTH, at_down=True), False, False, Arm.LYING, {}),
        (BOTH, False, False, Arm.FALLING, {Timer.FALL: 7.0}),
        (replace(BOTH, at_up=True), False, False, Arm.KEYED, {}),
    ],
)
def test_where_the_arm_is_when_the_gate_starts(
    reach: Reach, raised: bool, stays: bool, arm: Arm, started: dict[Timer, float]
) -> None:
    guard, actions = at_start(reach, raised=raised, stays=stays)
    assert (guard.arm, timers(actions), relay(actions)) == (arm, started, [])
    assert guard.up is (raised and stays)
