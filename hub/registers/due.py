"""Until when a row of a register is to be done: by its own field (a computed end too), or so many hours after it came into its state. Pure.

Tested in `tests/hub/registers/test_due.py`.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from edge.contract.records import parse_wall, wall_text
from hub.registers.cells import Value
from hub.registers.computed import NONE, computed
from hub.registers.declaration import Register


def due_at(
    register: Register,
    state: str | None,
    values: Mapping[str, Value],
    since: str,
    zone: tzinfo,
    *,
    kept: str | None = None,
) -> str | None:
    """The moment (RFC 3339 UTC) after which the row is overdue; None if nothing is due.

    `since`: when it came into its state; `kept`: what was due before, which stays while the state says nothing of its own.
    """
    now = register.state(state)
    if now is not None and (now.ends or not now.timed):
        return None
    # a row that came into its state because its time passed has none left, nor one that met it; but for the hours that the state gives it
    lapsed = now is not None and (now.met or any(each.late == state for each in register.states))
    field = None if lapsed else register.field(register.due or "")
    value: Value | None = None
    if field is not None:
        value = (
            computed(register, values, NONE, parse_wall(since).date()).get(field.id)
            if field.computed
            else values.get(field.id)
        )
    if isinstance(value, str):
        return value if "T" in value else _end_of_day(value, zone)
    if now is not None and now.due_hours is not None:
        begin = values.get(now.due_since or "")
        since = begin if isinstance(begin, str) else since
        return wall_text(parse_wall(since) + timedelta(hours=now.due_hours))
    return kept if field is None and not lapsed else None


def _end_of_day(day: str, zone: tzinfo) -> str:
    """The end of a day in the town's zone: until then a row with a day is in time."""
    return wall_text(datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone))
