"""The camera of a simulated lane. Tested in `tests/edge/simulation/test_world.py`."""

import threading
import time
from collections import deque
from collections.abc import Sequence

import numpy as np

from edge.camera.frames import Frame, Image
from edge.camera.sources import Pace


class Screen:
    """The simulated camera: frames played once, then others over and over, at the camera's own pace."""

    def __init__(self, frame: float, blank: bool = False) -> None:
        self._lock = threading.Lock()
        self._once: deque[Image] = deque()
        self._then: Sequence[Image] = ()
        self._turn = 0
        self._pace = Pace(1.0 / frame)
        self._blank = blank

    def show(self, once: Sequence[Image], then: Sequence[Image]) -> None:
        """From the next frame on."""
        with self._lock:
            self._once = deque(once)
            self._then, self._turn = then, 0

    def read(self) -> Frame | None:
        """The next frame, when its time has come."""
        self._pace.wait()
        with self._lock:
            if self._once:
                image = self._once.popleft()
            elif self._then:
                image = self._then[self._turn % len(self._then)]
                self._turn += 1
            else:
                return None
        return Frame(np.zeros_like(image) if self._blank else image, time.monotonic())

    def close(self) -> None:
        """Nothing to give back: the world goes on."""
