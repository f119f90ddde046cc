"""The villages that an order can go to: units of the organisation, by id.

Tested in `tests/hub/orders/test_dispatches.py`.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Village:
    """A unit of the organisation that confirms orders in the browser."""

    id: str
    zh: str
    en: str


_UNTIL_THE_ORGANISATION = (Village("dongcun", "东村", "East village"), Village("xicun", "西村", "West village"))


def villages(connection: Connection, town: str) -> dict[str, Village]:
    """The villages of the town by id, in the order in which a page lists them."""
    return {each.id: each for each in _UNTIL_THE_ORGANISATION}
