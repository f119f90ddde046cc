"""The cameras of all lanes: for each a thread that looks for codes, and a process that decodes them.

Tested with the whole unit in `tests/edge/unit/test_unit.py` and `test_missing.py`.
"""

from collections.abc import Callable, Mapping

from edge.camera.frames import Camera, Look
from edge.camera.sources import open_camera
from edge.camera.upkeep import Upkeep
from edge.config import LaneSettings
from edge.gate.loop import Gate
from edge.hardware.lamp import Lamp
from edge.hardware.lane import LaneHardware
from edge.hardware.pins import HardwareError
from edge.lane.events import QrSeen
from edge.scanner.decoder_process import Bounded
from edge.scanner.loop import CameraLoop
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from edge.unit.base import Base

REAL_CAMERAS = ("v4l2:", "picamera2:")
"""How the source of a camera begins that is neither a file nor simulated."""

OpenCamera = Callable[[LaneSettings], Camera]
"""Opens a lane's camera, now and whenever it was lost; `CameraError` if it is not there."""


def camera_of(lane: LaneSettings) -> Camera:
    """The camera that the lane's settings name, opened."""
    camera = lane.camera
    return open_camera(camera.source, camera.width, camera.height, camera.frames_per_second)


class Cameras:
    """The cameras of all lanes; none until `add`. `loops` and `decoders`: each lane's thread and process, by the lane's name."""

    def __init__(self, base: Base, hardware: Mapping[str, LaneHardware]) -> None:
        self._base = base
        self._hardware = hardware
        self.loops: dict[str, CameraLoop] = {}
        self.decoders: dict[str, Bounded] = {}

    def add(self, lane: LaneSettings, gate: Gate, opens: OpenCamera) -> None:
        """Makes a lane's loop, which posts what it reads to the gate; it opens the camera once it is started."""

        def seen(text: str, at: float) -> None:
            gate.post(QrSeen(lane.name, text, at))

        def occupied() -> bool:
            view = gate.view.lane(lane.name)
            return view is not None and bool(view.occupied)

        tracker = Tracker(
            Scanner(lane.scanner.decoders, run=self._decoder(lane.name)),
            lane.scanner.repeat_seconds,
            budget=lane.scanner.budget_ms / 1000,
            occupied=occupied,
        )
        self.loops[lane.name] = CameraLoop(lambda: opens(lane), tracker, seen, upkeep=self._upkeep(lane))

    def look(self, lane: str) -> Look | None:
        """What the lane's camera sees; None: no such lane, or no picture of late."""
        loop = self.loops.get(lane)
        return None if loop is None else loop.look()

    def look_again(self, lane: str) -> None:
        """Has the lane's camera report anew the codes that are in sight."""
        loop = self.loops.get(lane)
        if loop is not None:
            loop.look_again()

    @property
    def ok(self) -> bool:
        """Returns True if every camera delivers pictures."""
        return all(loop.ok for loop in self.loops.values())

    @property
    def frames_per_second(self) -> float:
        """The rate of the slowest camera."""
        return min(loop.frames_per_second for loop in self.loops.values())

    def _decoder(self, lane: str) -> Bounded:
        """A process for a lane's decoders: no frame can hold the lane up."""
        decoder = self.decoders[lane] = Bounded()
        self._base.stack.callback(decoder.close)
        return decoder

    def _upkeep(self, lane: LaneSettings) -> Upkeep | None:
        """What the lane's camera needs; None: its frames come from a file or from the simulation."""
        if not lane.camera.source.startswith(REAL_CAMERAS):
            return None
        camera = lane.camera
        if camera.lamp is None:
            return Upkeep(camera.day, camera.night, controls=camera.controls)
        try:
            lamp = Lamp(lane.name, camera.lamp, factory=self._base.factory)
        except HardwareError as error:
            # a dark lane reads worse; an alarm says so when the lane starts
            self._hardware[lane.name].missing["camera lamp"] = str(error)
            return Upkeep(camera.day, camera.night, controls=camera.controls)
        self._base.stack.callback(lamp.close)
        return Upkeep(camera.day, camera.night, lamp.light, camera.controls)
