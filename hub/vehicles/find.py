"""Finds vehicles by any part of a plate: in the visits, the passes, the watch list.

Tested in `tests/hub/vehicles/test_views.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Select, func, select
from sqlalchemy.engine import Connection

from edge.contract.plates import classify
from hub.database.schema import inside, passes, plate_ends, visits, watched
from hub.ledger.projections.plate_ends import LONGEST, holding
from hub.passes.store import PassState, of_plates

MOST_TYPED = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A vehicle that was found: since when it is inside (None: it is not), when it was last at a gate, its passes' best state, watched or not."""

    plate: str
    inside_since: str | None
    last_at: str | None
    passes: PassState | None
    watched: bool


def plates(
    connection: Connection, town: str, text: str, *, visits_only: bool, after: str = "", limit: int
) -> list[str]:
    """The plates that hold this part, in order, from behind `after`. `visits_only`: the whole plate, and only if it came to a gate."""
    part = classify(text).text
    if not part or len(part) > LONGEST:
        return []
    if visits_only:
        known = select(visits.c.plate).where(visits.c.town == town, visits.c.plate == part).limit(1)
        return [plate for plate in connection.execute(known).scalars() if plate > after]
    found: set[str] = set()
    for query, column in (
        (holding(town, part), plate_ends.c.plate),
        (_having(passes.c.plate, passes.c.town == town, part), passes.c.plate),
        (_having(watched.c.plate, watched.c.town == town, part), watched.c.plate),
    ):
        ordered = column if connection.dialect.name == "sqlite" else column.collate("C")
        found |= set(connection.execute(query.where(ordered > after).order_by(ordered).limit(limit)).scalars())
    return sorted(found)[:limit]


def described(connection: Connection, town: str, some: Sequence[str], now: datetime) -> list[Found]:
    """What a list says of each of these plates."""
    since = select(inside.c.plate, inside.c.since).where(inside.c.town == town, inside.c.vehicle.in_(some))
    seen = select(visits.c.plate, func.max(func.coalesce(visits.c.closed_at, visits.c.opened_at)))
    last = seen.where(visits.c.town == town, visits.c.plate.in_(some)).group_by(visits.c.plate)
    watch = select(watched.c.plate).where(watched.c.town == town, watched.c.plate.in_(some))
    came, at = (dict(tuple(row) for row in connection.execute(query)) for query in (since, last))
    listed = set(connection.execute(watch).scalars())
    best: dict[str, PassState] = {}
    order = list(PassState)
    for each in of_plates(connection, town, some):
        state = each.state(now)
        best[each.plate] = max(state, best.get(each.plate, state), key=order.index)
    return [Found(each, came.get(each), at.get(each), best.get(each), each in listed) for each in some]


def _having(column: Column[str], in_town: ColumnElement[bool], part: str) -> Select[tuple[str]]:
    return select(column).where(in_town, column.contains(part, autoescape=True)).group_by(column)
