"""The ground plan of a lane: where loops, arm and safety sensor lie, and what each place of a vehicle covers.

Every vehicle counts metres in its direction of travel: the arm's line is 0, the near loop lies before it, the far loop beyond.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from edge.contract.reasons import Direction
from edge.lane.events import Loop

BESIDE = 1.5
"""Metres beyond a loop where the road is wide again, and vehicles of both ways get past each other."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a vehicle: metres from its nose. `clear`: the arm touches it below this position (0: never).

    `metal`: loops notice it. `solid`: a light barrier notices it.
    """

    begin: float
    end: float
    clear: float
    metal: bool = True
    solid: bool = True


@dataclass(frozen=True, slots=True)
class Body:
    """The shape of a vehicle, from its nose back."""

    name: str
    segments: tuple[Segment, ...]

    @property
    def length(self) -> float:
        """Metres from nose to tail."""
        return max(each.end for each in self.segments)

    @property
    def clear(self) -> float:
        """How far up the arm must be for all of the vehicle."""
        return max(each.clear for each in self.segments)


@dataclass(frozen=True, slots=True)
class Layout:
    """`outer`, `inner`: metres of the loops; `before`, `beyond`: metres from the arm's line to the outer, the inner one.

    `safety`: metres that the sensor under the arm takes, None: none is fitted; `beam`: it is a light barrier.
    """

    outer: float = 1.5
    inner: float = 1.5
    before: float = 1.5
    beyond: float = 1.5
    safety: float | None = None
    beam: bool = False

    @property
    def apart(self) -> float:
        """Metres between the loops."""
        return self.before + self.beyond

    @property
    def edge(self) -> float:
        """Metres from the arm at which the road is wide."""
        return max(self.before + self.outer, self.beyond + self.inner) + BESIDE

    def near(self, way: Direction) -> tuple[float, float]:
        """The near loop of a vehicle that goes this way: where it begins and ends, in its metres."""
        if way is Direction.IN:
            return -self.before - self.outer, -self.before
        return -self.beyond - self.inner, -self.beyond

    def far(self, way: Direction) -> tuple[float, float]:
        """The far loop of a vehicle that goes this way."""
        begin, end = self.near(Direction.OUT if way is Direction.IN else Direction.IN)
        return -end, -begin


class Cell(NamedTuple):
    """What a vehicle covers between two of its places. `clear`: the arm touches it below this; `under`: over the arm's line."""

    near: bool
    far: bool
    safety: bool
    clear: float
    under: bool


class Course(NamedTuple):
    """All that a vehicle covers on its way: `places` of its nose in order, and the cells between them (one more)."""

    places: tuple[float, ...]
    cells: tuple[Cell, ...]

    def cell_at(self, nose: float) -> int:
        """The index of the cell for a nose at this place."""
        return sum(1 for place in self.places if place <= nose)


@lru_cache(maxsize=4096)
def course(body: Body, layout: Layout, way: Direction) -> Course:
    """The course of a vehicle of this shape through the lane."""
    half = (layout.safety or 0.0) / 2
    spans: list[tuple[str, float, float, float]] = []
    for each in body.segments:
        if each.metal:
            spans += _span("near", each, *layout.near(way)) + _span("far", each, *layout.far(way))
        noticed = each.solid if layout.beam else each.metal
        if layout.safety is not None and noticed:
            spans += _span("safety", each, -half, half)
        spans += _span("under", each, 0.0, 0.0)
        if each.clear:
            spans += [("clear", each.begin, each.end, each.clear)]
    edges = {layout.edge, layout.edge + body.length, -layout.edge}
    places = tuple(sorted({place for _, begin, end, _ in spans for place in (begin, end)} | edges))
    middles = (places[0] - 1.0, *((a + b) / 2 for a, b in pairwise(places)), places[-1] + 1.0)
    return Course(places, tuple(_cell(spans, middle) for middle in middles))


def _span(name: str, part: Segment, begin: float, end: float) -> list[tuple[str, float, float, float]]:
    return [(name, begin + part.begin, end + part.end, 0.0)]


def _cell(spans: list[tuple[str, float, float, float]], nose: float) -> Cell:
    on = [(name, clear) for name, begin, end, clear in spans if begin < nose < end]
    names = {name for name, _ in on}
    return Cell(
        "near" in names,
        "far" in names,
        "safety" in names,
        max((clear for _, clear in on), default=0.0),
        "under" in names,
    )


def loops_of(way: Direction) -> tuple[Loop, Loop]:
    """The near and the far loop of a vehicle that goes this way."""
    return (Loop.OUTER, Loop.INNER) if way is Direction.IN else (Loop.INNER, Loop.OUTER)
