"""What watches a unit: beats, faults, systemd. Tested in `tests/edge/unit/test_unit.py`."""

from collections.abc import Callable

from edge.scanner.loop import CameraLoop

WATCH = 1.0
"""Seconds between two looks of the main thread."""


def beat_of(loop: CameraLoop) -> Callable[[], int]:
    return lambda: loop.beat
