"""A trip of a request: the crossings that were made with its pass -> when it set out, when it was back, whether it is under way. Pure.

The order in which records arrive does not matter, nor how often they do: a trip is worked out from all its crossings each time.

Tested in `tests/hub/needs/test_trips.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from edge.contract.reasons import Direction


class Shape(StrEnum):
    """The two kinds of trips."""

    OUT = "out"
    """Somebody of the town goes out and comes back."""
    IN = "in"
    """Somebody from elsewhere brings something in and goes out again."""

    @property
    def first(self) -> Direction:
        """The direction in which it sets out."""
        return Direction.OUT if self is Shape.OUT else Direction.IN


@dataclass(frozen=True, slots=True)
class Crossing:
    """A vehicle drove through a gate: in which visit, when (RFC 3339 UTC)."""

    visit: str
    gate: str
    direction: Direction
    at: str


@dataclass(frozen=True, slots=True)
class Trip:
    """What is known of a trip. `first`: it set out; `back`: it came back, which may be known before the setting out is."""

    first: Crossing | None = None
    back: Crossing | None = None
    under_way: bool = False
    """Returns True if its last crossing was one of setting out: whoever made it is still to come back."""


def trip_of(shape: Shape, crossings: Iterable[Crossing]) -> Trip:
    """The trip that these crossings make.

    The first crossing back counts that comes after the first setting out. As long as the record of the setting out waits at a gate without
    a link, the first crossing back counts at all: nobody comes back who did not set out.
    """
    ordered = sorted(crossings, key=lambda each: (each.at, each.visit))
    first = next((each for each in ordered if each.direction is shape.first), None)
    backs = [each for each in ordered if each.direction is not shape.first]
    back = next((each for each in backs if first is None or each.at >= first.at), None)
    under_way = bool(ordered) and ordered[-1].direction is shape.first
    return Trip(first, back, under_way)
