"""Backups in tests: restored as whoever has the backup key and knows the hub, in this process or by the command."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from edge.contract.canonical import public_hex
from hub import cli
from hub.backup import archive
from hub.backup.age import EncryptedFile, decrypted
from hub.backup.manifest import Manifest
from hub.lifecycle.restore import Restored, Source, restore
from hub.town.town import Town
from tests.hub.towns import BACKUP_KEY


def believe(_says: Manifest | None) -> None:
    """Whoever signed."""


def restored(folder: Path, file: Path, now: datetime) -> Restored:
    """A town from a file that is encrypted to the tests' key."""
    return restore(folder, Source(file, BACKUP_KEY, believe), now)


def options(town: Town, beside: Path) -> list[str]:
    """What `restore` needs to ask nothing: the secret half in a file, and whose hub it was."""
    secret = beside / "backup-secret"
    if not secret.exists():
        secret.write_text(BACKUP_KEY.text + "\n", encoding="ascii")
    return ["--secret-file", str(secret), "--hub-key", public_hex(town.key)]


def restore_command(folder: Path, file: Path, town: Town) -> int:
    """`kakou-hub restore`."""
    return cli.main(["--data", str(folder), "restore", str(file), *options(town, file.parent)])


def content(file: Path) -> dict[str, bytes]:
    """What is in an encrypted backup, by name, in its order."""
    with decrypted(file, BACKUP_KEY) as plain:
        reader, found = archive.ArchiveReader(plain), {}
        while (member := reader.next()) is not None:
            found[member[0]] = b"".join(reader.pieces())
        reader.finish()
        return found


def _whole(data: bytes) -> tuple[bytes]:
    return (data,)


def packed(file: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """Any files as an encrypted archive: anybody can make one who knows the recipient."""
    members = [archive.Member(name, len(data), partial(_whole, data)) for name, data in files]
    EncryptedFile(file, BACKUP_KEY.recipient).write(archive.written(members))
    return file
