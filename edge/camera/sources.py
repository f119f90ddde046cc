"""Frames of a lane's camera, from V4L2, picamera2, a file or a folder, behind one small protocol.

A frame is BGR, `uint8`, height x width x 3, with the monotonic second at which it was taken. A camera that cannot be opened
raises `CameraError` with one line; one that delivers nothing for the moment answers None.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

import numpy as np

from edge.camera.frames import Camera, CameraError, Frame, Image, pixels
from edge.camera.opencv import cv2
from edge.camera.stills import check_size, is_still, read_still
from edge.camera.v4l2 import misfits, set_controls

__all__ = ["Camera", "CameraError", "Device", "Frame", "Image", "Pace", "Player", "frames_of", "open_camera", "pixels"]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""Suffixes that are pictures, whatever is in the file."""
STALLED = "2"
"""Seconds that OpenCV waits for a V4L2 frame. Its own 10 s would stop the camera's loop long enough for the watchdog."""

# one decode at a time is what a lane needs; a pool of threads per process would only fight over four small cores
cv2.setNumThreads(1)
# what OpenCV has to say in C++ would stand between the lines of the log; the errors below say it
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def open_camera(source: str, width: int, height: int, frames_per_second: float) -> Camera:
    """The camera that `source` names: `v4l2:DEVICE`, `picamera2:NUMBER`, `file:PATH` (video or picture) or `folder:PATH`."""
    kind, _, where = source.partition(":")
    if kind == "v4l2" and where:
        return Device(where, width, height, frames_per_second)
    if kind == "picamera2" and where.isdigit():
        return PiCamera(int(where), width, height, frames_per_second)
    if kind in {"file", "folder"} and where:
        path = Path(where)
        listing = _folder if kind == "folder" else frames_of
        next(listing(path))
        return Player(lambda: listing(path), width, height, frames_per_second)
    raise CameraError(f"camera {source!r}: expected v4l2:DEVICE, picamera2:NUMBER, file:PATH or folder:PATH")


class Device:
    """A V4L2 camera."""

    def __init__(self, device: str, width: int, height: int, frames_per_second: float) -> None:
        if not Path(device).exists():
            raise CameraError(f"camera v4l2:{device}: no such device")
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", STALLED)
        self._device = device
        self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(f"camera v4l2:{device}: cannot be opened (in use, no camera, or not in the group video)")
        settings = {
            # raw YUYV at 720p does not fit USB 2 above 10 frames a second
            cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"MJPG"),
            cv2.CAP_PROP_FRAME_WIDTH: width,
            cv2.CAP_PROP_FRAME_HEIGHT: height,
            cv2.CAP_PROP_FPS: frames_per_second,
            # an old frame shows the vehicle before this one
            cv2.CAP_PROP_BUFFERSIZE: 1,
        }
        for name, value in settings.items():
            self._capture.set(name, value)

    def read(self) -> Frame | None:
        """The next frame of the device; blocks for at most two seconds if it has stalled. `CameraError` if it was unplugged."""
        good, image = self._capture.read()
        if not good and not Path(self._device).exists():
            # as long as we hold a device that is gone, the camera that is plugged in again gets another name
            raise CameraError(f"camera v4l2:{self._device}: was unplugged")
        return Frame(pixels(image), time.monotonic()) if good else None

    def control(self, controls: Mapping[str, int]) -> None:
        """Sets the controls that the camera takes, by their names; then `CameraError` for those that it does not."""
        set_controls(self._device, controls)

    def misfits(self, controls: Mapping[str, int]) -> list[str]:
        """The controls and values that the camera does not have, a text each; nothing is set."""
        return misfits(self._device, controls)

    def close(self) -> None:
        """Releases the device."""
        self._capture.release()


class PiCamera:
    """A camera on the Pi's ribbon cable. OpenCV reads no libcamera: picamera2 comes from Debian (python3-picamera2)."""

    def __init__(self, number: int, width: int, height: int, frames_per_second: float) -> None:
        self._name = f"picamera2:{number}"
        try:
            module = import_module("picamera2")
        except ImportError:
            raise CameraError(
                f"camera {self._name}: picamera2 is not installed (apt install python3-picamera2)"
            ) from None
        try:
            self._camera = module.Picamera2(number)
            # RGB888 is what picamera2 calls bytes in the order B, G, R
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": (width, height), "format": "RGB888"},
                    controls={"FrameRate": frames_per_second},
                    buffer_count=2,
                )
            )
            self._camera.start()
        except (RuntimeError, IndexError, OSError) as error:
            raise CameraError(f"camera {self._name}: cannot be opened: {error}") from None

    def read(self) -> Frame | None:
        """The next frame; None if libcamera lost it."""
        try:
            image = self._camera.capture_array("main")
        except RuntimeError:
            return None
        return Frame(pixels(np.ascontiguousarray(image)), time.monotonic())

    def control(self, controls: Mapping[str, int]) -> None:
        """Sets the controls that the camera has, by libcamera's names (`ExposureTime` …); then `CameraError` for the others."""
        known = {name: value for name, value in controls.items() if name in self._camera.camera_controls}
        if known:
            self._camera.set_controls(known)
        if unknown := self.misfits(controls):
            raise CameraError(f"camera {self._name}: {'; '.join(unknown)}")

    def misfits(self, controls: Mapping[str, int]) -> list[str]:
        """The controls that the camera does not have, a text each; nothing is set."""
        known = ", ".join(sorted(self._camera.camera_controls))
        return [
            f"has no control {name!r}; it has {known}" for name in controls if name not in self._camera.camera_controls
        ]

    def close(self) -> None:
        """Releases the camera."""
        self._camera.stop()
        self._camera.close()


class Player:
    """Pictures played over and over at a camera's pace and size: a lane without a camera, on a bench."""

    def __init__(
        self, pictures: Callable[[], Iterator[Image]], width: int, height: int, frames_per_second: float
    ) -> None:
        self._pictures = pictures
        self._size = (width, height)
        self._pace = Pace(frames_per_second)
        self._playing = pictures()

    def read(self) -> Frame | None:
        """The next picture, when its time has come."""
        self._pace.wait()
        image = next(self._playing, None)
        if image is None:
            self._playing = self._pictures()
            image = next(self._playing)
        if (image.shape[1], image.shape[0]) != self._size:
            image = pixels(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA))
        return Frame(image, time.monotonic())

    def close(self) -> None:
        """Drops what is being played."""
        self._playing = iter(())


class Pace:
    """Lets its caller through once a period; one that came late does not hurry to catch up."""

    def __init__(self, per_second: float) -> None:
        self._period = 1.0 / per_second
        self._next = time.monotonic()

    def wait(self) -> None:
        """Sleeps until the next period begins."""
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(self._next, now) + self._period


def frames_of(path: Path) -> Iterator[Image]:
    """Every frame of a picture or a video, once, as fast as they decode; `CameraError` if there is none."""
    if not path.is_file():
        raise CameraError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    if path.suffix.lower() in PICTURES or is_still(path):
        yield read_still(path)
        return
    capture = cv2.VideoCapture(str(path))
    try:
        count = 0
        check_size(path, capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        while True:
            good, image = capture.read()
            if not good:
                break
            count += 1
            yield pixels(image)
    finally:
        capture.release()
    if count == 0:
        raise CameraError(f"{path}: neither a picture nor a video that can be read")


def _folder(path: Path) -> Iterator[Image]:
    if not path.is_dir():
        raise CameraError(f"{path}: no such folder")
    names = sorted(each for each in path.iterdir() if each.suffix.lower() in PICTURES)
    if not names:
        raise CameraError(f"{path}: no pictures in this folder ({', '.join(sorted(PICTURES))})")
    for name in names:
        yield read_still(name)
