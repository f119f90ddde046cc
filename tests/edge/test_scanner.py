"""Frames become texts, each told once; and the loop that feeds them survives its camera."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge.camera import CameraError, Frame, Image
from edge.scanner import CameraLoop, Reading, Scanner, Watcher
from tests.edge.pictures import code, pass_text, seen

TEXT = pass_text()
EMPTY = np.full((720, 1280), 120, np.uint8)
CARD = seen(code(TEXT), yaw=15, roll=4)


@pytest.mark.parametrize("decoder", ["zxing", "pyzbar"])
@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [(0, 0, 0), (30, 0, 0), (0, -30, 5), (-22, 20, 12), (0, 0, 45), (0, 0, 180), (20, 10, 90)]
)
def test_pass_is_read_at_an_angle(decoder: str, yaw: float, pitch: float, roll: float) -> None:
    (reading,) = Scanner([decoder]).scan(seen(code(TEXT), yaw=yaw, pitch=pitch, roll=roll))
    assert reading.text == TEXT
    assert reading.decoder == decoder


@pytest.mark.parametrize("decoder", ["zxing", "pyzbar"])
def test_text_is_returned_as_it_stands_with_its_spaces(decoder: str) -> None:
    text = "KK1: 6B%*$ +-./: A "
    assert [each.text for each in Scanner([decoder]).scan(seen(code(text)))] == [text]


@pytest.mark.parametrize("decoder", ["zxing", "pyzbar"])
def test_corners_are_where_the_code_is(decoder: str) -> None:
    (reading,) = Scanner([decoder]).scan(seen(code(TEXT), side=300))
    centre = np.mean(reading.corners, axis=0)
    assert len(reading.corners) == 4
    assert centre == pytest.approx([640, 360], abs=4)


def test_inverted_code_of_a_phone_in_dark_mode_is_read() -> None:
    assert [each.text for each in Scanner(["zxing"]).scan(seen(code(TEXT, "m", inverted=True)))] == [TEXT]


def test_colour_frame_reads_like_a_gray_one() -> None:
    assert Scanner(["zxing"]).scan(np.dstack([CARD] * 3)) == Scanner(["zxing"]).scan(CARD)


def test_empty_frame_says_nothing() -> None:
    assert Scanner(["zxing", "pyzbar"]).scan(EMPTY) == ()


def test_configuration_says_which_decoder_comes_first() -> None:
    assert Scanner(["zxing", "pyzbar"]).scan(CARD)[0].decoder == "zxing"
    assert Scanner(["pyzbar", "zxing"]).scan(CARD)[0].decoder == "pyzbar"


def test_second_decoder_is_asked_when_the_first_reads_nothing() -> None:
    dark_mode = seen(code(TEXT, "m", inverted=True))
    assert Scanner(["pyzbar"]).scan(dark_mode) == ()
    assert [each.decoder for each in Scanner(["pyzbar", "zxing"]).scan(dark_mode)] == ["zxing"]


@pytest.mark.parametrize("decoders", [["zbar"], []])
def test_unknown_decoder_is_refused_by_name(decoders: list[str]) -> None:
    with pytest.raises(ValueError, match=r"expected some of zxing, pyzbar"):
        Scanner(decoders)


def test_decoders_leave_nothing_on_standard_error() -> None:
    script = "import numpy as np; from edge.scanner import Scanner; "
    script += "Scanner(['zxing', 'pyzbar']).scan(np.zeros((90, 160), np.uint8))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""


class CountingScanner(Scanner):
    """Notes how many decoders each look was allowed."""

    def __init__(self) -> None:
        super().__init__(["zxing", "pyzbar"])
        self.looks: list[int | None] = []

    def scan(self, image: Image, tries: int | None = None) -> tuple[Reading, ...]:
        self.looks.append(tries)
        return super().scan(image, tries)


def frames(*pictures: tuple[Image, int], rate: float = 5.0) -> list[Frame]:
    """Pictures, each shown so many times, at a rate."""
    shown = [picture for picture, times in pictures for _ in range(times)]
    return [Frame(picture, 100.0 + k / rate) for k, picture in enumerate(shown)]


def told(watcher: Watcher, shown: list[Frame]) -> list[tuple[float, str]]:
    """When which text was told, in seconds since the first frame."""
    return [(round(frame.at - 100.0, 2), each.text) for frame in shown for each in watcher.see(frame)]


def test_code_in_sight_is_told_once() -> None:
    assert told(Watcher(Scanner(["zxing"])), frames((EMPTY, 5), (CARD, 60))) == [(1.0, TEXT)]


def test_code_that_comes_back_soon_is_the_same_reading() -> None:
    assert len(told(Watcher(Scanner(["zxing"])), frames((CARD, 5), (EMPTY, 10), (CARD, 5)))) == 1


def test_code_that_comes_back_later_is_told_again() -> None:
    watcher = Watcher(Scanner(["zxing"]), repeat_seconds=1.0)
    assert told(watcher, frames((CARD, 5), (EMPTY, 10), (CARD, 5))) == [(0.0, TEXT), (3.0, TEXT)]


def test_another_code_is_told_at_once() -> None:
    other = seen(code(pass_text("鲁U99999", 2)))
    assert [at for at, _ in told(Watcher(Scanner(["zxing"])), frames((CARD, 5), (other, 5)))] == [0.0, 1.0]


def test_empty_lane_is_hardly_looked_at() -> None:
    scanner = CountingScanner()
    noise = np.random.default_rng(1)
    quiet = [(np.clip(EMPTY + noise.normal(0, 2, EMPTY.shape), 0, 255).astype(np.uint8), 1) for _ in range(30)]
    told(Watcher(scanner), frames(*quiet))
    assert len(scanner.looks) <= 1 + Watcher.SETTLING + 6


def test_still_card_is_found_although_nothing_changes() -> None:
    class BlindAtFirst(CountingScanner):
        def scan(self, image: Image, tries: int | None = None) -> tuple[Reading, ...]:
            found = super().scan(image, tries)
            return found if len(self.looks) > 8 else ()

    # the settling looks fail; the card is then read on one of the looks that nothing but time provokes
    (reading,) = told(Watcher(BlindAtFirst()), frames((CARD, 30)))
    assert reading[1] == TEXT


def test_second_opinion_is_asked_now_and_then() -> None:
    scanner = CountingScanner()
    moving = [
        (np.roll(EMPTY + (np.indices(EMPTY.shape)[1] // 64 % 2 * 60).astype(np.uint8), k * 9, 1), 1) for k in range(6)
    ]
    told(Watcher(scanner), frames(*moving))
    assert scanner.looks == [1, 1, None, 1, 1, None]


def test_faint_code_at_night_is_noticed() -> None:
    dark = np.full_like(EMPTY, 14)
    watcher = Watcher(Scanner(["zxing"]))
    card = cv2.convertScaleAbs(CARD, alpha=0.12)
    assert told(watcher, frames((dark, 20), (card, 3))) == [(4.0, TEXT)]


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
    loop = CameraLoop(lambda: camera, Watcher(Scanner(["zxing"])), lambda text, at: heard.append((text, at)))
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
    loop = CameraLoop(lambda: camera, Watcher(Scanner(["zxing"])), lambda text, at: heard.set())
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

    loop = HastyLoop(open_, Watcher(Scanner(["zxing"])), lambda text, at: heard.set())
    loop.start()
    assert heard.wait(20)
    loop.stop()
    assert len(opened) >= 3
    assert all(camera is None or camera.closed for camera in cameras)


def test_beat_moves_while_there_is_no_camera() -> None:
    def missing() -> ScriptedCamera:
        raise CameraError("camera v4l2:/dev/video9: no such device")

    loop = CameraLoop(missing, Watcher(Scanner(["zxing"])), lambda text, at: None)
    loop.start()
    wait_until(lambda: loop.beat >= 2)
    assert not loop.ok
    assert loop.frames_per_second == 0.0
    loop.stop()


def test_torn_frame_does_not_end_the_loop() -> None:
    heard = threading.Event()
    torn = Frame(np.empty((0, 0, 3), np.uint8), 1.0)
    loop = CameraLoop(
        lambda: ScriptedCamera([torn, Frame(CARD, 1.2)]), Watcher(Scanner(["zxing"])), lambda text, at: heard.set()
    )
    loop.start()
    assert heard.wait(10)
    loop.stop()
