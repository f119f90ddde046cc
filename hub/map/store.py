"""The SQL of the map: the town's plan, and where each gate stands on it.

A plan that was uploaded counts; else one that lies in the data folder (`plan.png`, `plan.jpg`, `plan.geojson`). Places on a picture and on
GeoJSON are kept apart: a picture is measured in thousandths of its width and height, GeoJSON in degrees. Tested in `tests/hub/map/test_store.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import structlog
from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import gate_places, gates, plans
from hub.database.statements import upsert
from hub.errors import RefusedError
from hub.map import plan as plans_file
from hub.map.plan import Plan, PlanKind, limits, sort_of

log = structlog.get_logger()

FILES = ("plan.png", "plan.jpg", "plan.jpeg", "plan.geojson", "plan.json")
"""Where a plan may lie in the data folder, the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gate stands: thousandths from the upper left corner of a picture, or longitude and latitude."""

    x: float
    y: float


def plan(connection: Connection, town: str, folder: Path) -> Plan | None:
    """The town's plan; None if there is none, or the file in the folder is no plan."""
    row = connection.execute(select(plans).where(plans.c.town == town)).first()
    if row is not None and row.kind in set(PlanKind):
        return Plan(PlanKind(row.kind), row.data, row.width or 0, row.height or 0)
    for path in (folder / name for name in FILES):
        try:
            about = path.stat()
        except OSError:
            continue
        return _in_file(path, about.st_mtime_ns, about.st_size)
    return None


@lru_cache(maxsize=4)
def _in_file(path: Path, _changed: int, size: int) -> Plan | None:
    try:
        if size > plans_file.MOST_BYTES:
            raise RefusedError("plan: expected at most %(most)s MB", most=plans_file.MOST_BYTES // 1024 // 1024)
        return plans_file.read(path.read_bytes())
    except (RefusedError, OSError) as error:
        log.warning("map.plan", file=path.name, error=str(error))
        return None


def keep(connection: Connection, *, town: str, data: bytes, by: str, now: datetime) -> Plan:
    """Keeps an uploaded plan in the place of the one before; `RefusedError` for a file that is none."""
    found = plans_file.read(data)
    row = {
        "town": town,
        "kind": found.kind.value,
        "data": found.data,
        "hash": found.hash,
        "width": found.width,
        "height": found.height,
        "added_at": wall_text(now),
        "added_by": by,
    }
    upsert(connection, plans, [row])
    detail = {"kind": found.kind.value, "size": len(found.data)}
    audit.note(connection, user=by, action="plan kept", object=f"map/{found.hash}", detail=detail, now=now)
    return found


def remove(connection: Connection, *, town: str, by: str, now: datetime) -> None:
    """Removes the uploaded plan; `RefusedError` if there is none. The gates' places stay."""
    if connection.execute(delete(plans).where(plans.c.town == town)).rowcount == 0:
        raise RefusedError("plan: none was uploaded")
    audit.note(connection, user=by, action="plan removed", object="map", detail={}, now=now)


def places(connection: Connection, town: str, on: Plan) -> dict[str, Place]:
    """Where the gates stand on such a plan."""
    query = select(gate_places).where(gate_places.c.town == town, gate_places.c.plan == sort_of(on))
    return {row.gate: Place(row.x, row.y) for row in connection.execute(query)}


def put(connection: Connection, *, town: str, on: Plan, gate: str, place: Place | None, by: str, now: datetime) -> None:
    """Puts a gate at a place of the plan, or takes it off (None); `RefusedError` for no gate of the town, or a place beyond the plan."""
    known = select(gates.c.gate).where(gates.c.town == town, gates.c.gate == gate, gates.c.retired_at.is_(None))
    if connection.execute(known).first() is None:
        raise RefusedError("gate %(gate)r: there is no such gate", gate=gate)
    there = places(connection, town, on).get(gate)
    if place is None:
        which = (gate_places.c.town == town, gate_places.c.gate == gate, gate_places.c.plan == sort_of(on))
        connection.execute(delete(gate_places).where(*which))
    else:
        (least_x, most_x), (least_y, most_y) = limits(on)
        if not (least_x <= place.x <= most_x and least_y <= place.y <= most_y):
            raise RefusedError(
                "place: expected %(least_x)s to %(most_x)s, and %(least_y)s to %(most_y)s",
                least_x=f"{least_x:g}",
                most_x=f"{most_x:g}",
                least_y=f"{least_y:g}",
                most_y=f"{most_y:g}",
            )
        row = {"town": town, "gate": gate, "plan": sort_of(on), "x": round(place.x, 6), "y": round(place.y, 6)}
        upsert(connection, gate_places, [{**row, "placed_at": wall_text(now), "placed_by": by}])
    detail = {"gate": gate, **audit.changed({"place": _words(there)}, {"place": _words(place)})}
    audit.note(connection, user=by, action="gate placed", object=f"map/{gate}", detail=detail, now=now)


def _words(place: Place | None) -> str:
    return "" if place is None else f"{place.x:.6g}, {place.y:.6g}"
