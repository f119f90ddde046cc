"""Pictures in files, as OpenCV opens them: refused by size before they cost memory, laid on paper where they are transparent.

Any format that OpenCV knows, recognised by its first bytes and not by its name. `CameraError` says in one line what cannot be opened.
"""

from pathlib import Path

import numpy as np

from edge.camera.frames import CameraError, Image, pixels
from edge.camera.opencv import MOST_PIXELS, MatLike, cv2

MOST_BYTES = 256 * 1024 * 1024
"""Of a picture's file."""
WHITE = 255
LIGHT = 200
"""Mean tone of what is drawn above which white paper would swallow it: a code for a dark screen."""
JPEG = b"\xff\xd8"


def is_still(path: Path) -> bool:
    """Returns True if the file begins as a picture does; a video, or anything else, does not."""
    return cv2.haveImageReader(str(path))


def check_size(path: Path, width: float, height: float) -> None:
    """Raises `CameraError` for a picture, or a frame of a video, of more pixels than are opened."""
    if width * height > MOST_PIXELS:
        raise CameraError(
            f"{path}: {width:.0f}x{height:.0f} pixels: at most {MOST_PIXELS // 1_000_000} million are opened"
        )


def read_still(path: Path) -> Image:
    """The picture in a file: gray, or BGR; its first frame where it moves."""
    # through bytes: imread says the same None for a missing file, a forbidden one and a broken one
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CameraError(f"{path}: larger than {MOST_BYTES // 1024**2} MiB")
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        if isinstance(error, CameraError):
            raise
        raise CameraError(f"{path}: {error.strerror}") from None
    # a JPEG has no transparency, and a turn that its camera noted
    how = cv2.IMREAD_COLOR if data[:2].tobytes() == JPEG else cv2.IMREAD_UNCHANGED
    try:
        image = cv2.imdecode(data, how)
        if image is not None and (image.dtype != np.uint8 or image.ndim == 3):
            image = _on_paper(image) if image.shape[-1] == 4 else cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        if "MAX_IMAGE" in str(error):
            raise CameraError(f"{path}: more than {MOST_PIXELS // 1_000_000} million pixels are not opened") from None
        image = None
    except MemoryError:
        raise CameraError(f"{path}: too large for the memory of this machine") from None
    if image is None:
        raise CameraError(f"{path}: not a picture that can be read")
    return pixels(image)


def _on_paper(image: MatLike) -> Image:
    """A picture with transparency as it looks on paper: on white, or on black if next to nothing of it would show on white."""
    eight_bit = image if image.dtype == np.uint8 else cv2.convertScaleAbs(image, alpha=WHITE / np.iinfo(np.uint16).max)
    *colour, alpha = cv2.split(eight_bit)
    drawn = cv2.merge([cv2.multiply(each, alpha, scale=1 / WHITE) for each in colour])
    share = cv2.mean(alpha)[0] / WHITE
    tone = sum(cv2.mean(drawn)[:3]) / 3 / share if share else 0.0
    if tone > LIGHT:
        return pixels(drawn)
    return pixels(cv2.add(drawn, cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2BGR)))
