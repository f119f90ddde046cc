"""A camera's upkeep: opened again when it fails, watched for blindness, its light switched with the day.

Tested in `tests/edge/scanner/test_loop.py`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import structlog

from edge.camera.faults import Fault, FaultDetector, Light, daylight, small_gray
from edge.camera.frames import Camera, CameraError, Frame
from edge.camera.opencv import cv2

log = structlog.get_logger()


class Upkeep:
    """Looks after a real camera: notices its faults, sets its controls, those of day and night, and lights a lamp at night.

    `lamp(True)` lights the lane; `controls` are set whatever the hour. Frames of files need none of this: a still picture is not a frozen camera.
    """

    EVERY = 0.5
    """Seconds between two examinations."""

    def __init__(
        self,
        day: Mapping[str, int] = MappingProxyType({}),
        night: Mapping[str, int] = MappingProxyType({}),
        lamp: Callable[[bool], None] = lambda on: None,
        controls: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._always = controls
        self._refused: dict[str, str] = {}
        self._controls = {False: day, True: night}
        self._lamp = lamp
        self._faults = FaultDetector()
        self._light = Light()
        self._examined = float("-inf")

    @property
    def fault(self) -> Fault | None:
        """The fault that the pictures have had for some seconds."""
        return self._faults.fault

    @property
    def night(self) -> bool:
        """Returns True if the controls of the night are set and the lamp is on."""
        return self._light.night

    def examine(self, frame: Frame, quiet: bool) -> bool:
        """Looks at a frame now and then. Returns True if day turned into night or back."""
        if frame.at - self._examined < self.EVERY:
            return False
        self._examined = frame.at
        before, after = self._faults.fault, self._faults.examine(frame.image, frame.at, quiet)
        if after is not before:
            log.warning("camera's pictures", fault=None if after is None else after.value)
        was = self._light.night
        self._light = daylight(self._light, float(cv2.mean(small_gray(frame.image))[0]), frame.at)
        return self._light.night is not was

    def apply(self, camera: Camera, anew: bool = False) -> None:
        """Sets the lamp and the controls of the hour; those of every hour before them in a camera that was just opened (`anew`).

        A camera that was just opened may look elsewhere on purpose. What it refuses is kept in `refused`.
        """
        if anew:
            self._faults.reset_aim()
            self._set(camera, "always", self._always)
        self._lamp(self._light.night)
        self._set(camera, "hour", self._controls[self._light.night])

    @property
    def refused(self) -> str | None:
        """The controls that the camera did not take, in one line; None: the camera took all of them."""
        return next(iter(self._refused.values()), None)

    def _set(self, camera: Camera, which: str, controls: Mapping[str, int]) -> None:
        control = getattr(camera, "control", None)
        before = self._refused.pop(which, None)
        if control is None or not controls:
            return
        try:
            control(controls)
        except CameraError as error:
            self._refused[which] = str(error)
            if str(error) != before:
                log.warning("camera refuses controls", error=str(error))
