"""Finds out what is wrong with a camera's pictures: black, over-exposed, covered, frozen, moved; and whether it is day or night.

Plain functions and values: small gray pictures and times in, a fault or a profile out. A fault counts when it lasts; one dark frame is a lorry.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from edge.camera.frames import Image, pixels
from edge.camera.opencv import cv2

WIDTH = 160
"""Pixels of the picture that is judged."""
LASTING = 5.0
"""Seconds that a fault lasts before it counts, and good pictures before the fault is over."""
BLACK, DARKEST = 8.0, 24
"""Mean of a black picture, and the lightest tone in it: a night lane has a lamp somewhere."""
BURNT, BURNT_SHARE = 250, 0.6
PLAIN = 6.0
"""Spread of the tones of a picture that something covers."""
SHIFT = 4.0
"""Pixels of the small picture by which the lane's edges lie elsewhere when somebody pushed the camera."""
SURE = 0.12
"""Response of the phase correlation below which two pictures say nothing about a shift."""
REFERENCE_EVERY, MOVED_FOR = 2.0, 20.0


class Fault(StrEnum):
    """The faults that a camera's pictures can have."""

    BLACK = "black"
    COVERED = "covered"
    OVEREXPOSED = "overexposed"
    FROZEN = "frozen"
    MOVED = "moved"


WORDS = {
    Fault.BLACK: "the picture is black: lens cap, cable or lamp",
    Fault.COVERED: "something covers the lens",
    Fault.OVEREXPOSED: "the picture is over-exposed",
    Fault.FROZEN: "the picture stands still",
    Fault.MOVED: "the camera was moved: aim it anew",
}


def small_gray(image: Image) -> Image:
    """The picture that the functions below judge: gray, `WIDTH` wide."""
    step = max(1, image.shape[1] // WIDTH)
    thin = image[::step, ::step, 1] if image.ndim == 3 else image[::step, ::step]
    return pixels(np.ascontiguousarray(thin))


def plain_fault(small: Image) -> Fault | None:
    """The fault that one picture shows by itself, without the pictures before it."""
    mean, spread = (float(each[0, 0]) for each in cv2.meanStdDev(small))
    if mean < BLACK and int(small.max()) < DARKEST:
        return Fault.BLACK
    _, burnt = cv2.threshold(small, BURNT, 255, cv2.THRESH_BINARY)
    if cv2.countNonZero(burnt) > BURNT_SHARE * small.size:
        return Fault.OVEREXPOSED
    return Fault.COVERED if spread < PLAIN else None


class FaultDetector:
    """Follows the pictures of one camera. `fault`: what has been wrong for `LASTING` seconds; None: they are good."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self._suspected: Fault | None = None
        self._since = float("-inf")
        self._before: Image | None = None
        self._changed_at: float | None = None
        self._reference: Image | None = None
        self._compared_at = float("-inf")
        self._moved_since: float | None = None

    def examine(self, image: Image, at: float, quiet: bool) -> Fault | None:
        """The fault after this frame. `quiet`: nothing moves in the lane, so that a shift is a shift of the camera."""
        small = small_gray(image)
        now = plain_fault(small) or self._frozen(small, at) or self._moved(small, at, quiet)
        if now is not self._suspected:
            self._suspected, self._since = now, at
        # a shift and a standstill have lasted before they are suspected
        if at - self._since >= LASTING or now in {Fault.FROZEN, Fault.MOVED}:
            self.fault = now
        return self.fault

    def reset_aim(self) -> None:
        """Takes the next picture for where the camera should look: it was opened anew, or aimed."""
        self._reference, self._moved_since = None, None

    def _frozen(self, small: Image, at: float) -> Fault | None:
        before, self._before = self._before, small
        same = before is not None and before.shape == small.shape and cv2.norm(small, before, cv2.NORM_INF) == 0
        if not same or self._changed_at is None:
            # a sensor is never without noise: not one pixel that changes means that nothing is taken any more
            self._changed_at = at
        return Fault.FROZEN if at - self._changed_at >= LASTING else None

    def _moved(self, small: Image, at: float, quiet: bool) -> Fault | None:
        if quiet and at - self._compared_at >= REFERENCE_EVERY:
            self._compared_at = at
            edges = _edges(small)
            if self._reference is None or self._reference.shape != edges.shape:
                self._reference = edges
            self._moved_since = (self._moved_since or at) if _shifted(self._reference, edges) else None
        return Fault.MOVED if self._moved_since is not None and at - self._moved_since >= MOVED_FOR else None


def _edges(small: Image) -> Image:
    """Where the edges are, whatever the light: the sign of night and day differs, their place does not."""
    return pixels(cv2.Canny(cv2.equalizeHist(small), 80, 160))


def _shifted(reference: Image, edges: Image) -> bool:
    (x, y), sure = cv2.phaseCorrelate(
        cv2.GaussianBlur(reference, (0, 0), 1.5).astype(np.float32),
        cv2.GaussianBlur(edges, (0, 0), 1.5).astype(np.float32),
    )
    return sure > SURE and float(np.hypot(x, y)) > SHIFT


# -- day and night -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Light:
    """Which profile a camera runs with, and since when the light has been that of the other one."""

    night: bool = False
    other_since: float | None = None
    changed_at: float = float("-inf")


NIGHTFALL, DAYBREAK = 38.0, 150.0
"""Mean tones: below the first the day's profile is too dark, above the second the night's too light."""
PATIENCE, REST = 10.0, 60.0
"""Seconds that the light must have changed for, and that a profile is kept: headlights are no day."""


def daylight(light: Light, mean: float, at: float) -> Light:
    """The profile after a frame of this mean tone."""
    other = mean > DAYBREAK if light.night else mean < NIGHTFALL
    if not other:
        return replace(light, other_since=None)
    since = at if light.other_since is None else light.other_since
    if at - since >= PATIENCE and at - light.changed_at >= REST:
        return Light(not light.night, None, at)
    return replace(light, other_since=since)
