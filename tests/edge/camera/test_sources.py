"""Frames come from where the configuration says, or one line says why not."""

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edge.camera.opencv import cv2
from edge.camera.sources import CameraError, Pace, PiCamera, frames_of, open_camera


def picture(path: Path, tone: int) -> Path:
    cv2.imwrite(str(path), np.full((90, 160, 3), tone, np.uint8))
    return path


def video(path: Path, tones: list[int]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), 5, (160, 90))
    for tone in tones:
        writer.write(np.full((90, 160, 3), tone, np.uint8))
    writer.release()
    return path


def tones(source: str, count: int) -> list[int]:
    camera = open_camera(source, 160, 90, 200)
    try:
        return [int(frame.image.mean().round()) for _ in range(count) if (frame := camera.read()) is not None]
    finally:
        camera.close()


def test_still_picture_is_delivered_over_and_over(tmp_path: Path) -> None:
    assert tones(f"file:{picture(tmp_path / 'a.png', 70)}", 3) == [70, 70, 70]


def test_video_begins_again_at_its_end(tmp_path: Path) -> None:
    assert tones(f"file:{video(tmp_path / 'a.avi', [10, 100, 200])}", 5) == [10, 100, 200, 10, 100]


def test_folder_is_played_in_order_of_names(tmp_path: Path) -> None:
    for name, tone in (("b.png", 20), ("a.jpg", 10), ("c.png", 30)):
        picture(tmp_path / name, tone)
    (tmp_path / "notes.txt").write_text("no picture")
    assert tones(f"folder:{tmp_path}", 4) == [10, 20, 30, 10]


def test_frames_have_the_size_of_the_configuration_and_a_time(tmp_path: Path) -> None:
    camera = open_camera(f"file:{picture(tmp_path / 'a.png', 70)}", 320, 180, 100)
    before = time.monotonic()
    frame = camera.read()
    assert frame is not None
    assert frame.image.shape == (180, 320, 3)
    assert before <= frame.at <= time.monotonic()


def test_frames_keep_their_pace_without_hurrying_after_a_pause() -> None:
    pace = Pace(50)
    began = time.monotonic()
    for _ in range(6):
        pace.wait()
    assert time.monotonic() - began >= 0.099
    time.sleep(0.1)
    began = time.monotonic()
    for _ in range(3):
        pace.wait()
    assert time.monotonic() - began >= 0.039


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("v4l2:/dev/video99", "camera v4l2:/dev/video99: no such device"),
        ("file:/nowhere/a.png", "/nowhere/a.png: no such file"),
        ("folder:/nowhere", "/nowhere: no such folder"),
        ("usb:3", "camera 'usb:3': expected v4l2:DEVICE, picamera2:NUMBER, file:PATH or folder:PATH"),
        ("file:", "camera 'file:': expected v4l2:DEVICE, picamera2:NUMBER, file:PATH or folder:PATH"),
    ],
)
def test_missing_camera_is_one_clear_line(source: str, line: str) -> None:
    with pytest.raises(CameraError) as caught:
        open_camera(source, 1280, 720, 15)
    assert str(caught.value) == line


def test_device_that_is_no_camera_is_one_clear_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CameraError, match=r"^camera v4l2:/dev/null: cannot be opened \(.*\)$"):
        open_camera("v4l2:/dev/null", 1280, 720, 15)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["a.png", "a.avi"])
@pytest.mark.parametrize("content", [b"", b"not a picture at all"])
def test_unreadable_picture_or_video_is_one_clear_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CameraError, match=rf"^{path}: (not a picture|neither a picture nor a video) that can be read$"):
        list(frames_of(path))
    assert capfd.readouterr().err == ""


def test_folder_without_pictures_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no pictures in this folder"):
        open_camera(f"folder:{tmp_path}", 160, 90, 15)


def test_every_frame_of_a_video_is_read_once(tmp_path: Path) -> None:
    read = [int(image.mean().round()) for image in frames_of(video(tmp_path / "a.avi", [10, 100, 200]))]
    assert read == [10, 100, 200]


class FakePicamera2:
    """Stands in for Debian's module: what it was asked for, and frames of one tone."""

    def __init__(self, number: int) -> None:
        self.number, self.running = number, False
        self.asked: dict[str, object] = {}
        self.camera_controls = {"ExposureTime": (1, 10**6, 0), "AnalogueGain": (1, 16, 1)}
        FakePicamera2.last = self

    last: "FakePicamera2"

    def create_video_configuration(self, **asked: object) -> dict[str, object]:
        return asked

    def configure(self, asked: dict[str, object]) -> None:
        self.asked = asked

    def start(self) -> None:
        self.running = True

    def capture_array(self, _stream: str) -> np.ndarray:
        return np.full((90, 160, 3), 70, np.uint8)

    def set_controls(self, controls: dict[str, int]) -> None:
        self.asked |= controls

    def stop(self) -> None:
        self.running = False

    def close(self) -> None:
        self.number = -1


def test_camera_on_the_ribbon_cable_delivers_frames_with_its_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=FakePicamera2))
    camera = open_camera("picamera2:0", 160, 90, 15)
    assert isinstance(camera, PiCamera)
    camera.control({"ExposureTime": 2000})
    frame = camera.read()
    assert frame is not None
    assert (frame.image.shape, int(frame.image.mean())) == ((90, 160, 3), 70)
    assert FakePicamera2.last.asked["ExposureTime"] == 2000
    camera.close()
    assert not FakePicamera2.last.running


def test_control_that_the_ribbon_camera_has_not_is_one_clear_line_and_the_others_are_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """faults G: a refused control is no reason to have no camera."""
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=FakePicamera2))
    camera = open_camera("picamera2:0", 160, 90, 15)
    assert isinstance(camera, PiCamera)
    with pytest.raises(CameraError, match=r"^camera picamera2:0: has no control 'Exposure'; it has AnalogueGain, Exp"):
        camera.control({"Exposure": 1, "AnalogueGain": 2})
    assert FakePicamera2.last.asked["AnalogueGain"] == 2
    assert FakePicamera2.last.running


def test_camera_that_is_unplugged_is_given_back_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """faults G: held on to, its name would go to nobody, and the camera that is plugged in again would get another."""
    device = tmp_path / "video0"
    device.touch()

    class Unplugged:
        def isOpened(self) -> bool:  # noqa: N802  OpenCV's spelling
            return True

        def set(self, _name: int, _value: float) -> bool:
            return True

        def read(self) -> tuple[bool, None]:
            return False, None

    monkeypatch.setattr("edge.camera.sources.cv2.VideoCapture", lambda *_: Unplugged())
    camera = open_camera(f"v4l2:{device}", 160, 90, 15)
    assert camera.read() is None, "it stalls"
    device.unlink()
    with pytest.raises(CameraError, match=r"^camera v4l2:.*/video0: was unplugged$"):
        camera.read()


def test_ribbon_camera_without_its_package_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"^camera picamera2:0: picamera2 is not installed"):
        open_camera("picamera2:0", 160, 90, 15)
