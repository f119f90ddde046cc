"""What is wrong with a code is told from its pixels, one thing at a time."""

import numpy as np
import pytest

from edge.camera.frames import Hint, Image
from edge.scanner.advice import advise, measure, sharpness
from edge.scanner.places import Place
from edge.scanner.scanner import to_gray
from scripts.roadside.picture import picture_and_corners
from scripts.roadside.shot import Shot
from tests.edge.pictures import pass_text

TEXT = pass_text()
MARGIN = 20


def seen(shot: Shot) -> tuple[Image, Place]:
    """The gray frame of a shot, and the place of its code as it would be found."""
    frame, corners = picture_and_corners(TEXT, shot)
    low, high = corners.min(axis=0).astype(int) - MARGIN, corners.max(axis=0).astype(int) + MARGIN
    return to_gray(frame), Place(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


@pytest.mark.parametrize(
    ("shot", "hint"),
    [
        (Shot(module=1.3), Hint.CLOSER),
        (Shot(defocus=3.0), Hint.STILL),
        (Shot(smear=20, smear_angle=30), Hint.STILL),
        (Shot(light=0.15, noise=3), Hint.LIGHT),
        (Shot(medium="phone", contrast=0.3, light=0.4), Hint.LIGHT),
        (Shot(glare=1.6, glare_wide=0.4), Hint.GLARE),
        (Shot(glare=1.5, glare_wide=0.35, glare_at=(0.7, 0.6)), Hint.GLARE),
        (Shot(covered=0.3), Hint.DIRTY),
        (Shot(yaw=68, module=5), Hint.TILT),
        (Shot(pitch=66, module=5), Hint.TILT),
    ],
)
def test_one_thing_is_advised(shot: Shot, hint: Hint) -> None:
    assert advise(measure(*seen(shot))) is hint


def test_sharpness_falls_with_blur_and_not_with_light() -> None:
    def of(shot: Shot) -> float:
        frame, place = seen(shot)
        return sharpness(frame[place.y : place.y + place.height, place.x : place.x + place.width])

    focus = [of(Shot(defocus=sigma)) for sigma in (0.7, 1.5, 2.5, 4.0)]
    assert focus == sorted(focus, reverse=True)
    assert of(Shot(light=0.4)) == pytest.approx(focus[0], rel=0.25)
    assert of(Shot(smear=14)) < focus[1]


def test_flat_picture_is_not_sharp() -> None:
    assert sharpness(np.full((60, 60), 128, np.uint8)) == 0.0
