"""Who was on duty at the command post when, what was written down, how it was handed over: the SQL of its tables.

The tables `duties` and `duty_notes` are derived from the hub's own entries, which `hub.shifts.post` writes. A shift of the post goes from one
handover to the next. It begins when an officer signs on at a post where nobody is, or relieves another. Others may sign on beside them and
sign off; whoever stays while the post is handed over goes on in the next shift.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, true
from sqlalchemy.engine import Connection

from edge.contract.facts import Outcome
from edge.contract.reasons import Direction
from edge.contract.records import wall_text
from hub.database.schema import duties, duty_notes, inside, visits
from hub.values.stored import code_of, said, time_of, whole_of

MOST_NOTES = 500
"""Notes of a shift that are shown."""
OFFER_HOLDS = timedelta(hours=2)
"""How long somebody may take up a handover: later its figures and matters say nothing of the post."""


@dataclass(frozen=True, slots=True)
class Duty:
    """An officer's time at the post, as its row says it; `ended_at` None: on duty now."""

    entry: int
    user: str
    shift: str
    started_at: str
    relieves: str | None
    offer: int | None
    why: str
    open_matters: int
    taken: tuple[str, ...]
    ended_at: str | None
    ended_by: str | None
    ended_why: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a shift did: vehicles in, out, turned back, disinfected; and inside at its end."""

    entered: int = 0
    left: int = 0
    turned_back: int = 0
    disinfected: int = 0
    inside: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something a duty officer wrote down."""

    entry: int
    shift: str
    user: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A handover as the outgoing officer signed it; `to` None: to any officer."""

    entry: int
    shift: str
    user: str
    at: str
    text: str
    to: str | None
    open_matters: int
    matters: tuple[str, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift of the post; `ended_at` None: it goes on. `officers`: all who were on duty during it, in order of signing on."""

    id: str
    started_at: str
    ended_at: str | None
    officers: tuple[Duty, ...]


def on_duty(connection: Connection, town: str) -> list[Duty]:
    """Who is on duty now, in order of signing on."""
    query = select(duties).where(duties.c.town == town, duties.c.ended_at.is_(None)).order_by(duties.c.entry)
    return [_duty(row) for row in connection.execute(query)]


def current_shift_start(connection: Connection, town: str, now: datetime) -> datetime | None:
    """When the post's present shift began; None if nobody is on duty."""
    if not on_duty(connection, town):
        return None
    shift = latest(connection, town)
    query = select(func.min(duties.c.started_at)).where(duties.c.town == town, duties.c.shift == shift)
    began = time_of(connection.execute(query).scalar())
    return None if began is None else min(began, now)


def latest(connection: Connection, town: str) -> str:
    """The shift in which somebody signed on last; empty if nobody ever did."""
    query = select(duties.c.shift).where(duties.c.town == town).order_by(duties.c.entry.desc()).limit(1)
    return connection.execute(query).scalar() or ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The times on duty that a search asks for; empty fields ask nothing. `at`: who was on duty between these two moments (RFC 3339 UTC)."""

    users: tuple[str, ...] | None = None
    start: str = ""
    end: str = ""


def page(
    connection: Connection, town: str, asked: Asked, *, before: int | None = None, limit: int
) -> tuple[list[Duty], int | None]:
    """Times on duty, newest first, from below the entry `before`; and the entry below which the next page begins."""
    query = select(duties).where(duties.c.town == town).order_by(duties.c.entry.desc()).limit(limit + 1)
    if asked.users is not None:
        query = query.where(duties.c.user.in_(asked.users))
    if asked.start:
        query = query.where(or_(duties.c.ended_at.is_(None), duties.c.ended_at > asked.start))
    if asked.end:
        query = query.where(duties.c.started_at < asked.end)
    if before is not None:
        query = query.where(duties.c.entry < before)
    found = [_duty(row) for row in connection.execute(query)]
    return found[:limit], found[limit - 1].entry if len(found) > limit else None


def current(connection: Connection, town: str) -> Shift | None:
    """The post's present shift; None if nobody is on duty."""
    return find(connection, town, latest(connection, town)) if on_duty(connection, town) else None


def before(connection: Connection, town: str, shift: str) -> str | None:
    """The shift before this one; before none: the last that there was."""
    first = select(func.min(duties.c.entry)).where(duties.c.town == town, duties.c.shift == shift).scalar_subquery()
    query = select(duties.c.shift).where(duties.c.town == town).order_by(duties.c.entry.desc()).limit(1)
    return connection.execute(query.where(duties.c.entry < first) if shift else query).scalar()


def find(connection: Connection, town: str, id_: str) -> Shift | None:
    """A shift with all who were on duty in it, those included who had stayed from the one before."""
    mine = duties.c.town == town, duties.c.shift == id_
    first = connection.execute(select(func.min(duties.c.entry), func.min(duties.c.started_at)).where(*mine)).one()
    if first[0] is None:
        return None
    later = select(duties.c.started_at).where(duties.c.town == town, duties.c.shift != id_, duties.c.entry > first[0])
    next_ = connection.execute(later.order_by(duties.c.entry).limit(1)).scalar()
    last = [each.ended_at for each in _listed(connection, select(duties).where(*mine))]
    ended = next_ if None in last else min(each for each in (next_, max(filter(None, last))) if each)
    query = select(duties).where(
        duties.c.town == town,
        duties.c.started_at < ended if ended else true(),
        or_(duties.c.ended_at.is_(None), duties.c.ended_at > first[1]),
    )
    return Shift(id_, first[1], ended, tuple(_listed(connection, query.order_by(duties.c.entry))))


def _listed(connection: Connection, query: Select[Any]) -> list[Duty]:
    return [_duty(row) for row in connection.execute(query)]


def notes(connection: Connection, town: str, shift: str, limit: int = MOST_NOTES) -> list[Note]:
    """What was written down in a shift, newest first."""
    query = select(duty_notes).where(
        duty_notes.c.town == town, duty_notes.c.shift == shift, duty_notes.c.handover.is_(None)
    )
    rows = connection.execute(query.order_by(duty_notes.c.entry.desc()).limit(limit))
    return [Note(row.entry, row.shift, row.user, row.at, row.text) for row in rows]


def note_of(connection: Connection, town: str, entry: int) -> Note | None:
    """One note by its entry."""
    query = select(duty_notes).where(duty_notes.c.town == town, duty_notes.c.entry == entry)
    row = connection.execute(query).first()
    return None if row is None else Note(row.entry, row.shift, row.user, row.at, row.text)


def handover(connection: Connection, town: str, shift: str) -> Offer | None:
    """How a shift was handed over last; None if it was not."""
    query = select(duty_notes).where(
        duty_notes.c.town == town, duty_notes.c.shift == shift, duty_notes.c.handover.is_not(None)
    )
    row = connection.execute(query.order_by(duty_notes.c.entry.desc()).limit(1)).first()
    return None if row is None else _offer(row)


def taken_over(connection: Connection, town: str, shift: str) -> Duty | None:
    """The sign-on that ended a shift by relieving one of its officers; None if nobody did."""
    first = select(func.max(duties.c.entry)).where(duties.c.town == town, duties.c.shift == shift).scalar_subquery()
    query = select(duties).where(
        duties.c.town == town, duties.c.shift != shift, duties.c.entry > first, duties.c.relieves.is_not(None)
    )
    row = connection.execute(query.order_by(duties.c.entry).limit(1)).first()
    return None if row is None or before(connection, town, row.shift) != shift else _duty(row)


def figures(connection: Connection, town: str, start: str, end: str | None) -> Figures:
    """What happened at the gates between two moments (RFC 3339 UTC), as far as the hub knows now; `inside` only while there is no end."""
    passed = visits.c.outcome == Outcome.PASSED.value

    def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        counted(and_(passed, visits.c.direction == Direction.IN.value)),
        counted(and_(passed, visits.c.direction == Direction.OUT.value)),
        counted(visits.c.outcome == Outcome.TURNED_BACK.value),
        counted(visits.c.disinfected == "yes"),
    ).where(visits.c.town == town, visits.c.opened_at >= start, visits.c.opened_at < end if end else true())
    here = None
    if end is None:
        here = connection.execute(select(func.count()).select_from(inside).where(inside.c.town == town)).scalar_one()
    entered, left, turned_back, disinfected = connection.execute(query).one()
    return Figures(entered, left, turned_back, disinfected, here)


def offers(connection: Connection, town: str, now: datetime) -> dict[str, Offer]:
    """The last handover of each officer on duty that may still be taken up, by the officer."""
    found = {}
    since = wall_text(now - OFFER_HOLDS)
    for duty in on_duty(connection, town):
        query = (
            select(duty_notes)
            .where(
                duty_notes.c.town == town,
                duty_notes.c.user == duty.user,
                duty_notes.c.handover.is_not(None),
                duty_notes.c.entry > duty.entry,
                duty_notes.c.at >= since,
            )
            .order_by(duty_notes.c.entry.desc())
            .limit(1)
        )
        row = connection.execute(query).first()
        if row is not None:
            found[duty.user] = _offer(row)
    return found


def _duty(row: Row) -> Duty:  # type: ignore[type-arg]
    return Duty(
        row.entry, row.user, row.shift, row.started_at, row.relieves, row.offer, row.why, row.open_matters,
        _names(row.taken), row.ended_at, row.ended_by, row.ended_why,
    )  # fmt: skip


def _offer(row: Row) -> Offer:  # type: ignore[type-arg]
    handover = said(row.handover)
    figures = Figures(**{name: whole_of(handover.get(name)) or 0 for name in Figures.__dataclass_fields__})
    return Offer(
        row.entry, row.shift, row.user, row.at, row.text, code_of(handover.get("to")),
        whole_of(handover.get("open_matters")) or 0, _listed_names(handover.get("matters")), figures,
    )  # fmt: skip


def _names(text: str) -> tuple[str, ...]:
    try:
        return _listed_names(json.loads(text))
    except (ValueError, RecursionError):
        return ()


def _listed_names(value: object) -> tuple[str, ...]:
    found = [code_of(each) for each in value] if isinstance(value, list) else []
    return tuple(each for each in found if each is not None)
