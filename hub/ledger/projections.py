"""What the entries mean: a visit's row after each of its records. Pure: (row or None, record, private) -> row.

| record | what it does to the row |
|---|---|
| `visit_opened` | begins it; a second one for the same visit changes nothing |
| `disinfected` | `disinfected` = yes; agent, concentration, parts, contact time; seconds and litres add up |
| `overridden` | who, why, and what: the verdict, or the disinfection |
| `visit_closed` | outcome and time, once; a disinfection still owed becomes no; with `supplement` only adds personal values |
| `corrected` | replaces personal values |

A record whose `visit_opened` never came (it lies in the quarantine) begins a row with what it knows: a crossing is not lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from edge.contract.plates import classify
from edge.contract.reasons import Direction, Reason
from edge.contract.records import (
    Corrected,
    Disinfected,
    Disinfection,
    Fact,
    Kind,
    Outcome,
    Overridden,
    Private,
    Record,
    VisitClosed,
    VisitOpened,
)
from edge.contract.topics import HUB
from hub.database import visits

Row = Mapping[str, Any]
"""A row of `visits`, with every column."""

NOTHING: Row = {column.name: None for column in visits.columns}
NEVER_WAITS = frozenset({Reason.PRIORITY, Reason.EMERGENCY})
PERSONAL = ("occupants", "origin", "destination", "purpose", "driver", "phone", "remark")
"""Personal values that have a column of their own; the plate has two, and a picture's name none."""

B = TypeVar("B", bound=Fact)


@dataclass(frozen=True, slots=True)
class Passage:
    """A vehicle drove through: which, in which visit, in which direction, when (the gate's time)."""

    vehicle: str
    visit_id: str
    direction: str
    closed_at: str


def project(row: Row | None, record: Record, private: Private, received_at: str) -> Row | None:
    """The visit's row after one more of its records; None for a record that belongs to no visit.

    A gate has no say in another gate's visit: such a record stands in the ledger and changes no row.
    """
    rule = _RULES.get(record.kind)
    if rule is None or record.visit is None:
        return row
    if row is None:
        row = {
            **NOTHING,
            "visit_id": record.visit,
            "town": record.town,
            "gate": record.gate,
            "lane": record.lane,
            "received_at": received_at,
        }
    if record.gate not in (row["gate"], HUB):
        return row
    return {**row, **rule(row, record, private)}


def has_passed(row: Row | None) -> bool:
    """Whether a visit's row tells of a passage."""
    return row is not None and row["outcome"] == Outcome.PASSED and row["direction"] is not None


def passage(row: Row | None) -> Passage | None:
    """The passage that a visit's row tells of, if the vehicle drove through."""
    if row is None or not has_passed(row):
        return None
    return Passage(vehicle(row), row["visit_id"], row["direction"], row["closed_at"])


def vehicle(row: Row) -> str:
    """What a vehicle is known by: its plate; without one its pass; without either its visit."""
    return str(row["plate"] or row["pass_id"] or row["visit_id"])


def inside_row(row: Row) -> Row | None:
    """The row of `inside` for a vehicle whose last passage this visit is; None if it drove out."""
    last = passage(row)
    if last is None or last.direction != Direction.IN:
        return None
    return {
        "town": row["town"],
        "vehicle": last.vehicle,
        "visit_id": row["visit_id"],
        "gate": row["gate"],
        "plate": row["plate"],
        "pass_id": row["pass_id"],
        "vehicle_class": row["vehicle_class"],
        "since": last.closed_at,
    }


def _opened(row: Row, record: Record, private: Private) -> Row:
    body = _body(record, VisitOpened)
    if row["opened_at"] is not None:
        return {}
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
        "disinfected": row["disinfected"] or ("owed" if owed else "not_required"),
        "entry_seq": record.seq,
        **_personal(private),
    }


def _disinfected(row: Row, record: Record, private: Private) -> Row:
    body = _body(record, Disinfected)
    return {
        "disinfected": "yes",
        "agent": body.agent,
        "concentration": body.concentration,
        "parts": " ".join(body.parts),
        "washed_first": body.washed_first,
        "spray_seconds": round((row["spray_seconds"] or 0.0) + body.seconds, 3),
        "contact_minutes": row["contact_minutes"] if body.contact_minutes is None else body.contact_minutes,
        "litres": row["litres"] if body.litres is None else round((row["litres"] or 0.0) + body.litres, 3),
        "disinfection_verified_by": body.verified_by.value,
        "officer": row["officer"] or body.officer,
        **_personal(private),
    }


def _overridden(row: Row, record: Record, private: Private) -> Row:
    body = _body(record, Overridden)
    said = {"override_by": body.officer, "override_reason": body.reason, "override_what": body.what}
    return {**said, **_personal(private)}


def _closed(row: Row, record: Record, private: Private) -> Row:
    body = _body(record, VisitClosed)
    if row["outcome"] is not None:
        return _personal(private) if body.supplement else {}
    return {
        "outcome": body.outcome.value,
        "turn_back_why": body.why,
        "closed_at": record.at.wall,
        "officer": row["officer"] or body.officer,
        "disinfected": "no" if row["disinfected"] == "owed" else row["disinfected"],
        **_personal(private),
    }


def _corrected(row: Row, record: Record, private: Private) -> Row:
    _body(record, Corrected)
    return _personal(private)


_RULES: dict[Kind, Callable[[Row, Record, Private], Row]] = {
    Kind.VISIT_OPENED: _opened,
    Kind.DISINFECTED: _disinfected,
    Kind.OVERRIDDEN: _overridden,
    Kind.VISIT_CLOSED: _closed,
    Kind.CORRECTED: _corrected,
}


def _personal(private: Private) -> Row:
    # PostgreSQL's text knows no NUL
    values = {field: value.replace("\0", "") for field, (_, value) in private.items()}
    found: dict[str, Any] = {field: values[field] for field in PERSONAL if field in values}
    if "plate" in values:
        plate = classify(values["plate"])
        found |= {"plate": plate.text, "plate_type": plate.type.value}
    return found


def _body(record: Record, type_: type[B]) -> B:
    assert isinstance(record.body, type_), f"{record.kind} has a {type(record.body).__name__}"
    return record.body
