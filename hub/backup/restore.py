"""Restores a backup into an empty folder, as a new life of the same ledger.

    unpack -> prove it -> ledger epoch and every number that gates compare rise -> only then the configuration gets its name

The ledger epoch tells the gates that what they had acknowledged since may be gone: they say hello, hear how far this hub
is, and send the rest again. It is taken from the clock, so that two restores of one file are two epochs. The hub's own entries
go on in a new journal: a number that somebody may have seen under the lost tail is never given to another entry. Without its
configuration a folder is no town: a restore that a power cut ends cannot be taken for one whose epoch has risen. It is the first
file that is unpacked, under a name of its own, so that what was left halfway is known for that, and the next restore begins anew.
"""

import fcntl
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.records import new_epoch, wall_text
from edge.contract.steps import reached
from edge.contract.topics import HUB
from hub import authority, broker, config, lists
from hub.accounts import audit
from hub.alerts import store as alerts
from hub.backup.make import DATABASE, FILES, FOLDERS, sync_folder
from hub.config import Settings
from hub.database import entries, gate_status, ledgers, writer
from hub.errors import HubError
from hub.files import closed_folder, read_seed, take_back
from hub.founding import PARTS, write_brokers_certificate
from hub.gates import store as gates
from hub.ledger.head import Ledger, read_ledger
from hub.ledger.verify import verify
from hub.migrate import upgrade
from hub.operation import Rules
from hub.town import Town

RISE = 1_000
"""By how much versions of lists rise: more than a town makes between two backups."""
RISE_OF_CONNECTIONS = 1_000_000
UNBORN = config.FILE + ".restoring"
"""The name of the configuration until everything else stands."""


def restore(folder: Path, file: Path, now: datetime) -> Ledger:
    """The town of a backup in a folder that holds none; the ledger with its new epoch. `HubError` in one line."""
    fresh = not folder.exists()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with _alone(folder):
        if (folder / UNBORN).exists() and not (folder / config.FILE).exists():
            take_back(folder, (*PARTS, UNBORN), whole=False)
        for part in PARTS:
            if (folder / part).exists():
                raise HubError(f"{folder}: holds a town already ({part}); nothing was changed")
        try:
            return _restore(folder, file, now)
        except BaseException as error:
            take_back(folder, (*PARTS, UNBORN), whole=fresh)
            if isinstance(error, OSError):
                raise HubError(f"{error.filename or folder}: {error.strerror or error}") from None
            raise


def _restore(folder: Path, file: Path, now: datetime) -> Ledger:
    _unpack(file, folder)
    reached("restore.unpacked")
    settings = Settings.load(folder, UNBORN)
    ledger = _new_life(Town(settings, Rules.load(folder), read_seed(settings.keys / "hub.key")), now, file)
    reached("restore.risen")
    (folder / UNBORN).replace(folder / config.FILE)
    sync_folder(folder)
    reached("restore.named")
    return ledger


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


def _unpack(file: Path, folder: Path) -> None:
    """Takes the known names out of the archive, whatever else stands in it."""
    try:
        with tarfile.open(file, "r:") as archive:
            members = [member for member in archive.getmembers() if member.isfile() and _known(member.name)]
            missing = {DATABASE, *FILES} - {member.name for member in members}
            if missing:
                raise HubError(f"{file}: not a backup of a hub: {min(missing)} is not in it")
            # the configuration first: by it a restore that was cut off is known
            members.sort(key=lambda member: member.name != config.FILE)
            for member in members:
                _take_out(archive, member, folder / (UNBORN if member.name == config.FILE else member.name))
            for name in ("run", "log", *FOLDERS):
                closed_folder(folder / name)
    except (tarfile.TarError, EOFError) as error:
        raise HubError(f"{file}: not a backup of a hub: {error}") from None
    except OSError as error:
        raise HubError(f"{error.filename or folder}: {error.strerror or error}") from None


def _take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    # the bytes alone: no owner, mode or link of the archive's own (Debian 12's Python knows no extraction filter yet)
    source = archive.extractfile(member)
    assert source is not None
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(source, out)
        out.flush()
        os.fsync(out.fileno())


def _known(name: str) -> bool:
    return name in (DATABASE, *FILES) or (name.split("/")[0] in FOLDERS and ".." not in name)


def _must_be_later(connection: Connection, town: str, now: datetime) -> None:
    # the new epoch is taken from the clock: gates refuse one that is lower than what they have seen
    query = select(entries.c.received_at).where(entries.c.town == town).order_by(entries.c.id.desc()).limit(1)
    last = connection.execute(query).scalar()
    if last is not None and wall_text(now) < last:
        raise HubError(f"clock: it says {wall_text(now)}, and the backup's last entry came {last}: set the clock first")


def _new_life(town: Town, now: datetime, file: Path) -> Ledger:
    engine = writer(town.settings.database_url)
    try:
        # a backup of an older version is brought to this one's tables
        upgrade(engine)
        with engine.begin() as connection:
            keys = gates.keys(connection, town.id, retired=True)
            verify(connection, town.id, gates=keys, hub=town.key.public_key())
            before = read_ledger(connection, town.id, lock=True)
            _must_be_later(connection, town.id, now)
            epoch = max(before.epoch + 1, int(now.timestamp()))
            risen = {"ledger_epoch": epoch, "hub_epoch": new_epoch()}
            connection.execute(update(ledgers).where(ledgers.c.town == town.id).values(**risen))
            lists.raise_versions(connection, town.id, by=RISE, key=town.key, now=now)
            conn = connection.execute(
                select(gate_status.c.conn).where(gate_status.c.town == town.id, gate_status.c.gate == HUB)
            ).scalar()
            gates.save_status(connection, town.id, [(HUB, {"conn": (conn or 0) + RISE_OF_CONNECTIONS})])
            detail = f"{file.name}, {before.head.count} entries"
            alerts.raise_(connection, town.id, alerts.What.RESTORED, None, detail, now)
            audit.note(
                connection,
                user="cli",
                action="hub restored",
                object="backups",
                detail={"file": file.name, "entries": before.head.count},
                now=now,
            )
            ledger = read_ledger(connection, town.id)
    finally:
        engine.dispose()
    ca = authority.Pair(*((town.settings.folder / "ca" / name).read_text("ascii") for name in ("ca.pem", "ca.key")))
    write_brokers_certificate(town.settings, ca, now)
    broker.write(town.settings)
    return ledger
