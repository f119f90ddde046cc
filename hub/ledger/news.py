"""What came since a page was made, counted cheaply: by entries above an id, or rows above a number.

Tested in `tests/hub/web/test_news.py`.
"""

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from edge.contract.facts import Kind
from hub.database.schema import conflicts, dispatches, entries, receipts, sightings, visits
from hub.ledger.queries import Filter, conditions


def visits_since(connection: Connection, town: str, entry: int, filter_: Filter) -> int:
    """How many visits of a filter began in entries above an id."""
    begun = (entries.c.town == town, entries.c.id > entry, entries.c.kind == Kind.VISIT_OPENED)
    query = select(func.count(entries.c.visit.distinct()))
    joined = entries.join(visits, visits.c.visit_id == entries.c.visit)
    return connection.execute(query.select_from(joined).where(*begun, *conditions(town, filter_))).scalar_one()


def last_passage(connection: Connection, town: str) -> int:
    """The number of the newest passage in or out; 0 for none."""
    return connection.execute(select(func.max(sightings.c.n)).where(sightings.c.town == town)).scalar_one() or 0


def conflicts_since(connection: Connection, town: str, time: str, entry: int, what: str, gate: str) -> int:
    """How many open conflicts of a kind (or any), of a gate (or any), were opened at a time or later, in entries above an id."""
    since = (conflicts.c.opened_at >= time, conflicts.c.opened_entry > entry)
    query = select(func.count()).where(conflicts.c.town == town, conflicts.c.settled_at.is_(None), *since)
    for column, wanted in ((conflicts.c.what, what), (conflicts.c.gate, gate)):
        query = query.where(column == wanted) if wanted else query
    return connection.execute(query).scalar_one()


def orders_since(connection: Connection, town: str, time: str) -> int:
    """How many orders were sent, taken back or answered after a time."""
    changed = or_(dispatches.c.issued_at > time, dispatches.c.cancelled_at > time)
    sent = connection.execute(
        select(func.count()).select_from(dispatches).where(dispatches.c.town == town, changed)
    ).scalar_one()
    answered = select(func.count()).select_from(receipts)
    return (
        sent + connection.execute(answered.where(receipts.c.town == town, receipts.c.received_at > time)).scalar_one()
    )
