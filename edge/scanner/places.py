"""Finds the places of a picture where an unread code may be: squares full of edges, found on a picture of a quarter the size.

A QR code is the one thing at a gate that is dense with strong edges over its whole area, however blurred, dim or covered it
is. Signs, grilles and number plates have edges along lines: an opening with a square as large as the smallest readable code
removes them. Costs two milliseconds at 1280x720 where a decoder costs thirty.

Tested in `tests/edge/scanner/test_scanner.py` and `tests/edge/scanner/test_advice.py`.
"""

from dataclasses import dataclass

import numpy as np

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2

SMALL_WIDTH = 320
BASE = 11
"""Pixels of the small picture over which the brightness is averaged."""
EDGE = 0.25
"""A pixel is an edge if the tones around it differ by so much of their brightness; and by `FAINTEST` levels at least."""
FAINTEST = 2
COVER, COVER_SIDE = 0.65, 5
"""Share of edges among so many pixels that a code has everywhere."""
SMALLEST = 19
"""Side of the smallest code, in pixels of the small picture: 76 of a 1280 wide one."""
UNREADABLE = 11
"""Side of a code that is too small or too spoilt to be read, but large enough for a hint."""
BURNT, WASHED, DENSE = 250, 0.06, 0.35
"""Grey level that is burnt out; the least share of a code that is, under a reflection; of the rest, the share of edges."""
MARGIN = 5
Box = tuple[int, int, int, int]
"""Left, top, width and height in the small picture."""
MOST = 2
"""Places worth trying. In drawn gate frames the code is the first of them in nine of ten, the second in nearly all others."""


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of a picture, in its pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def near(self, other: "Place") -> bool:
        """Returns True if the two may be the same code a moment later: their middles are less than a side apart."""
        reach = max(self.width, self.height, other.width, other.height)
        (a, b), (c, d) = self.middle, other.middle
        return abs(a - c) < reach and abs(b - d) < reach


def places(gray: Image, most: int = MOST, smallest: int = SMALLEST) -> list[Place]:
    """The likeliest places of a code in a gray picture, likeliest first; mostly none, and `most` at most."""
    step, small, base, edges = _seen(gray)
    if min(small.shape) < SMALLEST:
        return []
    return [_grown(each, step, gray) for each in _ranked(_filled(_strong(edges, base), smallest), edges, base)[:most]]


def tiles(gray: Image, side: int, overlap: int) -> list[Place]:
    """Squares of `side` pixels at most that cover a gray picture; neighbours share `overlap` pixels at least."""
    height, width = gray.shape
    return [
        Place(x, y, min(side, width), min(side, height))
        for y in _starts(height, side, overlap)
        for x in _starts(width, side, overlap)
    ]


def _starts(length: int, side: int, overlap: int) -> list[int]:
    """Where stretches of `side` begin that cover `length`, evenly laid."""
    if length <= side:
        return [0]
    count = 1 + -(-(length - side) // (side - overlap))
    return [round(number * (length - side) / (count - 1)) for number in range(count)]


def washed_out(gray: Image) -> list[Place]:
    """Where a reflection lies on something dense with edges: a code of which too little is left to be one of the `places`."""
    step, small, base, edges = _seen(gray)
    _, burnt = cv2.threshold(small, BURNT, 255, cv2.THRESH_BINARY)
    if min(small.shape) < SMALLEST or cv2.countNonZero(burnt) < UNREADABLE:
        return []
    strong = _strong(edges, base)
    both = pixels(cv2.bitwise_or(strong, burnt))

    def is_code(box: Box) -> bool:
        x, y, width, height = box
        part = np.s_[y : y + height, x : x + width]
        white, lines = cv2.countNonZero(burnt[part]), cv2.countNonZero(strong[part])
        # a lamp has white and no edges, a sign has edges and no white
        return white > WASHED * width * height and lines > DENSE * max(width * height - white, width * height // 2)

    boxes = _ranked(_filled(both, UNREADABLE), edges, base)
    return [_grown(each, step, gray) for each in boxes if is_code(each)]


def _seen(gray: Image) -> tuple[int, Image, Image, Image]:
    """The small picture: pixels of the large one in each of its own, itself, the brightness around, the edges."""
    step = max(1, round(gray.shape[1] / SMALL_WIDTH))
    size = (max(1, gray.shape[1] // step), max(1, gray.shape[0] // step))
    small = pixels(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))
    edges = pixels(cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    return step, small, pixels(cv2.blur(small, (BASE, BASE))), edges


def _strong(edges: Image, base: Image) -> Image:
    """The edges that stand out of the brightness around them."""
    least = np.maximum(cv2.convertScaleAbs(base, alpha=EDGE), np.uint8(FAINTEST))
    return pixels(cv2.compare(edges, least, cv2.CMP_GT))


def _filled(strong: Image, smallest: int) -> Image:
    """Where edges are dense over at least the area of the smallest code."""
    dense = cv2.blur(strong, (COVER_SIDE, COVER_SIDE))
    _, filled = cv2.threshold(dense, int(255 * COVER), 255, cv2.THRESH_BINARY)
    return pixels(cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((smallest, smallest), np.uint8)))


def _ranked(solid: Image, edges: Image, base: Image) -> list[Box]:
    # contours, not components with their statistics: a thirtieth of the time for the same boxes
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [_box(each) for each in outlines]
    if len(boxes) < 2:
        return boxes
    # one glaring edge must not outweigh a whole code
    loud = cv2.integral(cv2.min(edges, cv2.convertScaleAbs(base, alpha=0.4)))
    light = cv2.integral(base)

    def likeness(box: Box) -> float:
        x, y, width, height = box
        whole = width * height
        corners = np.s_[[y, y, y + height, y + height], [x, x + width, x, x + width]]
        signs = np.array([1, -1, -1, 1])
        contrast = float(loud[corners] @ signs) / (float(light[corners] @ signs) + 6 * whole)
        area = cv2.countNonZero(solid[y : y + height, x : x + width])
        return float(contrast * area / whole * np.sqrt(min(width / height, height / width)))

    return sorted(boxes, key=likeness, reverse=True)


def _box(outline: np.ndarray) -> Box:
    x, y, width, height = cv2.boundingRect(outline)
    return int(x), int(y), int(width), int(height)


def _grown(box: Box, step: int, gray: Image) -> Place:
    """The box in the picture's own pixels, with the margin that a decoder wants."""
    x, y, width, height = box
    left, top = max(0, (x - MARGIN) * step), max(0, (y - MARGIN) * step)
    right = min(gray.shape[1], (x + width + MARGIN) * step)
    bottom = min(gray.shape[0], (y + height + MARGIN) * step)
    return Place(left, top, right - left, bottom - top)
