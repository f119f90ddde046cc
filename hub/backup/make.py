"""Makes a backup: one encrypted file with the database as of one moment, the configuration and the keys, under the hub's signature.

    copy the database -> prove the copy (`verify`, and that a restore would take every row) -> sign what is in it
    -> encrypt, fsync -> read it again, decrypt, compare -> rename -> only then move the watermark

The watermark (`cursors.backed_up`) goes to the gates with every ack: below it they may prune. So it never says more than a
proven file on disk holds. Whoever restores the file has the town as it was; what came later the gates send again. The copy has
no name (it is unlinked as soon as it is open) and lies on the hub's own disk: nothing in plain sight comes to the disk of backups,
and a backup that is killed leaves nothing that could be read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from edge.contract.canonical import Json, public_hex
from edge.contract.files import sync_folder
from edge.contract.records import wall_text
from edge.contract.steps import reached
from hub.accounts import audit
from hub.backup import archive, data, key, manifest
from hub.backup.age import EncryptedFile, Lock
from hub.backup.names import every_scheduled, scheduled_name
from hub.backup.unpack import DATABASE, LONGEST, is_ours
from hub.database.copies import copied
from hub.database.schema import backups, cursors
from hub.errors import HubError
from hub.gates import store as gates
from hub.ledger.head import Ledger, read_ledger
from hub.ledger.verify import Sound, verify
from hub.town import operation_file
from hub.town import settings as town_settings
from hub.town.secret_files import closed_folder
from hub.town.town import Town

FILES = (town_settings.FILE, operation_file.FILE)
FOLDERS = ("keys", "ca")
"""Not the broker's files: they are the broker's own, and `restore` has the CA issue them anew."""
LEFT_OUT = frozenset({"keys/web.key"})
"""Made anew by a restore: everybody signs in again."""
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that holds: the file, its size, and what `verify` found in it."""

    file: Path
    bytes: int
    sound: Sound


def backup(town: Town, file: Path, now: datetime, lock: Lock | None = None) -> Backup:
    """Writes a new file (0600), encrypted (None: to the town's backup key); `HubError` if there is one, or the ledger does not hold."""
    lock = key.needed(town.settings) if lock is None else lock
    if file.exists():
        raise HubError(f"{file}: exists already, not written over")
    if town.settings.database.url is not None:
        raise HubError("backup: a PostgreSQL ledger is backed up with its own tools (pg_dump)")
    with _beside(file) as place, copied(town.settings.folder / DATABASE, closed_folder(town.settings.run)) as copy:
        reached("backup.copied")
        proof = _prove(town, copy.connection)
        encrypted = EncryptedFile(place / "backup", lock)
        encrypted.write(archive.written(_members(town, copy.file, proof, now)))
        encrypted.prove()
        (place / "backup").replace(file)
        sync_folder(file.parent)
        # made with the first backup, perhaps: its own name must last too
        sync_folder(file.parent.parent)
    reached("backup.packed")
    size = file.stat().st_size
    _move_watermark(town, proof, file, size, now)
    return Backup(file, size, proof.sound)


def dated(town: Town, now: datetime) -> Path:
    """The file of a scheduled backup."""
    return backup_folder(town) / scheduled_name(town.id, now)


def backup_folder(town: Town) -> Path:
    """Where scheduled backups go; a relative folder lies in the town's."""
    return town.settings.folder / town.settings.backup.folder


def thin_out(town: Town, keep: int, made: Path) -> list[Path]:
    """Removes the oldest scheduled backups. Returns their paths. Never the one just `made`: a clock that went back gives it an old name."""
    others = [each for each in every_scheduled(backup_folder(town), town.id) if each.name != made.name]
    gone = others[: max(0, len(others) + 1 - keep)]
    for file in gone:
        file.unlink()
    return gone


def newest_beside(file: Path, town: str) -> Path | None:
    """The newest of the scheduled backups that lie beside this one, if it is newer."""
    scheduled = every_scheduled(file.parent, town)
    here = [each for each in scheduled if each.name == file.name]
    return scheduled[-1] if here and scheduled[-1].name != file.name else None


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    # on the file system of the target, so that the rename is one step
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".backup-", dir=file.parent) as place:
            yield Path(place)
    except OSError as error:
        raise HubError(f"{error.filename or file}: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class _Proof:
    """What holds in the copy: the ledger, and of each journal (gate, epoch) how far."""

    sound: Sound
    ledger: Ledger
    held: Sequence[tuple[str, str, int]]


def _prove(town: Town, connection: Connection) -> _Proof:
    keys = gates.keys(connection, town.id, retired=True)
    sound = verify(connection, town.id, gates=keys, hub=town.key.public_key())
    data.check_copy(connection)
    query = select(cursors.c.gate, cursors.c.epoch, cursors.c.committed).where(cursors.c.town == town.id)
    held = [(row.gate, row.epoch, row.committed) for row in connection.execute(query)]
    return _Proof(sound, read_ledger(connection, town.id), held)


def _members(town: Town, copy: BinaryIO, proof: _Proof, now: datetime) -> Iterator[archive.Member]:
    """The manifest and its signature, the small files, and last the database."""
    small = dict(_small_files(town.settings.folder))
    files = {name: manifest.Content(bytes=len(text), sha256=sha256(text).hexdigest()) for name, text in small.items()}
    files[DATABASE] = _content(copy)
    says = manifest.Manifest(
        town=town.id,
        at=wall_text(now),
        software=version("kakou"),
        ledger=proof.ledger.id,
        ledger_epoch=proof.ledger.epoch,
        entries=proof.sound.entries,
        head=proof.sound.head,
        hub_key=public_hex(town.key),
        files=files,
    )
    text, signature = says.sealed(town.key)
    for name, content in ((manifest.FILE, text), (manifest.SIGNATURE, signature), *small.items()):
        yield archive.Member(name, len(content), partial(_whole, content))
    yield archive.Member(DATABASE, files[DATABASE].bytes, lambda: _pieces(copy))


def _whole(content: bytes) -> tuple[bytes]:
    return (content,)


def _small_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    paths = [folder / name for name in FILES]
    paths += [path for name in FOLDERS for path in sorted((folder / name).rglob("*"))]
    for path in paths:
        name = str(path.relative_to(folder))
        if name == operation_file.FILE:
            # whatever is wrong with it: the rules that hold are in the database, and a backup must not wait for it
            with suppress(HubError):
                yield name, operation_file.content(path)
            continue
        if path.is_dir() or name in LEFT_OUT or name.endswith(".new"):
            continue
        if path.is_symlink() or not path.is_file() or not is_ours(name) or path.stat().st_size > LONGEST:
            # left out in silence it would be missed when it is too late
            raise HubError(f"{path}: not a file of the hub's, no restore would take it: move it elsewhere")
        yield name, path.read_bytes()


def _content(file: BinaryIO) -> manifest.Content:
    digest, size = sha256(), 0
    for piece in _pieces(file):
        digest.update(piece)
        size += len(piece)
    return manifest.Content(bytes=size, sha256=digest.hexdigest())


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _move_watermark(town: Town, proof: _Proof, file: Path, size: int, now: datetime) -> None:
    engine = town.writer()
    try:
        with engine.begin() as connection:
            read_ledger(connection, town.id, lock=True)
            for gate, epoch, committed in proof.held:
                journal = (cursors.c.town == town.id, cursors.c.gate == gate, cursors.c.epoch == epoch)
                connection.execute(
                    update(cursors).where(*journal, cursors.c.backed_up < committed).values(backed_up=committed)
                )
            entries = proof.sound.entries
            row = {"town": town.id, "at": wall_text(now), "file": file.name, "entries": entries, "bytes": size}
            connection.execute(backups.insert().values(row))
            detail: dict[str, Json] = {"file": file.name, "entries": entries}
            audit.note(connection, user="cli", action="backup made", object="backups", detail=detail, now=now)
    finally:
        engine.dispose()
