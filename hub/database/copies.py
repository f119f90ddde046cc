"""Copies of the database: a scratch one in memory, a whole one in a file.

Tested in `tests/hub/database/test_engine.py`.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from hub.database.engine import _class_of_ours
from hub.database.schema import metadata
from hub.errors import HubError


@contextmanager
def scratch() -> Iterator[Connection]:
    """An empty database of the hub's tables that is gone afterwards; what does not fit into memory spills to an unnamed file."""
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect("", check_same_thread=False), poolclass=StaticPool
    )
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def verbatim(connection: Connection) -> Iterator[None]:
    """Within, text that is not UTF-8 is read with a surrogate for each odd byte, instead of an error that prints the value."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield  # other databases refuse to store such text
        return
    before = driver.text_factory
    driver.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before


@dataclass(frozen=True)
class Copy:
    """A copy of a SQLite database that has no name: its bytes, and one connection that reads it."""

    file: BinaryIO
    connection: Connection


@contextmanager
def copied(source: Path, folder: Path) -> Iterator[Copy]:
    """A SQLite database as one consistent moment of it, copied while others read and write it, into a file of `folder`.

    As soon as the copy is there it loses its name: whatever ends this process, nothing of it stays. One that was killed before that
    is removed by the next. `HubError` if SQLite finds the original or the copy broken, or the disk too small.
    """
    _remove_left_over(folder)
    handle, name = mkstemp(prefix=_COPY, dir=folder)
    path = Path(name)
    with os.fdopen(handle, "rb") as file, ExitStack() as stack:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _copy(source, path)
            copy = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            # SQLite opens the file with the first statement that reads it
            copy.execute("PRAGMA query_only=ON")
            (found,) = copy.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.Error as error:
            raise HubError(f"{source}: copied to {path}: {error}") from None
        finally:
            path.unlink(missing_ok=True)
        if found != "ok":
            raise HubError(f"{source}: SQLite says of a copy: {found}")
        engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool, hide_parameters=True)
        event.listen(engine, "handle_error", _class_of_ours, retval=True)
        with engine.connect() as connection:
            yield Copy(file, connection)


_COPY = "copy-"


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as driver, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        # all pages in one step: a reader's look that no writer disturbs, nor waits for
        driver.backup(copy)
        # one file, no -wal beside it
        copy.execute("PRAGMA journal_mode=DELETE")


def _remove_left_over(folder: Path) -> None:
    for path in folder.glob(f"{_COPY}*"):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # another backup is at work with it
            path.unlink(missing_ok=True)
