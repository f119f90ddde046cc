"""Finds out from its pixels why a code is seen and not read: a table of measures and limits.

The officer gets one hint, the one that is furthest beyond its limit comes first in the table's order: what hides
all else (no light, a reflection) before what is judged by it (sharpness, size).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from edge.camera.frames import Hint, Image, pixels
from edge.camera.opencv import cv2
from edge.scanner.places import Place

SMALLEST_SIDE = 140.0
"""Pixels of a code's place, its margin counted, below which a card's code has under two pixels a module."""
DARK = 60.0
"""Of the lightest tones of a code: paper by day has 150 and more."""
BURNT = 252
WASHED_OUT = 0.03
"""Share of a code that is burnt out in one piece: a reflection."""
SHARP = 0.16
SLANTED = 0.62
"""Height to width, or width to height, of the place of a code that is turned by 50 degrees."""


@dataclass(frozen=True, slots=True)
class Measures:
    """A place of a code in numbers. `side` and `slant` of the place; `light`: its lightest tones; `white`: share burnt out."""

    side: float
    slant: float
    light: float
    white: float
    sharpness: float


def measure(frame: Image, place: Place) -> Measures:
    """The measures of a place in a gray frame. A reflection may hide half of the code, so white is looked for around it too."""
    gray = _part(frame, place, 0)
    tones = np.cumsum(cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()) / gray.size
    return Measures(
        side=float(np.sqrt(place.width * place.height)),
        slant=min(place.width, place.height) / max(place.width, place.height, 1),
        light=float(np.searchsorted(tones, 0.9)),
        white=_solid_white(_part(frame, place, max(place.width, place.height) // 2)),
        sharpness=sharpness(gray),
    )


def _part(frame: Image, place: Place, more: int) -> Image:
    return frame[
        max(0, place.y - more) : place.y + place.height + more, max(0, place.x - more) : place.x + place.width + more
    ]


def sharpness(gray: Image) -> float:
    """How sharp a place is, 0 to 1, whatever the light: the share of its contrast that stands in its finest details.

    A movement takes the details of one direction only: the weaker direction counts (structure tensor).
    """
    calm = pixels(cv2.GaussianBlur(gray, (0, 0), 0.8))
    fine = cv2.mean(cv2.absdiff(calm, cv2.GaussianBlur(calm, (0, 0), 1.6)))[0]
    _, spread = cv2.meanStdDev(gray)
    return float(min(1.0, fine / max(1.0, float(spread[0, 0])) / 0.4) * _evenness(calm))


def _evenness(calm: Image) -> float:
    dx, dy = cv2.Sobel(calm, cv2.CV_32F, 1, 0), cv2.Sobel(calm, cv2.CV_32F, 0, 1)
    xx, xy, yy = (float(cv2.mean(cv2.multiply(a, b))[0]) for a, b in ((dx, dx), (dx, dy), (dy, dy)))
    apart = float(np.hypot(xx - yy, 2 * xy))
    return (xx + yy - apart) / max(1.0, xx + yy + apart)


def _solid_white(gray: Image) -> float:
    """The share of burnt-out areas that are larger than anything white in a code."""
    # averaged: the sensor's noise dips below the limit at single pixels
    _, white = cv2.threshold(cv2.blur(gray, (3, 3)), BURNT, 255, cv2.THRESH_BINARY)
    side = max(3, round(min(gray.shape) / 18))
    solid = cv2.morphologyEx(white, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    middle = solid[side:-side, side:-side]
    return float(cv2.countNonZero(middle) / middle.size) if middle.size else 0.0


RULES: tuple[tuple[Hint, Callable[[Measures], bool]], ...] = (
    (Hint.LIGHT, lambda of: of.light < DARK),
    (Hint.GLARE, lambda of: of.white > WASHED_OUT),
    (Hint.TILT, lambda of: of.slant < SLANTED),
    (Hint.STILL, lambda of: of.sharpness < SHARP and of.side >= SMALLEST_SIDE),
    (Hint.CLOSER, lambda of: of.side < SMALLEST_SIDE),
    (Hint.STILL, lambda of: of.sharpness < 1.4 * SHARP),
    (Hint.DIRTY, lambda of: True),
)
"""The first rule that holds is what is said."""


def advise(measures: Measures) -> Hint:
    """The one thing to do about it."""
    return next(hint for hint, holds in RULES if holds(measures))


WORDS: Mapping[Hint, tuple[str, str]] = {
    Hint.CLOSER: ("请把通行证靠近一些", "hold the pass closer"),
    Hint.TILT: ("请把通行证正对摄像头", "turn the pass to the camera"),
    Hint.GLARE: ("反光：请换个角度", "glare: turn it away from the light"),
    Hint.STILL: ("请拿稳", "hold it still"),
    Hint.LIGHT: ("太暗：请打光或调亮手机", "too dark: more light, or a brighter phone"),
    Hint.DIRTY: ("二维码被遮挡或有污渍", "something covers the code"),
}
"""What to say, in Chinese and English."""
