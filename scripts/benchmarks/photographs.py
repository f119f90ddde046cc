"""Read rate and milliseconds on photographs, at four rotations, beside bare pyzbar and bare zxing-cpp.

Beside each `X.png` or `X.jpg` stands what it says: `X.txt` (UTF-8) or `X.bin` (bytes). A decoder is right only if a text that
it reads is equal; bytes may have been read in any of `CHARSETS`, since a QR code does not always say which. A text that does
not stand beside the picture is wrong, unless the other library reads it too, at any rotation: some pictures show a code
within a code, and a file may err.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from edge.camera.opencv import cv2
from edge.camera.sources import CameraError, Image, frames_of, pixels
from edge.config import ScannerSettings
from edge.scanner.decoders import Reading
from edge.scanner.scanner import Scanner, Step, to_gray
from scripts.benchmarks.decoders import OURS, Times, bare_pyzbar, bare_zxing, look, share_rows, time_rows
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
    rungs: Counter[str] = Counter()
    costs: dict[str, list[float]] = {}
    beside: list[tuple[str, bool]] = []
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
            steps = list(scanner.climb(turned))
            rungs.update(rungs_that_read(steps, texts))
            for step in steps:
                costs.setdefault(step.rung, []).append(1000 * step.seconds)
            others = [each for step in steps for each in step.readings if each.text not in texts]
            beside += [(path.name, is_confirmed(each, image)) for each in others]
    if not times:
        raise CannotRunError(f"{plan.photos}: none of {broken} pictures can be opened")
    total = len(times[OURS])
    unreadable = f"; unreadable files: {broken}" if broken else ""
    yield from share_rows("photographs.read", right, total, f"pictures at four rotations{unreadable}")
    yield from time_rows("photographs.ms", times, "")
    yield _wrong_row(beside)
    for rung, spent in costs.items():
        mean, note = sum(spent) / len(spent), f"tried on {len(spent)} of {total} pictures"
        yield Row("photographs.rung " + rung, float(rungs[rung]), "read first", mean, "ms a try", note)


def _wrong_row(beside: Sequence[tuple[str, bool]]) -> Row:
    """How many texts nobody else found. `beside`: the pictures of texts that no file names, and whether they are confirmed."""
    confirmed = Counter(name for name, sure in beside if sure)
    names = ", ".join(f"{name} {times}x" for name, times in sorted(confirmed.items()))
    note = f"not in the files, but read by the other library too: {names}" if names else ""
    return Row("photographs.wrong_texts", float(len(beside) - confirmed.total()), note=note)


def rungs_that_read(steps: Sequence[Step], texts: frozenset[str]) -> list[str]:
    """The first rung that read a right text; none: empty."""
    right = [step.rung for step in steps if any(each.text in texts for each in step.readings)]
    return right[:1]


def is_confirmed(reading: Reading, image: Image) -> bool:
    """Returns True if the other library reads the same text in the picture, sharp or a little out of focus, at any rotation."""
    other = bare_zxing if reading.decoder == "pyzbar" else bare_pyzbar
    gray = to_gray(image)
    views = (gray, pixels(cv2.GaussianBlur(gray, (0, 0), 1.2)), pixels(cv2.GaussianBlur(gray, (0, 0), 1.6)))
    return any(reading.text in other(turned) for view in views for turned in rotations(view))


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
