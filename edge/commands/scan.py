"""`kakou-gate scan`: what the gate would say to the codes in a picture or a video.

Tested in `tests/edge/test_cli.py` and `tests/edge/camera/test_stills.py`.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.camera.frames import CameraError, Image
from edge.camera.opencv import cv2
from edge.camera.sources import frames_of
from edge.contract.canonical import Json
from edge.contract.passes import PREFIX
from edge.contract.reasons import Direction
from edge.decision.decide import Qr, decide
from edge.decision.rules import Rules
from edge.scanner.advice import WORDS, advise, measure
from edge.scanner.places import UNREADABLE, places
from edge.scanner.scanner import Scanner, Step, to_gray


@dataclass(frozen=True, slots=True)
class Bench:
    """The things with which `scan` judges a file: the lane's scanner and direction, the gate's rules."""

    scanner: Scanner
    rules: Rules
    gate: str
    direction: Direction
    now: datetime


def scan_file(path: Path, bench: Bench) -> Mapping[str, Json]:
    """One line of output: the texts in their order, the verdict on the first pass among them, milliseconds in all.

    Nothing read: verdict and reason are null. `CameraError` for a file that is neither picture nor video, or that breaks a decoder.
    """
    texts: list[str] = []
    spent = 0.0
    with _named(path):
        for image in frames_of(path):
            began = time.perf_counter()
            texts += [reading.text for reading in bench.scanner.scan(image) if reading.text not in texts]
            spent += time.perf_counter() - began
    began = time.perf_counter()
    verdict, reason = _judge(texts, bench)
    spent += time.perf_counter() - began
    return {"file": str(path), "texts": texts, "verdict": verdict, "reason": reason, "ms": round(spent * 1000, 1)}


def explain_file(path: Path, bench: Bench) -> Mapping[str, Json]:
    """What `scan_file` says, and why: each rung that was tried with its milliseconds, which one read, or what to do.

    Of a video it explains the first frame that reads, or else the last one.
    """
    steps: list[Step] = []
    advice: Json = None
    with _named(path):
        for image in frames_of(path):
            steps = list(bench.scanner.climb(image))
            if any(step.readings for step in steps):
                advice = None
                break
            advice = _advice(image)
    why: dict[str, Json] = {
        "rung": next((step.rung for step in steps if step.readings), None),
        "tried": [{"rung": step.rung, "ms": round(step.seconds * 1000, 1)} for step in steps],
        "advice": advice,
    }
    return {**scan_file(path, bench), **why}


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What breaks on one file is that file's fault, in one line: the files after it are looked at all the same."""
    try:
        yield
    except (cv2.error, MemoryError, ValueError) as error:
        raise CameraError(f"{path}: cannot be read: {' '.join(str(error).split()) or type(error).__name__}") from None


def _advice(image: Image) -> Json:
    """Where a code may be and what would help; None if nothing in the picture looks like one."""
    gray = to_gray(image)
    found = places(gray, 1) or places(gray, 1, UNREADABLE)
    if not found:
        return None
    place = found[0]
    hint = advise(measure(gray, place))
    chinese, english = WORDS[hint]
    return {
        "hint": hint.value,
        "zh": chinese,
        "en": english,
        "place": [place.x, place.y, place.width, place.height],
    }


def _judge(texts: list[str], bench: Bench) -> tuple[str | None, str | None]:
    if not texts:
        return None, None
    text = next((text for text in texts if text.startswith(PREFIX)), texts[0])
    decision = decide(Qr(text), bench.rules, gate=bench.gate, direction=bench.direction, now=bench.now)
    return decision.verdict.value, decision.reason.value
