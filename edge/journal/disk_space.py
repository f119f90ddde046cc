"""Room for the journal: measured before a vehicle is judged, so that a full disk closes the lane and never half-writes a visit.

    free >= a fifth of the disk       nothing to say
    below                             an alarm: somebody should look (`disk_filling`)
    below what the next visits need   closed: the paper procedure, with the reason on the screen; back by itself when there is room

A **ballast** of a few megabytes is written at the first start. When the disk is full to the last byte even a DELETE fails
(measured); giving the ballast up lets the journal write what it must: that it closed, what the hub acknowledged, what may be pruned.
It is written again as soon as there is room.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

BALLAST = "ballast"
BALLAST_BYTES = 4 * 1024 * 1024
NEEDED = 2 * 1024 * 1024
"""Bytes that must be free to judge another vehicle: the records of some hundred visits, and SQLite's own log of them."""
REOPEN = 2 * NEEDED + BALLAST_BYTES
"""Free bytes at which a closed lane opens again: giving the ballast up must not be enough, or it would flap."""
WARN_SHARE = 0.2
"""Free share of the disk below which somebody should look: 80 % are used."""


class Room(Enum):
    """How much room there is."""

    ENOUGH = "enough"
    FILLING = "filling"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk under the journal, bytes."""

    free: int
    total: int


def judge(disk: Disk, before: Room) -> Room:
    """How much room there is, after it was `before`."""
    if disk.free < NEEDED or (before is Room.CLOSED and disk.free < REOPEN):
        return Room.CLOSED
    return Room.FILLING if disk.free < WARN_SHARE * disk.total else Room.ENOUGH


def measure(folder: Path) -> Disk:
    """The disk now."""
    usage = shutil.disk_usage(folder)
    return Disk(usage.free, usage.total)


def room_text(disk: Disk) -> str:
    """How much room there is, for an alarm's detail."""
    return f"{disk.free // 2**20} of {disk.total // 2**20} MiB are free"


class Ballast:
    """The ballast: a file that is removed to make room when no other room is left."""

    def __init__(self, folder: Path, size: int = BALLAST_BYTES) -> None:
        self._path = folder / BALLAST
        self._size = size

    @property
    def aboard(self) -> bool:
        """Returns True if the ballast file is there in full."""
        try:
            return self._path.stat().st_size == self._size
        except OSError:
            return False

    def take(self) -> bool:
        """Writes the ballast file, with real blocks. Returns True if it is there; a disk without room for it is no error."""
        if self.aboard:
            return True
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._size)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """Removes the ballast file, so that its room is free."""
        with suppress(OSError):  # not a file of ours: it holds no room that can be given
            self._path.unlink(missing_ok=True)
