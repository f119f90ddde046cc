"""The SQL that asks for alerts: those in the bar, those of the page with its filter, and whether anything changed.

Tested in `tests/hub/alerts/test_store.py` and `tests/hub/alerts/test_views.py`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from hub.alerts import rules
from hub.alerts.kinds import AlertKind
from hub.alerts.rules import Ends, Rule, Severity
from hub.database.schema import alerts, visits
from hub.values.stored import time_of

LONGEST = 500
LATER = 8
"""Details of an alert beside its first that are kept: the last ones."""
LATE = timedelta(minutes=10)
"""What happened so long before the hub heard of it came after an outage: it sounds once."""
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=2)
"""Of an alarm: the crossings of this time belong to it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as its row says it; `gate` None: the hub itself. `plate` is in full: a page masks it (`hub.accounts.privacy`)."""

    id: int
    what: str
    gate: str | None
    detail: str
    first_at: str
    last_at: str
    times: int
    ended_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    comment: str | None
    later: tuple[str, ...] = ()
    """Details that came after the first and differ from it and from each other: the last of them."""
    subject: str = ""
    lane: str | None = None
    visit_id: str | None = None
    conflict_id: str | None = None
    happened_at: str | None = None
    snoozed_until: str | None = None
    snoozed_by: str | None = None
    plate: str | None = None
    pass_id: str | None = None

    def says(self, detail: str) -> bool:
        """Returns True if this is the last that the alert was raised for."""
        return self.last_detail == detail[:LONGEST]

    @property
    def last_detail(self) -> str:
        """The detail that it was raised with last."""
        return self.later[-1] if self.later else self.detail

    @property
    def rule(self) -> Rule:
        """What holds for its kind."""
        return rules.rule_of(self.what)

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity

    @property
    def late(self) -> bool:
        """Returns True if it had happened long before the hub heard of it."""
        happened, heard = time_of(self.happened_at), time_of(self.last_at)
        return happened is not None and heard is not None and heard - happened > LATE

    @property
    def around(self) -> tuple[datetime, datetime] | None:
        """The span in which the vehicle came that it is about, if its time is known."""
        happened = time_of(self.happened_at)
        return None if happened is None else (happened - BEFORE, happened + AFTER)

    @property
    def sounds(self) -> bool:
        """Returns True if it is to be heard: it is not over, and nobody has acknowledged or snoozed it."""
        return self.acknowledged_at is None and self.ended_at is None and self.snoozed_until is None

    @property
    def repeats(self) -> bool:
        """Returns True if its sound comes again until somebody sees to it."""
        return self.rule.repeats and not self.late

    @property
    def lasting(self) -> bool:
        """Returns True if its cause is something that ends by itself."""
        return self.rule.ends is not Ends.NEVER


class State(StrEnum):
    """What the page can be asked for. `open`: nobody has acknowledged it; `standing`: its cause lasts."""

    OPEN = "open"
    STANDING = "standing"
    SNOOZED = "snoozed"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Filter:
    """What the page of alerts shows. `gate` empty: all; `search`: part of a detail, a comment or a plate. Times are wall texts."""

    severity: str = ""
    what: str = ""
    gate: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    search: str = ""
    whole_plate: bool = False
    """True for readers who see plates masked: they find whole ones only."""

    def where(self, town: str) -> list[ColumnElement[bool]]:
        """The conditions."""
        found: list[ColumnElement[bool]] = [alerts.c.town == town]
        if self.severity:
            kinds = rules.kinds_of(Severity(self.severity)) if self.severity in set(Severity) else ()
            found.append(alerts.c.what.in_([kind.value for kind in kinds]))
        found += [alerts.c.what == self.what] if self.what else []
        found += [alerts.c.gate == self.gate] if self.gate else []
        found += [alerts.c.last_at >= self.since] if self.since else []
        found += [alerts.c.first_at < self.until] if self.until else []
        return [*found, *_of_state(self.state), *self._searched()]

    def _searched(self) -> list[ColumnElement[bool]]:
        text = self.search.strip()
        if not text:
            return []
        plate = text.replace("·", "").replace(" ", "").upper()
        by_plate = visits.c.plate == plate if self.whole_plate else visits.c.plate.contains(plate, autoescape=True)
        texts = (alerts.c.detail, alerts.c.later, alerts.c.comment)
        return [or_(by_plate, *(column.contains(text, autoescape=True) for column in texts))]


def _of_state(state: str) -> Sequence[ColumnElement[bool]]:
    unacknowledged = alerts.c.acknowledged_at.is_(None)
    return {
        State.OPEN.value: [unacknowledged],
        State.STANDING.value: [alerts.c.ended_at.is_(None), alerts.c.what.in_(_LASTING)],
        State.SNOOZED.value: [unacknowledged, alerts.c.snoozed_until.is_not(None)],
        State.ACKNOWLEDGED.value: [alerts.c.acknowledged_at.is_not(None)],
    }.get(state, [])


_LASTING = [kind.value for kind, rule in rules.RULES.items() if rule.ends is not Ends.NEVER]


def version(connection: Connection, town: str) -> str:
    """The number of the newest change of any alert."""
    newest = select(func.max(alerts.c.changed)).where(alerts.c.town == town)
    return str(connection.execute(newest).scalar() or 0)


def details(text: str | None) -> tuple[str, ...]:
    """The column `later`."""
    return () if text is None else tuple(json.loads(text))


def lasting(connection: Connection, town: str, what: AlertKind) -> list[Alert]:
    """The alerts whose cause is not over, acknowledged or not, newest first."""
    return _read(connection, alerts.c.town == town, alerts.c.what == what.value, alerts.c.ended_at.is_(None), limit=100)


def standing_keys(connection: Connection, town: str, kinds: Iterable[AlertKind]) -> set[tuple[str, str | None, str]]:
    """(kind, gate, subject) of the alerts of these kinds whose cause is not over."""
    query = select(alerts.c.what, alerts.c.gate, alerts.c.subject).where(
        alerts.c.town == town, alerts.c.ended_at.is_(None), alerts.c.what.in_([kind.value for kind in kinds])
    )
    return {(row.what, row.gate, row.subject) for row in connection.execute(query)}


def standing_says(
    connection: Connection, town: str, kinds: Iterable[AlertKind]
) -> dict[tuple[str, str | None, str], str]:
    """What the alerts of these kinds say whose cause is not over, by (kind, gate, subject); empty for one that was acknowledged."""
    query = select(alerts.c.what, alerts.c.gate, alerts.c.subject, alerts.c.detail, alerts.c.acknowledged_at).where(
        alerts.c.town == town, alerts.c.ended_at.is_(None), alerts.c.what.in_([kind.value for kind in kinds])
    )
    return {
        (row.what, row.gate, row.subject): "" if row.acknowledged_at else row.detail
        for row in connection.execute(query)
    }


def any_awake(connection: Connection, town: str, now: datetime) -> bool:
    """Returns True if an alert's pause is over and nobody has brought it back."""
    over = select(alerts.c.id).where(alerts.c.town == town, alerts.c.snoozed_until <= wall_text(now))
    return connection.execute(over.limit(1)).first() is not None


def unacknowledged(connection: Connection, town: str, limit: int = 100) -> list[Alert]:
    """The alerts that nobody has acknowledged, newest first."""
    return _read(connection, alerts.c.town == town, alerts.c.acknowledged_at.is_(None), limit=limit)


def in_bar(connection: Connection, town: str, now: datetime) -> list[Alert]:
    """The alerts that call somebody: neither acknowledged nor snoozed; the worst first, of those the newest."""
    calling = [each for each in unacknowledged(connection, town, 500) if not snoozed(each, now)]
    return sorted(calling, key=lambda each: (each.ended_at is not None, rules.rank(each.what)))


def snoozed(alert: Alert, now: datetime) -> bool:
    """Returns True if an alert's pause lasts."""
    until = time_of(alert.snoozed_until)
    return until is not None and until > now


def page(
    connection: Connection, town: str, chosen: Filter | None = None, *, before: int | None = None, limit: int
) -> list[Alert]:
    """The alerts that a filter lets through, newest first."""
    older = () if before is None else (alerts.c.id < before,)
    return _read(connection, *(chosen or Filter()).where(town), *older, limit=limit)


def find(connection: Connection, town: str, id_: int) -> Alert | None:
    """The alert of this number."""
    found = _read(connection, alerts.c.town == town, alerts.c.id == id_, limit=1)
    return found[0] if found else None


def _read(connection: Connection, *where: Any, limit: int) -> list[Alert]:
    of_visit = and_(visits.c.visit_id == alerts.c.visit_id, visits.c.town == alerts.c.town)
    rows: Sequence[Row[Any]] = connection.execute(
        select(alerts, visits.c.plate, visits.c.pass_id)
        .outerjoin(visits, of_visit)
        .where(*where)
        .order_by(alerts.c.id.desc())
        .limit(limit)
    ).all()
    return [
        Alert(
            **{name: value for name, value in row._mapping.items() if name not in ("town", "later", "changed")},
            later=details(row.later),
        )
        for row in rows
    ]
