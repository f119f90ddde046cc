"""The list `refused` of an acknowledgement: the newest of a gate's records and messages in the quarantine that nobody has judged.

A row of the record that it is about has its number; a message of which no record could be named has none. What is said of another
topic than `records` begins with the topic's name.

Tested in `tests/hub/listener/test_intake.py`.
"""

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from edge.contract.messages import MOST_REFUSED, Refused
from edge.contract.topics import Name
from hub.database.schema import judged, quarantine

LOOKED_AT = 200
"""Rows of a gate that are looked at, the newest: a gate that floods the quarantine makes no answer slower."""
LONGEST = 200
"""Characters of a cause, as the contract has them."""


def of_journal(connection: Connection, town: str, gate: str, epoch: str) -> tuple[Refused, ...]:
    """The records and messages in the quarantine of one journal, or of a gate's message that named none; the newest last."""
    newest = (
        select(quarantine.c.id, quarantine.c.epoch, quarantine.c.topic, quarantine.c.seq, quarantine.c.why)
        .where(quarantine.c.town == town, quarantine.c.gate == gate)
        .order_by(quarantine.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    is_judged = select(judged.c.quarantine).where(judged.c.town == town, judged.c.quarantine == newest.c.id)
    query = (
        select(newest)
        .where(or_(newest.c.epoch == epoch, newest.c.epoch.is_(None)), ~is_judged.exists())
        .order_by(newest.c.id.desc())
        .limit(MOST_REFUSED)
    )
    rows = connection.execute(query).all()
    return tuple(Refused(seq=row.seq, why=_said(row.topic, row.why)) for row in reversed(rows))


def _said(topic: str, why: str) -> str:
    name = topic.rpartition("/")[2]
    return (why if name == Name.RECORDS else f"{name}: {why}")[:LONGEST]
