"""What runs on the hub's machine, and what it stands on: broker, pages, disk, backups, certificates, clock.

Tested in `tests/hub/health/test_checks.py`.
"""

import shutil
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from sqlalchemy import and_, func, select

from edge.contract.facts import ClockTrust
from edge.contract.records import wall_text
from edge.contract.topics import HUB
from hub.alerts.not_storing import Trouble
from hub.alerts.raising.of_hub import BEFORE_THE_END, LEAST_BYTES, LEAST_SHARE
from hub.backup import key
from hub.broker import mosquitto
from hub.database.schema import audit, backups, entries, gate_status, gates
from hub.enrolment.authority import LEAF_LIFE
from hub.errors import Words
from hub.gates.status import LISTENER_SILENT_AFTER
from hub.health.finding import PATIENCE, Finding, Look, State, our_version
from hub.ledger import clock
from hub.town.settings import fresh_backup
from hub.values.stored import time_of

GIB = 2**30
AHEAD = timedelta(minutes=2)
"""By which the ledger's newest entry may be ahead of the hub's clock."""


def pages(look: Look) -> Iterator[Finding]:
    """The console answers at its address."""
    web = look.settings.web
    if look.reaches(web.host, web.port):
        yield Finding(State.OK, Words("it answers at %(host)s:%(port)s", host=web.host, port=str(web.port)))
    else:
        yield Finding(
            State.FAULT,
            Words("nothing answers at %(host)s:%(port)s: the hub does not run", host=web.host, port=str(web.port)),
            Words("Start the hub: systemctl start kakou-web, or kakou-hub serve."),
        )


def broker(look: Look) -> Iterator[Finding]:
    """The broker accepts connections where the gates look for it."""
    place = look.settings.broker
    if look.reaches(place.near, place.port):
        yield Finding(
            State.OK, Words("it answers at %(host)s:%(port)s", host=place.near, port=str(place.port)), measures={"broker_up": 1}
        )  # fmt: skip
    else:
        yield Finding(
            State.FAULT,
            Words("nothing answers at %(host)s:%(port)s", host=place.near, port=str(place.port)),
            Words("Gates keep their records until it is back. Look at log/broker.log; start the hub again."),
            measures={"broker_up": 0},
        )


def listener(look: Look) -> Iterator[Finding]:
    """The listener is at its broker, and can store."""
    trouble = Trouble(look.settings.run).read()
    query = select(gate_status.c.last_seen).where(gate_status.c.town == look.town.id, gate_status.c.gate == HUB)
    last = look.connection.execute(query).scalar()
    seen = time_of(last)
    up = seen is not None and (look.now - seen).total_seconds() <= LISTENER_SILENT_AFTER
    measures = {"listener_up": float(up)}
    if trouble:
        yield Finding(
            State.FAULT, Words("it cannot store: %(why)s", why=trouble),
            Words("Make room on the hub's disk, or look at log/listener.log."), at=last, measures=measures,
        )  # fmt: skip
    elif last is None:
        yield Finding(
            State.LOOK, Words("it was never at the broker"), Words("Start the hub; look at log/listener.log if it stays so."),
            measures=measures,
        )  # fmt: skip
    elif not up:
        yield Finding(
            State.FAULT, Words("not at the broker since %(at)s", at=last),
            Words("Nothing is stored meanwhile; gates keep their records. Look at log/listener.log; start the hub again."),
            at=last, measures=measures,
        )  # fmt: skip
    else:
        yield Finding(State.OK, Words("it receives and stores"), at=last, measures=measures)


def disk(look: Look) -> Iterator[Finding]:
    """The disk that the ledger lies on, and that of the backups if it is another one."""
    places = {"": look.settings.folder, "backups": look.settings.folder / look.settings.backup.folder}
    seen: set[int] = set()
    for name, place in places.items():
        try:
            device = place.stat().st_dev
        except OSError:
            continue
        if device not in seen:
            seen.add(device)
            yield _disk(name, place)


def _disk(name: str, place: Path) -> Finding:
    room = shutil.disk_usage(place)
    least = min(LEAST_BYTES, room.total * LEAST_SHARE)
    state = State.FAULT if room.free < least else State.LOOK if room.free < 2 * least else State.OK
    says = Words("%(free)s GiB of %(total)s GiB free", free=f"{room.free / GIB:.1f}", total=f"{room.total / GIB:.1f}")
    do = Words("Make room: move old backups away, or give the folder a larger disk.") if state is not State.OK else None
    return Finding(state, says, do, of=name, measures={"disk_free_bytes": room.free, "disk_bytes": room.total})


def backup(look: Look) -> Iterator[Finding]:
    """The newest backup is as young as the schedule promises, and there is a key to encrypt the next one to."""
    settings, town = look.settings, look.town.id
    if look.connection.dialect.name != "sqlite":
        yield Finding(State.LOOK, Words("PostgreSQL is backed up by its own tools"), Words("See that pg_dump runs."))
        return
    if key.find(settings) is None:
        yield Finding(
            State.FAULT, Words("there is no key to encrypt backups to"), Words("kakou-hub backup-key new makes one.")
        )
    query = select(backups.c.at, backups.c.entries).where(backups.c.town == town).order_by(backups.c.id.desc()).limit(1)
    last = look.connection.execute(query).first()
    if last is None:
        yield Finding(State.LOOK, Words("none was made yet"), Words("Make one now, on the page of backups."))
        return
    made = time_of(last.at)
    age = None if made is None else look.now - made
    measures = {} if age is None else {"backup_age_seconds": age.total_seconds(), "backup_entries": last.entries}
    says = Words("proven, with %(entries)s entries, made %(at)s", entries=last.entries, at=last.at)
    hours = fresh_backup(settings).hours
    if hours and (age is None or age > timedelta(hours=1.5 * hours)):
        do = Words(
            "One is due every %(hours)s hours: look at log/backup.log and at the folder of backups.", hours=hours
        )
        yield Finding(State.FAULT, says, do, at=last.at, measures=measures)
    elif not hours:
        do = Words("None is scheduled: set hours on the page of backups.")
        yield Finding(State.LOOK, says, do, at=last.at, measures=measures)
    else:
        yield Finding(State.OK, says, at=last.at, measures=measures)


def certificates(look: Look) -> Iterator[Finding]:
    """The end of each certificate: of the authority, the broker, the listener, and of each gate by the time of its last bundle."""
    files = {
        "authority": look.settings.keys / "ca.pem",
        "broker": mosquitto.folder(look.settings) / "server.pem",
        "listener": look.settings.keys / "listener.pem",
    }
    for name, file in files.items():
        try:
            end = x509.load_pem_x509_certificate(_certificate_of(name, file, look)).not_valid_after_utc
        except (OSError, ValueError):
            says, do = Words("it cannot be read"), Words("Run doctor as the user of the hub, or as root.")
            yield Finding(State.LOOK, says, do, of=name)
            continue
        yield _certificate(name, end, look.now)
    of_town = audit.c.town == gates.c.town
    bundled = and_(of_town, audit.c.object == "gates/" + gates.c.gate, audit.c.action == "gate bundled")
    query = (
        select(gates.c.gate, func.max(audit.c.at).label("at"))
        .join(audit, bundled)
        .where(gates.c.town == look.town.id, gates.c.retired_at.is_(None))
        .group_by(gates.c.gate)
        .order_by(gates.c.gate)
    )
    for row in look.connection.execute(query):
        made = time_of(row.at)
        if made is not None:
            yield _certificate(row.gate, made + LEAF_LIFE, look.now)


def _certificate_of(name: str, file: Path, look: Look) -> bytes:
    """The certificate in a file; the broker's, whose files are its own, as it shows it to whoever connects."""
    try:
        return file.read_bytes()
    except OSError:
        if name != "broker":
            raise
        place = look.settings.broker
        return ssl.get_server_certificate((place.near, place.port), timeout=PATIENCE).encode()


def _certificate(name: str, end: datetime, now: datetime) -> Finding:
    left = (end - now).total_seconds() / 86400
    state = State.FAULT if left <= 0 else State.LOOK if end - now < BEFORE_THE_END else State.OK
    do = (
        Words("Renew it: kakou-hub gate bundle for a gate, kakou-hub rekey for the hub.")
        if state is not State.OK
        else None
    )
    return Finding(
        state,
        Words("valid until %(at)s", at=wall_text(end)),
        do,
        of=name,
        measures={"certificate_days": round(left, 2)},
    )


def hub_clock(look: Look) -> Iterator[Finding]:
    """The hub's clock is set by a time service, and is not behind what the ledger holds already."""
    # of any town that this database serves: one row, where a town's last one would be looked for
    query = select(entries.c.received_at).order_by(entries.c.id.desc()).limit(1)
    last = time_of(look.connection.execute(query).scalar())
    if last is not None and last - look.now > AHEAD:
        yield Finding(
            State.FAULT,
            Words("behind the ledger, whose last entry came %(at)s", at=wall_text(last)),
            Words("Set the clock."),
        )
    elif clock.moment(look.now).clock is not ClockTrust.SYNCED:
        yield Finding(
            State.LOOK, Words("no time service sets it"),
            Words("Install chrony, or switch on systemd-timesyncd; without a network compare it with a good clock by hand."),
        )  # fmt: skip
    else:
        yield Finding(State.OK, Words("set by a time service"))


def versions(look: Look) -> Iterator[Finding]:
    """The version of this program; the database's steps are those of this version, else nothing could be read."""
    yield Finding(State.OK, Words("Kakou %(version)s", version=our_version()))
