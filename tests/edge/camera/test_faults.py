"""A camera that no longer sees is noticed, one bad frame is not, and day turns into night once."""

from dataclasses import replace

import numpy as np
import pytest

from edge.camera.faults import LASTING, MOVED_FOR, Fault, FaultDetector, Light, daylight
from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from scripts.roadside.picture import empty
from scripts.roadside.shot import Shot

DAY, NIGHT = Shot(scene=1), Shot(scene=1, night=True, light=0.8, noise=4)
SMALL = (320, 180)


def lane(number: int, shot: Shot = DAY) -> Image:
    """A frame of the empty lane, its noise its own."""
    grain = np.random.default_rng(number).normal(0, 2, (*SMALL[::-1], 3))
    return pixels(
        np.clip(cv2.resize(empty(shot), SMALL, interpolation=cv2.INTER_AREA) + grain, 0, 255).astype(np.uint8)
    )


FRAMES = [lane(number) for number in range(3)]


def watched(detector: FaultDetector, frames: list[Image], begin: float, seconds: float) -> Fault | None:
    """The fault after the frames were shown in turn for so long, two a second."""
    for step in range(int(seconds * 2)):
        detector.examine(frames[step % len(frames)], begin + step / 2, quiet=True)
    return detector.fault


@pytest.mark.parametrize("shot", [DAY, NIGHT, replace(NIGHT, headlights=0.8), replace(DAY, rain=300)])
def test_lane_by_day_and_night_and_in_the_rain_is_well(shot: Shot) -> None:
    assert watched(FaultDetector(), [lane(number, shot) for number in range(3)], 0, 40) is None


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([np.zeros_like(FRAMES[0]), np.full_like(FRAMES[0], 1)], Fault.BLACK),
        ([np.full_like(FRAMES[0], 90), np.full_like(FRAMES[0], 91)], Fault.COVERED),
        ([np.full_like(FRAMES[0], 255), np.full_like(FRAMES[0], 254)], Fault.OVEREXPOSED),
        ([FRAMES[0]], Fault.FROZEN),
    ],
)
def test_fault_that_lasts_is_told_and_is_over_when_the_lane_is_seen_again(frames: list[Image], fault: Fault) -> None:
    detector = FaultDetector()
    assert watched(detector, FRAMES, 0, 10) is None
    assert watched(detector, frames, 10, LASTING - 1) is None
    assert watched(detector, frames, 9 + LASTING, LASTING + 2) is fault
    assert watched(detector, FRAMES, 20 + LASTING, LASTING + 2) is None


def test_one_dark_frame_is_a_lorry() -> None:
    detector = FaultDetector()
    watched(detector, FRAMES, 0, 10)
    detector.examine(np.zeros_like(FRAMES[0]), 10, quiet=False)
    assert watched(detector, FRAMES, 10.5, 6) is None


def test_camera_that_somebody_pushed_is_told_and_aimed_anew() -> None:
    detector = FaultDetector()
    watched(detector, FRAMES, 0, 10)
    pushed = [pixels(np.roll(each, 40, axis=1)) for each in FRAMES]
    assert watched(detector, pushed, 10, MOVED_FOR - 3) is None
    assert watched(detector, pushed, 7 + MOVED_FOR, 8) is Fault.MOVED
    detector.reset_aim()
    assert watched(detector, pushed, 20 + MOVED_FOR, 8) is None


def test_vehicle_that_stands_there_is_no_pushed_camera() -> None:
    detector = FaultDetector()
    watched(detector, FRAMES, 0, 10)
    parked = [each.copy() for each in FRAMES]
    for each in parked:
        cv2.rectangle(each, (60, 60), (170, 160), (40, 40, 160), -1)
    assert watched(detector, parked, 10, MOVED_FOR + 20) is None


def profile(tones: list[tuple[float, float]]) -> list[float]:
    """When the profile changed, of (seconds, mean tone) one after the other."""
    light, changes, now = Light(), [], 0.0
    for seconds, tone in tones:
        for _ in range(int(seconds)):
            was, light = light.night, daylight(light, tone, now)
            if light.night is not was:
                changes.append(now)
            now += 1
    return changes


def test_dusk_changes_the_profile_once() -> None:
    # the night's longer exposure makes the picture lighter, and that is no day
    assert len(profile([(100, 120), (60, 30), (600, 70)])) == 1


def test_morning_changes_it_back() -> None:
    assert len(profile([(60, 30), (600, 70), (60, 180), (600, 110)])) == 2


def test_headlights_are_no_day_and_a_shadow_is_no_night() -> None:
    assert profile([(100, 120), (6, 20), (100, 120)]) == []
    assert len(profile([(60, 30), (100, 70), (6, 200), (100, 70)])) == 1


def test_lamp_that_is_too_bright_does_not_blink() -> None:
    light, changes = Light(), 0
    for now in range(600):
        was, light = light.night, daylight(light, 200.0 if light.night else 10.0, float(now))
        changes += light.night is not was
    assert changes <= 10
