"""The drawing of a plan for paper: every mark stands on it, on a picture as on GeoJSON."""

import json

import pytest

from hub.map.plan import Plan, PlanKind, read
from hub.villages.drawing import WIDTH, drawing
from hub.villages.marks import Mark, MarkKind, Said


def feature(sort: str, coordinates: object, name: str = "") -> dict[str, object]:
    return {"type": "Feature", "geometry": {"type": sort, "coordinates": coordinates}, "properties": {"name": name}}


RING = [[120.10, 36.80], [120.20, 36.80], [120.20, 36.90], [120.10, 36.90], [120.10, 36.80]]
GEOMETRIES = [
    ("Point", [120.15, 36.85], 1),
    ("MultiPoint", [[120.15, 36.85], [120.16, 36.85]], 2),
    ("LineString", RING, 1),
    ("MultiLineString", [RING, RING], 2),
    ("Polygon", [RING], 1),
    ("MultiPolygon", [[RING], [RING]], 2),
]


def ground(*features: dict[str, object]) -> Plan:
    return read(json.dumps({"type": "FeatureCollection", "features": features}).encode())


def test_a_picture_is_drawn_at_its_proportions() -> None:
    mark = Mark(1, Said(MarkKind.ENTRANCE, "村口", ((500.0, 1000.0),)))
    found = drawing(Plan(PlanKind.PNG, b"", 800, 400), [mark])
    assert (found.width, found.height) == (WIDTH, 500.0)
    assert found.at(mark) == (500.0, 500.0)


@pytest.mark.parametrize(("sort", "coordinates", "count"), GEOMETRIES)
def test_every_geometry_is_drawn_within_the_sheet(sort: str, coordinates: object, count: int) -> None:
    area = Mark(7, Said(MarkKind.AREA, "一区", ((120.11, 36.81), (120.15, 36.81), (120.15, 36.85))))
    found = drawing(ground(feature(sort, coordinates, "大沽河")), [area])
    assert len(found.shapes) == count
    assert next(shape.name for shape in found.shapes) == "大沽河"
    spots = [
        *found.places[7],
        *(tuple(map(float, spot.split(","))) for each in found.shapes for spot in each.points.split()),
    ]
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in spots)
    assert found.height <= 0.72 * found.width


def test_a_single_place_is_drawn_too() -> None:
    found = drawing(ground(feature("Point", [120.15, 36.85])), [])
    assert 0 < found.height < WIDTH
