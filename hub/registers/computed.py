"""The computed fields of a register's rows: days between two dates, a date so many days later, child rows counted or added up, stock. Pure.

Tested in `tests/hub/registers/test_computed.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from hub.registers.cells import Value
from hub.registers.declaration import Register, RegisterField
from hub.registers.field_types import FieldType


@dataclass(frozen=True, slots=True)
class Children:
    """What the child rows of one row come to: by register (and state) how many, by register and field the sum; `stock` of its item."""

    counts: Mapping[tuple[str, str | None], int] = field(default_factory=dict)
    sums: Mapping[tuple[str, str], float] = field(default_factory=dict)
    stock: float | None = None


NONE = Children()


def computed(
    register: Register, values: Mapping[str, Value], children: Children, today: date
) -> dict[str, Value | None]:
    """The computed values of a row; None where what they are made of is missing."""
    found: dict[str, Value | None] = {}
    for each in register.fields:
        if each.computed:
            found[each.id] = _one(each, {**values, **found}, children, today)
    return found


def _one(of: RegisterField, values: Mapping[str, Value | None], children: Children, today: date) -> Value | None:
    match of.type:
        case FieldType.DAYS:
            begin, end = _day(values.get(of.start or "")), _day(values.get(of.end or ""))
            until = min(end, today) if end else today
            return None if begin is None else max((until - begin).days + 1, 0)
        case FieldType.END_DATE:
            begin, days = _day(values.get(of.start or "")), values.get(of.days or "")
            if begin is None or not isinstance(days, int | float) or not 0 <= days <= 36_600:
                return None
            return (begin + timedelta(days=int(days))).isoformat()
        case FieldType.ROWS:
            return children.counts.get((of.rows_of or "", of.in_state), 0)
        case FieldType.SUM:
            return children.sums.get((of.rows_of or "", of.sum or ""), 0)
        case _:
            return children.stock


def _day(value: Value | None) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
