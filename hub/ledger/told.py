"""Brings the small projections after entries that belong to no visit: answers to orders, clocks that were set, judged quarantine."""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.engine import Connection

from edge.contract.messages import Answered
from edge.contract.records import Clock, ClockSet, OrderReceived, Record, Released
from hub.database import clock_sets, insert_new, judged, receipts

RESULTS = frozenset(Answered)
Row = dict[str, Any]


class Entry(Protocol):
    """A new entry, as `derive.Fresh` has it."""

    @property
    def record(self) -> Record: ...
    @property
    def received_at(self) -> str: ...


def derive_told(connection: Connection, town: str, fresh: Sequence[Entry]) -> None:
    """Applies new entries, in order; the first of several equal answers, and the first judgement, stands."""
    answers: list[Row] = []
    sets: list[Row] = []
    judgements: list[Row] = []
    for entry in fresh:
        match entry.record.body:
            case OrderReceived(result=result) as body if result in RESULTS:
                answers.append(_answer(town, entry, body))
            # a battery clock may be minutes off, and whoever sets it by hand too: only a synced one tells the right time
            case ClockSet() as body if entry.record.at.clock is Clock.SYNCED:
                sets.append(_set(town, entry.record, body))
            case Released() as body:
                judgements.append(_judgement(town, entry.record, body))
    insert_new(connection, receipts, answers)
    insert_new(connection, clock_sets, sets)
    insert_new(connection, judged, judgements)


def _answer(town: str, entry: Entry, body: OrderReceived) -> Row:
    return {
        "town": town,
        "gate": entry.record.gate,
        "order": body.order,
        "result": body.result,
        "officer": body.officer,
        "detail": body.detail,
        "at": entry.record.at.wall,
        "received_at": entry.received_at,
    }


def _set(town: str, record: Record, body: ClockSet) -> Row:
    return {
        "town": town,
        "gate": record.gate,
        "epoch": record.epoch,
        "seq": record.seq,
        "boot": record.at.boot,
        "mono_ms": record.at.mono_ms,
        "before": body.before,
        "after": body.after,
    }


def _judgement(town: str, record: Record, body: Released) -> Row:
    return {
        "town": town,
        "quarantine": body.quarantine,
        "outcome": body.outcome,
        "user": body.user,
        "reason": body.reason,
        "at": record.at.wall,
    }
