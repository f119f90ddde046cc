"""Reads what the hub knows of one vehicle: whether it is inside, its visits, its pictures.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.engine import Connection

from hub.database.schema import inside, last_passed, pictures, visits
from hub.ledger import queries
from hub.pictures.store import Asked, asked


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle: the one that carries a plate, or the one that shows a pass and has no plate."""

    plate: str = ""
    pass_id: str = ""

    @property
    def name(self) -> str:
        """The name under which the projections know it."""
        return self.plate or self.pass_id

    @property
    def filter(self) -> queries.Filter:
        """The filter of its visits."""
        if self.plate:
            return queries.Filter(plate=self.plate, whole=True)
        return queries.Filter(pass_id=self.pass_id)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a vehicle was last: `inside`, since when, by which gate, in which visit; `at` None: it was never seen to drive through."""

    inside: bool = False
    at: str | None = None
    gate: str | None = None
    visit: str | None = None


def whereabouts(connection: Connection, town: str, vehicle: Vehicle) -> Whereabouts:
    """Where a vehicle was last, by the gates' time."""
    came = connection.execute(select(inside).where(inside.c.town == town, inside.c.vehicle == vehicle.name)).first()
    if came is not None:
        return Whereabouts(True, came.since, came.gate, came.visit_id)
    query = (
        select(last_passed.c.closed_at, last_passed.c.visit_id, visits.c.gate)
        .outerjoin(visits, visits.c.visit_id == last_passed.c.visit_id)
        .where(last_passed.c.town == town, last_passed.c.vehicle == vehicle.name)
    )
    left = connection.execute(query).first()
    return Whereabouts() if left is None else Whereabouts(False, left.closed_at, left.gate, left.visit_id)


def latest(connection: Connection, town: str, vehicle: Vehicle) -> queries.VisitRow | None:
    """The newest visit of a vehicle."""
    rows = queries.page(connection, town, vehicle.filter, limit=1).rows
    return rows[0] if rows else None


def count_visits(connection: Connection, town: str, vehicle: Vehicle) -> int:
    """How many visits a vehicle made."""
    query = select(func.count()).select_from(visits).where(*queries.conditions(town, vehicle.filter))
    return connection.execute(query).scalar_one()


def asked_pictures(connection: Connection, town: str, visit_ids: list[str]) -> Mapping[str, Asked]:
    """By visit: the pictures that somebody asked for."""
    of_them: ColumnElement[bool] = pictures.c.visit.in_(visit_ids)
    found: dict[str, Any] = {
        visit: asked(connection, town, visit)
        for visit in connection.execute(select(pictures.c.visit).where(pictures.c.town == town, of_them)).scalars()
    }
    return found
