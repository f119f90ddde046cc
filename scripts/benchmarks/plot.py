"""Bars side by side, drawn with OpenCV: a picture of a table needs no library of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.camera.frames import Image
from edge.camera.opencv import cv2
from edge.simulation.drawing import Colour, write

SIZE = (1280, 520)
LEFT, RIGHT, TOP, LOW = 60, 20, 96, 70
INK: Colour = (40, 40, 40)
FAINT: Colour = (222, 222, 222)
COLOURS: tuple[Colour, ...] = ((170, 170, 170), (200, 150, 90), (60, 120, 30))
HATCHED = 1
"""The bars of this place carry lines: nobody has to tell them by colour."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A title, what each bar of a group is, and the groups' values from 0 to 100."""

    title: str
    names: Sequence[str]
    groups: Mapping[str, Sequence[float]]


def draw(bars: Bars, path: Path) -> None:
    """Writes the chart as a PNG."""
    canvas = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    write(canvas, bars.title, SIZE[0] / 2, 32, 24, INK, 700)
    _legend(canvas, bars.names)
    _scale(canvas)
    room = (SIZE[0] - LEFT - RIGHT) / max(1, len(bars.groups))
    for number, (name, values) in enumerate(bars.groups.items()):
        left = LEFT + number * room
        write(canvas, name, left + room / 2, SIZE[1] - LOW + 26, 17, INK, 500)
        wide = (room - 18) / len(values)
        for place, value in enumerate(values):
            _bar(canvas, left + 9 + place * wide, wide - 3, value, place)
    cv2.imwrite(str(path), canvas)


def _height(value: float) -> int:
    return round(SIZE[1] - LOW - value / 100 * (SIZE[1] - LOW - TOP))


def _bar(canvas: Image, left: float, wide: float, value: float, place: int) -> None:
    x, right, top, low = round(left), round(left + wide), _height(value), _height(0)
    cv2.rectangle(canvas, (x, top), (right, low), COLOURS[place], -1)
    if place == HATCHED:
        for y in range(top + 5, low, 7):
            cv2.line(canvas, (x, y), (right, y), (255, 255, 255), 1)
    write(canvas, f"{value:.0f}", (x + right) / 2, top - 5, 14, INK, 500)


def _legend(canvas: Image, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        x = LEFT + 260 + place * 260
        cv2.rectangle(canvas, (x, 46), (x + 26, 64), COLOURS[place], -1)
        if place == HATCHED:
            for y in (51, 58):
                cv2.line(canvas, (x, y), (x + 26, y), (255, 255, 255), 1)
        write(canvas, name, x + 110, 62, 18, INK, 500)


def _scale(canvas: Image) -> None:
    for value in range(0, 101, 20):
        y = _height(value)
        cv2.line(canvas, (LEFT, y), (SIZE[0] - RIGHT, y), FAINT, 1)
        write(canvas, str(value), LEFT - 24, y + 5, 15, INK, 500)
