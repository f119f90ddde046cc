"""The SQL of village plans: the plan of a unit, what stands on it, how fresh it is. Each change is a row of the audit.

Marks on a picture and marks on GeoJSON are kept apart, as the town's map keeps its gates. A household's name never reaches the audit in
full. Tested in `tests/hub/villages/test_store.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit, privacy
from hub.database.schema import gates, plan_marks, unit_plans
from hub.database.statements import insert, upsert
from hub.errors import RefusedError
from hub.map import plan as plans_file
from hub.map.plan import Plan, PlanKind, sort_of
from hub.organisation import changes as organisation
from hub.organisation import store as units
from hub.villages.marks import MOST_MARKS, Mark, MarkKind, Said, colour_for, write_shape


@dataclass(frozen=True, slots=True)
class VillagePlan:
    """The plan of a unit, and how fresh it is: when it came, when anything on it changed, when somebody last said that it holds."""

    unit: str
    plan: Plan
    added_at: str
    checked_at: str
    checked_by: str
    changed_at: str


def every(connection: Connection, town: str) -> dict[str, tuple[str, str, int]]:
    """By unit that has a plan: when it was last checked, when anything on it changed, how many marks it has (households left out)."""
    marks = (
        select(plan_marks.c.unit, func.count(), func.max(plan_marks.c.changed_at))
        .where(plan_marks.c.town == town, plan_marks.c.removed_at.is_(None), plan_marks.c.kind != MarkKind.HOUSEHOLD)
        .group_by(plan_marks.c.unit)
    )
    counts = {row[0]: (row[1], row[2]) for row in connection.execute(marks)}
    query = select(unit_plans.c.unit, unit_plans.c.added_at, unit_plans.c.checked_at).where(unit_plans.c.town == town)
    return {
        row.unit: (
            row.checked_at,
            max(row.added_at, counts.get(row.unit, (0, ""))[1]),
            counts.get(row.unit, (0, ""))[0],
        )
        for row in connection.execute(query)
    }


def find(connection: Connection, town: str, unit: str) -> VillagePlan | None:
    """The plan of a unit; None if it has none."""
    row = connection.execute(select(unit_plans).where(unit_plans.c.town == town, unit_plans.c.unit == unit)).first()
    if row is None or row.kind not in set(PlanKind):
        return None
    last = select(func.max(plan_marks.c.changed_at)).where(plan_marks.c.town == town, plan_marks.c.unit == unit)
    changed = connection.execute(last).scalar() or ""
    plan = Plan(PlanKind(row.kind), row.data, row.width or 0, row.height or 0)
    return VillagePlan(unit, plan, row.added_at, row.checked_at, row.checked_by, max(row.added_at, changed))


def keep(connection: Connection, *, town: str, unit: str, data: bytes, by: str, now: datetime) -> Plan:
    """Keeps a plan of a unit in the place of the one before; `RefusedError` for a file that is none. Marks of the same sort stay."""
    organisation.open_unit(connection, town, unit)
    found, at = plans_file.read(data), wall_text(now)
    row = {
        "town": town, "unit": unit, "kind": found.kind.value, "data": found.data, "hash": found.hash, "width": found.width,
        "height": found.height, "added_at": at, "added_by": by, "checked_at": at, "checked_by": by,
    }  # fmt: skip
    upsert(connection, unit_plans, [row])
    detail: dict[str, Json] = {"kind": found.kind.value, "size": len(found.data)}
    _note(connection, unit, "village plan kept", detail, by, now)
    return found


def remove(connection: Connection, *, town: str, unit: str, by: str, now: datetime) -> None:
    """Removes the plan of a unit; `RefusedError` if there is none. Its marks stay for another one."""
    which = (unit_plans.c.town == town, unit_plans.c.unit == unit)
    if connection.execute(delete(unit_plans).where(*which)).rowcount == 0:
        raise RefusedError("plan: unit %(unit)r has none", unit=unit)
    _note(connection, unit, "village plan removed", {}, by, now)


def check(connection: Connection, *, town: str, unit: str, by: str, now: datetime) -> None:
    """Notes that somebody looked at the plan on the ground and it holds; `RefusedError` if there is none."""
    which = (unit_plans.c.town == town, unit_plans.c.unit == unit)
    values = {"checked_at": wall_text(now), "checked_by": by}
    if connection.execute(update(unit_plans).where(*which).values(**values)).rowcount == 0:
        raise RefusedError("plan: unit %(unit)r has none", unit=unit)
    _note(connection, unit, "village plan checked", {}, by, now)


def marks(connection: Connection, town: str, unit: str, on: Plan, *, households: bool) -> list[Mark]:
    """What stands on the plan of a unit, in the order in which it came; of households nothing, unless who asks may see them."""
    query = select(plan_marks).where(
        plan_marks.c.town == town,
        plan_marks.c.unit == unit,
        plan_marks.c.plan == sort_of(on),
        plan_marks.c.removed_at.is_(None),
    )
    if not households:
        query = query.where(plan_marks.c.kind != MarkKind.HOUSEHOLD)
    rows = connection.execute(query.order_by(plan_marks.c.id))
    return [_mark(row) for row in rows if row.kind in set(MarkKind)]


def add_mark(connection: Connection, *, town: str, unit: str, on: Plan, said: Said, by: str, now: datetime) -> Mark:
    """Puts a mark on a plan; `RefusedError` for one that can't be, for no gate of the town, or a grid that is not of the unit's branch."""
    organisation.open_unit(connection, town, unit)
    said = _fitting(connection, town, unit, said.checked(on))
    others = marks(connection, town, unit, on, households=True)
    if len(others) >= MOST_MARKS:
        raise RefusedError("mark: a plan has at most %(most)s", most=MOST_MARKS)
    at = wall_text(now)
    row = {
        "town": town, "unit": unit, "plan": sort_of(on), **_row(said, _colour(said, others)), "version": 1, "added_at": at,
        "added_by": by, "changed_at": at, "changed_by": by,
    }  # fmt: skip
    insert(connection, plan_marks, [row])
    newest = select(func.max(plan_marks.c.id)).where(plan_marks.c.town == town, plan_marks.c.unit == unit)
    mark = Mark(connection.execute(newest).scalar_one(), said, row["colour"], None, 1, at, by)
    _note(connection, f"{unit}/{mark.id}", "mark added", audit.changed({}, _fields(said)), by, now)
    return mark


def change_mark(
    connection: Connection,
    *,
    town: str,
    unit: str,
    on: Plan,
    id_: int,
    said: Said,
    version: int | None = None,
    by: str,
    now: datetime,
) -> None:
    """Changes a mark, or moves it; `RefusedError` as for a new one, or if somebody changed it since the form was made."""
    before = _claim(connection, town, unit, on, id_, version)
    said = _fitting(connection, town, unit, said.checked(on))
    others = [each for each in marks(connection, town, unit, on, households=True) if each.id != id_]
    keeps = before.colour if before.colour and before.said.officer == said.officer else _colour(said, others)
    values = {**_row(said, keeps if said.kind is MarkKind.AREA else 0), "version": before.version + 1}
    _write(connection, town, id_, {**values, "changed_at": wall_text(now), "changed_by": by})
    detail = audit.changed(_fields(before.said), _fields(said))
    _note(connection, f"{unit}/{id_}", "mark changed", detail, by, now)


def remove_mark(
    connection: Connection,
    *,
    town: str,
    unit: str,
    on: Plan,
    id_: int,
    version: int | None = None,
    by: str,
    now: datetime,
) -> None:
    """Takes a mark off a plan; its row stays, without what is personal in it."""
    before = _claim(connection, town, unit, on, id_, version)
    at = wall_text(now)
    gone = {"removed_at": at, "changed_at": at, "changed_by": by, "version": before.version + 1, "phone": ""}
    if before.said.kind is MarkKind.HOUSEHOLD:
        gone |= {"name": "", "officer": "", "remark": "", "need": ""}
    _write(connection, town, id_, gone)
    _note(connection, f"{unit}/{id_}", "mark removed", audit.changed(_fields(before.said), {}), by, now)


def note_read(connection: Connection, *, unit: str, why: str, by: str, now: datetime) -> None:
    """The audit keeps who saw the households of a plan in full, and why."""
    _note(connection, unit, "plan households read", {"why": why}, by, now)


def _claim(connection: Connection, town: str, unit: str, on: Plan, id_: int, version: int | None) -> Mark:
    found = {each.id: each for each in marks(connection, town, unit, on, households=True)}.get(id_)
    if found is None:
        raise RefusedError("mark %(id)s: there is no such mark on this plan", id=id_)
    if version is not None and version != found.version:
        raise RefusedError(
            "somebody else changed this mark since the page was opened: nothing was changed; look at what stands there now, then do it again"
        )
    return found


def _fitting(connection: Connection, town: str, unit: str, said: Said) -> Said:
    if said.gate:
        known = select(gates.c.gate).where(
            gates.c.town == town, gates.c.gate == said.gate, gates.c.retired_at.is_(None)
        )
        if connection.execute(known).first() is None:
            raise RefusedError("gate %(gate)r: there is no such gate", gate=said.gate)
    if said.grid:
        above, grid = units.known(connection, town, unit), units.known(connection, town, said.grid)
        if not above.holds(grid):
            raise RefusedError("unit %(grid)r: it does not stand below %(unit)r", grid=said.grid, unit=unit)
    return said


def _colour(said: Said, others: list[Mark]) -> int:
    return colour_for(said.officer, others) if said.kind is MarkKind.AREA else 0


def _row(said: Said, colour: int) -> dict[str, Any]:
    return {
        "kind": said.kind.value, "name": said.name, "shape": json.dumps(said.shape), "gate": said.gate or None,
        "grid": said.grid or None, "officer": said.officer, "phone": said.phone, "colour": colour, "need": said.need,
        "remark": said.remark,
    }  # fmt: skip


def _write(connection: Connection, town: str, id_: int, values: Mapping[str, Any]) -> None:
    which = (plan_marks.c.town == town, plan_marks.c.id == id_)
    connection.execute(update(plan_marks).where(*which).values(**values))


def _mark(row: Row[Any]) -> Mark:
    try:
        shape = tuple((float(x), float(y)) for x, y in json.loads(row.shape))
    except (ValueError, TypeError):
        shape = ()
    said = Said(
        MarkKind(row.kind), row.name, shape or ((0.0, 0.0),), row.gate or "", row.grid or "", row.officer, row.phone, row.need, row.remark
    )  # fmt: skip
    return Mark(row.id, said, row.colour, row.row, row.version, row.changed_at, row.changed_by)


def _fields(said: Said) -> dict[str, Json]:
    """What the audit says of a mark: of a household no name in full, and not what it needs."""
    private = said.kind is MarkKind.HOUSEHOLD
    hide = privacy.mask_name if private else str
    found: dict[str, Json] = {
        "mark": said.kind.value, "name": hide(said.name) if said.name else "", "shape": write_shape(said.shape),
        "gate": said.gate, "grid": said.grid, "officer": said.officer, "phone": privacy.mask_phone(said.phone) if said.phone else "",
        "remark": "" if private else said.remark,
    }  # fmt: skip
    return found


def _note(
    connection: Connection, object_: str, action: str, detail: Mapping[str, Json], by: str, now: datetime
) -> None:
    audit.note(connection, user=by, action=action, object=f"villages/{object_}", detail=detail, now=now)
