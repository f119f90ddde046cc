"""A town whose duty officer has much to do: conflicts of several vehicles and causes, many of one."""

from datetime import datetime, timedelta

from hub.conflicts import store
from hub.conflicts.rules import Finding, What
from tests.hub.ledgers import table
from tests.hub.towns import Place

MANY = 12


def make_work(place: Place, now: datetime) -> None:
    """Opens a dozen conflicts of different vehicles, and as many of one vehicle and cause."""
    rows = [row for row in table(place, "visits") if row["plate"] and row["outcome"] == "passed"]
    kinds = (What.TOO_FAST, What.OVERSTAY, What.OUT_TWICE, What.IN_TWICE, What.WATCH_LIST)
    with place.engine.begin() as connection:
        for n, row in enumerate(rows[:MANY]):
            found = Finding(kinds[n % len(kinds)], (row["visit_id"],), row["plate"])
            store.open_(connection, town="demo", finding=found, key=place.town.key, now=now - timedelta(minutes=n))
        for n, row in enumerate(rows[MANY : 2 * MANY]):
            found = Finding(What.IN_TWICE, (row["visit_id"],), rows[0]["plate"])
            store.open_(connection, town="demo", finding=found, key=place.town.key, now=now - timedelta(minutes=n))
