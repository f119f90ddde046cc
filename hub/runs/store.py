"""The SQL of plans and of the runs that were due. A plan is never changed: it is stopped, and another is made.

Tested in `tests/hub/runs/test_store.py`.
"""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, tuple_, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.database.schema import run_plans, runs
from hub.database.statements import among
from hub.errors import RefusedError
from hub.runs.plan import Plan, checked

LONGEST_REASON = 500
_LISTS = ("plates", "passes", "gates", "times")
_NAMES = tuple(each.name for each in fields(Plan))
Cursor = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as it is kept."""

    id: str
    plan: Plan
    starts_at: str
    added_by: str
    stopped_at: str | None
    stopped_by: str | None
    stopped_reason: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that was due, as it is kept."""

    plan: str
    due_at: str
    state: str
    visit: str | None
    gate: str | None
    at: str | None
    known_at: str | None
    return_visit: str | None
    returned_at: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The runs that a page asks for: of a plan, an area, in a state, from a time until before another, with a text in the plan's name or route."""

    search: str = ""
    plan: str = ""
    area: str = ""
    state: str = ""
    start: str = ""
    end: str = ""


def add(
    connection: Connection,
    *,
    town: str,
    plan: Plan,
    gates: Collection[str],
    classes: Collection[str],
    by: str,
    now: datetime,
) -> str:
    """Makes a plan, from now on. Returns its id; `RefusedError` for what does not fit."""
    plan = checked(plan, gates=gates, classes=classes)
    id_ = f"r-{secrets.token_hex(6)}"
    values = {name: getattr(plan, name) for name in _NAMES}
    texts = {name: json.dumps(values[name], ensure_ascii=False) for name in _LISTS}
    row = {**values, **texts, "id": id_, "town": town, "starts_at": wall_text(now), "added_by": by}
    connection.execute(insert(run_plans).values(**row))
    detail = {"name": plan.name, "area": plan.area}
    audit.note(connection, user=by, action="run planned", object=f"runs/{id_}", detail=detail, now=now)
    return id_


def stop(connection: Connection, *, town: str, id_: str, reason: str, by: str, now: datetime) -> None:
    """Stops a plan for a reason: what was due stays; `RefusedError` if there is none, or it is stopped already."""
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise RefusedError("reason: expected why, found nothing")
    found = find(connection, town, id_)
    if found is None:
        raise RefusedError("run %(id)r: there is no such plan", id=id_)
    if found.stopped_at is not None:
        raise RefusedError("run %(id)s: it is stopped already", id=id_)
    done = {"stopped_at": wall_text(now), "stopped_by": by, "stopped_reason": reason}
    connection.execute(update(run_plans).where(run_plans.c.town == town, run_plans.c.id == id_).values(**done))
    audit.note(connection, user=by, action="run stopped", object=f"runs/{id_}", detail={"reason": reason}, now=now)


def find(connection: Connection, town: str, id_: str) -> Planned | None:
    """One plan."""
    row = connection.execute(select(run_plans).where(run_plans.c.town == town, run_plans.c.id == id_)).first()
    return None if row is None else _planned(row)


def plans(connection: Connection, town: str, *, since: str | None = None, search: str = "") -> list[Planned]:
    """The plans by area and name, with those that were stopped; `since`: only those that held at that time or later."""
    query = select(run_plans).where(*plan_conditions(town, search))
    if since is not None:
        query = query.where(or_(run_plans.c.stopped_at.is_(None), run_plans.c.stopped_at > since))
    return [
        _planned(row) for row in connection.execute(query.order_by(run_plans.c.area, run_plans.c.name, run_plans.c.id))
    ]


def plan_conditions(town: str, search: str = "") -> list[ColumnElement[bool]]:
    """The conditions for the plans with a text in their name, area, route or plates."""
    found: list[ColumnElement[bool]] = [run_plans.c.town == town]
    if text := search.strip():
        columns = (run_plans.c.name, run_plans.c.area, run_plans.c.route, run_plans.c.plates)
        found.append(or_(*(each.contains(text, autoescape=True) for each in columns)))
    return found


def count(connection: Connection, town: str, asked: Asked) -> int:
    """How many runs that were due are as they are asked for."""
    where = conditions(town, asked)
    return connection.execute(select(func.count()).select_from(runs).where(*where)).scalar_one()


def last_due(connection: Connection, town: str) -> str | None:
    """When the newest run was due of which it is known how it went; None where there is none."""
    return connection.execute(select(func.max(runs.c.due_at)).where(runs.c.town == town)).scalar()


def areas(connection: Connection, town: str) -> list[str]:
    """The areas that plans name."""
    query = select(run_plans.c.area).where(run_plans.c.town == town).distinct().order_by(run_plans.c.area)
    return list(connection.execute(query).scalars())


def kept(connection: Connection, town: str, ids: Collection[str], start: str, end: str) -> list[Kept]:
    """The runs of these plans that were due from one time until before another, in order of time."""
    span = (runs.c.town == town, runs.c.due_at >= start, runs.c.due_at < end, among(runs.c.plan, ids))
    return [_kept(row) for row in connection.execute(select(runs).where(*span).order_by(runs.c.due_at, runs.c.plan))]


def page(
    connection: Connection, town: str, asked: Asked, *, after: Cursor | None = None, limit: int
) -> tuple[list[Kept], Cursor | None]:
    """Runs that were due, newest first, and the cursor of the next page."""
    key = (runs.c.due_at, runs.c.plan)
    query = select(runs).where(*conditions(town, asked)).order_by(*(each.desc() for each in key))
    if after is not None:
        query = query.where(tuple_(*key) < after)
    found = [_kept(row) for row in connection.execute(query.limit(limit + 1))]
    rows = found[:limit]
    return rows, (rows[-1].due_at, rows[-1].plan) if len(found) > limit else None


def conditions(town: str, asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions for those runs that are asked for."""
    found: list[ColumnElement[bool]] = [runs.c.town == town]
    of_plan: list[ColumnElement[bool]] = [run_plans.c.town == town]
    of_plan += [run_plans.c.area == asked.area] if asked.area else []
    if text := asked.search.strip():
        columns = (run_plans.c.name, run_plans.c.area, run_plans.c.route)
        of_plan.append(or_(*(each.contains(text, autoescape=True) for each in columns)))
    found += [runs.c.plan.in_(select(run_plans.c.id).where(*of_plan))] if len(of_plan) > 1 else []
    found += [runs.c.plan == asked.plan] if asked.plan else []
    found += [runs.c.state == asked.state] if asked.state else []
    found += [runs.c.due_at >= asked.start] if asked.start else []
    found += [runs.c.due_at < asked.end] if asked.end else []
    return found


def _planned(row: Row[Any]) -> Planned:
    said = row._mapping
    values: dict[str, Any] = {name: tuple(json.loads(said[name])) if name in _LISTS else said[name] for name in _NAMES}
    others = {each.name: said[each.name] for each in fields(Planned) if each.name != "plan"}
    return Planned(plan=Plan(**values), **others)


def _kept(row: Row[Any]) -> Kept:
    return Kept(**{name: value for name, value in row._mapping.items() if name != "town"})
