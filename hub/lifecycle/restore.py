"""Restores a backup into an empty folder, as a new life of the same ledger.

    decrypt -> signature, and whose -> every file against its hash -> rows into tables of our own (`data.py`) -> prove them
    -> ledger epoch and every number that gates compare rise -> only then the configuration gets its name

Nothing that a file carries is believed but data: settings are taken one by one (`settings.py`), names and sizes are known ones, and
of the database only rows. The ledger epoch tells the gates that what they had acknowledged since may be gone: they say hello, hear
how far this hub is, and send the rest again. It is taken from the clock, so that two restores of one file are two epochs. The hub's
own entries go on in a new journal: a number that somebody may have seen under the lost tail is never given to another entry. Without
its configuration a folder is no town: a restore that a power cut ends cannot be taken for one whose epoch has risen. The file UNBORN
is there from the beginning, so that what was left halfway is known for that, and the next restore begins anew.

Tested in `tests/hub/backup/test_make.py` and `tests/hub/backup/test_hostile.py`.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import public_hex
from edge.contract.files import sync_folder
from edge.contract.records import new_epoch, wall_text
from edge.contract.steps import reached
from edge.contract.topics import HUB
from hub.accounts import audit
from hub.alerts import store as alerts
from hub.alerts.kinds import AlertKind
from hub.backup import data
from hub.backup.age import Unlock
from hub.backup.make import FOLDERS, LEFT_OUT
from hub.backup.settings import Changes, take
from hub.backup.unpack import DATABASE, Approve, unpack
from hub.broker import mosquitto
from hub.database.engine import Seal, sqlite_url, writer
from hub.database.schema import entries, gate_status, ledgers
from hub.downlink import signed_lists
from hub.enrolment import authority
from hub.errors import HubError
from hub.gates import store as gates
from hub.ledger.head import Ledger, read_ledger
from hub.ledger.verify import Sound, verify
from hub.lifecycle import upgrade
from hub.lifecycle.founding import PARTS, write_brokers_certificate
from hub.town import settings as town_settings
from hub.town.secret_files import closed_folder, read_seed, take_back, write_secret
from hub.town.settings import Settings
from hub.town.town import Town

RISE = 1_000
"""By how much versions of lists rise: more than a town makes between two backups."""
RISE_OF_CONNECTIONS = 1_000_000
UNBORN = town_settings.FILE + ".restoring"
"""The name of the configuration until everything else stands."""
CARRIED = DATABASE + ".carried"
"""The database as the backup has it, until its rows are taken."""


@dataclass(frozen=True, slots=True)
class Source:
    """The backup to restore: the file, the key or passphrase that opens it (None: it is not encrypted), and who says whether its signer is believed."""

    file: Path
    unlock: Unlock | None
    approve: Approve


@dataclass(frozen=True, slots=True)
class Restored:
    """A town that lives anew: its ledger with the new epoch, what `verify` found, and what to look at in its settings."""

    ledger: Ledger
    sound: Sound
    rows: int
    lines: tuple[str, ...]


def restore(folder: Path, source: Source, now: datetime, changes: Changes | None = None) -> Restored:
    """The town of a backup in a folder that holds none. `HubError` in one line; then nothing is left of it."""
    fresh = not folder.exists()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with _alone(folder):
        if (folder / UNBORN).exists() and not (folder / town_settings.FILE).exists():
            take_back(folder, (*PARTS, CARRIED, UNBORN), whole=False)
        for part in PARTS:
            if (folder / part).exists():
                raise HubError(f"{folder}: holds a town already ({part}); nothing was changed")
        try:
            return _restore(folder, source, now, changes or {})
        except BaseException as error:
            take_back(folder, (*PARTS, CARRIED, UNBORN), whole=fresh)
            if isinstance(error, OSError):
                raise HubError(f"{error.filename or folder}: {error.strerror or error}") from None
            raise


def _restore(folder: Path, source: Source, now: datetime, changes: Changes) -> Restored:
    write_secret(folder / UNBORN, "")
    unpacked = unpack(source.file, source.unlock, source.approve, folder / CARRIED)
    taken = take(unpacked.small[town_settings.FILE], folder, signed=unpacked.manifest is not None, changes=changes)
    settings = taken.settings
    for name in ("run", "log", *FOLDERS):
        closed_folder(folder / name)
    for name, content in unpacked.small.items():
        if name != town_settings.FILE and name not in LEFT_OUT:
            (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
            write_secret(folder / name, content)
    write_secret(settings.keys / "web.key", secrets.token_hex(32) + "\n")
    reached("restore.unpacked")
    rows = data.take_rows(folder / CARRIED, folder / DATABASE)
    (folder / CARRIED).unlink()
    town = Town(settings, _hub_key(settings, unpacked.signer))
    ledger, sound = _new_life(town, now, source.file, signed=unpacked.signer)
    reached("restore.risen")
    (folder / UNBORN).unlink()
    write_secret(folder / UNBORN, settings.text())
    (folder / UNBORN).replace(folder / town_settings.FILE)
    sync_folder(folder)
    reached("restore.named")
    return Restored(ledger, sound, rows, taken.lines)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One restore at a time in a folder; whoever is killed lets go of it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HubError(f"{folder}: another restore is at work here") from None
        yield
    finally:
        os.close(handle)


def _hub_key(settings: Settings, signer: str | None) -> Ed25519PrivateKey:
    key = read_seed(settings.keys / "hub.key")
    if signer is not None and public_hex(key) != signer:
        raise HubError("changed: the hub's key in it is not the one that signed it")
    return key


def _must_be_later(connection: Connection, town: str, now: datetime) -> None:
    # the new epoch is taken from the clock: gates refuse one that is lower than what they have seen
    query = select(entries.c.received_at).where(entries.c.town == town).order_by(entries.c.id.desc()).limit(1)
    last = connection.execute(query).scalar()
    if last is not None and wall_text(now) < last:
        raise HubError(f"clock: it says {wall_text(now)}, and the backup's last entry came {last}: set the clock first")


def _new_life(town: Town, now: datetime, file: Path, *, signed: str | None) -> tuple[Ledger, Sound]:
    engine = writer(sqlite_url(town.settings.folder / DATABASE), Seal(town.id, town.key))
    try:
        # a backup of an older version is brought to this one's tables
        upgrade.upgrade(engine)
        with engine.begin() as connection:
            keys = gates.keys(connection, town.id, retired=True)
            sound = verify(connection, town.id, gates=keys, hub=town.key.public_key())
            before = read_ledger(connection, town.id, lock=True)
            _must_be_later(connection, town.id, now)
            epoch = max(before.epoch + 1, int(now.timestamp()))
            risen = {"ledger_epoch": epoch, "hub_epoch": new_epoch()}
            connection.execute(update(ledgers).where(ledgers.c.town == town.id).values(**risen))
            signed_lists.raise_versions(connection, town.id, by=RISE, key=town.key, now=now)
            conn = connection.execute(
                select(gate_status.c.conn).where(gate_status.c.town == town.id, gate_status.c.gate == HUB)
            ).scalar()
            gates.save_status(connection, town.id, [(HUB, {"conn": (conn or 0) + RISE_OF_CONNECTIONS})])
            detail = f"{file.name}, {before.head.count} entries"
            alerts.raise_(connection, town.id, AlertKind.RESTORED, None, detail, now)
            audit.note(
                connection,
                user="cli",
                action="hub restored",
                object="backups",
                detail={"file": file.name, "entries": before.head.count, "signed": signed is not None},
                now=now,
            )
            ledger = read_ledger(connection, town.id)
    finally:
        engine.dispose()
    ca = authority.Pair(*((town.settings.folder / "ca" / name).read_text("ascii") for name in ("ca.pem", "ca.key")))
    write_brokers_certificate(town.settings, ca, now)
    mosquitto.write(town.settings)
    return ledger, sound
