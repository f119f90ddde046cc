"""Vehicles that the benchmarks show to cameras: passes and appearances that follow from the seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.contract import passes
from edge.simulation.clips import Appearance
from edge.simulation.drawing import Medium
from scripts.town.passes import Key, pass_id

START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2099, 12, 31, tzinfo=UTC)
CLASS = 1
SCENES = 4


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle with a genuine pass."""

    plate: str
    text: str
    appearance: Appearance


def pass_key(seed: int) -> Key:
    """The key that signs the passes of a seed."""
    return Key.from_seed(seed, "benchmarks")


def vehicles(seed: int, count: int) -> Iterator[Vehicle]:
    """`count` vehicles: by turns at four gates, every third by night, every second with a phone instead of a card."""
    key = pass_key(seed)
    for number in range(count):
        plate = f"鲁B{10000 + number}"
        pass_ = passes.Pass(
            id=pass_id(seed, plate), plate=plate, vehicle_class=CLASS, gates=None, priority=False,
            not_before=int(START.timestamp()), expires=int(END.timestamp()),
        )  # fmt: skip
        text = passes.write(pass_, key.kid, key.private)
        medium: Medium = "phone" if number % 2 else "card"
        shown = Appearance(number % SCENES, seed + number, number % 3 == 2, "resident", plate, text, medium)
        yield Vehicle(plate, text, shown)


def empty_lanes(seed: int, count: int) -> Iterator[Appearance]:
    """`count` empty lanes, by day and by night in turn."""
    for number in range(count):
        yield Appearance(number // 2 % SCENES, seed + number, night=number % 2 == 1)
