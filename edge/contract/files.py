"""Small files of gate and hub: written whole, and moved out of the way, never deleted, when they cannot be used.

A file that is opened, cut and written may be found empty after a power cut. So the text goes into a file beside it, is flushed
to the disk, takes the name, and the folder's entry is flushed too: a reader finds the old text or the new one, and nothing else.

Tested in `tests/edge/test_files.py`.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

MODE = 0o600
"""Keys, counters and settings are for the program's own user."""
PART = ".new"
"""How a file that is being written ends: no backup takes it."""


def write_whole(path: Path, content: str | bytes, mode: int = MODE) -> None:
    """Puts `content` (a text as UTF-8) into the file at `path`: all of it or, with an `OSError`, none.

    Written by root it belongs to whom its folder belongs. No link is followed: the folder may be one that others write in.
    """
    part = path.with_name(path.name + PART)
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    with os.fdopen(handle, "wb") as file:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        os.fchmod(file.fileno(), mode)
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flushes a folder's entries to the disk: a new or renamed file is durable only then."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def set_aside(path: Path, *beside: str, now: datetime | None = None) -> Path:
    """Renames what stands at `path`, a file or a folder, to `<name>.broken-<time>`; returns the new name.

    `beside`: endings of files that belong to it (`-wal`), renamed with it. An earlier file of that name is never replaced.
    `OSError` if the folder takes no new name.
    """
    stamp = f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    name = free = f"{path.name}.broken-{stamp}"
    number = 1
    while os.path.lexists(path.with_name(free)):
        number += 1
        free = f"{name}-{number}"
    for ending in ("", *beside):
        there = path.with_name(path.name + ending)
        if os.path.lexists(there):
            there.rename(path.with_name(free + ending))
    sync_folder(path.parent)
    return path.with_name(free)
