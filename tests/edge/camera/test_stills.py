"""Pictures in files: any size, any transparency, any name (faults F and C)."""

import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from edge.camera.frames import CameraError, Image
from edge.camera.opencv import MOST_PIXELS, cv2
from edge.camera.sources import frames_of
from edge.camera.stills import read_still
from edge.scanner.scanner import Scanner
from tests.edge.pictures import code, pass_text

INPUTS = Path(__file__).parents[1] / "hard_inputs"
TEXT = pass_text()


def transparent(ink: int) -> Image:
    """A pass whose dark modules are of this tone and whose light ones are not there."""
    modules = code(TEXT) < 128
    picture = np.full((*modules.shape, 4), ink, np.uint8)
    picture[..., 3] = np.where(modules, 255, 0)
    return picture


def texts(picture: Image) -> list[str]:
    return [each.text for each in Scanner(["zxing"]).scan(picture)]


def saved(folder: Path, name: str, picture: np.ndarray) -> Path:
    path = folder / name
    good, data = cv2.imencode(path.suffix, picture)
    assert good
    path.write_bytes(data.tobytes())
    return path


def test_a_pass_on_a_transparent_ground_is_read() -> None:
    """Hard input p02."""
    assert [each[:4] for each in texts(read_still(INPUTS / "p02-transparent.png"))] == ["KK1:"]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
@pytest.mark.parametrize("ink", [0, 20, 90, 255], ids=lambda ink: f"ink {ink}")
def test_transparent_ground_is_paper_on_which_the_ink_shows(tmp_path: Path, suffix: str, ink: int) -> None:
    path = tmp_path / f"pass{suffix}"
    good, data = cv2.imencode(suffix, transparent(ink), [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == ".webp" else [])
    assert good
    path.write_bytes(data.tobytes())
    assert texts(read_still(path)) == [TEXT]


def test_half_transparent_and_sixteen_bit_pictures_are_read(tmp_path: Path) -> None:
    shadow = transparent(0)
    shadow[..., 3] //= 2
    assert texts(read_still(saved(tmp_path, "half.png", shadow))) == [TEXT]
    assert texts(read_still(saved(tmp_path, "deep.png", transparent(20).astype(np.uint16) * 257))) == [TEXT]
    assert texts(read_still(saved(tmp_path, "gray.png", code(TEXT).astype(np.uint16) * 257))) == [TEXT]


def test_wholly_transparent_picture_shows_nothing(tmp_path: Path) -> None:
    assert texts(read_still(saved(tmp_path, "none.png", np.zeros((200, 200, 4), np.uint8)))) == []


def test_picture_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path, "pass.png", code(TEXT)).rename(tmp_path / "download")
    assert texts(next(frames_of(path))) == [TEXT]


def huge_png(width: int, height: int) -> bytes:
    """A gray PNG that says how large it is, with next to nothing behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["huge.png", "huge.jpg", "huge.mp4", "huge"])
@pytest.mark.parametrize("size", [(30_000, 30_000), (MOST_PIXELS // 1000 + 1, 1000)])
def test_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    path = tmp_path / name
    path.write_bytes(huge_png(*size))
    with pytest.raises(CameraError, match="more than 64 million pixels are not opened"):
        next(frames_of(path))


def test_huge_picture_costs_no_memory_to_refuse(tmp_path: Path) -> None:
    """30,000 x 30,000 pixels took 5.4 GB."""
    path = tmp_path / "huge.png"
    path.write_bytes(huge_png(30_000, 30_000))
    command = [sys.executable, "-m", "edge.cli", "--data", str(tmp_path / "none"), "scan", str(path)]
    limited = lambda: resource.setrlimit(resource.RLIMIT_DATA, (600 * 1024**2,) * 2)  # noqa: E731
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, timeout=120)
    assert done.stderr.splitlines() == [f"kakou-gate: {path}: more than 64 million pixels are not opened"]
    assert done.returncode == 1


def test_file_of_many_bytes_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "sparse.png"
    with path.open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(CameraError, match="larger than 256 MiB"):
        read_still(path)
