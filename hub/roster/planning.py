"""Writes the roster: somebody is assigned, moved, taken off; a week is copied from the one before; a week is published.

A change is a draft until its week is published: gates, alerts and the comparison with who signed on know the published roster only. What
should not be (somebody twice at once, too little rest, somebody who is away) is flagged by `flags` and not refused: at night in the rain a
town needs a person more than a perfect table. A shift that is over stays as it was.

Tested in `tests/hub/roster/test_planning.py`.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from edge.contract.canonical import Json
from edge.contract.records import wall_text
from hub.database.schema import duty_staff, roster, roster_presence, roster_weeks
from hub.database.statements import insert, upsert
from hub.errors import RefusedError
from hub.gates import store as gates
from hub.roster import store
from hub.roster.author import Author
from hub.roster.values import LEADER, DutyShift, clock_of, day_of, days_of, span_texts, week_of
from hub.values.stored import time_of

FARTHEST = timedelta(days=370)
"""How far ahead a roster is written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when somebody is to serve: a day, a shift, a gate (or `LEADER`)."""

    day: str
    shift: str
    gate: str


def check(author: Author, place: Place) -> None:
    """`RefusedError` for a place at which nobody can be rostered: an unknown day, shift or gate, or a shift that is over."""
    shift = _shift(author, place)
    _not_over(author, shift, place.day, span_texts(shift, place.day, author.zone)[1])


def named(author: Author, text: str) -> str:
    """The id of the person whom a text names, by id or by a name that one person has; `RefusedError` where it is nobody's, or several people's."""
    query = select(duty_staff.c.id).where(duty_staff.c.town == author.town)
    both = query.where(or_(duty_staff.c.id == text, duty_staff.c.name == text))
    found = [each for each in author.connection.execute(both).scalars() if seen(author, each)]
    if not found:
        raise RefusedError("staff %(text)r: there is no such person", text=text[:40])
    if len(found) > 1:
        raise RefusedError(
            "staff %(text)r: there are %(count)s of that name; give the id, such as s-12",
            text=text[:40],
            count=len(found),
        )
    return str(found[0])


def seen(author: Author, staff: str) -> bool:
    """Returns True if the author may roster somebody: of a branch's author, its units' people and who serves at its gates already."""
    if author.within is None:
        return True
    query = select(duty_staff.c.unit).where(duty_staff.c.town == author.town, duty_staff.c.id == staff)
    if author.connection.execute(query).scalar() in author.within.units:
        return True
    here = select(roster.c.gate).where(roster.c.town == author.town, roster.c.staff == staff).distinct()
    return not author.within.gates.isdisjoint(author.connection.execute(here).scalars())


def assign(author: Author, place: Place, staff: str) -> None:
    """Somebody is to serve there, as a draft; `RefusedError` for an unknown day, shift, gate or person, or for a shift that is over."""
    shift = _shift(author, place)
    person = store.member(author.connection, author.town, staff)
    if person is None or not seen(author, staff):
        raise RefusedError("staff %(text)r: there is no such person", text=staff[:40])
    starts, ends = span_texts(shift, place.day, author.zone)
    _not_over(author, shift, place.day, ends)
    if place.gate == LEADER:
        _drop(author, _cell(author, place), "roster leader taken off")
    here = and_(_cell(author, place), roster.c.staff == staff)
    known = author.connection.execute(select(roster.c.dropped_at).where(here)).first()
    if known is not None and known.dropped_at is None:
        raise RefusedError("%(name)s is rostered there already", name=person.name)
    if known is not None:
        author.connection.execute(update(roster).where(here).values(dropped_at=None))
    else:
        row = {
            "town": author.town, "day": place.day, "shift": place.shift, "gate": place.gate, "staff": staff,
            "starts": starts, "ends": ends, "added_at": author.at, "added_by": author.user,
            "published_at": None, "dropped_at": None,
        }  # fmt: skip
        insert(author.connection, roster, [row])
    _note(author, "roster assigned", place, staff)


def take_off(author: Author, place: Place, staff: str) -> None:
    """Somebody is not to serve there after all; `RefusedError` if nobody of that name is rostered there, or the shift is over."""
    _mine(author, place)
    here = and_(_cell(author, place), roster.c.staff == staff, roster.c.dropped_at.is_(None))
    row = author.connection.execute(select(roster.c.ends).where(here)).first()
    if row is None:
        raise RefusedError("that person is not rostered there any more")
    if row.ends <= author.at:
        raise RefusedError(
            "shift %(name)s of %(day)s is over: its roster stays as it was", name=place.shift, day=place.day
        )
    _drop(author, here, "roster taken off")


def move(author: Author, before: Place, after: Place, staff: str) -> None:
    """Somebody is to serve there and no longer here."""
    if before == after:
        return
    take_off(author, before, staff)
    assign(author, after, staff)


def copy_week(author: Author, monday: date) -> int:
    """Rosters everybody of the week before for the same shifts of this week, as drafts; returns how many are new.

    Left out: shifts that are over or no more, gates that are no more, people who have left, and who is there already.
    """
    shifts = {each.id: each for each in store.terms(author.connection, author.town).shifts}
    known = {*gates.infos(author.connection, author.town), LEADER}
    people = store.members(author.connection, author.town)
    former = days_of(monday - timedelta(days=7))
    here = days_of(monday)
    there = store.assignments(author.connection, author.town, here[0], here[-1])
    taken = {(*each.cell, each.staff) for each in there}
    led = {(each.day, each.shift) for each in there if each.gate == LEADER and not each.dropped}
    rows = []
    for each in store.assignments(author.connection, author.town, former[0], former[-1]):
        day = (date.fromisoformat(each.day) + timedelta(days=7)).isoformat()
        shift, person = shifts.get(each.shift), people.get(each.staff)
        if each.dropped or shift is None or person is None or each.gate not in known or not person.serves(day):
            continue
        starts, ends = span_texts(shift, day, author.zone)
        if ends <= author.at or (day, each.shift, each.gate, each.staff) in taken:
            continue
        if each.gate == LEADER and (day, each.shift) in led:
            continue
        rows.append(
            {
                "town": author.town, "day": day, "shift": each.shift, "gate": each.gate, "staff": each.staff,
                "starts": starts, "ends": ends, "added_at": author.at, "added_by": author.user,
                "published_at": None, "dropped_at": None,
            }
        )  # fmt: skip
    insert(author.connection, roster, rows)
    author.note("roster copied", f"roster/{here[0]}", {"since": former[0], "count": len(rows)})
    return len(rows)


def publish(author: Author, monday: date) -> int:
    """The week counts as it stands now; returns how many assignments are new or gone, and refuses a week in which nothing is."""
    days = days_of(monday)
    of_week = and_(roster.c.town == author.town, roster.c.day >= days[0], roster.c.day <= days[-1])
    fresh = and_(of_week, roster.c.published_at.is_(None), roster.c.dropped_at.is_(None))
    gone = and_(of_week, roster.c.dropped_at.is_not(None))
    added = author.connection.execute(select(func.count()).select_from(roster).where(fresh)).scalar_one()
    dropped = author.connection.execute(select(func.count()).select_from(roster).where(gone)).scalar_one()
    if not added and not dropped:
        raise RefusedError("week of %(day)s: nothing has changed since it was published", day=days[0])
    author.connection.execute(delete(roster).where(gone))
    author.connection.execute(update(roster).where(fresh).values(published_at=author.at))
    before = store.week(author.connection, author.town, days[0])
    version = 1 if before is None else before.version + 1
    row = {
        "town": author.town,
        "week": days[0],
        "version": version,
        "published_at": author.at,
        "published_by": author.user,
    }
    upsert(author.connection, roster_weeks, [row])
    author.note("roster published", f"roster/{days[0]}", {"added": added, "removed": dropped, "version": version})
    return added + dropped


def note_presence(author: Author, place: Place, staff: str, came: str, left: str) -> None:
    """Notes by hand from when to when (local clock, `08:05`) somebody was there, for whoever does not sign on; an empty `left`: is there still.

    `RefusedError` for somebody who is not rostered there, and for times that are none or lie ahead.
    """
    _mine(author, place)
    here = and_(_cell(author, place), roster.c.staff == staff)
    row = author.connection.execute(select(roster).where(here)).first()
    begin, end = (None, None) if row is None else (time_of(row.starts), time_of(row.ends))
    if begin is None or end is None:
        raise RefusedError("that person is not rostered there any more")
    came_at = _moment(author, came, begin)
    left_at = _moment(author, left, end) if left.strip() else None
    if left_at is not None and left_at <= came_at:
        raise RefusedError("left at %(text)s: expected a time after %(since)s", text=left[:10], since=came[:10])
    if max(came_at, left_at or "") > author.at:
        raise RefusedError("presence: a time that lies ahead cannot be noted")
    key = {"town": author.town, "day": place.day, "shift": place.shift, "gate": place.gate, "staff": staff}
    values = {"came_at": came_at, "left_at": left_at, "noted_at": author.at, "noted_by": author.user}
    upsert(author.connection, roster_presence, [{**key, **values}])
    detail: dict[str, Json] = {"day": place.day, "shift": place.shift, "gate": place.gate, "start": came_at}
    author.note("presence noted", f"staff/{staff}", {**detail, **({"end": left_at} if left_at else {})})


def _moment(author: Author, text: str, near: datetime) -> str:
    """The moment that a time on the clock means: the one nearest to a beginning or an end."""
    clock = time.fromisoformat(clock_of(text))
    day = near.astimezone(author.zone).date()
    moments = [datetime.combine(day + timedelta(days=n), clock, author.zone) for n in (-1, 0, 1)]
    return wall_text(min(moments, key=lambda each: abs(each - near)))


def _shift(author: Author, place: Place) -> DutyShift:
    """The shift of a place, all of whose words are known; `RefusedError` names the one that is not."""
    day = day_of(place.day)
    today = author.now.astimezone(author.zone).date()
    if day > today + FARTHEST:
        raise RefusedError("day %(text)r: a roster is written for a year ahead at most", text=place.day)
    shift = store.terms(author.connection, author.town).shift(place.shift)
    if shift is None:
        raise RefusedError("shift %(text)r: the town has no such shift", text=place.shift[:40])
    if place.gate != LEADER and place.gate not in gates.infos(author.connection, author.town):
        raise RefusedError("gate %(text)r: there is no such gate", text=place.gate[:40])
    _mine(author, place)
    return shift


def _mine(author: Author, place: Place) -> None:
    """`RefusedError` for a gate beyond the author's branch; who leads the town's shifts is the town's to say."""
    if author.within is None:
        return
    if place.gate == LEADER:
        raise RefusedError("leader on duty: this account is limited to a branch, and a leader leads the whole town")
    author.within.check_gate(place.gate)


def _not_over(author: Author, shift: DutyShift, day: str, ends: str) -> None:
    if ends <= author.at:
        raise RefusedError("shift %(name)s of %(day)s is over: its roster stays as it was", name=shift.zh, day=day)


def _cell(author: Author, place: Place) -> ColumnElement[bool]:
    return and_(
        roster.c.town == author.town,
        roster.c.day == place.day,
        roster.c.shift == place.shift,
        roster.c.gate == place.gate,
    )


def _drop(author: Author, which: ColumnElement[bool], action: str) -> None:
    """Takes rows off: a draft is gone, what was published counts until the week is published anew."""
    rows = author.connection.execute(select(roster).where(which, roster.c.dropped_at.is_(None))).all()
    author.connection.execute(delete(roster).where(which, roster.c.published_at.is_(None)))
    author.connection.execute(update(roster).where(which, roster.c.dropped_at.is_(None)).values(dropped_at=author.at))
    for row in rows:
        _note(author, action, Place(row.day, row.shift, row.gate), row.staff)


def _note(author: Author, action: str, place: Place, staff: str) -> None:
    week = week_of(date.fromisoformat(place.day)).isoformat()
    detail: dict[str, Json] = {"day": place.day, "shift": place.shift, "staff": staff}
    author.note(action, f"roster/{week}", {**detail, **({} if place.gate == LEADER else {"gate": place.gate})})
