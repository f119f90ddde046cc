"""Changes a visit's row for each of its records. Pure: (row, values from a record, time of receipt) -> the columns that change.

| record | what it does to the row |
|---|---|
| `visit_opened` | begins it; a second one for the same visit changes nothing |
| `disinfected` | `disinfected` = yes; agent, concentration, parts, contact time; seconds and litres add up |
| `overridden` | who, why, and what: the verdict, or the disinfection |
| `visit_closed` | outcome and time, once; a disinfection still owed becomes no; with `supplement` only adds personal values |
| `corrected` | replaces personal values |

A record whose `visit_opened` never came (it lies in the quarantine) begins a row with what it knows: a crossing is not lost.
Where a record names a time that is none (25:00, the year 1), the hub's time of receipt stands for it in `opened_at` or `closed_at`,
what was said stands in `opened_said` or `closed_said`, and `clock` says `none`: the row keeps its place, and its times prove nothing.
A visit that begins in a batch is told whole (`whole`): worked out where the batch is read, it is as if each record had been applied.
"""

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import structlog

from edge.contract.facts import Kind, Outcome
from edge.contract.reasons import Direction
from edge.contract.topics import HUB
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.ledger.projections.visit_facts import Columns, Tells
from hub.values.stored import NO_TIME

log = structlog.get_logger()

Row = Columns
"""A row of `visits`, with every column."""

COLUMNS = (*VISIT_COLUMNS, "override_what", "turn_back_why", "litres", "sighting", "opened_said", "closed_said")
"""The columns of `visits`: those of the file, and what stands elsewhere."""
_WAYS = frozenset(each.value for each in Direction)
NOTHING: Row = dict.fromkeys(COLUMNS)


class Whole(NamedTuple):
    """The row of a visit that begins in a batch, as the batch gives it: how many of its records do, and its row's values, by `COLUMNS`."""

    records: int
    values: tuple[Any, ...]


class Passage(NamedTuple):
    """A vehicle drove through: which, in which visit, in which direction, when (the gate's time)."""

    vehicle: str
    visit_id: str
    direction: str
    closed_at: str


def begun(tells: Tells, received_at: str) -> dict[str, Any]:
    """The row of a visit after its first record."""
    return {
        **NOTHING,
        "visit_id": tells.visit,
        "town": tells.town,
        "gate": tells.gate,
        "lane": tells.lane,
        "received_at": received_at,
    }


def changes(row: Row, tells: Tells, received_at: str) -> Columns:
    """The columns of a visit's row that one more record changes, which the hub received at `received_at`.

    A gate has no say in another gate's visit: such a record stands in the ledger and changes no row.
    """
    if tells.gate not in (row["gate"], HUB):
        return {}
    found = _RULES[tells.kind](row, tells)
    if not tells.timeless:
        return found
    stand_in = {f"{what}_at": received_at for what in ("opened", "closed") if f"{what}_said" in found}
    return {**found, **stand_in}


def whole(told: Sequence[Tells]) -> Whole | None:
    """The row of a visit after these records, one after another, if nothing else is known of it.

    None too where the program fails at it: the records are taken all the same, and derived where a fault costs no other anything.
    None if it does not begin with them; if some come after its passage, for its sighting says what was known at that moment; or if
    one names a time that is none, for what stands for it is not known here.
    """
    if any(each.timeless for each in told) or told[0].kind != Kind.VISIT_OPENED.value:
        return None
    try:
        return _whole(told)
    except Exception:
        log.exception("a visit is not told whole", visit=told[0].visit)
        return None


def _whole(told: Sequence[Tells]) -> Whole | None:
    row = begun(told[0], "")
    for each in told:
        if has_passed(row):
            return None
        row.update(changes(row, each, ""))
    return Whole(len(told), tuple(row.values()))


def row_of(told: Whole, received_at: str) -> dict[str, Any]:
    """The row of a visit of which nothing was known before."""
    row = dict(zip(COLUMNS, told.values, strict=True))
    row["received_at"] = received_at
    return row


def has_passed(row: Row) -> bool:
    """Returns True if the vehicle of a visit's row drove through."""
    return row["outcome"] == Outcome.PASSED and row["direction"] in _WAYS


def passage(row: Row) -> Passage | None:
    """The passage in a visit's row, if the vehicle drove through."""
    return Passage(vehicle(row), row["visit_id"], row["direction"], row["closed_at"]) if has_passed(row) else None


def vehicle(row: Row) -> str:
    """The name by which a vehicle is known: its plate; without one its pass; without either its visit."""
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


def _opened(row: Row, tells: Tells) -> Columns:
    if row["opened_at"] is not None:
        return {}
    found = {**tells.columns, **tells.personal}
    # it may have been sprayed by what came first
    found["disinfected"] = row["disinfected"] or found["disinfected"]
    if row["clock"] == NO_TIME:
        found["clock"] = NO_TIME
    return found


def _disinfected(row: Row, tells: Tells) -> Columns:
    found = {**tells.columns, **tells.personal}
    for name in ("spray_seconds", "litres"):
        found[name] = row[name] if found[name] is None else _added(row[name] or 0.0, found[name])
    found["contact_minutes"] = row["contact_minutes"] if found["contact_minutes"] is None else found["contact_minutes"]
    found["officer"] = row["officer"] or found["officer"]
    return found


def _added(before: float, more: float) -> float:
    """The sum of two finite numbers; what goes beyond every number stays at the last one, which is shown as invalid."""
    both = round(before + more, 3)
    return both if math.isfinite(both) else math.copysign(sys.float_info.max, both)


def _overridden(_row: Row, tells: Tells) -> Columns:
    return {**tells.columns, **tells.personal}


def _closed(row: Row, tells: Tells) -> Columns:
    if row["outcome"] is not None:
        return tells.personal if tells.supplement else {}
    found = {**tells.columns, **tells.personal}
    found["officer"] = row["officer"] or found["officer"]
    found["disinfected"] = "no" if row["disinfected"] == "owed" else row["disinfected"]
    return found


def _corrected(_row: Row, tells: Tells) -> Columns:
    return tells.personal


_RULES: dict[str, Callable[[Row, Tells], Columns]] = {
    Kind.VISIT_OPENED.value: _opened,
    Kind.DISINFECTED.value: _disinfected,
    Kind.OVERRIDDEN.value: _overridden,
    Kind.VISIT_CLOSED.value: _closed,
    Kind.CORRECTED.value: _corrected,
}
