"""What a record tells of its visit: the columns of `visits` that it speaks of. Pure: record -> Tells.

What becomes of the visit's row is decided where the row is known (`projections.py`). Nothing here but plain text and numbers, so that
it can be worked out in another process.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from edge.contract.plates import classify
from edge.contract.reasons import Reason
from edge.contract.records import (
    Disinfected,
    Disinfection,
    Fact,
    Kind,
    Overridden,
    Private,
    Record,
    VisitClosed,
    VisitOpened,
)
from edge.contract.values import visible

Columns = Mapping[str, Any]
"""Columns of `visits` by name."""
NEVER_WAITS = frozenset({Reason.PRIORITY, Reason.EMERGENCY})
PERSONAL = ("occupants", "origin", "destination", "purpose", "driver", "phone", "remark")
"""Personal values that have a column of their own; the plate has two, and a picture's name none."""

B = TypeVar("B", bound=Fact)


class Tells(NamedTuple):
    """One record of a visit: who says it, of which visit, and what. `supplement`: said again for what was filled in afterwards."""

    kind: str
    visit: str
    town: str
    gate: str
    lane: str | None
    columns: Columns
    personal: Columns
    supplement: bool


def tells(record: Record, private: Private) -> Tells | None:
    """What a record tells of its visit; None if it belongs to none."""
    told = _TELLS.get(record.kind)
    if told is None or record.visit is None:
        return None
    return Tells(
        record.kind.value,
        record.visit,
        record.town,
        record.gate,
        record.lane,
        told(record),
        _personal(private) if private else {},
        isinstance(record.body, VisitClosed) and record.body.supplement,
    )


def _opened(record: Record) -> Columns:
    body = _body(record, VisitOpened)
    owed = body.disinfection is Disinfection.REQUIRED and body.reason not in NEVER_WAITS
    return {
        "operation": body.operation,
        "lane": record.lane,
        "direction": body.direction.value,
        "opened_at": record.at.wall,
        "clock": record.at.clock.value,
        "vehicle_class": body.vehicle_class,
        "pass_id": body.pass_id,
        "read_by": body.read_by.value,
        "verdict": body.verdict.value,
        "reason": body.reason.value,
        "officer": body.officer,
        "disinfected": "owed" if owed else "not_required",
        "entry_seq": record.seq,
    }


def _disinfected(record: Record) -> Columns:
    body = _body(record, Disinfected)
    return {
        "disinfected": "yes",
        "agent": body.agent,
        "concentration": body.concentration,
        "parts": " ".join(body.parts),
        "washed_first": body.washed_first,
        "spray_seconds": body.seconds,
        "contact_minutes": body.contact_minutes,
        "litres": body.litres,
        "disinfection_verified_by": body.verified_by.value,
        "officer": body.officer,
    }


def _overridden(record: Record) -> Columns:
    body = _body(record, Overridden)
    return {"override_by": body.officer, "override_reason": body.reason, "override_what": body.what}


def _closed(record: Record) -> Columns:
    body = _body(record, VisitClosed)
    return {
        "outcome": body.outcome.value,
        "turn_back_why": body.why,
        "closed_at": record.at.wall,
        "officer": body.officer,
    }


def _corrected(_record: Record) -> Columns:
    return {}


_TELLS: dict[Kind, Callable[[Record], Columns]] = {
    Kind.VISIT_OPENED: _opened,
    Kind.DISINFECTED: _disinfected,
    Kind.OVERRIDDEN: _overridden,
    Kind.VISIT_CLOSED: _closed,
    Kind.CORRECTED: _corrected,
}


def _personal(private: Private) -> Columns:
    # a gate of an older version, or no true one, may have kept what can't be seen; PostgreSQL's text knows no NUL
    values = {field: visible(value) for field, (_, value) in private.items()}
    found: dict[str, Any] = {field: values[field] for field in PERSONAL if field in values}
    if "plate" in values:
        plate = classify(values["plate"])
        found |= {"plate": plate.text, "plate_type": plate.type.value}
    return found


def _body(record: Record, type_: type[B]) -> B:
    assert isinstance(record.body, type_), f"{record.kind} has a {type(record.body).__name__}"
    return record.body
