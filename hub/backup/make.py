"""Makes a backup: one file with the database as of one moment, the configuration and the keys.

    copy the database -> prove the copy (`verify`) -> pack, fsync, rename -> only then move the watermark

The watermark (`cursors.backed_up`) goes to the gates with every ack: below it they may prune. So it never says more than a
proven file on disk holds. Whoever restores the file has the town as it was; what came later the gates send again.
"""

import os
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.records import wall_text
from edge.contract.steps import reached
from hub import config, operation
from hub.database import backups, copy_into, cursors, reader, sqlite_url, writer
from hub.errors import HubError
from hub.gates import store as gates
from hub.ledger.head import read_ledger
from hub.ledger.verify import Sound, verify
from hub.town import Town

DATABASE = "hub.db"
FILES = (config.FILE, operation.FILE)
FOLDERS = ("keys", "ca")
"""Not the broker's files: they are the broker's own, and `restore` has the CA issue them anew."""
SUFFIX = ".kakou-backup.tar"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that holds: the file, its size, and what `verify` found in it."""

    file: Path
    bytes: int
    sound: Sound


def backup(town: Town, file: Path, now: datetime) -> Backup:
    """Writes a new file (0600); `HubError` if there is one already, or the ledger does not hold."""
    if file.exists():
        raise HubError(f"{file}: exists already, not written over")
    if town.settings.database.url is not None:
        raise HubError("backup: a PostgreSQL ledger is backed up with its own tools (pg_dump)")
    with _beside(file) as place:
        copy = place / DATABASE
        copy_into(town.settings.folder / DATABASE, copy)
        reached("backup.copied")
        sound, held = _prove(town, copy)
        _pack(town, copy, place / "backup.tar")
        (place / "backup.tar").replace(file)
        sync_folder(file.parent)
        # made with the first backup, perhaps: its own name must last too
        sync_folder(file.parent.parent)
    reached("backup.packed")
    size = file.stat().st_size
    _move_watermark(town, held, file, sound, size, now)
    return Backup(file, size, sound)


def dated(town: Town, now: datetime) -> Path:
    """The file of a scheduled backup."""
    return backup_folder(town) / f"{town.id}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def backup_folder(town: Town) -> Path:
    """Where scheduled backups go; a relative folder lies in the town's."""
    return town.settings.folder / town.settings.backup.folder


def thin_out(town: Town, keep: int) -> list[Path]:
    """Removes the oldest scheduled backups; says which."""
    every = sorted(backup_folder(town).glob(f"{town.id}-*{SUFFIX}"))
    gone = every[: max(0, len(every) - keep)]
    for file in gone:
        file.unlink()
    return gone


def newest_beside(file: Path, town: str) -> Path | None:
    """The newest of the scheduled backups that lie beside this one, if it is newer."""
    dated_ones = sorted(each.name for each in file.parent.glob(f"{town}-*{SUFFIX}"))
    newer = file.name in dated_ones and dated_ones[-1] != file.name
    return file.with_name(dated_ones[-1]) if newer else None


def last_backup(connection: Connection, town: str) -> str | None:
    """When the last backup was made."""
    query = select(backups.c.at).where(backups.c.town == town).order_by(backups.c.id.desc()).limit(1)
    return connection.execute(query).scalar()


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    # on the file system of the target, so that the rename is one step; closed to others, it holds keys
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".backup-", dir=file.parent) as place:
            yield Path(place)
    except OSError as error:
        raise HubError(f"{error.filename or file}: {error.strerror or error}") from None


Held = Sequence[tuple[str, str, int]]
"""Of each journal (gate, epoch): how far the copy holds it."""


def _prove(town: Town, copy: Path) -> tuple[Sound, Held]:
    engine = reader(sqlite_url(copy))
    try:
        with engine.begin() as connection:
            keys = gates.keys(connection, town.id, retired=True)
            sound = verify(connection, town.id, gates=keys, hub=town.key.public_key())
            query = select(cursors.c.gate, cursors.c.epoch, cursors.c.committed).where(cursors.c.town == town.id)
            return sound, [(row.gate, row.epoch, row.committed) for row in connection.execute(query)]
    finally:
        engine.dispose()


def _pack(town: Town, copy: Path, target: Path) -> None:
    folder = town.settings.folder
    named = [folder / name for name in FILES]
    named += [path for name in FOLDERS for path in sorted((folder / name).rglob("*")) if path.is_file()]
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            archive.add(copy, DATABASE)
            for path in named:
                archive.add(path, str(path.relative_to(folder)))
        out.flush()
        os.fsync(out.fileno())


def _move_watermark(town: Town, held: Held, file: Path, sound: Sound, size: int, now: datetime) -> None:
    engine = writer(town.settings.database_url)
    try:
        with engine.begin() as connection:
            read_ledger(connection, town.id, lock=True)
            for gate, epoch, committed in held:
                journal = (cursors.c.town == town.id, cursors.c.gate == gate, cursors.c.epoch == epoch)
                connection.execute(
                    update(cursors).where(*journal, cursors.c.backed_up < committed).values(backed_up=committed)
                )
            row = {"town": town.id, "at": wall_text(now), "file": file.name, "entries": sound.entries, "bytes": size}
            connection.execute(backups.insert().values(row))
    finally:
        engine.dispose()


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
