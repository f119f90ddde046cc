"""A village's plan as one drawing (SVG) for paper: the plan itself, areas, signs, all in the same measure. Pure.

Tested in `tests/hub/villages/test_drawing.py`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from hub.map.plan import THOUSAND, Plan
from hub.villages.marks import Corner, Mark

WIDTH = 1000.0
"""Units across the drawing; its height follows from the plan."""
MARGIN = 0.04
"""Of the drawing's width, left free around the shapes of GeoJSON."""
TALLEST = 620.0
"""Of the shapes of GeoJSON: with the legend beside it the drawing fits A4 landscape."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, an area or a place of a plan's GeoJSON; `points` as SVG has them."""

    sort: str
    points: str
    name: str = ""
    at: Corner = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plan as it is drawn: its size, its own shapes, and where each mark stands."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    places: dict[int, tuple[Corner, ...]]

    def points(self, mark: Mark) -> str:
        """The corners of a mark as SVG has them."""
        return _points(self.places[mark.id])

    def at(self, mark: Mark) -> Corner:
        """Where the sign or the name of a mark stands."""
        corners = self.places[mark.id]
        return round(sum(x for x, _ in corners) / len(corners), 1), round(sum(y for _, y in corners) / len(corners), 1)


def drawing(plan: Plan, marks: Sequence[Mark]) -> Drawing:
    """The drawing of a plan with its marks."""
    if plan.is_picture:
        height = WIDTH * plan.height / max(plan.width, 1)
        places = {
            each.id: tuple(
                (round(x * WIDTH / THOUSAND, 2), round(y * height / THOUSAND, 2)) for x, y in each.said.shape
            )
            for each in marks
        }
        return Drawing(WIDTH, round(height, 1), (), places)
    features = json.loads(plan.data)["features"]
    spots = [spot for feature in features for part in _parts(feature["geometry"]) for spot in part[1]]
    to = _Ground.around([*spots, *(spot for each in marks for spot in each.said.shape)])
    shapes = tuple(_shapes(features, to))
    return Drawing(WIDTH, to.height, shapes, {each.id: tuple(map(to.place, each.said.shape)) for each in marks})


@dataclass(frozen=True, slots=True)
class _Ground:
    """From degrees to the drawing: so small a piece of the earth is flat, only narrower towards the pole."""

    west: float
    north: float
    squeeze: float
    scale: float
    left: float
    height: float

    @classmethod
    def around(cls, spots: Sequence[Corner]) -> "_Ground":
        west, east = min(x for x, _ in spots), max(x for x, _ in spots)
        south, north = min(y for _, y in spots), max(y for _, y in spots)
        squeeze = max(cos(radians((south + north) / 2)), 0.01)
        across, down = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
        scale = min(WIDTH * (1 - 2 * MARGIN) / across, TALLEST / down)
        return cls(
            west, north, squeeze, scale, (WIDTH - across * scale) / 2, round(down * scale + 2 * WIDTH * MARGIN, 1)
        )

    def place(self, spot: Corner) -> Corner:
        x = self.left + (spot[0] - self.west) * self.squeeze * self.scale
        return round(x, 1), round(WIDTH * MARGIN + (self.north - spot[1]) * self.scale, 1)


def _shapes(features: Sequence[Any], to: _Ground) -> Iterator[Shape]:
    for feature in features:
        name = feature["properties"]["name"]
        for sort, spots in _parts(feature["geometry"]):
            placed = [to.place(spot) for spot in spots]
            middle = (
                placed[len(placed) // 2]
                if sort == "line"
                else (sum(x for x, _ in placed) / len(placed), sum(y for _, y in placed) / len(placed))
            )
            yield Shape(sort, _points(placed), name, (round(middle[0], 1), round(middle[1], 1)))
            name = ""


def _parts(geometry: Any) -> Iterator[tuple[str, list[Corner]]]:
    """(point, line, area) and the positions of each part of a geometry; of an area its outer ring."""
    places = geometry["coordinates"]
    match geometry["type"]:
        case "Point":
            yield "point", [_spot(places)]
        case "MultiPoint":
            yield from (("point", [_spot(each)]) for each in places)
        case "LineString":
            yield "line", [_spot(each) for each in places]
        case "MultiLineString":
            yield from (("line", [_spot(each) for each in line]) for line in places)
        case "Polygon":
            yield "area", [_spot(each) for each in places[0]]
        case "MultiPolygon":
            yield from (("area", [_spot(each) for each in rings[0]]) for rings in places)


def _spot(place: Sequence[float]) -> Corner:
    return float(place[0]), float(place[1])


def _points(spots: Sequence[Corner]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in spots)
