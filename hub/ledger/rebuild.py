"""Derives every projection anew from the entries, in one transaction: what comes out is what stood there, byte for byte."""

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from hub.database import clock_sets, conflicts, entries, inside, judged, last_passed, receipts, sightings, visits
from hub.ledger.derive import derive, stored

CHUNK = 2000


def rebuild(connection: Connection, town: str) -> int:
    """Empties the town's projections and derives them again; gives the number of entries."""
    for table in (visits, inside, last_passed, sightings, conflicts, receipts, clock_sets, judged):
        connection.execute(delete(table).where(table.c.town == town))
    last, count = 0, 0
    while True:
        query = select(entries).where(entries.c.town == town, entries.c.id > last).order_by(entries.c.id).limit(CHUNK)
        rows = connection.execute(query).all()
        if not rows:
            return count
        derive(connection, town, [stored(row) for row in rows])
        last, count = rows[-1].id, count + len(rows)
