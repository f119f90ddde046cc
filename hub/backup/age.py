"""Encryption of backups: the age format (age-encryption.org/v1), streamed, so that memory is bounded whatever the size.

    to a recipient     one age file:                 age -d -i KEY FILE | tar x
    with a passphrase  an age file in armour, which holds a one-time secret key under the passphrase (scrypt), and right behind
                       its last line an age file for that key. The library streams only for keys; so it does for passphrases too

Every backup is also encrypted to a one-time key that only the process knows that writes it: it reads the file back from the
disk, decrypts it and compares, before the backup counts, although nobody on the hub could read it a moment later.

Tested in `tests/hub/backup/test_hostile.py` and `tests/hub/backup/test_make.py`.
"""

import base64
import binascii
import io
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage import x25519

from hub.errors import HubError

BEGINS = b"age-encryption.org/v1"
ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE-----"
ARMOUR_ENDS = b"-----END AGE ENCRYPTED FILE-----\n"
LONGEST_ARMOUR = 4096
MOST_WORK = 20
"""Of a passphrase's scrypt: 2^20 rounds take 1 GiB; a file that asks for more would take the machine."""
TRIES = 6
"""The library times itself and refuses what seems to take too long: on a machine that was busy for that moment it is asked again."""
SHORTEST_PASSPHRASE = 12


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whoever has the secret half of this key can read: `age1…`."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Recipient":
        """`HubError` for what is no recipient."""
        try:
            return cls(str(x25519.Recipient.from_str(text.strip())))
        except pyrage.RecipientError:
            raise HubError("recipient: expected the public half of an age key, age1…") from None


@dataclass(frozen=True, slots=True)
class SecretKey:
    """The secret half: `AGE-SECRET-KEY-1…`. It is never printed by accident."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "SecretKey":
        """`HubError`, without the text, for what is no secret key."""
        # as somebody types it from paper: in groups, in lower case
        tight = "".join(text.split()).upper()
        try:
            return cls(str(x25519.Identity.from_str(tight)))
        except pyrage.IdentityError:
            raise HubError("backup key: expected its secret half, AGE-SECRET-KEY-1…") from None

    @classmethod
    def generate(cls) -> "SecretKey":
        """A new key."""
        return cls(str(x25519.Identity.generate()))

    @property
    def recipient(self) -> Recipient:
        """The public half."""
        return Recipient(str(x25519.Identity.from_str(self.text).to_public()))

    def __repr__(self) -> str:
        return "SecretKey(…)"


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase, which a person remembers."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Passphrase":
        """`HubError` for one that is too short to keep anybody out."""
        if len(text.strip()) < SHORTEST_PASSPHRASE:
            raise HubError(f"passphrase: expected {SHORTEST_PASSPHRASE} characters at least")
        return cls(text)

    def __repr__(self) -> str:
        return "Passphrase(…)"


Lock = Recipient | Passphrase
Unlock = SecretKey | Passphrase


class EncryptedFile:
    """A new encrypted file: `write` it, then `prove` it while the one-time key is still known."""

    def __init__(self, path: Path, lock: Lock):
        self._path, self._lock = path, lock
        self._once = SecretKey.generate()
        self._stream_at = 0
        self._plain = sha256()

    def write(self, chunks: Iterable[bytes]) -> None:
        """Encrypts the chunks into the file (0600), durably."""
        recipients = [x25519.Recipient.from_str(self._once.recipient.text)]
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            if isinstance(self._lock, Passphrase):
                out.write(_armoured(self._once, self._lock))
                self._stream_at = out.tell()
            else:
                recipients.append(x25519.Recipient.from_str(self._lock.text))
            plain, encrypted = _Pulled(self._noted(chunks)), _Pushed(out)
            try:
                pyrage.encrypt_io(plain, encrypted, recipients)
            except pyrage.EncryptError as error:
                # the library has words of its own for what our files raised
                raise plain.error or encrypted.error or HubError(f"{self._path}: {error}") from None
            out.flush()
            os.fsync(out.fileno())

    def prove(self) -> None:
        """Reads the file from the disk again; `HubError` if it is not what was written."""
        found = _Hashing()
        with self._path.open("rb") as file:
            # what the disk holds, not what memory remembers of it
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            try:
                if isinstance(self._lock, Passphrase):
                    same = _out_of_armour(file.read(self._stream_at), self._lock, self._path) == self._once
                else:
                    same = True
                pyrage.decrypt_io(file, found, [x25519.Identity.from_str(self._once.text)])
            except pyrage.DecryptError as error:
                raise HubError(f"{self._path}: read again, it is not what was written: {error}") from None
        if not same or found.hash.digest() != self._plain.digest():
            raise HubError(f"{self._path}: read again, it is not what was written")

    def _noted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._plain.update(chunk)
            yield chunk


def is_encrypted(file: Path) -> bool:
    """Returns True if the file begins as an age file does, in armour or not."""
    with file.open("rb") as source:
        return source.read(len(ARMOUR)).startswith((BEGINS, ARMOUR))


def needs_passphrase(file: Path) -> bool:
    """Returns True if a passphrase opens it and no key."""
    with file.open("rb") as source:
        return source.read(len(ARMOUR)) == ARMOUR


@contextmanager
def decrypted(file: Path, unlock: Unlock) -> Iterator[BinaryIO]:
    """The content of an encrypted file, to be read from front to back; `HubError` if the key is another one or a byte was changed.

    What is read is authentic piece by piece; that the end is there is known only when it is reached.
    """
    with file.open("rb") as source:
        key = _key_of(source, unlock, file)
        read, write = os.pipe()
        failed: list[str] = []

        def decrypt() -> None:
            with os.fdopen(write, "wb", buffering=0) as out:
                try:
                    pyrage.decrypt_io(source, out, [x25519.Identity.from_str(key.text)])
                except (pyrage.DecryptError, OSError) as error:
                    failed.append(str(error))

        thread = threading.Thread(target=decrypt, name="decrypt", daemon=True)
        with os.fdopen(read, "rb") as plain:
            thread.start()
            try:
                yield plain
                if plain.read(1):
                    raise HubError(f"{file}: not a backup of a hub: it goes on behind its end")
            except (HubError, EOFError):
                # the true cause: what could not be decrypted ends early
                plain.close()
                thread.join()
                if failed and "roken pipe" not in failed[0]:
                    raise _unreadable(file, failed[0]) from None
                raise
        thread.join()
        if failed:
            raise _unreadable(file, failed[0])


def _unreadable(file: Path, why: str) -> HubError:
    if "matching key" in why:
        return HubError(f"{file}: this key does not open it")
    return HubError(f"{file}: damaged, or changed: {why}")


def _key_of(source: BinaryIO, unlock: Unlock, file: Path) -> SecretKey:
    start = source.read(LONGEST_ARMOUR)
    if not start.startswith(ARMOUR):
        source.seek(0)
        if isinstance(unlock, Passphrase):
            raise HubError(f"{file}: it was encrypted to a key: expected its secret half, not a passphrase")
        return unlock
    end = start.find(ARMOUR_ENDS)
    if end < 0:
        raise HubError(f"{file}: not a backup of a hub: its armour has no end")
    if not isinstance(unlock, Passphrase):
        raise HubError(f"{file}: it was encrypted with a passphrase: expected that, not a key")
    source.seek(end + len(ARMOUR_ENDS))
    return _out_of_armour(start[: end + len(ARMOUR_ENDS)], unlock, file)


def _armoured(key: SecretKey, passphrase: Passphrase) -> bytes:
    data: bytes = pyrage.passphrase.encrypt(key.text.encode(), passphrase.text, armored=True)
    return data.rstrip(b"\n") + b"\n"


def _out_of_armour(armour: bytes, passphrase: Passphrase, file: Path) -> SecretKey:
    try:
        binary = base64.b64decode(b"".join(armour.split(b"\n")[1:-2]), validate=True)
    except binascii.Error:
        raise HubError(f"{file}: damaged, or changed: its armour") from None
    work = re.match(BEGINS + rb"\n-> scrypt [A-Za-z0-9+/]+ ([0-9]{1,2})\n", binary)
    if work is None or int(work[1]) > MOST_WORK:
        raise HubError(f"{file}: not a backup of a hub: its passphrase asks for more work than any of ours")
    for _ in range(TRIES):
        try:
            return SecretKey.parse(pyrage.passphrase.decrypt(binary, passphrase.text).decode("ascii", "replace"))
        except pyrage.DecryptError as error:
            if "work" not in str(error).lower():
                raise HubError(f"{file}: this passphrase does not open it") from None
    raise HubError(f"{file}: this machine is too busy, or too slow, to try a passphrase: try again when it rests")


class _Pulled(io.RawIOBase):
    """Chunks as a file that is read from."""

    def __init__(self, chunks: Iterable[bytes]):
        self._chunks = iter(chunks)
        self._rest = b""
        self.error: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer in typeshed; pyrage gives this one
        while not self._rest:
            try:
                chunk = next(self._chunks, None)
            except Exception as error:
                self.error = error
                raise
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class _Pushed(io.RawIOBase):
    """A file that is written to, and what went wrong with it."""

    def __init__(self, out: BinaryIO):
        self._out = out
        self.error: Exception | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # any readable buffer in typeshed; pyrage gives bytes
        try:
            return self._out.write(data)
        except OSError as error:
            self.error = error
            raise


class _Hashing(io.RawIOBase):
    """A file that is written to and keeps only the hash."""

    def __init__(self) -> None:
        self.hash = sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # any readable buffer in typeshed; pyrage gives bytes
        self.hash.update(data)
        return len(data)
