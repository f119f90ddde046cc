"""A whole unit that runs, for tests: a camera whose cable a test holds, an officer at the screen, a hand on the wires."""

import http.client
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from edge.camera.frames import CameraError, Frame, Image, pixels
from edge.config import LaneSettings, load
from edge.contract.facts import AlarmCleared, AlarmRaised, Kind
from edge.lane.phase import Phase
from edge.simulation.officer import Officer
from edge.unit.unit import Unit

SPEED = 6.0
"""The camera's own clock runs so much faster, so that a fault that must last some seconds does not take them."""
EMERGENCY, BARRIER = 19, 17


class FakeCamera:
    """A camera whose cable and lens a test holds: `sees` is noise, black, frozen, or nothing (unplugged).

    `missing`: the lanes whose camera is not there.
    """

    def __init__(self) -> None:
        self.sees = "noise"
        self.missing: set[str] = set()
        self.controlled: list[dict[str, int]] = []
        self._noise = np.random.default_rng(7)
        self._last = self._picture(60, 200)

    def __call__(self, lane: LaneSettings) -> "FakeCamera":
        if self.sees == "nothing" or lane.name in self.missing:
            raise CameraError(f"camera {lane.camera.source}: no such device")
        return self

    def read(self) -> Frame | None:
        time.sleep(0.04)
        match self.sees:
            case "nothing":
                raise CameraError("camera: was unplugged")
            case "black":
                return Frame(self._picture(0, 3), self._now())
            case "noise":
                self._last = self._picture(60, 200)
        return Frame(self._last, self._now())

    def control(self, controls: dict[str, int]) -> None:
        """Has a gain and nothing else."""
        self.controlled.append(controls)
        if unknown := sorted(set(controls) - {"gain"}):
            raise CameraError(f"camera v4l2:/dev/video9: has no control {unknown[0]!r}; it has gain")

    def close(self) -> None:
        """Has nothing to release."""

    def _picture(self, low: int, high: int) -> Image:
        # coarse, so that nothing in it is as fine as a code
        coarse = self._noise.integers(low, high, (9, 16), np.uint8)
        fine = self._noise.integers(0, 3, (180, 320), np.uint8)
        return pixels(np.kron(coarse, np.ones((20, 20), np.uint8)) + fine)

    def _now(self) -> float:
        return time.monotonic() * SPEED


class Post:
    """A unit that runs, with an officer at its screen and a hand on its wires."""

    def __init__(self, folder: Path, camera: FakeCamera, stack: ExitStack) -> None:
        self.camera = camera
        self.unit = Unit(folder, load(folder), stack, open_camera=camera)
        self.unit.start()
        self.url = f"http://127.0.0.1:{self.unit.kiosk.port}"
        self.officer = Officer(self.url)

    def comes_to(self, happened: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
        """Watches as the main thread does until it happened."""
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"{what}: not within {seconds} s"
            assert self.unit.watch.alive
            self.unit.watch.look()
            time.sleep(0.05)

    def page(self, language: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.unit.kiosk.port, timeout=5)
        connection.request("GET", f"/lane?lang={language}")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def status(self, path: str) -> int:
        """How the page answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.unit.kiosk.port, timeout=5)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    @property
    def phase(self) -> Phase:
        return self.unit.gate.view.lanes[0].phase

    @property
    def barrier_is_up(self) -> bool:
        return bool(self.unit.base.factory.pin(BARRIER).state)

    def press_emergency(self) -> float:
        """The button at the pin; the seconds until the barrier's pin rose."""
        began = time.monotonic()
        self.unit.base.factory.pin(EMERGENCY).drive_low()
        while not self.barrier_is_up:
            assert time.monotonic() - began < 30, "nobody answered the button"
            time.sleep(0.002)
        took = time.monotonic() - began
        self.unit.base.factory.pin(EMERGENCY).drive_high()
        return took

    def alarms(self) -> list[AlarmRaised | AlarmCleared]:
        """What the journal says of the camera's alarm, in order."""
        kept = self.unit.journal.recent((Kind.ALARM_RAISED, Kind.ALARM_CLEARED), 50)
        bodies = [each.record.body for each in kept if each.record.lane == "1"]
        return [body for body in bodies if isinstance(body, AlarmRaised | AlarmCleared) and body.alarm == "camera"]
