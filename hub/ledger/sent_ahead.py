"""Moves batches that a journal sent ahead of its backlog into the quarantine when that journal is gone: the backlog will never come.

There an officer sees it, with its raw bytes, and sets the crossings right by hand; as entries they would stand without what
came before them.

Tested in `tests/hub/listener/test_listener.py`.
"""

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from edge.contract.topics import Name, Topic
from hub.database.schema import ahead
from hub.ledger.received import Quarantined, Sort


def left_aside(connection: Connection, town: str, gate: str, epoch: str) -> list[Quarantined]:
    """Takes away the batches that are held of this gate's journals other than `epoch`: messages for the quarantine, the oldest first."""
    of_others = (ahead.c.town == town, ahead.c.gate == gate, ahead.c.epoch != epoch)
    rows = connection.execute(select(ahead).where(*of_others).order_by(ahead.c.received_at, ahead.c.first)).all()
    connection.execute(delete(ahead).where(*of_others))
    topic = str(Topic(gate, Name.RECORDS))
    return [Quarantined(topic, gate, _why(row.first, row.last), row.raw, sort=Sort.AHEAD) for row in rows]


def _why(first: int, last: int) -> str:
    return f"records {first} to {last}, sent ahead of a backlog that will not come: the gate has another journal now"
