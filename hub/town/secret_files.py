"""Secret files: folders 0700, files 0600, never written over; and what was begun is taken back whole.

Tested in `tests/hub/lifecycle/test_published_keys.py` and `tests/hub/commands/test_cli.py`.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.contract.canonical import public_hex
from edge.contract.published import PUBLISHED
from hub.errors import HubError


def closed_folder(path: Path) -> Path:
    """Makes a folder that only its owner may enter; one that is there keeps its mode: an installation lends it to a group."""
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True)
        path.chmod(0o700)
    return path


def write_secret(path: Path, data: str | bytes) -> None:
    """Writes a new file 0600, durably; `HubError` if there is one already."""
    content = data.encode() if isinstance(data, str) else data
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise HubError(f"{path}: exists already, not written over") from None
    except OSError as error:
        raise HubError(f"{path}: {error.strerror}") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def take_back(folder: Path, parts: Iterable[str], *, whole: bool) -> None:
    """Removes what was begun in a folder and failed: these parts of it; the folder too, if it is `whole` ours and empty then."""
    for part in parts:
        path = folder / part
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if whole and folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def read_seed(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key whose seed stands in a file as 64 hexadecimal digits; `HubError` also for a key that everybody knows."""
    try:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except OSError as error:
        raise HubError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise HubError(f"{path}: expected a key as 64 hexadecimal digits") from None
    if public_hex(key) in PUBLISHED:
        raise HubError(
            f"{path}: a test key of the contract's examples, which everybody knows: expected one of this town's"
        )
    return key


def seed_text(key: Ed25519PrivateKey) -> str:
    """The text of a key's seed, as `read_seed` reads it."""
    return key.private_bytes_raw().hex() + "\n"
