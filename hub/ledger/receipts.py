"""Brings `receipts` and `clock_sets` after gates' entries: what was answered to an order, when a wall clock was set."""

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from edge.contract.messages import Answered
from edge.contract.records import ClockSet, OrderReceived, Record
from hub.database import clock_sets, insert_new, receipts

RESULTS = frozenset(Answered)


def derive_receipts(connection: Connection, town: str, fresh: Sequence[tuple[Record, str]]) -> None:
    """Applies new entries (record, when the hub received it); the first of several equal answers stands."""
    answers, sets = [], []
    for record, received_at in fresh:
        if isinstance(record.body, OrderReceived) and record.body.result in RESULTS:
            body = record.body
            answers.append(
                {
                    "town": town,
                    "gate": record.gate,
                    "order": body.order,
                    "result": body.result,
                    "officer": body.officer,
                    "detail": body.detail,
                    "at": record.at.wall,
                    "received_at": received_at,
                }
            )
        elif isinstance(record.body, ClockSet):
            sets.append(
                {
                    "town": town,
                    "gate": record.gate,
                    "epoch": record.epoch,
                    "seq": record.seq,
                    "boot": record.at.boot,
                    "mono_ms": record.at.mono_ms,
                    "before": record.body.before,
                    "after": record.body.after,
                }
            )
    insert_new(connection, receipts, answers)
    insert_new(connection, clock_sets, sets)
