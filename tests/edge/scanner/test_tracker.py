"""Frames become readings, each told once; an empty lane costs nothing, and a code that is not read is explained."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, pairwise

import numpy as np
import pytest

from edge.camera.frames import Frame, Hint, Image, Look, pixels
from edge.camera.opencv import cv2
from edge.scanner.decoders import zxing
from edge.scanner.filters import Patch
from edge.scanner.ladder import Rung
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from scripts.roadside.picture import empty, picture
from scripts.roadside.sequence import FRAMES_PER_SECOND, visits
from scripts.roadside.shot import Shot, shots
from tests.edge.pictures import code, pass_text, seen

TEXT = pass_text()
EMPTY = np.full((720, 1280), 120, np.uint8)
CARD = seen(code(TEXT), yaw=15, roll=4)


class Counted(Scanner):
    """Notes how often each rung was tried. `blind`: how many tries see nothing."""

    def __init__(self, blind: int = 0, names: Sequence[str] = ("frame",)) -> None:
        super().__init__()
        self.tried: list[str] = []
        self.blind = blind
        self.rungs = tuple(self._noting(name) for name in names)

    def _noting(self, name: str) -> Rung:
        def noted(patch: Patch) -> Image:
            self.tried.append(name)
            return np.zeros((9, 9), np.uint8) if len(self.tried) <= self.blind else patch.gray

        return Rung(name, "zxing", noted, zxing, whole=True)


def frames(*pictures: tuple[Image, int], rate: float = 5.0) -> list[Frame]:
    """Pictures, each shown so many times, at a rate."""
    shown = [picture for picture, times in pictures for _ in range(times)]
    return [Frame(picture, 100.0 + k / rate) for k, picture in enumerate(shown)]


def told(tracker: Tracker, shown: list[Frame]) -> list[tuple[float, str]]:
    """When which text was told, in seconds since the first frame."""
    return [(round(frame.at - 100.0, 2), each.text) for frame in shown for each in tracker.see(frame)]


def test_code_in_sight_is_told_once() -> None:
    assert told(Tracker(Scanner()), frames((EMPTY, 5), (CARD, 60))) == [(1.0, TEXT)]


def test_code_that_comes_back_soon_is_the_same_reading() -> None:
    assert len(told(Tracker(Scanner()), frames((CARD, 5), (EMPTY, 10), (CARD, 5)))) == 1


def test_code_that_comes_back_later_is_told_again() -> None:
    tracker = Tracker(Scanner(), repeat_seconds=1.0)
    assert told(tracker, frames((CARD, 5), (EMPTY, 10), (CARD, 5))) == [(0.0, TEXT), (3.0, TEXT)]


def test_code_that_is_still_in_sight_is_told_again_when_the_tracker_is_asked_to_forget() -> None:
    tracker = Tracker(Scanner())
    assert told(tracker, frames((EMPTY, 2), (CARD, 20))) == [(0.4, TEXT)]
    tracker.forget()
    still = [Frame(CARD, 105.0 + k / 5) for k in range(20)]
    assert told(tracker, still) == [(5.0, TEXT)], "at once, though nothing moved, and once"


def test_code_that_has_left_is_not_told_again_when_the_tracker_is_asked_to_forget() -> None:
    timetable = seen(code("https://bus.example/12"), side=200)
    for shown in (CARD, timetable):
        tracker = Tracker(Scanner())
        told(tracker, frames((EMPTY, 2), (shown, 2)))
        tracker.forget()
        assert told(tracker, [Frame(EMPTY, 100.8 + k / 5) for k in range(20)]) == []


def test_picture_that_waits_for_more_rungs_is_not_read_for_the_next_vehicle() -> None:
    names = ["frame", "one", "two", "three", "four"]
    scanner = Counted(blind=3, names=names)
    ticks = iter(range(10**6))
    tracker = Tracker(scanner, budget=3.0, clock=lambda: float(next(ticks)))
    assert told(tracker, frames((EMPTY, 1), (CARD, 1))) == []
    assert tracker._climber._pending
    tracker.forget()
    assert told(tracker, [Frame(EMPTY, 100.4 + k / 5) for k in range(10)]) == []


def test_another_code_is_told_at_once() -> None:
    other = seen(code(pass_text("鲁U99999", 2)))
    assert [at for at, _ in told(Tracker(Scanner()), frames((CARD, 5), (other, 5)))] == [0.0, 1.0]


def quiet(sigma: float, count: int) -> list[Frame]:
    """An empty lane that differs by the sensor's noise alone."""
    chance = np.random.default_rng(1)
    noisy = [np.clip(EMPTY + chance.normal(0, sigma, EMPTY.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    return frames(*((noisy[k % 6], 1) for k in range(count)), rate=15)


@pytest.mark.parametrize("sigma", [0, 2, 8])
def test_empty_lane_is_hardly_looked_at_however_noisy_the_night(sigma: float) -> None:
    scanner = Counted()
    told(Tracker(scanner), quiet(sigma, 150))
    # the settling frames of the start, then one look a second
    assert len(scanner.tried) <= 1 + Tracker.SETTLING + 10


def test_lane_wakes_at_the_first_frame_that_shows_something() -> None:
    assert told(Tracker(Scanner()), frames((EMPTY, 45), (CARD, 1), rate=15)) == [(3.0, TEXT)]


def test_still_card_is_found_although_nothing_changes() -> None:
    # the settling looks fail; the card is then read on one of the looks that nothing but time provokes
    (reading,) = told(Tracker(Counted(blind=8)), frames((CARD, 30)))
    assert reading[1] == TEXT


def test_lane_that_a_loop_calls_occupied_is_looked_at_more_often() -> None:
    looks = []
    for occupied in (False, True):
        scanner = Counted()
        told(Tracker(scanner, occupied=partial(bool, occupied)), quiet(2, 90))
        looks.append(len(scanner.tried))
    assert looks[1] > 2 * looks[0]


def test_rungs_that_a_frame_has_no_time_for_are_tried_on_the_next_ones() -> None:
    names = ["frame", "one", "two", "three", "four"]
    scanner = Counted(blind=10**6, names=names)
    ticks = iter(range(10**6))
    # each look at the clock is a second later: about two rungs a frame
    tracker = Tracker(scanner, budget=4.0, clock=lambda: float(next(ticks)))
    card = picture(TEXT, Shot(defocus=6.0))
    told(tracker, frames((EMPTY_COLOUR, 1), (card, 1), *((shifted(card, k), 1) for k in range(8))))
    assert set(scanner.tried) == set(names)
    firsts = [k for k, name in enumerate(scanner.tried) if name == "frame"]
    assert max(b - a for a, b in pairwise(firsts)) <= 4


def test_rung_that_helped_goes_first_at_the_next_vehicle() -> None:
    tracker = Tracker(Scanner(), repeat_seconds=0.1, budget=10.0)
    blurred = picture(TEXT, Shot(module=3.0, defocus=1.6))
    (reading,) = [each for frame in frames((EMPTY_COLOUR, 1), (blurred, 1)) for each in tracker.see(frame)]
    assert tracker._climber.order[0].name == reading.rung != "frame"


def test_timetable_waits_for_the_pass_and_is_told_after_it_once() -> None:
    timetable = seen(code("https://bus.example/12"), side=200)
    both = pixels(np.hstack([timetable[:, 320:960], CARD[:, 320:960]]))
    heard = told(Tracker(Scanner(), repeat_seconds=9), frames((EMPTY, 2), (timetable, 2), (both, 20)))
    assert [text for _, text in heard] == [TEXT, "https://bus.example/12"]


def test_code_that_one_frame_alone_reads_is_noise() -> None:
    noise = seen(code("1"), side=200)
    assert told(Tracker(Scanner()), frames((EMPTY, 2), (noise, 1), (EMPTY, 30))) == []


def test_timetable_alone_is_told_after_a_moment() -> None:
    timetable = seen(code("https://bus.example/12"), side=200)
    assert [text for _, text in told(Tracker(Scanner()), frames((timetable, 12)))] == ["https://bus.example/12"]


EMPTY_COLOUR = np.full((720, 1280, 3), 120, np.uint8)


def shifted(frame: Image, pixels_: int) -> Image:
    """The frame, moved sideways."""
    return np.ascontiguousarray(np.roll(frame, 4 * pixels_, axis=1))


@pytest.mark.parametrize(
    ("shot", "hints"),
    [
        (Shot(module=1.3), {Hint.CLOSER}),
        (Shot(defocus=3.0, noise=4), {Hint.STILL}),
        (Shot(smear=20, smear_angle=30), {Hint.STILL}),
        (Shot(light=0.15, noise=2, defocus=3.0), {Hint.LIGHT}),
        (Shot(covered=0.3), {Hint.DIRTY}),
        (Shot(yaw=74, module=5), {Hint.TILT}),
    ],
)
def test_what_is_wrong_with_a_code_that_is_not_read_is_said(shot: Shot, hints: set[Hint]) -> None:
    # nothing is read, whatever the ladder can do: what is said follows from the pixels
    tracker = Tracker(Counted(blind=10**6), budget=1.0)
    nobody = picture(TEXT, replace(shot, at=(3.0, 3.0)))
    # a hand is never still: it moves by a few pixels from frame to frame
    wavering = [picture(TEXT, replace(shot, at=(0.5 + 0.006 * (k % 3), 0.5), seed=k)) for k in range(8)]
    heard = told(tracker, frames((nobody, 1), *((each, 1) for each in wavering), rate=10))
    assert heard == []
    assert tracker.sight is not None
    assert (tracker.sight.read, tracker.sight.hint in hints, tracker.sight.hint) == (False, True, tracker.sight.hint)
    xs, ys = zip(*tracker.sight.outline, strict=True)
    assert min(xs) < 0.5 < max(xs)
    assert min(ys) < 0.5 < max(ys)


def hinted(shot: Shot) -> tuple[bool, float | None, Hint | None]:
    """Whether a pass in a hand is read; if not: seconds until something is advised, and what is first."""
    tracker = Tracker(Scanner(), budget=1.0)
    # drawn one by one: most are read, or called something, long before the last
    wavering = (picture(TEXT, replace(shot, at=(shot.at[0] + 0.006 * (k % 3), shot.at[1]), seed=k)) for k in range(9))
    for number, shown in enumerate(chain((empty(shot),), wavering)):
        if tracker.see(Frame(shown, 100 + number / 10)):
            return True, None, None
        if tracker.sight is not None and not tracker.sight.read:
            return False, number / 10 - 0.1, tracker.sight.hint
    return False, None, None


def test_reflection_that_hides_a_code_is_told_at_once() -> None:
    chance = np.random.default_rng(5)
    strong = [
        replace(shot, glare=float(chance.uniform(1.0, 1.8)), glare_wide=float(chance.uniform(0.2, 0.5)))
        for shot in shots("glare", 5, 24)
    ]
    unread = [(after, hint) for read, after, hint in map(hinted, strong) if not read]
    assert len(unread) >= 8
    # the share that is found, whatever the reflection and its place: all but one in ten
    assert sum(hint is Hint.GLARE for _, hint in unread) >= 0.9 * len(unread)
    assert all(after is not None and after <= 0.5 for after, _ in unread)


@pytest.mark.parametrize("spoilt", [{"smear": 26.0}, {"covered": 0.3}, {"module": 1.3}])
def test_what_no_reflection_hides_is_not_called_glare(spoilt: dict[str, float]) -> None:
    said = [hinted(replace(shot, light=min(shot.light, 1.0), **spoilt)) for shot in shots("clean", 6, 6)]  # type: ignore[arg-type]  # any field of a shot that is a number
    assert sum(not read for read, _, _ in said) >= 4
    assert all(hint is not Hint.GLARE for _, _, hint in said)


def test_vehicles_that_come_stop_and_leave_are_read_and_nothing_else_is() -> None:
    for visit in visits((TEXT,), 20, 4):
        tracker = Tracker(Scanner(), budget=1.0)
        shown = [EMPTY_COLOUR if shot is None else picture(visit.text, shot) for shot in visit.shots]
        assert [text for _, text in told(tracker, frames(*((each, 1) for each in shown), rate=FRAMES_PER_SECOND))] == [
            TEXT
        ]


def test_faint_code_at_night_is_noticed() -> None:
    dark = np.full_like(EMPTY, 14)
    tracker = Tracker(Scanner())
    card = pixels(cv2.convertScaleAbs(CARD, alpha=0.12))
    assert told(tracker, frames((dark, 20), (card, 3))) == [(4.0, TEXT)]


def test_smallest_pass_that_was_read_says_how_far_it_reads() -> None:
    tracker = Tracker(Scanner(), repeat_seconds=0.1)
    for side in (300, 200, 260):
        told(tracker, frames((seen(code(TEXT), side=side), 1)))
    assert tracker.sight is not None
    # the picture of the code has a quiet zone, which is not counted
    assert tracker.smallest_read == pytest.approx(200 * 53 / 61, abs=6)
    assert tracker.sight.side == pytest.approx(260 * 53 / 61, abs=6)
    look = Look(np.zeros((9, 16, 3), np.uint8), 0.0, tracker.sight, tracker.smallest_read)
    assert look.reach(2.0) == pytest.approx(2.6, abs=0.15)
