"""The SQL of the counts of messages that were not kept: for each gate and what it sent too much of, how many messages, how many bytes, since when.

These counts stay: they are all that is left of such messages.

Tested in `tests/hub/ledger/test_budget.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.database.schema import unkept
from hub.ledger.budget import Unkept


def add(connection: Connection, town: str, counts: Iterable[Unkept], now: datetime) -> None:
    """Adds to the counts."""
    at = wall_text(now)
    for each in counts:
        more = {
            "last_at": at,
            "messages": unkept.c.messages + each.messages,
            "bytes": unkept.c.bytes + each.bytes,
        }
        of_row = (unkept.c.town == town, unkept.c.gate == each.gate, unkept.c.what == each.what)
        if connection.execute(update(unkept).where(*of_row).values(**more)).rowcount == 0:
            new = {"town": town, "gate": each.gate, "what": each.what, "first_at": at, "last_at": at}
            connection.execute(insert(unkept).values(**new, messages=each.messages, bytes=each.bytes))


def every(connection: Connection, town: str) -> Sequence[Row[Any]]:
    """All counts of a town, the newest first."""
    query = select(unkept).where(unkept.c.town == town).order_by(unkept.c.last_at.desc(), unkept.c.gate, unkept.c.what)
    return connection.execute(query).all()
