"""The villages that an order can go to: the open units of the organisation, by id.

Tested in `tests/hub/orders/test_dispatches.py`.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from hub.organisation import store as organisation

DEEPEST = 3
"""Levels of the organisation whose units a form offers: the town, its areas, their villages; the grids below are too many."""


@dataclass(frozen=True, slots=True)
class Village:
    """A unit of the organisation that confirms orders in the browser. `depth`: 1 for the town itself."""

    id: str
    zh: str
    en: str
    depth: int


def villages(connection: Connection, town: str) -> dict[str, Village]:
    """The open units of the town by id, as its tree is read."""
    return {
        each.id: Village(each.id, each.zh or each.en, each.en or each.zh, each.path.count("/"))
        for each in organisation.every(connection, town)
    }
