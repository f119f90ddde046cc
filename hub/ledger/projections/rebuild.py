"""Derives every projection anew from the entries, in one transaction: what comes out is what stood there, byte for byte.

An entry that the program fails at is left out and named (`undone.What.DERIVED`); what could not be judged is due again.

Tested in `tests/hub/ledger/projections/test_isolate.py` and `tests/hub/ledger/projections/test_visit_row.py`.
"""

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from hub.database.schema import entries
from hub.ledger.projections import undone
from hub.ledger.projections.compare import NAMED_BY
from hub.ledger.projections.derive import stored
from hub.ledger.projections.isolate import derive_each

CHUNK = 2000


def rebuild(connection: Connection, town: str, now: datetime | None = None) -> int:
    """Empties the town's projections and derives them again; gives the number of entries."""
    for what in (undone.What.DERIVED, undone.What.PROJECTIONS):
        undone.done(connection, town, what, None, now or datetime.now(UTC))
    undone.try_again(connection, town, undone.What.JUDGED)
    for table in NAMED_BY:
        connection.execute(delete(table).where(table.c.town == town))
    last, count = 0, 0
    while True:
        query = select(entries).where(entries.c.town == town, entries.c.id > last).order_by(entries.c.id).limit(CHUNK)
        rows = connection.execute(query).all()
        if not rows:
            return count
        derive_each(connection, town, [stored(row) for row in rows])
        last, count = rows[-1].id, count + len(rows)
