"""Files that are destroyed: overwritten, flushed, and only then taken away.

Honest limits: a flash card, a solid-state disk, a file system that copies on write may keep the old blocks elsewhere until they are used
again; an encrypted disk answers for those. Tested in `tests/hub/destruction/test_traces.py`.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PIECE = 1 << 20


def wipe(path: Path | str, *, dir_fd: int | None = None) -> bool:
    """Destroys one file; returns False if there is none. A link is taken away, and what it leads to is left alone; so is one of two names.

    `dir_fd`: of the open folder that `path` is a name in, where a less trusted user could put another folder in its place.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=dir_fd)
    except FileNotFoundError:
        return False
    except OSError:
        _unlink(path, dir_fd)
        return True
    with os.fdopen(handle, "wb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            _overwrite(file.fileno(), status.st_size)
    _unlink(path, dir_fd)
    return True


def wipe_tree(folder: Path) -> int:
    """Destroys every file below a folder, and its folders; returns how many files there were."""
    if not folder.is_dir() or folder.is_symlink():
        return int(wipe(folder))
    found = 0
    for place, folders, files in os.walk(folder, topdown=False, followlinks=False):
        found += sum(wipe(Path(place) / name) for name in files)
        for name in folders:
            _remove_folder(Path(place) / name)
    _remove_folder(folder)
    return found


def wipe_all(paths: Iterable[Path]) -> int:
    """Destroys each of these files and folders; returns how many files there were."""
    return sum(wipe_tree(path) for path in paths)


def empty(path: Path, keep: bytes) -> None:
    """Puts other bytes into a file that somebody may hold open, overwriting what stood there."""
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "wb", buffering=0) as file:
        _overwrite(file.fileno(), os.fstat(file.fileno()).st_size)
        file.seek(0)
        file.write(keep)
        file.truncate(len(keep))
        os.fsync(file.fileno())


def _unlink(path: Path | str, dir_fd: int | None) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path, dir_fd=dir_fd)


def _overwrite(file: int, size: int) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    for start in range(0, size, PIECE):
        os.write(file, bytes(min(PIECE, size - start)))
    os.fsync(file)


def _remove_folder(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.is_dir():
        path.rmdir()
