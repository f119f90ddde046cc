"""Keeps what gates recorded besides visits, with its time: solutions prepared, alarms, shifts of gate officers, records that were lost.

Tested in `tests/hub/ledger/projections/test_sums.py` and `tests/hub/reports/test_recount.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from edge.contract.canonical import canonical
from edge.contract.facts import Kind
from edge.contract.topics import HUB
from hub.database.schema import gate_events
from hub.database.statements import upsert
from hub.ledger.projections.receipts import NewEntry
from hub.values.stored import MOST, code_of, number_of, part, text_of, wall_of, whole_of

Said = Mapping[str, Any]
LONGEST = 200
"""Characters of a text that are kept."""
_CODES = {
    Kind.SOLUTION_PREPARED.value: "batch",
    Kind.ALARM_RAISED.value: "alarm",
    Kind.ALARM_CLEARED.value: "alarm",
    Kind.SHIFT_STARTED.value: "",
    Kind.SHIFT_ENDED.value: "",
    Kind.LOST.value: "",
}
"""The kinds that are kept -> the field of their code."""


def _text(value: object) -> str | None:
    text = text_of(value)
    return None if text is None else text[:LONGEST]


def _litres(value: object) -> float | None:
    number = number_of(value)
    return number if number is not None and 0 <= number <= MOST else None


_DETAILS: dict[str, tuple[tuple[str, Callable[[object], Any]], ...]] = {
    Kind.SOLUTION_PREPARED.value: (
        ("agent", code_of), ("concentration", _text), ("tank", code_of), ("litres", _litres), ("expires_at", wall_of),
    ),
    Kind.ALARM_RAISED.value: (("detail", _text),),
    Kind.SHIFT_ENDED.value: (("to", code_of), ("open_matters", whole_of)),
    Kind.LOST.value: (("first", whole_of), ("last", whole_of), ("why", _text)),
}  # fmt: skip
"""What else of each kind is kept, and how it is read. A shift's note is personal and stays beside its entry."""


def derive_events(connection: Connection, town: str, fresh: Sequence[NewEntry]) -> None:
    """Applies new entries, in order; one that names neither gate, journal nor number tells nothing, and stands all the same."""
    upsert(connection, gate_events, [row for each in fresh if (row := _row(town, each)) is not None])


def _row(town: str, entry: NewEntry) -> dict[str, Any] | None:
    said, kind = entry.said, entry.said.get("kind")
    gate, epoch, seq = code_of(said.get("gate")), code_of(said.get("epoch")), whole_of(said.get("seq"))
    if not isinstance(kind, str) or kind not in _CODES or gate in (None, HUB) or epoch is None or seq is None:
        return None
    body = part(said, "body")
    detail = {name: read(body.get(name)) for name, read in _DETAILS.get(kind, ())}
    return {
        "town": town,
        "gate": gate,
        "epoch": epoch,
        "seq": seq,
        "kind": kind,
        "at": wall_of(part(said, "at").get("wall")) or entry.received_at,
        "code": code_of(body.get(_CODES[kind])) or "",
        "officer": code_of(body.get("officer")),
        "detail": canonical({name: value for name, value in detail.items() if value is not None}).decode(),
    }
