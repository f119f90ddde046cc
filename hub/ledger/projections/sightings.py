"""The sightings: who went in or out where, numbered without a gap in the order in which the entries came.

A number is given in the transaction that makes a visit a passage, also a late one, and never again to another: a correction
changes no number, and `rebuild` gives the same ones. A sighting says what was known when it was numbered.

Tested in `tests/hub/downlink/test_sightings.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from edge.contract.messages import Sighting
from edge.contract.records import wall_text
from hub.database.schema import inside, sightings, visits
from hub.database.statements import Often, insert
from hub.ledger.projections.visit_row import Row
from hub.values.stored import EPOCH, SHORT, wall_of
from hub.values.visible import bare

Spoken = Mapping[str, Any]
"""A `Sighting` of the contract as plain values: twenty thousand of them are told at once, so little is looked at again."""
FIELDS = tuple(Sighting.model_fields)
_SPOKEN = tuple(sightings.c[name] for name in FIELDS)
_LAST = Often(select(func.max(sightings.c.n)).where(sightings.c.town == bindparam("town")))
_AFTER = Often(
    select(*_SPOKEN)
    .where(sightings.c.town == bindparam("town"), sightings.c.n > bindparam("n"))
    .order_by(sightings.c.n)
    .limit(bindparam("limit"))
)

_KNOWN_NOW = {each.name: func.nullif(each, "") for each in (inside.c.plate, inside.c.pass_id)}
_INSIDE = Often(
    select(*(_KNOWN_NOW.get(each.name, each) for each in _SPOKEN))
    .join_from(inside, visits, visits.c.visit_id == inside.c.visit_id)
    .join(sightings, (sightings.c.town == inside.c.town) & (sightings.c.n == visits.c.sighting))
    .where(inside.c.town == bindparam("town"))
    .order_by(sightings.c.n)
)


def number(connection: Connection, town: str, passed: Sequence[Row]) -> dict[str, int]:
    """Gives the next numbers to visits that have just become passages, in the order of their entries: visit -> number."""
    if not passed:
        return {}
    first = last(connection, town) + 1
    rows = [
        {
            "town": town,
            "n": n,
            "visit": row["visit_id"],
            "gate": row["gate"],
            "direction": row["direction"],
            "pass_id": row["pass_id"] or None,
            "plate": row["plate"] or None,
            "at": row["closed_at"],
        }
        for n, row in enumerate(passed, start=first)
    ]
    insert(connection, sightings, rows)
    return {row["visit"]: row["n"] for row in rows}


def last(connection: Connection, town: str) -> int:
    """The number of the newest sighting; 0 for none."""
    ((found,),) = _LAST(connection, town=town)
    return found or 0


def after(connection: Connection, town: str, n: int, limit: int) -> list[Spoken]:
    """The sightings after number `n`, at most `limit`."""
    return _spoken(_AFTER(connection, town=town, n=n, limit=limit))


def inside_now(connection: Connection, town: str) -> list[Spoken]:
    """The sighting with which each vehicle that is inside came in, by number, under the plate that is known now."""
    return _spoken(_INSIDE(connection, town=town))


def _spoken(rows: Sequence[Sequence[Any]]) -> list[Spoken]:
    return [_fit(dict(zip(FIELDS, row, strict=True))) for row in rows]


def _fit(row: dict[str, Any]) -> Spoken:
    """A row as gates take it: one that an older version numbered with a value that is none must not cost them all the others."""
    if wall_of(row["at"]) is None:
        # any other sighting of the vehicle is later, and stands
        row["at"] = wall_text(EPOCH)
    if row["plate"] is not None:
        row["plate"] = bare(row["plate"])[:SHORT] or None
    return row
