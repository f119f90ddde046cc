"""Figures of registers for reports: what was added and brought about in a time, and what stood at its end, by kind and state.

They are counted from the history of the rows up to one of its changes, which nobody changes afterwards: so the same figures come out again,
however much was written later. A row's kind is that with which it was added.

Tested in `tests/hub/registers/test_figures.py`.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from hub.database.schema import register_history, register_rows
from hub.registers import catalogue
from hub.registers.history import Change
from hub.values.stored import said

Figures = dict[str, Any]
_ADDED = (Change.ADDED.value, Change.IMPORTED.value)
_MOVED = (Change.MOVED.value, Change.LAPSED.value)
_H, _R = register_history.c, register_rows.c


def last_change(connection: Connection, town: str) -> int:
    """The number of the newest change of any row; 0 if there is none."""
    query = select(func.max(_H.id)).where(_H.town == town)
    return connection.execute(query).scalar() or 0


def names(connection: Connection, town: str) -> dict[str, Figures]:
    """What the registers of a town, their kinds and states are called now, and by which field their rows are counted."""
    found = {}
    for each in catalogue.every(connection, town):
        register = each.register
        by = register.field(register.paper.by or "")
        found[register.id] = {
            "names": [register.zh, register.en],
            "by": None if by is None or by.personal else by.id,
            "kinds": {} if by is None else {kind.id: [kind.zh, kind.en] for kind in by.choices},
            "states": {state.id: [state.zh, state.en] for state in register.states},
        }
    return found


def counted(
    connection: Connection, town: str, of: Mapping[str, Figures], start: str, end: str, last: int
) -> dict[str, Figures]:
    """The figures of the registers that are named, up to the change `last`: of the time from `start` to `end`, and of all before its end."""
    added = _added(connection, town, of, start, end, last)
    moved = _moved(connection, town, start, end, last)
    standing = _standing(connection, town, end, last)
    found = {}
    for id_ in of:
        day, total = (
            {"added": added[id_, when, ""], "kinds": _part(added, id_, when), "states": _part(moved, id_, when)}
            for when in ("day", "total")
        )
        if total["added"] or total["states"] or standing.get(id_):
            found[id_] = {"day": day, "total": total, "standing": dict(sorted(standing.get(id_, {}).items()))}
    return found


def overdue(connection: Connection, town: str, now: str) -> dict[str, int]:
    """How many rows of each register are overdue now."""
    query = select(_R.register, func.count()).where(_R.town == town, _R.due_at < now, _R.removed_at.is_(None))
    return dict(connection.execute(query.group_by(_R.register)).tuples().all())


def _part(counts: Counter[tuple[str, str, str]], id_: str, when: str) -> dict[str, int]:
    found = {code: n for (each, at, code), n in counts.items() if (each, at) == (id_, when) and code}
    return dict(sorted(found.items()))


def _added(
    connection: Connection, town: str, of: Mapping[str, Figures], start: str, end: str, last: int
) -> Counter[tuple[str, str, str]]:
    """Rows added, by register, `day` or `total`, and kind (empty: all)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    query = (
        select(_R.register, _H.at, _H.facts)
        .join(register_rows, (_R.town == _H.town) & (_R.id == _H.row))
        .where(_H.town == town, _H.id <= last, _H.what.in_(_ADDED), _H.at < end)
    )
    for id_, at, facts in connection.execute(query):
        by = of.get(id_, {}).get("by")
        kinds = _kinds(facts, by) if by else []
        for when in ("total", "day") if at >= start else ("total",):
            counts[id_, when, ""] += 1
            for kind in kinds:
                counts[id_, when, kind] += 1
    return counts


def _kinds(facts: str, by: str) -> list[str]:
    change = said(facts).get(by)
    value = change[1] if isinstance(change, list) and len(change) == 2 else None
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value is None else [str(value)]


def _moved(connection: Connection, town: str, start: str, end: str, last: int) -> Counter[tuple[str, str, str]]:
    """Rows brought into a state, by register, `day` or `total`, and state."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for when, begin in (("total", ""), ("day", start)):
        query = (
            select(_R.register, _H.state, func.count())
            .join(register_rows, (_R.town == _H.town) & (_R.id == _H.row))
            .where(_H.town == town, _H.id <= last, _H.what.in_(_MOVED), _H.at >= begin, _H.at < end)
            .group_by(_R.register, _H.state)
        )
        for id_, state, n in connection.execute(query):
            counts[id_, when, state or ""] += n
    return counts


def _standing(connection: Connection, town: str, end: str, last: int) -> dict[str, dict[str, int]]:
    """Rows at the end of the time by register and state (empty: in none), without those that were removed."""
    newest = (
        select(func.max(_H.id)).where(_H.town == town, _H.id <= last, _H.at < end).group_by(_H.row).scalar_subquery()
    )
    query = (
        select(_R.register, _H.state, func.count())
        .join(register_rows, (_R.town == _H.town) & (_R.id == _H.row))
        .where(_H.town == town, _H.id.in_(newest), _H.what != Change.REMOVED.value)
        .group_by(_R.register, _H.state)
    )
    found: dict[str, dict[str, int]] = {}
    for id_, state, n in connection.execute(query):
        found.setdefault(id_, {})[state or ""] = n
    return found
