"""The questions about duty staff, shifts and the roster. What changes them: `staff`, `terms`, `planning`.

Tested in `tests/hub/roster/test_planning.py` and `tests/hub/roster/test_staff.py`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.engine import Connection

from hub.database.schema import (
    duty_absences,
    duty_manning,
    duty_roles,
    duty_shifts,
    duty_staff,
    roster,
    roster_presence,
    roster_rules,
    roster_weeks,
)
from hub.database.statements import among
from hub.organisation import store as organisation
from hub.roster.values import (
    Absence,
    Assignment,
    DutyRole,
    DutyShift,
    Manning,
    RosterRules,
    StaffMember,
    Terms,
)

MOST_STAFF = 5000
"""People whom one page or one look reads."""


@dataclass(frozen=True, slots=True)
class StaffAsked:
    """Which of the staff: a part of the name (or a whole phone), a role, a gate at which they may serve; `state`: serving, ended, away, or all."""

    search: str = ""
    role: str = ""
    gate: str = ""
    state: str = ""
    unit: str = ""
    day: str = ""
    """By which `state` is meant."""


@dataclass(frozen=True, slots=True)
class Presence:
    """From when to when somebody was there, as a person noted it."""

    day: str
    shift: str
    gate: str
    staff: str
    came_at: str
    left_at: str | None
    noted_at: str
    noted_by: str


@dataclass(frozen=True, slots=True)
class Published:
    """When a week was published last, and by whom."""

    week: str
    version: int
    at: str
    by: str


def terms(connection: Connection, town: str, *, removed: bool = False) -> Terms:
    """The town's shifts, roles, least manning and rules. `removed`: with the shifts that are no more, for what was rostered in them."""
    shifts = select(duty_shifts).where(duty_shifts.c.town == town).order_by(duty_shifts.c.starts, duty_shifts.c.shift)
    if not removed:
        shifts = shifts.where(duty_shifts.c.removed_at.is_(None))
    roles = select(duty_roles).where(duty_roles.c.town == town).order_by(duty_roles.c.place, duty_roles.c.role)
    least = select(duty_manning).where(duty_manning.c.town == town)
    return Terms(
        tuple(DutyShift(row.shift, row.zh, row.en, row.starts, row.ends) for row in connection.execute(shifts)),
        tuple(DutyRole(row.role, row.zh, row.en) for row in connection.execute(roles)),
        tuple(Manning(row.gate, row.shift, row.role, row.least) for row in connection.execute(least)),
        rules(connection, town),
    )


def rules(connection: Connection, town: str) -> RosterRules:
    """What the town set; the usual where it set nothing."""
    row = connection.execute(select(roster_rules).where(roster_rules.c.town == town)).first()
    if row is None:
        return RosterRules()
    return RosterRules(
        row.rest_hours, row.late_minutes, row.absent_minutes, row.lead_hours, bool(row.leader), row.version
    )


def member(connection: Connection, town: str, id_: str) -> StaffMember | None:
    """One of the staff."""
    query = select(duty_staff).where(duty_staff.c.town == town, duty_staff.c.id == id_)
    found = _members(connection, town, connection.execute(query).all())
    return found[0] if found else None


def members(connection: Connection, town: str, ids: Iterable[str] | None = None) -> dict[str, StaffMember]:
    """The staff by id, in order of their names; those of these ids, or all."""
    query = select(duty_staff).where(duty_staff.c.town == town).order_by(duty_staff.c.name, duty_staff.c.id)
    if ids is not None:
        query = query.where(among(duty_staff.c.id, ids))
    return {each.id: each for each in _members(connection, town, connection.execute(query.limit(MOST_STAFF)).all())}


def of_users(connection: Connection, town: str) -> dict[str, str]:
    """User -> who of the staff signs on under that name."""
    query = select(duty_staff.c.user, duty_staff.c.id).where(duty_staff.c.town == town, duty_staff.c.user.is_not(None))
    return {row.user: row.id for row in connection.execute(query)}


def page(
    connection: Connection, town: str, asked: StaffAsked, *, after: tuple[str, str] | None, limit: int
) -> list[StaffMember]:
    """The staff in order of their names, from behind the name and id `after`."""
    query = select(duty_staff).where(*conditions(town, asked)).order_by(duty_staff.c.name, duty_staff.c.id).limit(limit)
    if after is not None:
        name, id_ = after
        query = query.where(or_(duty_staff.c.name > name, and_(duty_staff.c.name == name, duty_staff.c.id > id_)))
    return _members(connection, town, connection.execute(query).all())


def count(connection: Connection, town: str) -> int:
    """How many people the list has, those that left included."""
    query = select(func.count()).select_from(duty_staff).where(duty_staff.c.town == town)
    return connection.execute(query).scalar_one()


def last_written(connection: Connection, town: str) -> str | None:
    """When somebody was last put on the duty staff, changed, or rostered; None where that never was."""
    found = [
        connection.execute(select(func.max(column)).where(column.table.c.town == town)).scalar()
        for column in (duty_staff.c.changed_at, roster.c.added_at, roster.c.published_at)
    ]
    return max((each for each in found if each), default=None)


def conditions(town: str, asked: StaffAsked) -> list[ColumnElement[bool]]:
    """What somebody of the staff must satisfy to be asked for."""
    table, day = duty_staff, asked.day
    found: list[ColumnElement[bool]] = [table.c.town == town]
    if asked.search:
        found.append(
            or_(
                table.c.name.contains(asked.search, autoescape=True),
                table.c.phone == asked.search,
                table.c.id == asked.search,
            )
        )
    if asked.role:
        found.append(table.c.role == asked.role)
    if asked.unit:
        found.append(table.c.unit.in_(organisation.below(town, asked.unit)))
    if asked.gate:
        found.append(or_(table.c.gates.is_(None), table.c.gates.contains(f'"{asked.gate}"', autoescape=True)))
    ended = and_(table.c.until.is_not(None), table.c.until < day)
    away = (
        select(duty_absences.c.id)
        .where(
            duty_absences.c.town == town, duty_absences.c.staff == table.c.id,
            duty_absences.c.since <= day, duty_absences.c.until >= day,
        )
        .exists()
    )  # fmt: skip
    match asked.state:
        case "serving":
            found += [or_(table.c.until.is_(None), table.c.until >= day), table.c.since <= day]
        case "ended":
            found.append(ended)
        case "away":
            found.append(away)
    return found


def assignments(
    connection: Connection, town: str, first: str, last: str, *, gate: str | None = None
) -> list[Assignment]:
    """Who is rostered on the days from `first` to `last`, drafts and what was taken off since included."""
    where = [roster.c.town == town, roster.c.day >= first, roster.c.day <= last]
    return _assignments(connection, [*where, *([] if gate is None else [roster.c.gate == gate])])


def published_between(
    connection: Connection, town: str, start: str, end: str, *, gate: str | None = None
) -> list[Assignment]:
    """Whom the published roster has between two moments (RFC 3339 UTC), whichever gate or one."""
    where = [
        roster.c.town == town, roster.c.published_at.is_not(None), roster.c.starts < end, roster.c.ends > start,
    ]  # fmt: skip
    return _assignments(connection, [*where, *([] if gate is None else [roster.c.gate == gate])])


def of_member(connection: Connection, town: str, staff: str, first: str, last: str) -> list[Assignment]:
    """When somebody is rostered, of the days from `first` to `last`."""
    where = [roster.c.town == town, roster.c.staff == staff, roster.c.day >= first, roster.c.day <= last]
    return _assignments(connection, where)


def _assignments(connection: Connection, where: Iterable[ColumnElement[bool]]) -> list[Assignment]:
    query = select(roster).where(*where).order_by(roster.c.starts, roster.c.gate, roster.c.added_at, roster.c.staff)
    return [
        Assignment(
            row.day, row.shift, row.gate, row.staff, row.starts, row.ends,
            row.published_at is not None, row.dropped_at is not None, row.published_at,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def week(connection: Connection, town: str, monday: str) -> Published | None:
    """When a week was published last; None: it never was."""
    query = select(roster_weeks).where(roster_weeks.c.town == town, roster_weeks.c.week == monday)
    row = connection.execute(query).first()
    return None if row is None else Published(row.week, row.version, row.published_at, row.published_by)


def weeks(connection: Connection, town: str, mondays: Iterable[str]) -> frozenset[str]:
    """Those of these weeks that were published."""
    query = select(roster_weeks.c.week).where(roster_weeks.c.town == town, among(roster_weeks.c.week, mondays))
    return frozenset(connection.execute(query).scalars())


def presences(connection: Connection, town: str, start: str, end: str) -> list[Presence]:
    """What was noted by hand of the time between two moments."""
    query = select(roster_presence).where(
        roster_presence.c.town == town,
        roster_presence.c.came_at < end,
        or_(roster_presence.c.left_at.is_(None), roster_presence.c.left_at > start),
    )
    return [
        Presence(
            row.day, row.shift, row.gate, row.staff, row.came_at, row.left_at, row.noted_at, row.noted_by
        )
        for row in connection.execute(query.order_by(roster_presence.c.came_at))
    ]  # fmt: skip


def _members(connection: Connection, town: str, rows: Iterable[Row]) -> list[StaffMember]:  # type: ignore[type-arg]
    rows = list(rows)
    away: dict[str, list[Absence]] = {}
    query = select(duty_absences).where(
        duty_absences.c.town == town, among(duty_absences.c.staff, [row.id for row in rows])
    )
    for each in connection.execute(query.order_by(duty_absences.c.since, duty_absences.c.id)):
        absence = Absence(each.id, each.staff, each.since, each.until, each.why)
        away.setdefault(each.staff, []).append(absence)
    return [
        StaffMember(
            row.id, row.name, row.phone, row.unit, row.role, row.user,
            None if row.gates is None else tuple(json.loads(row.gates)), row.since, row.until, row.version,
            tuple(away.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip
