"""The keeper of a town's register, put together from what the town chose. Tested in `tests/hub/registers/test_keeping.py`."""

from collections.abc import Mapping
from datetime import tzinfo

from sqlalchemy.engine import Connection

from hub.registers import catalogue
from hub.registers.keeping import Hook, Keeper


def keeper(connection: Connection, town: str, id_: str, zone: tzinfo, hooks: Mapping[str, Hook]) -> Keeper:
    """The keeper of the register with this id; `RefusedError` if the town has none such."""
    found = catalogue.known(connection, town, id_)
    return Keeper(town, found.register, found.asked, zone, hooks.get(id_), closed=found.closed_at is not None)
