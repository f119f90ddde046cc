"""What a register's rules find in a row: kept too long, a field that is needed then, two that must differ, a number out of its range. Pure.

A rule that refuses holds before a row is written; any other flags the row: its line is shown beside it, and nothing is changed.

Tested in `tests/hub/registers/test_rules.py`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from edge.contract.records import parse_wall
from hub.registers.cells import Value, fold
from hub.registers.computed import NONE, computed
from hub.registers.declaration import Register, Rule
from hub.registers.field_types import FieldType


def broken(register: Register, values: Mapping[str, Value], now: datetime) -> tuple[Rule, ...]:
    """The rules that a row with these values breaks at this moment."""
    if not register.rules:
        return ()
    there = {**values, **_ends(register, values, now)}
    return tuple(each for each in register.rules if _applies(each, there, now) and _breaks(each, there))


def refused(register: Register, values: Mapping[str, Value], now: datetime) -> Rule | None:
    """The first rule for which these values can't be written; None if none refuses them."""
    return next((each for each in broken(register, values, now) if each.refuse), None)


def _ends(register: Register, values: Mapping[str, Value], now: datetime) -> dict[str, Value]:
    """The computed ends, which rules may name as they name days."""
    ends = {each.id for each in register.fields if each.type is FieldType.END_DATE}
    found = computed(register, values, NONE, now.date()) if ends else {}
    return {name: value for name, value in found.items() if name in ends and value is not None}


def _applies(rule: Rule, values: Mapping[str, Value], now: datetime) -> bool:
    for name, choices in rule.only.items():
        value = values.get(name)
        found = value if isinstance(value, tuple) else (value,)
        if not any(_word(each) in choices for each in found):
            return False
    return rule.start is None or _lasted(rule, values, now)


def _lasted(rule: Rule, values: Mapping[str, Value], now: datetime) -> bool:
    begin, end = (_moment(values.get(name or "")) for name in (rule.start, rule.end))
    if begin is None:
        return False
    if rule.over_hours is None:
        # without a length of time: the end must not come before the start
        return end is not None and end < begin
    if end is None:
        # what may still end in time refuses nobody
        end = begin if rule.refuse else now
    return end - begin > timedelta(hours=rule.over_hours)


def _breaks(rule: Rule, values: Mapping[str, Value]) -> bool:
    asked = []
    if rule.needs:
        asked.append(any(name not in values for name in rule.needs))
    if rule.differ:
        filled = [fold(str(values[name])) for name in rule.differ if name in values]
        asked.append(len(set(filled)) < len(filled))
    if rule.number is not None:
        value = values.get(rule.number)
        asked.append(isinstance(value, int | float) and not _within(rule, value))
    return not asked or any(asked)


def _within(rule: Rule, value: float) -> bool:
    return (rule.min is None or value >= rule.min) and (rule.max is None or value <= rule.max)


def _word(value: Value | None) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _moment(value: Value | None) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_wall(value if "T" in value else f"{value}T00:00:00.000Z")
    except ValueError:
        return None
