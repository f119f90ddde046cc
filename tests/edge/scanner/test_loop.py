"""The loop that feeds the tracker survives its camera, and shows what it sees."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from edge.camera.faults import Fault
from edge.camera.frames import CameraError, Frame
from edge.camera.upkeep import Upkeep
from edge.scanner.loop import CameraLoop
from edge.scanner.scanner import Scanner
from edge.scanner.tracker import Tracker
from tests.edge.pictures import code, pass_text, seen

TEXT = pass_text()
EMPTY = np.full((720, 1280), 120, np.uint8)
CARD = seen(code(TEXT), yaw=15, roll=4)


class ScriptedCamera:
    """Delivers what it was given, then nothing."""

    def __init__(self, shown: list[Frame | None]) -> None:
        self.shown = list(shown)
        self.closed = False

    def read(self) -> Frame | None:
        time.sleep(0.001)
        return self.shown.pop(0) if self.shown else None

    def close(self) -> None:
        self.closed = True


def wait_until(happened: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


class HastyLoop(CameraLoop):
    """Loses patience in a moment, so that a test does not take seconds."""

    PATIENCE = 0.1
    LONGEST_WAIT = 0.01


def test_loop_tells_the_text_and_the_time_of_its_frame() -> None:
    heard: list[tuple[str, float]] = []
    camera = ScriptedCamera([Frame(EMPTY, 5.0), Frame(CARD, 5.2)])
    loop = CameraLoop(lambda: camera, Tracker(Scanner(["zxing"])), lambda text, at: heard.append((text, at)))
    loop.start()
    wait_until(lambda: bool(heard))
    assert loop.ok
    assert loop.frames_per_second == pytest.approx(5.0)
    loop.stop()
    assert heard == [(TEXT, 5.2)]
    assert camera.closed


def test_screen_sees_the_latest_frame_small_with_the_outline_of_the_code() -> None:
    heard = threading.Event()
    camera = ScriptedCamera([Frame(np.dstack([CARD] * 3), 5.2)])
    loop = CameraLoop(lambda: camera, Tracker(Scanner(["zxing"])), lambda text, at: heard.set())
    assert loop.look() is None
    loop.start()
    assert heard.wait(10)
    wait_until(lambda: loop.look() is not None)
    look = loop.look()
    loop.stop()
    assert look is not None
    assert look.sight is not None
    assert (look.frame.shape, look.at, look.sight.read) == ((360, 640, 3), 5.2, True)
    assert np.mean(look.sight.outline, axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    assert look.jpeg().startswith(b"\xff\xd8")


def test_loop_opens_a_camera_again_that_stopped_delivering() -> None:
    heard = threading.Event()
    cameras = [ScriptedCamera([Frame(EMPTY, 1.0)]), None, ScriptedCamera([Frame(CARD, 9.0)])]
    opened: list[object] = []

    def open_() -> ScriptedCamera:
        opened.append(camera := cameras[min(len(opened), 2)])
        if camera is None:
            raise CameraError("camera v4l2:/dev/video9: no such device")
        return camera

    loop = HastyLoop(open_, Tracker(Scanner(["zxing"])), lambda text, at: heard.set())
    loop.start()
    assert heard.wait(20)
    loop.stop()
    assert len(opened) >= 3
    assert all(camera is None or camera.closed for camera in cameras)


def test_beat_moves_while_there_is_no_camera() -> None:
    def missing() -> ScriptedCamera:
        raise CameraError("camera v4l2:/dev/video9: no such device")

    loop = CameraLoop(missing, Tracker(Scanner(["zxing"])), lambda text, at: None)
    loop.start()
    wait_until(lambda: loop.beat >= 2)
    assert not loop.ok
    assert loop.frames_per_second == 0.0
    loop.stop()


def test_loop_survives_whatever_a_camera_raises_and_says_what_it_was() -> None:
    """faults G: a driver's own exception ended the camera's thread, and systemd's watchdog then the gate, for ever."""
    heard = threading.Event()
    opened: list[int] = []

    def open_() -> ScriptedCamera:
        opened.append(1)
        if len(opened) < 3:
            raise RuntimeError("the driver gave up")
        return ScriptedCamera([Frame(CARD, 1.2)])

    loop = HastyLoop(open_, Tracker(Scanner(["zxing"])), lambda text, at: heard.set())
    loop.start()
    wait_until(lambda: loop.trouble == "RuntimeError: the driver gave up")
    assert heard.wait(20)
    loop.stop()
    assert loop.trouble is None


def test_controls_that_a_camera_refuses_are_told_and_its_pictures_come() -> None:
    """faults G: a refused control is an alarm, and stays one at nightfall."""

    class Refusing(ControlledCamera):
        def control(self, controls: dict[str, int]) -> None:
            super().control(controls)
            if "gian" in controls:
                raise CameraError("camera v4l2:/dev/video0: has no control 'gian'; it has gain")

    dark = [np.full((90, 160), 20 + number % 2, np.uint8) for number in range(2)]
    camera = Refusing([Frame(dark[k % 2], float(k)) for k in range(80)])
    upkeep = Upkeep({"exposure": 20}, {"exposure": 200}, controls={"gian": 1})
    loop = CameraLoop(lambda: camera, Tracker(Scanner()), lambda text, at: None, upkeep=upkeep)
    loop.start()
    wait_until(lambda: len(camera.controls) == 3)
    assert loop.refused == "camera v4l2:/dev/video0: has no control 'gian'; it has gain"
    loop.stop()
    assert camera.controls == [{"gian": 1}, {"exposure": 20}, {"exposure": 200}]


def test_torn_frame_does_not_end_the_loop() -> None:
    heard = threading.Event()
    torn = Frame(np.empty((0, 0, 3), np.uint8), 1.0)
    loop = CameraLoop(
        lambda: ScriptedCamera([torn, Frame(CARD, 1.2)]), Tracker(Scanner(["zxing"])), lambda text, at: heard.set()
    )
    loop.start()
    assert heard.wait(10)
    loop.stop()


class ControlledCamera(ScriptedCamera):
    """Notes the controls that it was given."""

    def __init__(self, shown: list[Frame | None]) -> None:
        super().__init__(shown)
        self.controls: list[dict[str, int]] = []

    def control(self, controls: dict[str, int]) -> None:
        self.controls.append(dict(controls))


def test_nightfall_sets_the_nights_controls_and_lights_the_lamp() -> None:
    dark = [np.full((90, 160), 20 + number % 2, np.uint8) for number in range(2)]
    camera = ControlledCamera([Frame(dark[k % 2], float(k)) for k in range(80)])
    lamp: list[bool] = []
    upkeep = Upkeep({"exposure": 20}, {"exposure": 200}, lamp.append)
    loop = CameraLoop(lambda: camera, Tracker(Scanner()), lambda text, at: None, upkeep=upkeep)
    loop.start()
    wait_until(lambda: upkeep.night)
    wait_until(lambda: len(camera.controls) == 2)
    loop.stop()
    assert camera.controls == [{"exposure": 20}, {"exposure": 200}]
    assert lamp == [False, True]


def test_covered_camera_is_a_fault() -> None:
    covered = [np.full((90, 160), 90 + number % 2, np.uint8) for number in range(2)]
    camera = ScriptedCamera([Frame(covered[k % 2], float(k)) for k in range(40)])
    loop = CameraLoop(lambda: camera, Tracker(Scanner()), lambda text, at: None, upkeep=Upkeep())
    loop.start()
    wait_until(lambda: loop.fault is Fault.COVERED)
    loop.stop()


class LivingCamera:
    """Delivers what stands before it, stamped with the moment of delivery."""

    def __init__(self) -> None:
        self.sees = CARD
        self.frames = 0

    def read(self) -> Frame:
        time.sleep(0.01)
        self.frames += 1
        return Frame(self.sees, time.monotonic())

    def close(self) -> None:
        """There is nothing to give back."""


def test_loop_that_is_asked_to_look_again_reports_what_is_still_there_and_nothing_else() -> None:
    heard: list[str] = []
    camera = LivingCamera()
    loop = CameraLoop(lambda: camera, Tracker(Scanner(["zxing"])), lambda text, at: heard.append(text))
    loop.start()
    wait_until(lambda: heard == [TEXT])
    loop.look_again()
    wait_until(lambda: heard == [TEXT, TEXT])
    camera.sees = EMPTY
    seen_so_far = camera.frames
    wait_until(lambda: camera.frames > seen_so_far + 2)
    loop.look_again()
    wait_until(lambda: camera.frames > seen_so_far + 30)
    loop.stop()
    assert heard == [TEXT, TEXT]


def test_frame_from_before_it_was_asked_to_look_again_is_none_of_the_next_vehicle() -> None:
    heard: list[float] = []
    camera = ScriptedCamera([])
    loop = CameraLoop(
        lambda: camera, Tracker(Scanner(["zxing"])), lambda text, at: heard.append(at), clock=lambda: 100.0
    )
    loop.look_again()
    for at in (99.0, 99.2, 100.4):
        loop._show(Frame(CARD, at))
    assert heard == [99.0, 100.4]
