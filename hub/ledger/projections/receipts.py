"""Updates the small projections for entries that belong to no visit: answers to orders, clocks that were set, judged quarantine.

Tested in `tests/hub/orders/test_store.py` and `tests/hub/pictures/test_store.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.engine import Connection

from edge.contract.commands import Answered
from edge.contract.facts import ClockTrust, Kind
from edge.contract.topics import HUB
from hub.database.schema import clock_sets, judged, receipts
from hub.database.statements import insert_new
from hub.values.stored import code_of, part, text_of, time_of, wall_of, whole_of

RESULTS = frozenset(each.value for each in Answered)
OUTCOMES = frozenset({"released", "dismissed"})
Row = dict[str, Any]
Said = Mapping[str, Any]


class NewEntry(Protocol):
    """A new entry, as `derive.Other` has it."""

    @property
    def said(self) -> Said: ...
    @property
    def received_at(self) -> str: ...


def derive_receipts(connection: Connection, town: str, fresh: Sequence[NewEntry]) -> None:
    """Applies new entries, in order; the first of several equal answers (of one officer), and the first judgement, stands.

    What an entry says wrongly (an answer that is none, a time that is none) tells nothing; the entry stands all the same.
    """
    answers: list[Row] = []
    sets: list[Row] = []
    judgements: list[Row] = []
    for entry in fresh:
        match entry.said.get("kind"):
            case Kind.ORDER_RECEIVED.value:
                answers += _answer(town, entry)
            case Kind.CLOCK_SET.value:
                sets += _set(town, entry.said)
            case Kind.RELEASED.value if entry.said.get("gate") == HUB:
                judgements += _judgement(town, entry)
    insert_new(connection, receipts, answers)
    insert_new(connection, clock_sets, sets)
    insert_new(connection, judged, judgements)


def _answer(town: str, entry: NewEntry) -> list[Row]:
    body, gate = part(entry.said, "body"), code_of(entry.said.get("gate"))
    order, result = text_of(body.get("order")), code_of(body.get("result"))
    if gate is None or order is None or result not in RESULTS:
        return []
    return [
        {
            "town": town,
            "gate": gate,
            "order": order,
            "result": result,
            "officer": text_of(body.get("officer")) or "",
            "detail": text_of(body.get("detail")) or "",
            "at": _when(entry),
            "received_at": entry.received_at,
            "late": late if isinstance(late := body.get("late"), bool) else None,
        }
    ]


def _set(town: str, said: Said) -> list[Row]:
    at, body = part(said, "at"), part(said, "body")
    after, mono_ms, boot = wall_text_of(body.get("after")), whole_of(at.get("mono_ms")), text_of(at.get("boot"))
    gate, epoch, seq = code_of(said.get("gate")), code_of(said.get("epoch")), whole_of(said.get("seq"))
    # a battery clock may be minutes off, and whoever sets it by hand too: only a synced one tells the right time
    if at.get("clock") != ClockTrust.SYNCED.value or None in (after, mono_ms, boot, gate, epoch, seq):
        return []
    return [
        {
            "town": town,
            "gate": gate,
            "epoch": epoch,
            "seq": seq,
            "boot": boot,
            "mono_ms": mono_ms,
            "before": text_of(body.get("before")) or "",
            "after": after,
        }
    ]


def wall_text_of(value: object) -> str | None:
    """A time of the calendar as it was written; None for anything else."""
    return text_of(value) if time_of(value) is not None else None


def _judgement(town: str, entry: NewEntry) -> list[Row]:
    body = part(entry.said, "body")
    number, outcome = whole_of(body.get("quarantine")), code_of(body.get("outcome", "released"))
    if number is None or outcome not in OUTCOMES:
        return []
    return [
        {
            "town": town,
            "quarantine": number,
            "outcome": outcome,
            "user": text_of(body.get("user")) or "",
            "reason": text_of(body.get("reason")) or "",
            "at": _when(entry),
        }
    ]


def _when(entry: NewEntry) -> str:
    """When the gate said it; where that is no time, when the hub received it."""
    return wall_of(part(entry.said, "at").get("wall")) or entry.received_at
