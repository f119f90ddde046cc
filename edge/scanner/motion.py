"""Finds the places where something moves between frames, on small copies of them.

Tested in `tests/edge/scanner/test_tracker.py`.
"""

import numpy as np

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2
from edge.scanner.places import Place

SMALL_WIDTH = 320


CALM = 5
"""Pixels of the small picture that are averaged before two are compared: noise falls to a fifth, a code does not."""


CHANGED_PIXELS = 40
"""Of the small picture. Noise moves fewer past the threshold; a code that can be read covers 700."""


NOISE = 6
"""How many medians of the difference a change must exceed: at night the sensor's noise is as large as a faint code."""


class Motion:
    """The places that changed since the frame before, on a picture of 320 pixels."""

    def __init__(self, difference: int) -> None:
        self._difference = difference
        self._before: Image | None = None
        self._moved: Image | None = None
        self._step = 1

    def stirred(self, place: Place) -> float:
        """The share of the place that changed: of a sign beside a moving hand little does."""
        if self._moved is None:
            return 1.0
        step = self._step
        part = self._moved[
            place.y // step : (place.y + place.height) // step, place.x // step : (place.x + place.width) // step
        ]
        return cv2.countNonZero(part) / part.size if part.size else 0.0

    def of(self, image: Image) -> Place | None:
        """The rectangle of what changed, in the frame's pixels; None: nothing did. The first frame is all new."""
        step = max(1, image.shape[1] // SMALL_WIDTH)
        # every fourth pixel of the green channel: most of the light, and no conversion of the frame
        thin = image[::step, ::step, 1] if image.ndim == 3 else image[::step, ::step]
        small = pixels(cv2.blur(np.ascontiguousarray(thin), (CALM, CALM)))
        before, self._before, self._moved, self._step = self._before, small, None, step
        if before is None or before.shape != small.shape:
            return Place(0, 0, image.shape[1], image.shape[0])
        return self._compared(small, before, step)

    def _compared(self, small: Image, before: Image, step: int) -> Place | None:
        apart = cv2.absdiff(small, before)
        tones = np.cumsum(cv2.calcHist([apart], [0], None, [64], [0, 64]).ravel())
        middle = int(np.searchsorted(tones, apart.size / 2))
        _, moved = cv2.threshold(apart, max(self._difference, NOISE * middle), 255, cv2.THRESH_BINARY)
        if cv2.countNonZero(moved) < CHANGED_PIXELS:
            return None
        self._moved = pixels(moved)
        x, y, width, height = cv2.boundingRect(moved)
        return Place(x * step, y * step, width * step, height * step)
