"""Read rate and milliseconds on photographs, at four rotations, beside bare pyzbar and bare zxing-cpp.

Beside each `X.png` or `X.jpg` stands what it says: `X.txt` (UTF-8) or `X.bin` (bytes). A decoder is right only if a text that
it reads is equal; bytes may have been read in any of `CHARSETS`, since a QR code does not always say which.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge.camera import CameraError, Image, frames_of, pixels
from edge.config import ScannerSettings
from edge.scanner import Scanner
from scripts.benchmarks.decoders import OURS, Times, look, share_rows, time_rows
from scripts.benchmarks.rows import CannotRunError, Plan, Row

PICTURES = frozenset({".png", ".jpg", ".jpeg"})
CHARSETS = ("utf-8", "latin-1", "shift_jis", "gb18030")
ROTATIONS = 4


def run(plan: Plan) -> Iterator[Row]:
    """The rows of all photographs together."""
    if plan.photos is None:
        raise CannotRunError("no photographs were named (--photos DIR)")
    known = list(photographs(plan.photos))
    if not known:
        raise CannotRunError(f"{plan.photos}: no picture X.png or X.jpg with X.txt or X.bin beside it")
    scanner = Scanner(ScannerSettings().decoders)
    times: Times = {}
    right: Counter[str] = Counter()
    broken = 0
    for number, (path, texts) in enumerate(known[: plan.size(len(known), 5)], 1):
        if number % 20 == 1:
            plan.say(f"picture {number} of {len(known)}")
        try:
            image = next(frames_of(path))
        except CameraError:
            broken += 1
            continue
        for turned in rotations(image):
            read = look(scanner, turned, times)
            right.update(name for name, found in read.items() if found & texts)
    if not times:
        raise CannotRunError(f"{plan.photos}: none of {broken} pictures can be opened")
    total = len(times[OURS])
    unreadable = f"; unreadable files: {broken}" if broken else ""
    yield from share_rows("photographs.read", right, total, f"pictures at four rotations{unreadable}")
    yield from time_rows("photographs.ms", times, "")


def photographs(folder: Path) -> Iterator[tuple[Path, frozenset[str]]]:
    """The pictures in a folder and below it, each with the texts that count as right."""
    if not folder.is_dir():
        raise CannotRunError(f"{folder}: no such folder")
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in PICTURES):
        if texts := said(path):
            yield path, texts


def said(picture: Path) -> frozenset[str]:
    """What a picture says, from the file beside it; empty if there is none."""
    text, data = picture.with_suffix(".txt"), picture.with_suffix(".bin")
    if text.is_file():
        return frozenset({text.read_bytes().decode("utf-8", "replace")})
    if not data.is_file():
        return frozenset()
    return frozenset(data.read_bytes().decode(charset, "replace") for charset in CHARSETS)


def rotations(image: Image) -> Iterator[Image]:
    """The picture as it is and turned by 90, 180 and 270 degrees."""
    for quarters in range(ROTATIONS):
        yield pixels(np.ascontiguousarray(np.rot90(image, quarters)))
