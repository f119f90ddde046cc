"""A town with a village and its hours of zero reports, for tests."""

from datetime import timedelta

from sqlalchemy.engine import Connection

from hub.organisation import changes
from hub.organisation.units import Said
from hub.zero_reports import store
from hub.zero_reports.terms import Terms
from tests.hub.registers.declared import ZONE
from tests.hub.towns import NOW, Place

TERMS = Terms("10:00", "12:00")
"""`NOW` is half past twelve in the town: what is due today is late."""
BEFORE = NOW - timedelta(days=2)
VILLAGE = "unit/nancun"


def set_up(connection: Connection) -> None:
    """A village below a town, and the hours."""
    for said in (
        Said("town", "镇", "Town", id="zhen"),
        Said("village", "南村", "South village", parent="zhen", id="nancun"),
    ):
        changes.add(connection, town="demo", said=said, by="u-5", now=BEFORE)
    store.set_terms(connection, "demo", TERMS, by="u-5", now=BEFORE)


def give(place: Place, reporter: str = VILLAGE, count: int = 0, text: str = "", hours: float = 0) -> store.ZeroReport:
    """A report, so many hours after `NOW`."""
    now = NOW + timedelta(hours=hours)
    with place.engine.begin() as connection:
        return store.report(connection, "demo", reporter, count, text, zone=ZONE, by="u-3", now=now)
