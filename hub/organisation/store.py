"""The SQL of units: read as a tree, searched, narrowed to a branch.

A branch is a unit with all below it: a range of `path`. Every list that names units is narrowed with `branch(column, town, unit)`.
(Changes: `hub.organisation.changes`.) Tested in `tests/hub/organisation/test_store.py`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.engine import Connection

from hub.database.schema import gates, units, users
from hub.database.statements import LAST, among
from hub.errors import RefusedError
from hub.organisation.units import Unit


def every(connection: Connection, town: str, *, under: Unit | None = None, closed: bool = False) -> list[Unit]:
    """The units of a town, or of a branch, as its tree is read: each before those below it, sisters by their order and name."""
    query = select(units).where(units.c.town == town)
    if under is not None:
        query = query.where(in_branch(units.c.path, under))
    if not closed:
        query = query.where(units.c.closed_at.is_(None))
    return _as_tree(_unit(row) for row in connection.execute(query))


def find(connection: Connection, town: str, id_: str) -> Unit | None:
    """The unit with this id."""
    row = connection.execute(select(units).where(units.c.town == town, units.c.id == id_)).first()
    return None if row is None else _unit(row)


def known(connection: Connection, town: str, id_: str) -> Unit:
    """The unit with this id; `RefusedError` if there is none."""
    found = find(connection, town, id_)
    if found is None:
        raise RefusedError("unit %(unit)r: there is no such unit", unit=id_)
    return found


def search(connection: Connection, town: str, text: str, *, under: Unit | None = None, limit: int = 50) -> list[Unit]:
    """Units whose name (in either language), id or remark holds a text, open and closed ones, by their path."""
    text = text.strip()
    if not text:
        return []
    columns = (units.c.zh, units.c.en, units.c.id, units.c.remark)
    parts = (func.lower(column).contains(text.lower(), autoescape=True) for column in columns)
    query = select(units).where(units.c.town == town, or_(*parts)).order_by(units.c.path).limit(limit)
    if under is not None:
        query = query.where(in_branch(units.c.path, under))
    return [_unit(row) for row in connection.execute(query)]


def branch(column: ColumnElement[Any], town: str, unit: Unit) -> ColumnElement[bool]:
    """Returns True if a column that holds units' ids names one of a branch; rows that name no unit belong to none."""
    return column.in_(select(units.c.id).where(units.c.town == town, in_branch(units.c.path, unit)))


def below(town: str, unit: str) -> Select[tuple[str]]:
    """The ids of the units of a branch, by the id of its highest one: none for an id that the town does not have."""
    first = select(units.c.path).where(units.c.town == town, units.c.id == unit).scalar_subquery()
    return select(units.c.id).where(units.c.town == town, units.c.path >= first, units.c.path < first + LAST)


def in_branch(path: ColumnElement[Any], unit: Unit) -> ColumnElement[bool]:
    """Returns True if a path stands in a unit's branch."""
    # "0" is what follows "/": no path of the branch reaches it, and none of another lies between
    return and_(path >= unit.path, path < f"{unit.path[:-1]}0")


def gates_of(connection: Connection, town: str, unit: Unit) -> list[str]:
    """The ids of a branch's gates, retired ones too: what they wrote is the branch's."""
    query = select(gates.c.gate).where(gates.c.town == town, branch(gates.c.unit, town, unit)).order_by(gates.c.number)
    return list(connection.execute(query).scalars())


def units_of_gates(connection: Connection, town: str) -> dict[str, str | None]:
    """The unit of each gate that is not retired, by the gate's id, in the order of their numbers; None: it belongs to none."""
    query = select(gates.c.gate, gates.c.unit).where(gates.c.town == town, gates.c.retired_at.is_(None))
    return {row.gate: row.unit for row in connection.execute(query.order_by(gates.c.number))}


def ids_of(connection: Connection, town: str, unit: Unit) -> list[str]:
    """The ids of a branch's units, closed ones too."""
    query = select(units.c.id).where(units.c.town == town, in_branch(units.c.path, unit))
    return list(connection.execute(query).scalars())


def names(connection: Connection, town: str, ids: Iterable[str | None] = (), *, language: str = "zh") -> dict[str, str]:
    """The names of units by id, in a language; of all units if none are named."""
    query = select(units.c.id, units.c.zh, units.c.en).where(units.c.town == town)
    chosen = {each for each in ids if each}
    if chosen:
        query = query.where(among(units.c.id, chosen))
    rows = connection.execute(query)
    return {row.id: (row.zh or row.en) if language.startswith("zh") else (row.en or row.zh) for row in rows}


def full_name(connection: Connection, town: str, unit: Unit, *, language: str = "zh", gap: str = " / ") -> str:
    """A unit's name behind those of the units above it: 大集镇 / 城东管区 / 王家村."""
    found = names(connection, town, unit.ids, language=language)
    return gap.join(found.get(each, each) for each in unit.ids)


def count_gates(connection: Connection, town: str) -> dict[str, int]:
    """How many gates that are not retired each unit has itself, by its id."""
    query = select(gates.c.unit, func.count()).where(gates.c.town == town, gates.c.retired_at.is_(None))
    return _counts(connection, query.where(gates.c.unit.is_not(None)).group_by(gates.c.unit))


def count_users(connection: Connection) -> dict[str, int]:
    """How many users who may sign in each unit has itself, by its id."""
    query = select(users.c.unit, func.count()).where(users.c.unit.is_not(None), users.c.disabled_at.is_(None))
    return _counts(connection, query.group_by(users.c.unit))


def with_all_below(found: Iterable[Unit], counts: Mapping[str, int]) -> dict[str, int]:
    """The counts of units, each with those of all units below it."""
    sums: dict[str, int] = {}
    for unit in found:
        for id_ in unit.ids:
            sums[id_] = sums.get(id_, 0) + counts.get(unit.id, 0)
    return sums


def _counts(connection: Connection, query: Any) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _as_tree(found: Iterable[Unit]) -> list[Unit]:
    below: dict[str, list[Unit]] = {}
    by_id = {unit.id: unit for unit in found}
    for unit in by_id.values():
        # a branch's first unit has a parent that was not asked for, an open one may hang below a closed one
        parent = unit.parent if unit.parent in by_id else None
        below.setdefault(parent or "", []).append(unit)
    tree: list[Unit] = []
    waiting = _in_order(below.get("", []))
    while waiting:
        unit = waiting.pop()
        tree.append(unit)
        waiting += _in_order(below.get(unit.id, []))
    return tree


def _in_order(some: list[Unit]) -> list[Unit]:
    """Sisters in the order in which they are taken from the end."""
    return sorted(some, key=lambda unit: (unit.position, unit.zh or unit.en, unit.id), reverse=True)


def _unit(row: Row[Any]) -> Unit:
    return Unit(
        row.id, row.parent, row.path, row.level, row.zh, row.en, row.position, row.remark, row.closed_at, row.version
    )
