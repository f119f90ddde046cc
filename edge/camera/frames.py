"""The types that `camera`, `scanner` and the simulation share: a frame, a camera, and the code in sight.

Tested in `tests/edge/camera/test_pictures.py` and `tests/edge/scanner/test_tracker.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.camera.opencv import cv2

Image = NDArray[np.uint8]
"""BGR, height x width x 3, or gray, height x width."""


class CameraError(OSError):
    """A camera or a picture cannot be read; the message is the one line to show."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and when it was taken, in seconds of the monotonic clock."""

    image: Image
    at: float


Outline = tuple[tuple[float, float], ...]
"""The four corners of a code, clockwise from its upper left one, as shares (0 to 1) of the frame's width and height."""


class Hint(StrEnum):
    """What the person who holds a code should do when the camera sees the code and cannot read it."""

    CLOSER = "closer"
    TILT = "tilt"
    """Seen at a slant: turn it to the camera."""
    GLARE = "glare"
    """A reflection lies on it: turn it away from the light."""
    STILL = "still"
    """Smeared by motion, or out of focus."""
    LIGHT = "light"
    """Too dark, or a screen that is turned down."""
    DIRTY = "dirty"
    """Large, sharp and lit, and something covers it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The last code in sight: where, whether it was read, what would help, how sharp it is (0 to 1), its side in pixels."""

    at: float
    outline: Outline
    read: bool
    hint: Hint | None = None
    sharpness: float = 0.0
    side: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A lane's camera picture for a screen: a small picture, when it was taken, and the code in sight, if there is one.

    `frame` is BGR and at most `LOOK_WIDTH` wide; it shows people, so it goes to the screen at the lane and nowhere else.
    For whoever aims and focuses the camera: `sharpness` of its middle (0 to 1), and `smallest`, the side in pixels of the smallest pass that was read. A pass that is
    held at `d` metres and is `side` pixels large there is read up to `reach(d)` metres.
    """

    frame: Image
    at: float
    sight: Sight | None = None
    smallest: float | None = None
    sharpness: float = 0.0

    def reach(self, distance: float) -> float | None:
        """Metres up to which a pass can be read, if the one in sight is held at `distance`; None: no pass was read yet, or none is in sight."""
        if self.smallest is None or self.sight is None or self.sight.side <= 0:
            return None
        return distance * self.sight.side / self.smallest

    def jpeg(self, quality: int = 70) -> bytes:
        """The picture as a file, without the outline."""
        good, data = cv2.imencode(".jpg", self.frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert good
        return data.tobytes()


LOOK_WIDTH = 640


class Camera(Protocol):
    """A camera: the source of frames."""

    def read(self) -> Frame | None:
        """The next frame, at the camera's own pace; None if there is none now."""

    def close(self) -> None:
        """Gives the device back."""


def pixels(image: object) -> Image:
    """A result of OpenCV as the 8 bit picture that it is: OpenCV's type stubs promise any number type."""
    assert isinstance(image, np.ndarray)
    assert image.dtype == np.uint8
    return image
