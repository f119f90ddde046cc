"""Two villages for tests: units of the organisation."""

from sqlalchemy.engine import Connection

from hub.organisation import changes, store
from hub.organisation.units import Said
from tests.hub.towns import NOW


def settle_villages(connection: Connection) -> None:
    """Puts 东村 and 西村 into the town `demo`, once."""
    for id_, zh, en in (("dongcun", "东村", "East village"), ("xicun", "西村", "West village")):
        if store.find(connection, "demo", id_) is None:
            changes.add(connection, town="demo", said=Said("village", zh, en=en, id=id_), by="cli", now=NOW)
