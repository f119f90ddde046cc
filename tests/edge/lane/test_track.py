"""The track: stories of two loops and of three sensors, edge by edge, and any order of edges that there can be."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.lane.events import Loop
from edge.lane.track import Track, cleared, edge, passed_by, stood
from edge.lane.vehicle import Moved, Place, Vehicle, VehicleMoved

LOOPS = {"near": Loop.OUTER, "far": Loop.INNER, "under": Loop.SAFETY}
TWO_WAY, ONE_WAY = Track(), Track(two_way=False)
LONG = Track(two_way=False, short=False)
GUARDED = Track(guarded=True)


def drive(track: Track, story: str, *, lying: bool = False, let: int | None = None) -> tuple[Track, list[VehicleMoved]]:
    """The track after a story such as `near+ far+ near- far- clear`, and what the vehicles did."""
    events: list[VehicleMoved] = []
    for word in story.split():
        if word == "clear":
            track, moved = cleared(track)
        elif word == "late":
            track, moved = passed_by(track)
        elif word == "stand":
            track, moved = stood(track)
        else:
            track, moved = edge(track, LOOPS[word[:-1]], word[-1] == "+", lying=lying, let=let)
        events += moved
    return track, events


def told(events: list[VehicleMoved]) -> str:
    """What the vehicles did: by number, and of an unclear one which other it may be; not that they moved off their loop."""
    return ", ".join(
        f"{event.vehicle.number} {event.what}" + (f" or {event.maybe}" if event.maybe else "")
        for event in events
        if event.what is not Moved.MOVED_OFF
    )


def empty(track: Track) -> bool:
    return not track.vehicles and not track.on


# -- two loops ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("track", [TWO_WAY, ONE_WAY, LONG], ids=["two ways", "one way", "no motorcycles"])
@pytest.mark.parametrize(
    ("story", "does"),
    [
        ("near+ stand far+ near- far- clear", "1 arrived, 1 stood, 1 under, 1 through"),
        ("near+ near+ far+ near- near- far- clear", "1 arrived, 1 under, 1 through"),
        ("far+ near+ far- near- clear", "1 arrived, 1 under, 1 through"),
        ("near+ near- clear", "1 arrived, 1 backed_off"),
        ("near+ far+ near- far- far+ far- clear", "1 arrived, 1 under, 1 through"),
        ("near+ far+ near- far- near+", "1 arrived, 1 under, 2 behind, 1 through"),
        ("near+ far+ near- far- near+ near- clear", "1 arrived, 1 under, 2 behind, 1 through, 2 backed_off"),
    ],
)
def test_what_two_loops_can_tell(track: Track, story: str, does: str) -> None:
    after, events = drive(track, story, let=1)
    assert told(events) == does
    assert empty(after) or after.vehicles[0].number == 2


@pytest.mark.parametrize("track", [TWO_WAY, ONE_WAY, LONG], ids=["two ways", "one way", "no motorcycles"])
@pytest.mark.parametrize(
    ("story", "does"),
    [
        # it rolled back, or one is gone and one follows
        ("near+ far+ far- near- clear", "1 arrived, 1 under, 2 behind, 1 unclear or 2, 2 backed_off"),
        ("near+ far+ far- far+ near- far- clear", "1 arrived, 1 under, 2 behind, 1 unclear or 2, 2 under, 2 through"),
        ("near+ far+ near- near+ far- near- clear", "1 arrived, 1 under, 2 behind, 1 unclear or 2, 2 backed_off"),
        (
            "near+ far+ near- near+ far- far+ near- far- clear",
            "1 arrived, 1 under, 2 behind, 1 unclear or 2, 2 under, 2 through",
        ),
    ],
)
def test_what_two_loops_cannot_tell_is_said_as_such_and_never_as_through(track: Track, story: str, does: str) -> None:
    after, events = drive(track, story, let=1)
    assert told(events) == does
    assert empty(after)


def test_a_vehicle_shorter_than_the_loops_are_apart_is_waited_for() -> None:
    between, events = drive(ONE_WAY, "near+ near-", let=1)
    assert (told(events), between.vehicles[0].place, between.busy, between.lingering) == (
        "1 arrived",
        Place.BETWEEN,
        True,
        frozenset({1}),
    )
    assert told(drive(ONE_WAY, "near+ near- far+ far- clear", let=1)[1]) == "1 arrived, 1 under, 1 through"
    assert told(drive(ONE_WAY, "near+ near- clear", let=1)[1]) == "1 arrived, 1 backed_off"
    back = "1 arrived, 2 behind, 1 backed_off, 2 backed_off"
    assert told(drive(ONE_WAY, "near+ near- near+ near- clear", let=1)[1]) == back
    late = "1 arrived, 2 behind, 1 backed_off"
    assert told(drive(ONE_WAY, "near+ near- near+ late", let=1)[1]) == late, "it would be on the far loop by now"
    gone, _ = drive(ONE_WAY, "near+ near- far+ far-", let=1)
    assert (gone.busy, gone.vehicles[0].place) == (True, Place.LEFT), "its tail may be under the arm"


def test_nobody_is_between_the_loops_where_all_vehicles_are_long_or_the_arm_lies() -> None:
    for track, lying in ((LONG, False), (TWO_WAY, True)):
        after, events = drive(track, "near+ near-", lying=lying)
        assert (told(events), after.busy) == ("1 arrived", False)
    assert told(drive(TWO_WAY, "near+ near- near+ near- clear", lying=True)[1]) == "1 arrived, 1 backed_off"


def test_at_a_lying_arm_of_a_two_way_lane_a_second_loop_is_an_opposite_vehicle_until_the_near_one_goes_off() -> None:
    assert told(drive(TWO_WAY, "near+ far+", lying=True)[1]) == "1 arrived, 2 opposite"
    assert told(drive(TWO_WAY, "near+ far+ far- near- clear", lying=True)[1]).endswith("2 backed_off, 1 backed_off")
    forced = drive(TWO_WAY, "near+ far+ near- far- clear", lying=True)[1]
    assert told(forced) == "1 arrived, 2 opposite, 1 unclear, 2 backed_off"
    # the one that came later goes back: that is certain
    assert told(drive(TWO_WAY, "far+ near+ near-", lying=True)[1]) == "1 arrived, 2 opposite, 2 backed_off"


def test_at_a_lying_arm_of_a_one_way_lane_it_is_forced() -> None:
    assert told(drive(ONE_WAY, "near+ far+ near- far- clear", lying=True)[1]) == "1 arrived, 1 under, 1 through"


def test_one_that_was_let_through_while_an_opposite_one_waits_follows_it() -> None:
    facing, _ = drive(TWO_WAY, "near+ far+", lying=True)
    after, events = drive(facing, "near-", let=1)
    assert (told(events), after.find(1)) == ("", replace(facing.vehicles[0], place=Place.BETWEEN, mixed=True))
    assert after.busy


# -- three sensors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("two_way", [False, True])
@pytest.mark.parametrize(
    ("story", "does"),
    [
        ("near+ under+ far+ near- under- far- clear", "1 arrived, 1 under, 1 through"),
        ("near+ under+ near- far+ under- far- clear", "1 arrived, 1 under, 1 through"),
        ("near+ under+ near- under- far+ far- clear", "1 arrived, 1 under, 1 through"),
        ("near+ near- under+ under- far+ far- clear", "1 arrived, 1 under, 1 through"),
        ("far+ under+ near+ far- under- near- clear", "1 arrived, 1 under, 1 through"),
        ("near+ near- clear", "1 arrived, 1 backed_off"),
        # bumper to bumper: the near loop is never free
        ("near+ under+ far+ under- far- near- clear", "1 arrived, 1 under, 2 behind, 1 through, 2 backed_off"),
        (
            "near+ under+ far+ near- near+ under- far- under+ far+ near- under- far- clear",
            "1 arrived, 1 under, 2 behind, 1 through, 2 under, 2 through",
        ),
        (
            "near+ under+ far+ under- under+ far- far+ near- under- far- clear",
            "1 arrived, 1 under, 2 behind, 2 under, 1 through, 2 through",
        ),
        # it rolls back
        ("near+ under+ under- near- clear", "1 arrived, 1 under, 1 came_back, 1 backed_off"),
        ("near+ under+ far+ far- under- near- clear", "1 arrived, 1 under, 1 came_back, 1 backed_off"),
        ("near+ under+ near- near+ under- near- clear", "1 arrived, 1 under, 2 behind, 1 came_back or 2, 1 backed_off"),
        ("near+ under+ near- under- near+ near- clear", "1 arrived, 1 under, 2 behind, 1 unclear, 2 backed_off"),
        # two face to face
        ("near+ far+ far- near- clear", "1 arrived, 2 opposite, 2 backed_off, 1 backed_off"),
        ("near+ far+ near- far- clear", "1 arrived, 2 opposite, 1 backed_off, 2 backed_off"),
        # through, and back again
        (
            "near+ under+ far+ near- under- under+ near+ far- under- near- clear",
            "1 arrived, 1 under, 2 behind, 1 unclear or 2, 2 backed_off",
        ),
    ],
)
def test_what_three_sensors_tell(two_way: bool, story: str, does: str) -> None:
    after, events = drive(replace(GUARDED, two_way=two_way), story, let=1)
    assert told(events) == does
    assert empty(after)


def test_who_comes_back_from_under_the_arm_must_stand_anew() -> None:
    back, events = drive(GUARDED, "near+ stand under+ under-", let=1)
    assert told(events) == "1 arrived, 1 stood, 1 under, 1 came_back"
    assert back.arriving == {1}


def test_three_sensors_are_busy_while_somebody_is_under_the_arm_and_not_while_one_waits_before_it() -> None:
    for story, busy in (
        ("near+", False),
        ("near+ under+", True),
        ("near+ far+", True),
        ("under+", True),
        ("near+ under+ near- under-", True),
        ("near+ under+ near- far+ under-", False),
    ):
        assert drive(GUARDED, story)[0].busy is busy, story


def test_who_leaves_its_loop_while_another_is_on_the_far_one_may_be_under_the_arm() -> None:
    story = "near+ far+ near- near+ near- far- "
    long = drive(LONG, story + "clear", let=1)[1]
    assert told(long) == "1 arrived, 1 under, 2 behind, 2 unclear, 1 through"
    short = "1 arrived, 1 under, 2 behind, 2 under, "
    between, events = drive(ONE_WAY, story, let=1)
    assert (told(events), between.busy) == (short.removesuffix(", "), True), "the arm does not come down on it"
    assert told(drive(ONE_WAY, story + "clear", let=1)[1]) == short + "1 through, 2 unclear"
    assert told(drive(ONE_WAY, story + "far+ far- clear", let=1)[1]) == short + "1 through, 2 unclear"
    assert told(drive(TWO_WAY, story + "far+", let=1)[1]) == short + "3 opposite, 1 through", "it may come from there"
    assert told(drive(ONE_WAY, story + "near+ far+ near- far- clear", let=3)[1]) == (
        short + "3 behind, 1 through, 3 under, 2 unclear, 3 through"
    )


def test_a_short_one_that_left_its_far_loop_is_not_the_one_that_comes_from_there() -> None:
    story = "near+ near- far+ far- far+ "
    assert told(drive(TWO_WAY, story, let=1)[1]) == "1 arrived, 1 under, 2 arrived"
    assert told(drive(TWO_WAY, story + "late", let=1)[1]) == "1 arrived, 1 under, 2 arrived, 1 through"
    assert told(drive(replace(ONE_WAY, only=Loop.OUTER), story + "far- clear", let=1)[1]) == (
        "1 arrived, 1 under, 1 through"
    )


def test_where_another_may_have_come_from_there_it_may_be_that_one_which_is_between_the_loops_then() -> None:
    story = "near+ near- far+ far- "
    between, events = drive(TWO_WAY, story)
    assert (told(events), between.busy) == ("1 arrived, 1 under", True), "the arm does not come down on it"
    assert told(drive(TWO_WAY, story + "late")[1]) == "1 arrived, 1 under, 1 unclear"
    assert (
        told(drive(TWO_WAY, story + "near+ near- late")[1])
        == "1 arrived, 1 under, 2 behind, 1 unclear or 2, 2 backed_off"
    )
    assert (
        told(drive(replace(TWO_WAY, short=False), "near+ far+ near- far- clear", let=1)[1])
        == "1 arrived, 1 under, 1 through"
    )


def test_on_the_far_loop_of_a_lane_of_one_way_somebody_has_driven_under_the_arm() -> None:
    one_way = replace(ONE_WAY, only=Loop.OUTER)
    assert told(drive(one_way, "far+ far- clear")[1]) == "1 arrived, 1 through", "since before the gate started"
    begun = "near+ far+ near- far- clear "
    assert told(drive(one_way, begun + "far+ far- clear", let=1)[1]) == (
        "1 arrived, 1 under, 1 through, 2 arrived, 2 under, 2 through"
    )


# -- any order ---------------------------------------------------------------------------------------------------------


WORDS = st.sampled_from(
    [name + level for name in ("near", "far", "under") for level in "+-"] + ["clear", "late", "stand"]
)
STEPS = st.lists(st.tuples(WORDS, st.booleans(), st.none() | st.integers(1, 6)), max_size=60)
ENDS = {Moved.THROUGH, Moved.BACKED_OFF, Moved.UNCLEAR}
COMES = {Moved.ARRIVED, Moved.BEHIND, Moved.OPPOSITE}


@settings(max_examples=600, deadline=None)
@given(guarded=st.booleans(), two_way=st.booleans(), short=st.booleans(), steps=STEPS)
def test_in_any_order_every_vehicle_that_came_ends_in_exactly_one_way(
    guarded: bool, two_way: bool, short: bool, steps: list[tuple[str, bool, int | None]]
) -> None:
    track, events = Track(guarded=guarded, two_way=two_way, short=short), list[VehicleMoved]()
    for word, lying, let in steps:
        if guarded or not word.startswith("under"):
            track, moved = drive(track, word, lying=lying, let=let)
            events += moved
            assert len({each.number for each in track.vehicles}) == len(track.vehicles)
            assert track.lingering <= {each.number for each in track.vehicles}
    free = " ".join(f"{name}-" for name in LOOPS if guarded or name != "under")
    track, moved = drive(track, f"{free} clear")
    events += moved
    assert empty(track)
    assert not track.busy
    came = [event.vehicle.number for event in events if event.what in COMES]
    assert came == list(range(1, track.count + 1)), "each number once"
    ends = Counter(event.vehicle.number for event in events if event.what in ENDS)
    # one that seemed to come behind was the tail of the one that came back
    ends.update(event.maybe for event in events if event.what is Moved.CAME_BACK and event.maybe)
    assert ends == Counter(came)


@settings(max_examples=600, deadline=None)
@given(guarded=st.booleans(), two_way=st.booleans(), steps=STEPS)
def test_in_any_order_nobody_is_through_who_was_not_under_the_arm_and_on_the_far_loop(
    guarded: bool, two_way: bool, steps: list[tuple[str, bool, int | None]]
) -> None:
    track, under = Track(guarded=guarded, two_way=two_way), set[int]()
    for word, lying, let in steps:
        if not guarded and word.startswith("under"):
            continue
        before, (track, moved) = track, drive(track, word, lying=lying, let=let)
        for event in moved:
            number = event.vehicle.number
            if event.what is Moved.UNDER:
                under.add(number)
            if event.what is Moved.THROUGH:
                assert number in under
                assert event.vehicle.reached
            if event.what in ENDS:
                assert before.find(number) or event.vehicle.number > before.count
                assert track.find(number) is None


def test_a_change_that_is_none_says_nothing() -> None:
    for track in (TWO_WAY, GUARDED):
        assert edge(track, Loop.OUTER, False, lying=False) == (track, ())
        came, _ = drive(track, "near+")
        assert edge(came, Loop.OUTER, True, lying=False) == (came, ())
        assert cleared(came) == (came, ()), "not while a sensor is occupied"


def test_nobody_stays_under_a_sensor_that_is_free() -> None:
    """Two were taken to be under it, face to face: of the second nobody can tell."""
    two = (Vehicle(1, Loop.OUTER, Place.UNDER, reached=True), Vehicle(2, Loop.INNER, Place.UNDER))
    here = Track(guarded=True, on=frozenset(Loop), vehicles=two, count=2)
    after, moved = edge(here, Loop.SAFETY, False, lying=False)
    assert Place.UNDER not in {each.place for each in after.vehicles}
    assert (Moved.UNCLEAR, 2) in {(each.what, each.vehicle.number) for each in moved}
