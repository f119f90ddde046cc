"""Raises the alerts of new entries, each entry once: the number of the last one looked at is written in the alerts' own transaction.

So a restart, a rebuild of the projections, or a record that is sent again raises nothing twice; what stands in the ledger before the
first look raises nothing at all. An entry at which the program fails costs no other its alert, and the listener nothing.

Tested in `tests/hub/alerts/test_raising.py`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, and_, or_, select
from sqlalchemy.engine import Connection, Engine

from edge.contract.facts import Kind, ReadBy
from edge.contract.topics import HUB
from hub.alerts import rules, store
from hub.alerts.kinds import AlertKind
from hub.alerts.raising.signals import KINDS, Raised, signal_of
from hub.alerts.rules import RULES
from hub.alerts.store import About
from hub.database.engine import UnusableError
from hub.database.schema import alerted, conflicts, entries, visits
from hub.database.statements import upsert
from hub.ledger.queries import last_entry
from hub.values.stored import part, said

log = structlog.get_logger()

AT_ONCE = 500
"""Entries of one transaction."""
UNWRITTEN = 5000
"""Entries that raise nothing after which their number is written all the same: after a start they are looked at once more."""

_EMERGENCY = f'"read_by":"{ReadBy.EMERGENCY.value}"'
_TELLING = or_(
    entries.c.kind.in_([kind.value for kind in KINDS]),
    and_(entries.c.kind == Kind.VISIT_OPENED.value, entries.c.raw.contains(_EMERGENCY, autoescape=True)),
    and_(
        entries.c.gate == HUB, entries.c.kind.in_([Kind.CONFLICT_OPENED.value, Kind.CONFLICT_SETTLED.value])
    ),
)  # fmt: skip


class FromLedger:
    """The alerts of one town's entries."""

    def __init__(self, town: str, writing: Engine, reading: Engine, now: Callable[[], datetime]) -> None:
        self._town, self._writing, self._reading, self._now = town, writing, reading, now
        self._done: int | None = None
        self._written = 0

    def look(self) -> None:
        """Deals with the entries that are new since the last look."""
        while True:
            with self._reading.begin() as connection:
                newest = last_entry(connection, self._town)
                if self._done is None:
                    self._done = self._written = _begin(connection, self._town)
                if newest <= self._done:
                    return
                rows = _telling(connection, self._town, self._done, newest)
            last = rows[-1].id if len(rows) == AT_ONCE else newest
            if rows or last - self._written >= UNWRITTEN:
                with self._writing.begin() as connection:
                    for row in rows:
                        self._take(connection, row)
                    upsert(connection, alerted, [{"town": self._town, "entry": last}])
                self._written = last
            self._done = last

    def _take(self, connection: Connection, row: Row[Any]) -> None:
        try:
            with connection.begin_nested():
                if row.gate == HUB:
                    self._conflict(connection, row)
                else:
                    self._record(connection, row)
        except UnusableError:
            raise
        except Exception:
            log.exception("an entry raises no alert", entry=row.id)

    def _record(self, connection: Connection, row: Row[Any]) -> None:
        signal = signal_of(said(row.raw), row.visit)
        if isinstance(signal, Raised):
            now = self._now()
            store.raise_(connection, self._town, signal.what, signal.gate, signal.detail, now, about=signal.about)
        elif signal is not None:
            store.end(connection, self._town, signal.what, self._now(), signal.gate, subject=signal.subject)

    def _conflict(self, connection: Connection, row: Row[Any]) -> None:
        id_ = part(said(row.raw), "body").get("conflict")
        of_visit = and_(visits.c.visit_id == conflicts.c.visit, visits.c.town == conflicts.c.town)
        query = select(conflicts, visits.c.opened_at.label("happened_at")).outerjoin(visits, of_visit)
        found = connection.execute(query.where(conflicts.c.town == self._town, conflicts.c.id == str(id_))).first()
        kind = None if found is None else rules.of_conflict(found.what)
        if found is None or kind is None:
            return
        if row.kind == Kind.CONFLICT_OPENED.value:
            about = _about_conflict(kind, found)
            if found.settled_at is None:
                store.raise_(connection, self._town, kind, found.gate, "", self._now(), about=about)
        elif kind is AlertKind.TWICE:
            _end_the_last(connection, self._town, kind, found, self._now())
        else:
            store.end(connection, self._town, kind, self._now(), conflict_id=found.id)


def _about_conflict(kind: AlertKind, found: Row[Any]) -> About:
    # a watched vehicle's visit is the subject of its gate's own alarm, too
    subjects = {AlertKind.WATCHED: found.visit or found.id, AlertKind.TWICE: ""}
    subject = subjects.get(kind, found.id)
    return About(subject=subject, visit=found.visit, conflict=found.id, happened_at=found.happened_at)


def _end_the_last(connection: Connection, town: str, kind: AlertKind, found: Row[Any], now: datetime) -> None:
    """Many conflicts are one alert of a gate: it is over with the last of them."""
    open_ = (
        conflicts.c.town == town,
        conflicts.c.gate == found.gate,
        conflicts.c.settled_at.is_(None),
        conflicts.c.what.in_(RULES[kind].codes),
    )
    if connection.execute(select(conflicts.c.id).where(*open_).limit(1)).first() is None:
        store.end(connection, town, kind, now, found.gate)


def _begin(connection: Connection, town: str) -> int:
    return connection.execute(select(alerted.c.entry).where(alerted.c.town == town)).scalar() or 0


def _telling(connection: Connection, town: str, after: int, newest: int) -> Sequence[Row[Any]]:
    """The entries that may raise or end something, in the ledger's order."""
    columns = (entries.c.id, entries.c.gate, entries.c.kind, entries.c.visit, entries.c.raw)
    # by ids: an expression that the index by gates does not have
    place = (entries.c.town + "" == town, entries.c.id > after, entries.c.id <= newest)
    return connection.execute(select(*columns).where(*place, _TELLING).order_by(entries.c.id).limit(AT_ONCE)).all()
