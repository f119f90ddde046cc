"""A program that starts on a full disk waits for room; it does not end, for nobody would start it again at the right moment.

Only what passes by itself is waited for: no space, a quota, a disk that fails to answer, a lock that another holds. All else is raised.

Tested in `tests/faults/test_full_disk.py`.
"""

import errno
import sqlite3
from collections.abc import Callable
from threading import Event
from typing import TypeVar

import structlog

from hub.database.engine import UnusableError

log = structlog.get_logger()
T = TypeVar("T")

PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
PASSING_IN_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY})
PAUSE = 2.0


def passes(error: Exception) -> bool:
    """Returns True if what a program failed at may succeed later without anybody changing the program or its files."""
    if isinstance(error, UnusableError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        # the lowest byte is the kind, the rest says more of it
        return code is not None and code & 0xFF in PASSING_IN_SQLITE
    return isinstance(error, OSError) and error.errno in PASSING


def wait_for_room(
    attempt: Callable[[], T], stop: Event, waiting: Callable[[str], None], pause: float = PAUSE
) -> T | None:
    """What `attempt` gives, tried until it does not fail for want of room; None if `stop` was set first.

    `waiting` is called with one line after each failure: for the watchdog, and for the pages. Other errors are raised.
    """
    said = ""
    while not stop.is_set():
        try:
            return attempt()
        except (OSError, UnusableError) as error:
            if not passes(error):
                raise
            fault = str(error.orig) if isinstance(error, UnusableError) else error.strerror or str(error)
            if fault != said:
                log.error("cannot start yet, and waits", error=fault)
                said = fault
            waiting(fault)
        stop.wait(pause)
    return None
