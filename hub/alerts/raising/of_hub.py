"""What is so at the hub at this moment and needs a person: its disk, its backups, certificates, the quarantine, retired gates that speak.

Tested in `tests/hub/alerts/test_raising.py`.
"""

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from edge.contract.values import parse_wall
from hub.alerts.kinds import AlertKind
from hub.alerts.raising.lasting import ZERO, Lasting
from hub.alerts.store import About, State
from hub.broker import mosquitto
from hub.database.schema import audit, backups, entries, feed_targets, gates, judged, operations, quarantine
from hub.destruction import at_gates
from hub.destruction.decisions import past_date
from hub.downlink.signed_lists import readable_policy
from hub.enrolment.authority import LEAF_LIFE
from hub.town.settings import Settings, fresh_backup
from hub.values.stored import time_of

LEAST_SHARE, LEAST_BYTES = 0.05, 2 * 2**30
"""Of the hub's disk: free below both is too little."""
BEFORE_THE_END = timedelta(days=90)
"""Of a certificate."""
FIRST_WARNING, LAST_WARNING = timedelta(days=3), timedelta(days=1)
"""Before the end of an operation's period."""
FEED_WAITS = timedelta(minutes=10)
"""For which entries may wait for another system that confirms none."""
SPEAKS = timedelta(minutes=10)
"""For which a word of a retired gate counts."""

OF_HUB = (
    AlertKind.DISK,
    AlertKind.BACKUP_OLD,
    AlertKind.CERTIFICATE,
    AlertKind.FEED,
    AlertKind.QUARANTINE,
    AlertKind.RETIRED,
    AlertKind.ORDER_UNANSWERED,
    AlertKind.QUESTION_OVERDUE,
    AlertKind.RUN_MISSED,
    AlertKind.OPERATION_ENDS,
    AlertKind.OPERATION_OVER,
    AlertKind.KEPT_PAST,
    AlertKind.BROUGHT_BACK,
    AlertKind.ZERO_REPORT,
)

PATIENCE: dict[AlertKind, timedelta] = {
    # a hub that was off makes the backup that it owes first
    AlertKind.BACKUP_OLD: timedelta(minutes=30),
    AlertKind.QUARANTINE: timedelta(minutes=1),
}
"""For how long it must be so."""


def for_long_enough(states: Iterable[State], lasting: Lasting, now: datetime) -> Iterator[State]:
    """The states that have lasted long enough to call somebody."""
    for state in states:
        if lasting.has(state.key, now, PATIENCE.get(state.what, ZERO)):
            yield state


def disk(settings: Settings) -> Iterator[State]:
    """The disk that the ledger lies on fills up."""
    room = shutil.disk_usage(settings.folder)
    if room.free < min(LEAST_BYTES, room.total * LEAST_SHARE):
        yield State(AlertKind.DISK, None, f"disk: {room.free // 2**20} MiB free")


def backup_old(connection: Connection, town: str, settings: Settings, now: datetime) -> Iterator[State]:
    """The newest backup is older than one and a half times what the schedule says; PostgreSQL has tools of its own."""
    hours = fresh_backup(settings).hours
    if not hours or connection.dialect.name != "sqlite":
        return
    newest = select(func.max(backups.c.at)).where(backups.c.town == town)
    founded = select(func.min(audit.c.at)).where(audit.c.town == town)
    last = connection.execute(newest).scalar() or connection.execute(founded).scalar()
    made = time_of(last)
    if made is not None and now - made > timedelta(hours=1.5 * hours):
        yield State(AlertKind.BACKUP_OLD, None, f"last backup: {wall_text(made)}", About(happened_at=wall_text(made)))


def certificates(connection: Connection, town: str, settings: Settings, now: datetime) -> Iterator[State]:
    """A certificate ends within a month: of the authority, the broker, the listener, or a gate (by the time of its last bundle)."""
    place = mosquitto.folder(settings)
    files = {
        "authority": settings.folder / "ca" / "ca.pem",
        "broker": place / "server.pem",
        "listener": settings.keys / "listener.pem",
    }
    for name, file in files.items():
        end = _end_of(file)
        if end is not None and end - now < BEFORE_THE_END:
            yield State(AlertKind.CERTIFICATE, None, f"certificate of {name}: {wall_text(end)}", About(subject=name))
    of_town = audit.c.town == gates.c.town
    bundled = and_(of_town, audit.c.object == "gates/" + gates.c.gate, audit.c.action == "gate bundled")
    query = (
        select(gates.c.gate, func.max(audit.c.at).label("at"))
        .join(audit, bundled)
        .where(gates.c.town == town, gates.c.retired_at.is_(None))
        .group_by(gates.c.gate)
    )
    for row in connection.execute(query):
        made = time_of(row.at)
        if made is not None and made + LEAF_LIFE - now < BEFORE_THE_END:
            detail = f"certificate of {row.gate}: {wall_text(made + LEAF_LIFE)}"
            yield State(AlertKind.CERTIFICATE, row.gate, detail, About(subject=row.gate))


def feed(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """A target of the feed has confirmed nothing for long, though an entry has waited for it as long: it fails, or the sender does."""
    for row in connection.execute(
        select(feed_targets).where(feed_targets.c.town == town, feed_targets.c.removed_at.is_(None))
    ):
        first = (
            select(entries.c.received_at)
            .where(entries.c.town + "" == town, entries.c.id > row.cursor)
            .order_by(entries.c.id)
            .limit(1)
        )
        since = max(connection.execute(first).scalar() or "~", row.confirmed_at or row.added_at)
        at = time_of(since)
        if at is not None and now - at > FEED_WAITS:
            why = f": {row.error}" if row.error else ""
            yield State(AlertKind.FEED, None, f"{row.name}{why}", About(subject=row.id, happened_at=since))


def operation_ends(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """The period of the operation ends within three days: said once, and once more a day before."""
    found = _operation(connection, town)
    if found is None or found.ends is None or found.is_over:
        return
    left = parse_wall(found.ends) - now
    if ZERO < left <= FIRST_WARNING:
        days = 1 if left <= LAST_WARNING else 3
        about = About(subject=f"{found.id} {days}", happened_at=found.ends)
        yield State(AlertKind.OPERATION_ENDS, None, f"operation {found.id} ends within {days} d: {found.ends}", about)


def operation_over(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """The period of the operation is over, and nobody has ended it."""
    found = _operation(connection, town)
    if found is not None and found.ends is not None and not found.is_over and parse_wall(found.ends) <= now:
        about = About(subject=found.id, happened_at=found.ends)
        yield State(AlertKind.OPERATION_OVER, None, f"operation {found.id} is over: {found.ends}", about)


def kept_past(connection: Connection, town: str, now: datetime) -> Iterator[State]:
    """Parts of the data that were kept for a reason until a day that is past: decide of each anew."""
    for each in past_date(connection, town, now):
        about = About(subject=each.part, happened_at=each.until)
        yield State(AlertKind.KEPT_PAST, None, f"{each.part}: kept until {each.until}", about)


def brought_back(connection: Connection, town: str) -> Iterator[State]:
    """Gates have destroyed at the word of a hub of which this one, restored from a backup, knows nothing."""
    if found := at_gates.undone(connection, town):
        yield State(AlertKind.BROUGHT_BACK, None, ", ".join(found), About(subject="restored"))


class _Period(NamedTuple):
    """The operation that gates go by: its end as they have it; `is_over`: somebody ended it."""

    id: str
    ends: str | None
    is_over: bool


def _operation(connection: Connection, town: str) -> _Period | None:
    policy = readable_policy(connection, town)
    if policy is None:
        return None
    id_ = policy.operation.id
    query = select(operations.c.ended_at).where(operations.c.town == town, operations.c.id == id_)
    return _Period(id_, policy.operation.ends, connection.execute(query).scalar() is not None)


def waiting(connection: Connection, town: str) -> Iterator[State]:
    """Messages of a gate that lie in the quarantine and nobody has judged."""
    of_message = and_(judged.c.town == quarantine.c.town, judged.c.quarantine == quarantine.c.id)
    query = (
        select(quarantine.c.gate)
        .outerjoin(judged, of_message)
        .where(quarantine.c.town == town, judged.c.quarantine.is_(None))
        .distinct()
    )
    for gate in connection.execute(query).scalars():
        yield State(AlertKind.QUARANTINE, gate)


def retired(connection: Connection, town: str, heard: dict[str, datetime], now: datetime) -> Iterator[State]:
    """Gates that were retired and still speak. `heard`: when the listener last had a word of a gate that is none."""
    query = select(gates.c.gate, gates.c.retired_at, func.max(quarantine.c.received_at).label("at")).outerjoin(
        quarantine, and_(quarantine.c.town == gates.c.town, quarantine.c.gate == gates.c.gate)
    )
    gone = query.where(gates.c.town == town, gates.c.retired_at.is_not(None)).group_by(gates.c.gate, gates.c.retired_at)
    for row in connection.execute(gone):
        times = [time_of(row.at) if row.at and row.at > row.retired_at else None, heard.get(row.gate)]
        if any(at is not None and now - at < SPEAKS for at in times):
            yield State(AlertKind.RETIRED, row.gate)


def _end_of(file: Path) -> datetime | None:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        # who starts the broker says what is wrong with it
        return None
