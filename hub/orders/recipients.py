"""The villages that an order can go to: units of the organisation, by id.

Tested in `tests/hub/orders/test_dispatches.py`.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.database.schema import metadata

DEEPEST = 3
"""Levels of the organisation whose units a form offers: the town, its districts, their villages; the grids below are too many."""


@dataclass(frozen=True, slots=True)
class Village:
    """A unit of the organisation that confirms orders in the browser. `depth`: 1 for the town itself."""

    id: str
    zh: str
    en: str
    depth: int = 1


_WITHOUT_AN_ORGANISATION = (Village("dongcun", "东村", "East village"), Village("xicun", "西村", "West village"))


def villages(connection: Connection, town: str) -> dict[str, Village]:
    """The open units of the town by id, in the order in which a page lists them."""
    units = metadata.tables.get("units")
    if units is None:
        return {each.id: each for each in _WITHOUT_AN_ORGANISATION}
    query = select(units.c.id, units.c.zh, units.c.en, units.c.path)
    rows = connection.execute(query.where(units.c.town == town, units.c.closed_at.is_(None)).order_by(units.c.path))
    return {
        row.id: Village(row.id, row.zh or row.en or row.id, row.en or row.zh or row.id, row.path.count("/"))
        for row in rows
    }
