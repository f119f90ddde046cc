"""Derives new entries so that one at which the program fails does not stop the others: it stays in the ledger, and an alert is raised.

All together first, in a savepoint; only if that fails one entry after another, in the same order, each in a savepoint of its own.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from hub.database.engine import UnusableError
from hub.database.schema import entries
from hub.ledger.projections import undone
from hub.ledger.projections.derive import Fresh, derive
from hub.ledger.projections.visit_row import Row
from hub.values.stored import EPOCH, said, time_of, whole_of

log = structlog.get_logger()


def derive_each(connection: Connection, town: str, fresh: Sequence[Fresh]) -> list[Row]:
    """Brings the projections after new entries, as far as it can; gives the rows of `visits` that were written.

    What it cannot is in `undone`, with an alert. A database that cannot write is another matter and raises.
    """
    if not fresh:
        return []
    try:
        with connection.begin_nested():
            return derive(connection, town, fresh)
    except UnusableError:
        raise
    except Exception:
        log.exception("entries are derived one by one", entries=len(fresh))
    written: dict[str, Row] = {}
    for each in fresh:
        written |= {row["visit_id"]: row for row in _alone(connection, town, each)}
    return list(written.values())


def _alone(connection: Connection, town: str, each: Fresh) -> list[Row]:
    try:
        with connection.begin_nested():
            return derive(connection, town, [each])
    except UnusableError:
        raise
    except Exception as error:
        place = _entry(connection, town, each)
        log.exception("an entry is kept, but not derived", entry=place)
        now = time_of(each.received_at) or EPOCH
        undone.note(connection, town, undone.What.DERIVED, place, error, now)
        return []


def _entry(connection: Connection, town: str, each: Fresh) -> str:
    """The entry's id; of one that does not say its place, the beginning of its hash."""
    value = said(each.item.raw)
    place = (value.get("gate"), value.get("epoch"), whole_of(value.get("seq")))
    if not isinstance(place[0], str) or not isinstance(place[1], str) or place[2] is None:
        return each.item.hash[:16]
    query = select(entries.c.id).where(
        entries.c.town == town, entries.c.gate == place[0], entries.c.epoch == place[1], entries.c.seq == place[2]
    )
    found = connection.execute(query).scalar_one_or_none()
    return each.item.hash[:16] if found is None else str(found)
