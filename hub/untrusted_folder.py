"""Files in a folder that a less trusted user may write: links in it are never followed, and nothing in it can hold us up.

The broker's folder belongs to the broker's own user. Whoever breaks into the broker may lay links, pipes and devices there; root, who
starts the broker, and the hub must neither read, write nor give away anything else through them.
"""

import os
import stat
from pathlib import Path


def read(path: Path, most: int) -> bytes | None:
    """The content of a plain file; None if there is none, if it is a link, a pipe or a device, or if it holds more than `most` bytes.

    `OSError` for a file that is there and cannot be read. The folders on the way to it are trusted, the file is not.
    """
    try:
        # without O_NONBLOCK a pipe would wait for somebody to write into it
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError:
        if path.is_symlink():
            return None
        raise
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(most)


def give(folder: Path, owner: int, group: int) -> None:
    """Gives a folder and what lies in it to a user, as root: plain files of one name and folders, and no link of either kind.

    A second name (a hard link) may be a file of somebody else's that was linked here; a link is left as it is.
    """
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fchown(top, owner, group)
        for _place, folders, files, here in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            for name in (*folders, *files):
                _give_one(name, here, owner, group)
    finally:
        os.close(top)


def _give_one(name: str, here: int, owner: int, group: int) -> None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
    except OSError:
        # a link, or gone meanwhile
        return
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1):
            os.fchown(handle, owner, group)
    finally:
        os.close(handle)
