"""The broker keeps nothing on the disk, and what an older version kept there is destroyed.

What mosquitto holds (sessions, retained messages, what is on its way) is nobody's only copy: gates keep each record until the hub's own ack,
and the listener publishes again what is retained. So it holds them in memory: no plate on its way outlives the process, and no damaged file
keeps the town apart.

It runs where mosquitto's own user does: in `serve`, or as `ExecStopPost` of its service (`python -P -m hub.broker.store DIR`).

Tested in `tests/hub/broker/test_store.py`.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import structlog

from edge.contract.wipe import wipe
from hub.log import configure

log = structlog.get_logger()

FOLDER = "data"
OF_OLD = ("ends", "set-aside")
"""Two small files in which older versions counted the ends of a broker whose store was damaged."""


def forget(town_folder: Path) -> int:
    """Destroys what older versions of the broker kept; how many files that were. What can't be destroyed is logged, and stays."""
    place = town_folder / "broker"
    try:
        found = _wipe_in(place, OF_OLD)
        if (place / FOLDER).is_dir() and not (place / FOLDER).is_symlink():
            found += _wipe_in(place / FOLDER, None)
            (place / FOLDER).rmdir()
        return found + _wipe_in(place, (FOLDER,))
    except OSError as error:
        log.error("what the broker kept is not destroyed", folder=str(place / FOLDER), fault=error.strerror)
        return 0


def _wipe_in(folder: Path, names: Iterable[str] | None) -> int:
    """Some files of a folder, or all; by its handle, for the broker's user could lay a link to another in its place."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return sum(wipe(name, dir_fd=handle) for name in (os.listdir(handle) if names is None else names))  # noqa: PTH208  # by its handle
    finally:
        os.close(handle)


def left(town_folder: Path) -> bool:
    """Returns True if something that the broker kept is still there: it goes when the broker is started again."""
    return os.path.lexists(town_folder / "broker" / FOLDER)


if __name__ == "__main__":
    configure()
    forget(Path(sys.argv[1]))
