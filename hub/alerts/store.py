"""The SQL that raises, ends, acknowledges and snoozes alerts (kinds: `kinds.py`, what holds for each: `rules.py`, questions: `reading.py`).

They stand beside the ledger, not in it: most of them are about the ledger. One cause, one alert: the same thing about the same gate and
subject again only counts up until somebody acknowledges it, whatever its detail says. The first detail stays, and the last few others
with it. A state (`standing`) that was acknowledged raises nothing anew while it lasts; something that happens again (`raise_`) does.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.accounts import audit
from hub.alerts import rules
from hub.alerts.kinds import AlertKind
from hub.alerts.reading import LATER, LONGEST, details
from hub.database.schema import alerts
from hub.errors import RefusedError

BY_HUB = "hub"
"""Who acknowledged a notice that was over."""


@dataclass(frozen=True, slots=True)
class About:
    """What an alert is about, beside its gate. `subject` tells causes of one kind and gate apart; `happened_at`: by the gate's clock."""

    subject: str = ""
    lane: str | None = None
    visit: str | None = None
    conflict: str | None = None
    happened_at: str | None = None

    def columns(self) -> dict[str, str | None]:
        """What a row says of it, as far as it is known."""
        known = {
            "lane": self.lane,
            "visit_id": self.visit,
            "conflict_id": self.conflict,
            "happened_at": self.happened_at,
        }
        return {name: value for name, value in known.items() if value is not None}


NOTHING = About()


@dataclass(frozen=True, slots=True)
class State:
    """Something that is so at this moment; `gate` None: of the hub itself."""

    what: AlertKind
    gate: str | None
    detail: str = ""
    about: About = NOTHING

    @property
    def key(self) -> tuple[str, str | None, str]:
        """What tells it from other causes."""
        return self.what.value, self.gate, self.about.subject


def raise_(
    connection: Connection,
    town: str,
    what: AlertKind,
    gate: str | None,
    detail: str,
    now: datetime,
    times: int = 1,
    about: About = NOTHING,
) -> None:
    """Raises an alert, or counts up the one about the same thing, gate and subject that nobody has acknowledged yet."""
    at, detail = wall_text(now), detail[:LONGEST]
    changed = {**about.columns(), "changed": _next(town)}
    open_ = _open(connection, town, what, gate, about.subject)
    if open_ is None:
        new = {"town": town, "what": what.value, "gate": gate, "subject": about.subject, "detail": detail}
        connection.execute(insert(alerts).values(**new, first_at=at, last_at=at, times=times, **changed))
        return
    again = {"last_at": at, "times": alerts.c.times + times, "ended_at": None, "later": _with(open_, detail)}
    if open_.happened_at and about.happened_at and about.happened_at < open_.happened_at:
        # a late record says nothing newer
        del changed["happened_at"]
    connection.execute(update(alerts).where(alerts.c.id == open_.id).values(**again, **changed))


def standing(
    connection: Connection, town: str, kinds: Iterable[AlertKind], states: Iterable[State], now: datetime
) -> None:
    """Brings the alerts of these kinds in line with what is so now: new ones are raised, those whose state is gone end.

    Nothing is counted: a state that lasts is one alert, also after it was acknowledged.
    """
    names = [kind.value for kind in kinds]
    query = select(alerts.c.id, alerts.c.what, alerts.c.gate, alerts.c.subject).where(
        alerts.c.town == town, alerts.c.ended_at.is_(None), alerts.c.what.in_(names)
    )
    there = {(row.what, row.gate, row.subject): row.id for row in connection.execute(query)}
    found = {state.key: state for state in states}
    for key, state in found.items():
        if key not in there:
            raise_(connection, town, state.what, state.gate, state.detail, now, about=state.about)
    _end(connection, town, [id_ for key, id_ in there.items() if key not in found], now)


def renew(connection: Connection, town: str, states: Iterable[State], now: datetime) -> None:
    """Brings what standing alerts say in line with their states. One that was acknowledged before its state grew worse calls anew.

    It grew worse at the state's `happened_at`.
    """
    for state in states:
        what, gate, subject = state.key
        this = (
            alerts.c.town == town, alerts.c.ended_at.is_(None), alerts.c.what == what, alerts.c.subject == subject,
            alerts.c.gate.is_(None) if gate is None else alerts.c.gate == gate,
        )  # fmt: skip
        row = connection.execute(select(alerts).where(*this).order_by(alerts.c.id.desc()).limit(1)).first()
        if row is None:
            continue
        if row.acknowledged_at is not None:
            if (state.about.happened_at or "") > row.acknowledged_at:
                _end(connection, town, [row.id], now)
                raise_(connection, town, state.what, gate, state.detail, now, about=state.about)
        elif row.detail != state.detail[:LONGEST]:
            said = {"detail": state.detail[:LONGEST], "last_at": wall_text(now), "changed": _next(town)}
            connection.execute(update(alerts).where(alerts.c.id == row.id).values(**said, **state.about.columns()))


def end(
    connection: Connection,
    town: str,
    what: AlertKind,
    now: datetime,
    gate: str | None = None,
    **columns: str,
) -> None:
    """Notes that the cause of an alert is over (at one gate, or of one conflict); it stays until somebody acknowledges it."""
    where = [alerts.c.town == town, alerts.c.what == what.value, alerts.c.ended_at.is_(None)]
    where += [] if gate is None else [alerts.c.gate == gate]
    where += [alerts.c[name] == value for name, value in columns.items()]
    _end(connection, town, connection.execute(select(alerts.c.id).where(*where)).scalars(), now)


def _end(connection: Connection, town: str, ids: Iterable[int], now: datetime) -> None:
    at = wall_text(now)
    for id_ in ids:
        this = alerts.c.id == id_
        connection.execute(update(alerts).where(this).values(ended_at=at, changed=_next(town)))
        what = connection.execute(select(alerts.c.what).where(this, alerts.c.acknowledged_at.is_(None))).scalar()
        if what is not None and rules.closes_itself(what):
            closed = {"acknowledged_at": at, "acknowledged_by": BY_HUB, "comment": ""}
            connection.execute(update(alerts).where(this).values(**closed))


def acknowledge(connection: Connection, *, town: str, id_: int, by: str, comment: str, now: datetime) -> None:
    """Acknowledges an alert, with a comment on what was done; `RefusedError` if there is no such alert, or it is acknowledged."""
    text = comment.strip()
    if not 0 < len(text) <= LONGEST:
        raise RefusedError("comment: expected 1 to %(most)s characters", most=LONGEST)
    done = {"acknowledged_at": wall_text(now), "acknowledged_by": by, "comment": text}
    _change(connection, town, id_, done)
    _audit(connection, by, "alert acknowledged", id_, {"comment": text}, now)


def snooze(connection: Connection, *, town: str, id_: int, by: str, until: datetime, now: datetime) -> None:
    """Takes an alert out of the bar for a while; `RefusedError` if there is no such alert, or it is acknowledged."""
    _change(connection, town, id_, {"snoozed_until": wall_text(until), "snoozed_by": by})
    _audit(connection, by, "alert snoozed", id_, {"until": wall_text(until)}, now)


def wake(connection: Connection, town: str, now: datetime) -> int:
    """Brings back the alerts whose pause is over; returns how many."""
    over = (alerts.c.town == town, alerts.c.snoozed_until <= wall_text(now))
    ids = connection.execute(select(alerts.c.id).where(*over)).scalars().all()
    for id_ in ids:
        woken = {"snoozed_until": None, "changed": _next(town)}
        connection.execute(update(alerts).where(alerts.c.id == id_).values(**woken))
    return len(ids)


def _change(connection: Connection, town: str, id_: int, columns: Mapping[str, str]) -> None:
    open_ = (alerts.c.town == town, alerts.c.id == id_, alerts.c.acknowledged_at.is_(None))
    if connection.execute(update(alerts).where(*open_).values(**columns, changed=_next(town))).rowcount == 0:
        raise RefusedError("alert %(id)s: there is none, or it is acknowledged already", id=id_)


def _audit(
    connection: Connection, by: str, action: str, id_: int, detail: Mapping[str, str | int | None], now: datetime
) -> None:
    audit.note(connection, user=by, action=action, object=f"alerts/{id_}", detail=detail, now=now)


def _next(town: str) -> Any:
    """The number of the change that is being written: pages compare it with the one that they know."""
    newest = alerts.alias("newest")
    return select(func.coalesce(func.max(newest.c.changed), 0) + 1).where(newest.c.town == town).scalar_subquery()


def _open(connection: Connection, town: str, what: AlertKind, gate: str | None, subject: str) -> Row[Any] | None:
    """The newest alert about this cause that nobody has acknowledged."""
    query = select(alerts.c.id, alerts.c.detail, alerts.c.later, alerts.c.happened_at).where(
        alerts.c.town == town,
        alerts.c.what == what.value,
        alerts.c.gate.is_(None) if gate is None else alerts.c.gate == gate,
        alerts.c.subject == subject,
        alerts.c.acknowledged_at.is_(None),
    )
    return connection.execute(query.order_by(alerts.c.id.desc()).limit(1)).first()


def _with(row: Row[Any], detail: str) -> str | None:
    """The later details of an alert when this one is the last: each once, in the order in which they were last seen."""
    later = details(row.later)
    if detail != row.detail:
        later = (*(each for each in later if each != detail), detail)
    return json.dumps(later[-LATER:], ensure_ascii=False) if later else None
