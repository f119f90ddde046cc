"""The ledger as another system follows it: entries by number, in their order, each with its gate's signature where it has one.

Tested in `tests/hub/api/test_entries.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.engine import Connection

from hub.database.schema import entries, signatures

COLUMNS = ("id", "gate", "epoch", "seq", "kind", "visit", "raw", "private", "prev", "hash", "chain", "received_at")


def entries_after(
    connection: Connection, town: str, after: int, limit: int, kinds: Collection[str] | None = None
) -> Sequence[Mapping[str, Any]]:
    """Entries of a town above a number, at most `limit`, of these kinds (None: all). `sig`: of its gate over its hash, or None."""
    same = and_(*(signatures.c[name] == entries.c[name] for name in ("town", "gate", "epoch", "seq", "hash")))
    query = (
        select(*(entries.c[name] for name in COLUMNS), signatures.c.sig)
        .select_from(entries.outerjoin(signatures, same))
        # an expression that no index has: by ids, and not through every entry of the town in the index by gates
        .where(entries.c.town + "" == town, entries.c.id > after)
        .order_by(entries.c.id)
        .limit(limit)
    )
    if kinds is not None:
        query = query.where(entries.c.kind.in_(sorted(kinds)))
    return [dict(row) for row in connection.execute(query).mappings()]


def count_after(connection: Connection, town: str, after: int, most: int) -> int:
    """How many entries of a town stand above a number; counted no further than `most`."""
    some = select(entries.c.id).where(entries.c.town + "" == town, entries.c.id > after).limit(most)
    return len(connection.execute(some).all())
