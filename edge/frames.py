"""What a frame is, and what a camera is to those who only look: the words that `camera`, `scanner` and the simulation share."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""BGR, height x width x 3, or gray, height x width."""


class CameraError(OSError):
    """A camera or a picture cannot be read; the message is the one line to show."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture and when it was taken, in seconds of the monotonic clock."""

    image: Image
    at: float


class Camera(Protocol):
    """Where frames come from."""

    def read(self) -> Frame | None:
        """The next frame, at the camera's own pace; None if there is none now."""

    def close(self) -> None:
        """Gives the device back."""


def pixels(image: object) -> Image:
    """What OpenCV returned, as the 8 bit picture that it is: its stubs promise any number type."""
    assert isinstance(image, np.ndarray)
    assert image.dtype == np.uint8
    return image
