"""The acknowledgement of what the ledger took. Tested in `tests/hub/ledger/test_append.py`."""

from dataclasses import replace

from sqlalchemy.engine import Connection

from edge.contract.messages import Ack, Hello
from hub.ledger import refused
from hub.ledger.cursors import Cursor, read_cursors
from hub.ledger.head import Ledger, read_ledger


def ack(ledger: Ledger, epoch: str, cursor: Cursor) -> Ack:
    """The acknowledgement for a gate."""
    return Ack(
        ledger=ledger.id,
        ledger_epoch=ledger.epoch,
        epoch=epoch,
        committed=cursor.committed,
        hash=cursor.hash if cursor.committed else None,
        backed_up=cursor.backed_up,
        missing=cursor.missing,
        ahead=cursor.ahead,
        head=ledger.head,
        refused=cursor.refused,
    )


def answer(connection: Connection, town: str, gate: str, hello: Hello) -> Ack:
    """The answer to a hello: where the hub stands in the gate's journal, and what it lost if the gate knows of more."""
    ledger = read_ledger(connection, town)
    cursor = read_cursors(connection, town, [(gate, hello.epoch)])[gate, hello.epoch]
    lacks = ((cursor.committed + 1, hello.head),) if hello.acked > cursor.committed else ()
    of_it = refused.of_journal(connection, town, gate, hello.epoch)
    return ack(ledger, hello.epoch, replace(cursor, missing=lacks, refused=of_it))
