"""A plan of the town: pictures are measured, GeoJSON is checked by its schema and stripped, everything else is refused in one line."""

import json
import struct
import zlib
from typing import Any

import pytest

from hub.errors import RefusedError
from hub.map import plan
from hub.map.plan import PlanKind, read

SQUARE = [[120.1, 36.8], [120.2, 36.8], [120.2, 36.9], [120.1, 36.8]]


def png(width: int = 40, height: int = 30) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff" * width) * height if width * height < 10**7 else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(width: int = 40, height: int = 30) -> bytes:
    """As much of a JPEG as says how large it is."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
        b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"
    )


def geojson(geometry: Any = None, properties: Any = None, **changes: Any) -> bytes:
    """A village's area."""
    feature = {
        "type": "Feature",
        "geometry": geometry or {"type": "Polygon", "coordinates": [SQUARE]},
        "properties": properties if properties is not None else {"name": "东坡村"},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature], **changes}).encode()


@pytest.mark.parametrize(("data", "kind"), [(png(), PlanKind.PNG), (jpeg(), PlanKind.JPEG)])
def test_a_picture_is_measured(data: bytes, kind: PlanKind) -> None:
    found = read(data)
    assert (found.kind, found.width, found.height, found.is_picture) == (kind, 40, 30, True)


def test_of_geojson_shapes_and_names_are_kept_and_nothing_else() -> None:
    found = read(geojson(properties={"name": "东坡村\u202e", "owner": "王伟", "phone": "13800000001"}))
    assert (found.kind, found.is_picture) == (PlanKind.GEOJSON, False)
    value = json.loads(found.data)
    assert value["features"][0]["properties"] == {"name": "东坡村"}
    assert "13800000001" not in found.data.decode()


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [120.1, 36.8, 12.5]},
        {"type": "MultiPoint", "coordinates": [[120.1, 36.8]]},
        {"type": "LineString", "coordinates": SQUARE},
        {"type": "MultiLineString", "coordinates": [SQUARE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
    ],
)
def test_every_geometry_is_taken(geometry: dict[str, Any]) -> None:
    assert json.loads(read(geojson(geometry)).data)["features"][0]["geometry"]["type"] == geometry["type"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"GIF89a", "expected a PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "expected a PNG or JPEG"),
        (png()[:40], "damaged"),
        (b"\xff\xd8\xff\xd9", "damaged"),
        (png(12_001, 1), "pixels"),
        (b"{", "GeoJSON"),
        (b'{"type": "Topology"}', "type"),
        (geojson(features=[]), "features"),
        (geojson({"type": "Circle", "coordinates": [1, 2]}), "geometry"),
        (geojson({"type": "Point", "coordinates": [181, 2]}), "geometry"),
        (geojson({"type": "Point", "coordinates": ["a", 2]}), "geometry"),
        (geojson({"type": "Polygon", "coordinates": [SQUARE[:2]]}), "geometry"),
        (geojson({"type": "Point", "coordinates": 7}), "geometry"),
        (b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null}]}', "geometry"),
        (b'{"a":' + b"[" * 200_000, "positions"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(data: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as refused:
        read(data)
    assert "\n" not in str(refused.value)


def test_too_large_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_BYTES", 100)
    with pytest.raises(RefusedError, match="MB"):
        read(png(200, 200))
