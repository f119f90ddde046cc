"""Reads a plan of the town from a file: a PNG or JPEG picture, or GeoJSON (RFC 7946). Pure: bytes -> `Plan`, or a refusal.

A picture is only measured, never decoded. Of GeoJSON the geometries and the names are kept and nothing else: what stands beside them in a
file that a surveyor exported (owners, telephone numbers) is dropped. Tested in `tests/hub/map/test_plan.py`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from edge.contract.canonical import sha256_hex
from edge.contract.values import visible
from hub.errors import RefusedError

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 12_000
"""Of a picture's width and of its height: larger ones no old PC shows."""
MOST_FEATURES = 5_000
MOST_POSITIONS = 100_000
LONGEST_NAME = 80
THOUSAND = 1000.0
"""Places on a picture are measured in thousandths of its width and height."""


class PlanKind(StrEnum):
    """What a plan is."""

    PNG = "png"
    JPEG = "jpeg"
    GEOJSON = "geojson"


TYPES = {PlanKind.PNG: "image/png", PlanKind.JPEG: "image/jpeg", PlanKind.GEOJSON: "application/geo+json"}


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the town; `width` and `height` are a picture's, in pixels, and 0 of GeoJSON."""

    kind: PlanKind
    data: bytes
    width: int = 0
    height: int = 0

    @property
    def hash(self) -> str:
        """What names this very plan in its address."""
        return sha256_hex(self.data)[:16]

    @property
    def is_picture(self) -> bool:
        """Returns True if gates are placed by shares of its width and height, and not by longitude and latitude."""
        return self.kind is not PlanKind.GEOJSON


def limits(on: Plan) -> tuple[tuple[float, float], tuple[float, float]]:
    """The least and the most of both coordinates of a place on a plan."""
    return ((0.0, THOUSAND), (0.0, THOUSAND)) if on.is_picture else ((-180.0, 180.0), (-90.0, 90.0))


def sort_of(on: Plan) -> str:
    """How places on a plan are measured; those on a picture and those on GeoJSON are kept apart."""
    return "picture" if on.is_picture else "ground"


def read(data: bytes) -> Plan:
    """The plan in a file; `RefusedError` says why it is none."""
    if not data:
        raise RefusedError("plan: the file is empty")
    if len(data) > MOST_BYTES:
        raise RefusedError("plan: expected at most %(most)s MB", most=MOST_BYTES // 1024 // 1024)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _picture(PlanKind.PNG, data, _png_size(data))
    if data.startswith(b"\xff\xd8\xff"):
        return _picture(PlanKind.JPEG, data, _jpeg_size(data))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return Plan(PlanKind.GEOJSON, _geojson(data))
    raise RefusedError("plan: expected a PNG or JPEG picture, or GeoJSON")


def _picture(kind: PlanKind, data: bytes, size: tuple[int, int] | None) -> Plan:
    if size is None or min(size) < 1:
        raise RefusedError("plan: the picture is damaged")
    if max(size) > MOST_PIXELS:
        raise RefusedError("plan: expected at most %(most)s pixels on a side", most=MOST_PIXELS)
    return Plan(kind, data, *size)


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 33 or b"IEND" not in data[-16:]:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG's markers of a frame's beginning (ITU-T T.81, B.1.1.3), which say how large the picture is."""


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 < len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker in SIZES:
            return int.from_bytes(data[place + 7 : place + 9], "big"), int.from_bytes(
                data[place + 5 : place + 7], "big"
            )
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


# --- GeoJSON ----------------------------------------------------------------------------------------------------------------

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Line = Annotated[list[tuple[Longitude, Latitude]], Field(min_length=2)]
Ring = Annotated[list[tuple[Longitude, Latitude]], Field(min_length=4)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _flat(value: Any, depth: int) -> Any:
    """Positions without their heights, at the depth at which they stand."""
    if not isinstance(value, list):
        return value
    return value[:2] if depth == 0 else [_flat(each, depth - 1) for each in value]


class _Geometry(_Part):
    @field_validator("coordinates", mode="before", check_fields=False)
    @classmethod
    def _without_heights(cls, value: Any) -> Any:
        return _flat(value, DEPTHS[cls.__name__])


class Point(_Geometry):
    """A place."""

    type: Literal["Point"]
    coordinates: tuple[Longitude, Latitude]


class MultiPoint(_Geometry):
    """Places."""

    type: Literal["MultiPoint"]
    coordinates: list[tuple[Longitude, Latitude]]


class LineString(_Geometry):
    """A road."""

    type: Literal["LineString"]
    coordinates: Line


class MultiLineString(_Geometry):
    """Roads."""

    type: Literal["MultiLineString"]
    coordinates: list[Line]


class Polygon(_Geometry):
    """An area, and the holes in it."""

    type: Literal["Polygon"]
    coordinates: list[Ring]


class MultiPolygon(_Geometry):
    """Areas."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]]


DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


class Named(_Part):
    """Of a feature's properties the name."""

    name: str = ""

    @field_validator("name", mode="before")
    @classmethod
    def _shown(cls, value: Any) -> str:
        return visible(value)[:LONGEST_NAME] if isinstance(value, str) else ""


class Feature(_Part):
    """Something that is drawn."""

    type: Literal["Feature"]
    geometry: Annotated[
        Point | MultiPoint | LineString | MultiLineString | Polygon | MultiPolygon, Field(discriminator="type")
    ]
    properties: Named = Named()

    @field_validator("properties", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return {} if value is None else value


class FeatureCollection(_Part):
    """A GeoJSON file."""

    type: Literal["FeatureCollection"]
    features: Annotated[list[Feature], Field(min_length=1, max_length=MOST_FEATURES)]


def _geojson(data: bytes) -> bytes:
    if data.count(b"[") > MOST_POSITIONS:
        raise RefusedError("plan: expected at most %(most)s positions", most=MOST_POSITIONS)
    try:
        found = FeatureCollection.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"][:6])) or "GeoJSON"
        if first["type"] == "missing":
            raise RefusedError("plan: %(where)s is missing", where=where) from None
        if first["type"] == "too_short":
            raise RefusedError("plan: %(where)s: expected more than there are", where=where) from None
        raise RefusedError("plan: %(where)s: expected what GeoJSON (RFC 7946) has there", where=where) from None
    return found.model_dump_json(exclude_defaults=False).encode()
