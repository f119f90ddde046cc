"""Takes a backup apart: known names, bounded sizes, every byte against the signed manifest; the database into a file, the rest as bytes.

Tested in `tests/hub/backup/test_hostile.py`.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from hub.backup import manifest
from hub.backup.age import Unlock, decrypted, is_encrypted
from hub.backup.archive import ArchiveReader
from hub.backup.manifest import Manifest
from hub.errors import HubError
from hub.town import operation_file
from hub.town import settings as town_settings

DATABASE = "hub.db"
NEEDED = frozenset({DATABASE, town_settings.FILE, "keys/hub.key", "ca/ca.pem", "ca/ca.key"})
OURS = NEEDED | {operation_file.FILE}
"""A town may be without the file of its rules: those published last hold."""
LONGEST = 1 << 20
"""Bytes of a file that is not the database."""
_NAME = re.compile(r"(keys|ca)/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}|keys/gates/[a-z0-9-]{1,32}\.key")

Approve = Callable[[Manifest | None], None]
"""Raises `HubError` unless whoever restores believes this signer; None: the backup has no signature."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The files but for the database, by name; the manifest (None: of an older version, which signed nothing)."""

    small: dict[str, bytes]
    manifest: Manifest | None

    @property
    def signer(self) -> str | None:
        """The public key of the hub that signed."""
        return None if self.manifest is None else self.manifest.hub_key


def unpack(file: Path, unlock: Unlock | None, approve: Approve, database: Path) -> Unpacked:
    """Everything in a backup, its database written to the file `database`; `HubError` in one line."""
    with _opened(file, unlock) as plain:
        try:
            return _unpack(ArchiveReader(plain), approve, database, signed=unlock is not None)
        except HubError as error:
            raise HubError(f"{file}: {error}") from None


@contextmanager
def _opened(file: Path, unlock: Unlock | None) -> Iterator[BinaryIO]:
    if unlock is not None:
        with decrypted(file, unlock) as plain:
            yield plain
        return
    if is_encrypted(file):
        raise HubError(f"{file}: it is encrypted: expected a key or a passphrase")
    with file.open("rb") as source:
        yield source


def _unpack(reader: ArchiveReader, approve: Approve, database: Path, *, signed: bool) -> Unpacked:
    says = _manifest(reader) if signed else None
    approve(says)
    small: dict[str, bytes] = {}
    held: set[str] = set()
    while (found := reader.next()) is not None:
        name, size = found
        _check_name(name, size, held, says)
        held.add(name)
        if name == DATABASE:
            digest = _write(reader, database)
        else:
            small[name] = b"".join(reader.pieces())
            digest = sha256(small[name]).hexdigest()
        if says is not None and digest != says.files[name].sha256:
            raise HubError(f"changed: {name} is not what the signed manifest says")
    reader.finish()
    wanted = NEEDED if says is None else NEEDED | says.files.keys()
    if missing := sorted(wanted - held):
        raise HubError(f"not a backup of a hub: {missing[0]} is not in it")
    return Unpacked(small, says)


def _manifest(reader: ArchiveReader) -> Manifest:
    texts = []
    for name in (manifest.FILE, manifest.SIGNATURE):
        found = reader.next()
        if found is None or found[0] != name or found[1] > manifest.LONGEST:
            raise HubError(f"not a backup of a hub: expected {name}")
        texts.append(b"".join(reader.pieces()))
    return Manifest.parse(*texts)


def is_ours(name: str) -> bool:
    """Returns True if a file of this name has its place in a backup."""
    return name in OURS or _NAME.fullmatch(name) is not None


def _check_name(name: str, size: int, held: set[str], says: Manifest | None) -> None:
    if not is_ours(name):
        raise HubError(f"not a backup of a hub: it holds {name[:100]!r}")
    if name in held:
        raise HubError(f"not a backup of a hub: {name} is in it twice")
    if says is not None and (name not in says.files or says.files[name].bytes != size):
        raise HubError(f"changed: {name} is not what the signed manifest says")
    if name != DATABASE and size > LONGEST:
        raise HubError(f"not a backup of a hub: {name} has {size} bytes, expected {LONGEST} at most")


def _write(reader: ArchiveReader, target: Path) -> str:
    digest = sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for piece in reader.pieces():
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()
