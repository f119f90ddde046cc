"""The camera's thread: passes frames to the tracker, and keeps the latest frame for a screen."""

import threading
import time
from collections.abc import Callable

import numpy as np
import structlog

from edge.camera.faults import Fault
from edge.camera.frames import LOOK_WIDTH, Camera, CameraError, Frame, Hint, Image, Look, pixels
from edge.camera.opencv import cv2
from edge.camera.upkeep import Upkeep
from edge.scanner.advice import sharpness
from edge.scanner.scanner import to_gray
from edge.scanner.tracker import Tracker

log = structlog.get_logger()


class CameraLoop:
    """The camera's thread: frames through the tracker, new texts to `seen(text, at)`.

    A camera that is missing, or stops delivering, is opened again after 1, 2, 4, 5, 5 … s: the lane goes on by hand meanwhile,
    and whatever a camera does ends neither the loop nor the gate. `trouble` says why it delivers nothing, in one line, once
    that is known. `beat` moves with every frame and while it waits, so a watchdog sees a loop that hangs, not a camera that
    is unplugged.
    """

    PATIENCE = 5.0
    LONGEST_WAIT = 5.0
    IN_SIGHT = 0.7
    """Seconds for which the outline of a code is still shown where it was."""

    def __init__(
        self,
        open_: Callable[[], Camera],
        tracker: Tracker,
        seen: Callable[[str, float], None],
        *,
        upkeep: Upkeep | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_
        self._tracker = tracker
        self._upkeep = upkeep
        self._seen = seen
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._rate = 0.0
        self._last_frame: float | None = None
        self._delivered: float | None = None
        self._latest: Frame | None = None
        self._asked_again = self._looked_again = float("-inf")
        self.beat = 0
        self.trouble: str | None = None

    @property
    def ok(self) -> bool:
        """Returns True if a frame came within the last `PATIENCE` seconds."""
        return self._delivered is not None and self._clock() - self._delivered < self.PATIENCE

    @property
    def frames_per_second(self) -> float:
        """The rate of the last frames; 0 if the camera delivers none."""
        return self._rate if self.ok else 0.0

    def look(self) -> Look | None:
        """The latest frame, made small by whoever asks, and the code in sight in it; None: no frame came of late."""
        frame, sight = self._latest, self._tracker.sight
        if frame is None or not self.ok:
            return None
        recent = sight if sight is not None and frame.at - sight.at <= self.IN_SIGHT else None
        height, width = frame.image.shape[:2]
        size = (min(LOOK_WIDTH, width), max(1, round(height * min(LOOK_WIDTH, width) / width)))
        small = pixels(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA))
        return Look(small, frame.at, recent, self._tracker.smallest_read, sharpness(_middle(frame.image)))

    @property
    def fault(self) -> Fault | None:
        """The fault of the pictures that come."""
        return self._upkeep.fault if self._upkeep is not None and self.ok else None

    @property
    def refused(self) -> str | None:
        """The controls that the camera did not take, in one line; None: the camera took all, or is not there."""
        return self._upkeep.refused if self._upkeep is not None and self.ok else None

    @property
    def hint(self) -> Hint | None:
        """What would help to read the code in sight; without the cost of a look."""
        frame, sight = self._latest, self._tracker.sight
        return sight.hint if frame is not None and sight is not None and frame.at - sight.at <= self.IN_SIGHT else None

    def look_again(self) -> None:
        """Has the codes reported anew that are in sight from now on, also those reported before. Any thread may call it."""
        self._asked_again = self._clock()

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and closes the camera."""
        self._stopping.set()
        self._thread.join(timeout=self.PATIENCE)

    def _run(self) -> None:
        wait = 1.0
        while not self._stopping.is_set():
            if self._watch_one():
                wait = 1.0
            self._pause(wait)
            wait = min(wait * 2, self.LONGEST_WAIT)

    def _watch_one(self) -> bool:
        """Watches one camera until it fails or the loop is stopped; True if it delivered anything."""
        before = self._delivered
        try:
            camera = self._open()
            try:
                self._follow(camera)
            finally:
                camera.close()
        except CameraError as error:
            self._complain(str(error))
        except Exception as error:
            # a driver's own, or one of ours: the lane's hands, its screen and its other lane must not end with it
            log.exception("camera's loop broke")
            self._complain(f"{type(error).__name__}: {error}")
        return self._delivered != before

    def _follow(self, camera: Camera) -> None:
        """Reads the camera until it has delivered nothing for `PATIENCE` seconds, or the loop is stopped."""
        self._profile(camera, anew=True)
        last = self._clock()
        while not self._stopping.is_set() and self._clock() - last < self.PATIENCE:
            frame = camera.read()
            self.beat += 1
            if frame is None:
                self._stopping.wait(0.02)
                continue
            self._delivered = last = self._clock()
            self.trouble = None
            self._count(frame.at)
            self._show(frame)
            if self._upkeep is not None and self._upkeep.examine(frame, self._tracker.quiet):
                self._profile(camera)
        if not self._stopping.is_set():
            log.warning("camera delivers nothing: opening it again")

    def _complain(self, why: str) -> None:
        """Notes why there are no pictures; in the log once, and not at each attempt of a night."""
        if why != self.trouble:
            log.warning("no camera", error=why)
        self.trouble = why

    def _show(self, frame: Frame) -> None:
        asked = self._asked_again
        # a frame from before may show who has left since
        if asked > self._looked_again and frame.at >= asked:
            self._looked_again = asked
            self._tracker.forget()
        try:
            readings = self._tracker.see(frame)
        except cv2.error as error:
            # a torn frame of a loose cable is no reason to stop looking
            log.warning("frame cannot be examined", error=str(error.err))
            return
        self._latest = frame
        for reading in readings:
            self._seen(reading.text, frame.at)

    def _profile(self, camera: Camera, anew: bool = False) -> None:
        """Sets the controls of the camera, or of day and night alone."""
        if self._upkeep is not None:
            self._upkeep.apply(camera, anew)

    def _count(self, at: float) -> None:
        if self._last_frame is not None and at > self._last_frame:
            rate = 1.0 / (at - self._last_frame)
            self._rate = rate if self._rate == 0.0 else 0.9 * self._rate + 0.1 * rate
        self._last_frame = at

    def _pause(self, seconds: float) -> None:
        until = self._clock() + seconds
        while self._clock() < until and not self._stopping.wait(0.2):
            self.beat += 1


def _middle(image: Image) -> Image:
    """The middle ninth of a frame, gray: what somebody who focuses looks at."""
    height, width = image.shape[:2]
    return to_gray(
        np.ascontiguousarray(image[height // 3 : -(height // 3) or None, width // 3 : -(width // 3) or None])
    )
