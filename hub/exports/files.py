"""The files of exports that took long: in a folder of the town that only its owner may enter, for a day.

Beside a file that is being written lies a lock, held by who writes it and by who started that process: where nobody holds it any
more, nobody writes. Tested in `tests/hub/exports/test_jobs.py`.
"""

import fcntl
import os
import shutil
from pathlib import Path

from hub import generated_files
from hub.errors import RefusedError

LASTS = 24 * 3600.0
"""Seconds for which a file stays."""
ROW_BYTES = 480
"""Of a list's row at most, as a rule; a workbook packs them, but holds them unpacked while it is written."""
SPARE = 256 << 20
"""Bytes that stay free on the disk: the ledger goes before."""


def path_of(folder: Path, id_: str, format_: str) -> Path:
    """Where an export's file stands when it is whole."""
    return folder / f"{id_}.{format_}"


def check_room(folder: Path, rows: int) -> None:
    """`RefusedError` if the disk has no room for so many rows."""
    generated_files.folder(folder)
    needed, free = rows * ROW_BYTES + SPARE, shutil.disk_usage(folder).free
    if free < needed:
        raise RefusedError(
            "export: %(count)s rows need about %(needed)s MB on the disk, %(free)s MB are free",
            count=rows, needed=needed >> 20, free=free >> 20,
        )  # fmt: skip


def lock(folder: Path, id_: str) -> int | None:
    """The lock of an export as an open file, to be inherited by the process that writes; None if somebody holds it."""
    generated_files.folder(folder)
    file = os.open(folder / f"{id_}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def is_written(folder: Path, id_: str) -> bool:
    """Returns True if a process writes this export."""
    try:
        file = os.open(folder / f"{id_}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def erase(folder: Path, id_: str) -> None:
    """Removes everything of one export."""
    for each in (*folder.glob(f"{id_}.*"), *folder.glob(f".{id_}.*")):
        _remove(each)


def sweep(folder: Path, now: float, lasts: float = LASTS) -> int:
    """Removes what is older than a day (`lasts` 0: everything that nobody writes); returns how many things that were.

    An operation that is destroyed takes its exports along: backups never hold them, and this empties the folder.
    """
    found = 0
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        old = now - each.lstat().st_mtime >= lasts
        if old and not is_written(folder, each.name.strip(".").partition(".")[0]):
            _remove(each)
            found += 1
    return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
