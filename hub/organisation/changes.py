"""The SQL of changes to the tree of units: added, renamed, moved with all below, closed, opened again. Each one is a row of the audit.

A unit never goes away: what names it stays readable. A form names the version of the unit that it was made for, and changes no other.
Tested in `tests/hub/organisation/test_changes.py`.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, literal, or_, select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.accounts import audit
from hub.accounts import changes as accounts
from hub.accounts.roles import Role
from hub.database.schema import gates, units, users
from hub.database.statements import insert
from hub.errors import RefusedError
from hub.organisation import levels, store
from hub.organisation.units import DEEPEST, MOST_UNITS, Said, Unit


def add(connection: Connection, *, town: str, said: Said, by: str, now: datetime) -> Unit:
    """A new unit; `RefusedError` for an unknown parent or level, a level not below the parent's, a name or id that is taken."""
    said = said.checked()
    count = connection.execute(select(func.count()).select_from(units).where(units.c.town == town)).scalar_one()
    if count >= MOST_UNITS:
        raise RefusedError("unit: a town has at most %(most)s", most=MOST_UNITS)
    id_ = said.id or _next_id(connection, town, count)
    if store.find(connection, town, id_) is not None:
        raise RefusedError("unit %(unit)r: there is one already", unit=id_)
    parent = _parent(connection, town, said.parent)
    path = f"{'' if parent is None else parent.path}{id_}/"
    unit = Unit(
        id_, None if parent is None else parent.id, path, said.level, said.zh, said.en, said.position, said.remark
    )
    _fits(connection, town, unit, parent)
    when = {"added_at": wall_text(now), "added_by": by, "changed_at": wall_text(now), "changed_by": by}
    insert(connection, units, [{"town": town, **_row(unit), **when}])
    _note(connection, None, unit, "unit added", by, now)
    return unit


def change(
    connection: Connection, *, town: str, id_: str, said: Said, version: int | None = None, by: str, now: datetime
) -> Unit:
    """Names a unit anew, moves it with all below it, gives it another level, place or remark: all that `said` says but its id."""
    said = said.checked()
    before = _claim(connection, town, id_, version)
    parent = _parent(connection, town, said.parent)
    if parent is not None and before.holds(parent):
        raise RefusedError("unit %(unit)r: it can't stand below itself or a unit of its own branch", unit=id_)
    path = f"{'' if parent is None else parent.path}{id_}/"
    after = replace(
        before, parent=None if parent is None else parent.id, path=path, level=said.level, zh=said.zh, en=said.en,
        position=said.position, remark=said.remark, version=before.version + 1,
    )  # fmt: skip
    _fits(connection, town, after, parent)
    _above_its_children(connection, town, before, after)
    if path != before.path:
        _move(connection, town, before, path)
    _write(connection, town, after, by, now)
    _note(connection, before, after, "unit changed", by, now)
    return after


def close(connection: Connection, *, town: str, id_: str, version: int | None = None, by: str, now: datetime) -> Unit:
    """Closes a unit: nothing new can belong to it. `RefusedError` while a unit below it is open, or a gate or a user belongs to it."""
    before = _claim(connection, town, id_, version)
    if before.closed_at is not None:
        raise RefusedError("unit %(unit)r: it is closed already", unit=id_)
    still_open = select(func.count()).where(units.c.town == town, units.c.parent == id_, units.c.closed_at.is_(None))
    if count := connection.execute(still_open).scalar_one():
        raise RefusedError("unit %(unit)r: %(count)s units below it are open: close them first", unit=id_, count=count)
    gate = connection.execute(
        select(gates.c.gate).where(gates.c.town == town, gates.c.unit == id_, gates.c.retired_at.is_(None))
    ).scalar()
    if gate is not None:
        raise RefusedError("unit %(unit)r: the gate %(gate)s belongs to it", unit=id_, gate=gate)
    login = connection.execute(select(users.c.login).where(users.c.unit == id_, users.c.disabled_at.is_(None))).scalar()
    if login is not None:
        raise RefusedError("unit %(unit)r: the account %(login)s belongs to it", unit=id_, login=login)
    after = replace(before, closed_at=wall_text(now), version=before.version + 1)
    _write(connection, town, after, by, now)
    _note(connection, before, after, "unit closed", by, now)
    return after


def reopen(connection: Connection, *, town: str, id_: str, version: int | None = None, by: str, now: datetime) -> Unit:
    """Opens a closed unit again; `RefusedError` if it is open, or a unit above it is closed, or its name was given to another."""
    before = _claim(connection, town, id_, version)
    if before.closed_at is None:
        raise RefusedError("unit %(unit)r: it is open", unit=id_)
    after = replace(before, closed_at=None, version=before.version + 1)
    _fits(connection, town, after, _parent(connection, town, before.parent or ""))
    _write(connection, town, after, by, now)
    _note(connection, before, after, "unit opened again", by, now)
    return after


def put_gate(connection: Connection, *, town: str, gate: str, unit: str | None, by: str, now: datetime) -> None:
    """A gate belongs to a unit from now on, or to none; `RefusedError` for no gate of the town, or no open unit."""
    row = connection.execute(select(gates.c.unit).where(gates.c.town == town, gates.c.gate == gate)).first()
    if row is None:
        raise RefusedError("gate %(gate)r: there is no such gate", gate=gate)
    new = None if not unit else open_unit(connection, town, unit).id
    if new == row.unit:
        return
    connection.execute(update(gates).where(gates.c.town == town, gates.c.gate == gate).values(unit=new))
    detail = audit.changed({"unit": row.unit or ""}, {"unit": new or ""})
    audit.note(connection, user=by, action="gate put into a unit", object=f"gates/{gate}", detail=detail, now=now)


def put_user(
    connection: Connection,
    *,
    town: str,
    user: str,
    unit: str | None,
    confined: bool = False,
    version: int | None = None,
    by: str,
    now: datetime,
) -> None:
    """A user belongs to a unit from now on, or to none; `confined`: sees its branch and nothing else, which no admin can be."""
    before = accounts.claim(connection, user, version)
    new = None if not unit else open_unit(connection, town, unit).id
    if confined and new is None:
        raise RefusedError("user %(name)s: to be limited to a unit, the account must belong to one", name=before.name)
    if confined and before.role is Role.ADMIN:
        raise RefusedError("user %(name)s: an administrator can't be limited to a unit", name=before.name)
    connection.execute(update(users).where(users.c.id == user).values(unit=new, confined=confined))
    was: dict[str, Json] = {"unit": before.unit or "", "confined": before.confined}
    detail = audit.changed(was, {"unit": new or "", "confined": confined})
    audit.note(connection, user=by, action="user put into a unit", object=f"users/{user}", detail=detail, now=now)


def open_unit(connection: Connection, town: str, id_: str) -> Unit:
    """The unit with this id; `RefusedError` if there is none, or it is closed."""
    found = store.known(connection, town, id_)
    if found.closed_at is not None:
        raise RefusedError("unit %(unit)r: it is closed", unit=id_)
    return found


def _claim(connection: Connection, town: str, id_: str, version: int | None) -> Unit:
    """The unit, whom this transaction alone changes; `RefusedError` if there is none, or it was changed since the form was made."""
    # one after the other on every database: two moves at once could make a circle
    connection.execute(select(units.c.id).where(units.c.town == town).order_by(units.c.id).with_for_update())
    found = store.known(connection, town, id_)
    if version is not None and version != found.version:
        raise RefusedError(
            "somebody else changed this unit since the page was opened: nothing was changed; look at what stands there now, then do it again"
        )
    return found


def _parent(connection: Connection, town: str, id_: str) -> Unit | None:
    if not id_:
        return None
    found = store.find(connection, town, id_)
    if found is None:
        raise RefusedError("parent %(unit)r: there is no such unit", unit=id_)
    if found.closed_at is not None:
        raise RefusedError("parent %(unit)r: it is closed", unit=id_)
    return found


def _fits(connection: Connection, town: str, unit: Unit, parent: Unit | None) -> None:
    """`RefusedError` if a unit can't stand where it says: its level, its depth, its name among its sisters."""
    ranks = levels.every(connection, town)
    mine = levels.rank(ranks, unit.level)
    if parent is not None and mine <= levels.rank(ranks, parent.level):
        raise RefusedError(
            "unit %(unit)r: level %(level)r does not stand below %(above)r, the level of %(parent)r",
            unit=unit.id, level=unit.level, above=parent.level, parent=parent.id,
        )  # fmt: skip
    if unit.depth >= DEEPEST:
        raise RefusedError("unit %(unit)r: expected at most %(most)s levels", unit=unit.id, most=DEEPEST)
    named = [column == name for column, name in ((units.c.zh, unit.zh), (units.c.en, unit.en)) if name]
    beside = units.c.parent.is_(None) if parent is None else units.c.parent == parent.id
    query = select(units.c.id).where(units.c.town == town, beside, units.c.id != unit.id, units.c.closed_at.is_(None))
    other = connection.execute(query.where(or_(*named))).scalar()
    if other is not None:
        raise RefusedError(
            "unit %(name)r: %(other)r has this name already under the same parent", name=unit.zh or unit.en, other=other
        )


def _above_its_children(connection: Connection, town: str, before: Unit, after: Unit) -> None:
    """`RefusedError` if another level would not stand above those of the units below."""
    if before.level == after.level:
        return
    ranks = levels.every(connection, town)
    query = select(units.c.level).where(units.c.town == town, units.c.parent == after.id).distinct()
    for level in connection.execute(query).scalars():
        if levels.rank(ranks, level) <= levels.rank(ranks, after.level):
            raise RefusedError(
                "unit %(unit)r: level %(level)r does not stand above %(below)r, the level of units below it",
                unit=after.id, level=after.level, below=level,
            )  # fmt: skip


def _move(connection: Connection, town: str, unit: Unit, path: str) -> None:
    """Rewrites the path of a whole branch."""
    rest = func.substr(units.c.path, len(unit.path) + 1)
    which = units.c.town == town, store.in_branch(units.c.path, unit)
    connection.execute(update(units).where(*which).values(path=literal(path).concat(rest)))


def _write(connection: Connection, town: str, unit: Unit, by: str, now: datetime) -> None:
    which = units.c.town == town, units.c.id == unit.id
    connection.execute(update(units).where(*which).values(**_row(unit), changed_at=wall_text(now), changed_by=by))


def _row(unit: Unit) -> dict[str, object]:
    return {
        "id": unit.id, "parent": unit.parent, "path": unit.path, "level": unit.level, "zh": unit.zh, "en": unit.en,
        "position": unit.position, "remark": unit.remark, "closed_at": unit.closed_at, "version": unit.version,
    }  # fmt: skip


def _next_id(connection: Connection, town: str, count: int) -> str:
    """The first of unit-1, unit-2 ... that no unit has: units never go, so few are tried."""
    number = count + 1
    while store.find(connection, town, f"unit-{number}") is not None:
        number += 1
    return f"unit-{number}"


def _note(connection: Connection, before: Unit | None, after: Unit, action: str, by: str, now: datetime) -> None:
    detail = audit.changed({} if before is None else before.fields, after.fields)
    audit.note(connection, user=by, action=action, object=f"organisation/{after.id}", detail=detail, now=now)
