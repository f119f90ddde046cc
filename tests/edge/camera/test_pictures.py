"""Pictures of crossings: named by their hash, in a ring of bounded size, and never at the lane's expense."""

import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edge.camera import pictures
from edge.camera.frames import Image, Look, pixels
from edge.camera.opencv import cv2
from edge.camera.pictures import FRESH, LIVE_SECONDS, LIVE_WIDTH, READ, UNREAD, Live, Pictures, Ring, draw, jpeg
from tests.edge.pictures import code, pass_text, seen

MB = 1024 * 1024


@dataclass
class Lane:
    """A lane whose camera saw `seen`, and a clock that is moved by hand."""

    seen: Look | None = None
    now: float = 100.0

    def look(self, lane: str) -> Look | None:
        assert lane == "1"
        return self.seen

    def clock(self) -> float:
        return self.now


def noise(number: int) -> Image:
    return pixels(np.random.default_rng(number).integers(0, 255, (90, 160, 3), dtype=np.uint8))


def frame() -> Image:
    """What a look's picture is: 640 pixels across, with a code in it."""
    return pixels(cv2.cvtColor(cv2.resize(seen(code(pass_text())), (640, 360)), cv2.COLOR_GRAY2BGR))


def read(data: bytes) -> Image:
    return pixels(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def until(there: Path) -> bytes:
    deadline = time.monotonic() + 5
    while not there.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return there.read_bytes()


@pytest.mark.parametrize(("read", "colour"), [(True, READ), (False, UNREAD)])
def test_the_code_is_outlined_in_a_smaller_picture_of_the_frame(read: bool, colour: tuple[int, int, int]) -> None:
    image = frame()
    small = draw(image, ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)), 320, read=read)
    assert small.shape == (180, 320, 3)
    assert tuple(small[36, 160]) == colour
    assert not (image == colour).all(axis=2).any(), "the frame itself was drawn on"
    assert not (draw(image, (), 320, read=False) == colour).all(axis=2).any()


def test_a_crossings_picture_is_kept_under_its_hash(tmp_path: Path) -> None:
    lane = Lane(Look(frame(), 99.9))
    kept = Pictures(Ring(tmp_path, 10 * MB, 0), lane.look, lane.clock)
    kept.start()
    name = kept.take("1")
    assert name is not None
    data = until(tmp_path / f"{name}.jpg")
    kept.stop()
    assert hashlib.sha256(data).hexdigest() == name
    assert kept.find(name) == data
    assert kept.find("0" * 64) is None


@pytest.mark.parametrize("look", [None, Look(noise(1), 100.0 - FRESH - 0.1)])
def test_no_camera_or_a_frozen_one_gives_no_picture(tmp_path: Path, look: Look | None) -> None:
    lane = Lane(look)
    assert Pictures(Ring(tmp_path, MB, 0), lane.look, lane.clock).take("1") is None
    assert Live(lane.look, lane.clock).picture("1") is None


def test_the_live_picture_is_made_at_most_every_so_often_however_many_look() -> None:
    lane = Lane(Look(noise(1), 100.0))
    live = Live(lane.look, lane.clock)
    first = live.picture("1")
    lane.seen = Look(noise(2), 100.05)
    lane.now += LIVE_SECONDS / 2
    assert live.picture("1") is first
    lane.now += LIVE_SECONDS
    second = live.picture("1")
    assert second is not None
    assert second != first
    lane.seen = Look(frame(), lane.now)
    lane.now += LIVE_SECONDS
    wide = live.picture("1")
    assert wide is not None
    assert read(wide).shape[1] == LIVE_WIDTH


def test_the_oldest_pictures_go_first_and_the_ring_stays_within_its_size(tmp_path: Path) -> None:
    ring = Ring(tmp_path, 1000, 0)
    for number in range(5):
        ring.add(f"{number:064x}", bytes(300))
    assert [path.stem[-1] for path in sorted(tmp_path.glob("*.jpg"))] == ["2", "3", "4"]
    assert ring.held == 900
    again = Ring(tmp_path, 1000, 0)
    again.add("f" * 64, bytes(300))
    assert again.held == 900
    assert not (tmp_path / f"{2:064x}.jpg").exists(), "a restart forgot which is the oldest"


def test_pictures_leave_the_disk_to_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Ring(tmp_path, 10 * MB, 200 * MB)
    ring.add("a" * 64, bytes(300))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=100 * MB))
    with pytest.raises(OSError, match="less than 200 MB would be free"):
        ring.add("b" * 64, bytes(300))
    assert list(tmp_path.glob("*.jpg")) == []


def test_a_half_written_or_touched_picture_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.part").write_bytes(b"half")
    ring = Ring(tmp_path, MB, 0)
    assert list(tmp_path.iterdir()) == []
    name = hashlib.sha256(b"picture").hexdigest()
    ring.add(name, b"picture")
    assert ring.find(name) == b"picture"
    (tmp_path / f"{name}.jpg").write_bytes(b"another")
    assert ring.find(name) is None


def test_a_slow_card_costs_pictures_and_no_time(tmp_path: Path) -> None:
    lane = Lane(Look(noise(1), 100.0))
    never_started = Pictures(Ring(tmp_path, MB, 0), lane.look, lane.clock)
    taken = [never_started.take("1") for _ in range(pictures.WAITING + 1)]
    assert None not in taken[:-1]
    assert taken[-1] is None


def test_a_picture_of_720p_is_made_in_a_few_milliseconds() -> None:
    image = cv2.cvtColor(seen(code(pass_text())), cv2.COLOR_GRAY2BGR)
    spent = []
    for _ in range(20):
        began = time.perf_counter()
        # as CameraLoop.look makes it
        small = pixels(cv2.resize(image, (640, 360), interpolation=cv2.INTER_AREA))
        hashlib.sha256(jpeg(small)).hexdigest()
        spent.append(time.perf_counter() - began)
    assert sorted(spent)[len(spent) // 2] < 0.03
