"""The projections as they are after an entry, derived anew from the entries up to it, in a database that is thrown away.

Tested in `tests/hub/reports/test_daily.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.database.copies import scratch
from hub.database.schema import entries
from hub.ledger.projections.derive import stored
from hub.ledger.projections.isolate import derive_each

CHUNK = 2000


@contextmanager
def as_of(connection: Connection, town: str, entry: int) -> Iterator[Connection]:
    """A database in which the town's projections are those after the entry with this id."""
    with scratch() as derived:
        last = 0
        query = select(entries).where(entries.c.town == town, entries.c.id <= entry).order_by(entries.c.id).limit(CHUNK)
        while rows := connection.execute(query.where(entries.c.id > last)).all():
            # of an entry the projections ask only its place, its visit and when it came
            derived.execute(entries.insert(), [{**row._mapping, "raw": "", "private": ""} for row in rows])
            derive_each(derived, town, [stored(row) for row in rows])
            last = rows[-1].id
        yield derived
