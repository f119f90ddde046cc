"""The journal's file while it is open: one connection that writes, others that read, and the watch over damage to the file.

Threads may share one `OpenFile`: one writes at a time, readers have connections of their own and never wait for a writer.
Tested in `tests/edge/journal/test_outbox.py` and, for damage, in `tests/edge/unit/test_files.py`.
"""

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlite_utils import Database

from edge.journal.file import (
    JournalError,
    Kept,
    Meta,
    UnusableJournalError,
    connect,
    hold,
    look,
    make,
    named,
    unfinished,
)


@dataclass(slots=True)
class Writing:
    """A transaction that writes: its connection, and what it found. Whoever changes which visits are unfinished says so here."""

    connection: sqlite3.Connection
    meta: Meta
    unfinished: dict[str, Kept]


class OpenFile:
    """The journal's file at `path`. `meta` and `unfinished` (visits by id, oldest first): as of the last commit.

    `fault`: what was found wrong with the file, in one line; nothing more is then written to it or read from it.
    """

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db = Database(writer)
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._closed = self._shrinks = False
        self._inode = path.stat().st_ino
        self._size = path.stat().st_size
        self.fault: str | None = None
        self.meta = Meta.read(writer)
        self.unfinished = unfinished(writer)

    @classmethod
    def open(cls, path: Path, town: str, gate: str) -> Self:
        """The file at `path`, made if there is none; `JournalError` (one line) if it is broken or belongs to another gate."""
        try:
            with named(path):
                writer = connect(path)
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}") from None
        try:
            with named(path):
                make(writer, path, town, gate)
                opened = cls(path, writer)
            found = opened.meta
            if (found.town, found.gate) != (town, gate):
                raise UnusableJournalError(
                    f"{path}: the journal of gate {found.gate!r} of town {found.town!r}; expected {gate!r} of {town!r}"
                )
        except BaseException:
            writer.close()
            raise
        return opened

    def close(self) -> None:
        """Closes every connection; nothing is lost by not calling it."""
        with self._lock:
            self._closed = True
            # the last connection that may write folds the log into the file: a damaged one stays as it was found
            held = None
            if self.fault is not None:
                with suppress(sqlite3.Error):
                    held = hold(self._path)
            while not self._readers.empty():
                self._readers.get().close()
            self._db.close()
            if held is not None:
                held.close()

    # -- transactions --------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """A transaction that is committed at the end, or rolled back with the error; `JournalError` if the disk does not take it."""
        # the row is read under the write lock; what stands in memory is a copy for readers, and follows the commit
        with self._lock, self._guarded():
            self.require_same_file()
            before = self.unfinished
            connection = self._db.conn
            connection.execute("begin immediate")
            try:
                writing = Writing(connection, Meta.read(connection), before)
                yield writing
                after = Meta.read(connection)
                # before the commit: a reader that sees the record also knows that its visit is open
                self.unfinished = writing.unfinished
                connection.execute("commit")
            except BaseException:
                self.unfinished = before
                if connection.in_transaction:
                    connection.execute("rollback")
                raise
            self.meta = after

    @contextmanager
    def shrinking(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, outside of every transaction; the file may become shorter meanwhile."""
        with self._lock, self._guarded():
            self.require_same_file()
            self._shrinks = True
            try:
                yield self._db.conn
            finally:
                self._size = self._path.stat().st_size
                self._shrinks = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that can only read, for this thread alone while it is used."""
        with self._guarded():
            try:
                reader = self._readers.get_nowait()
            except queue.Empty:
                reader = connect(self._path, query_only=True)
            try:
                yield reader
            finally:
                if self._closed:
                    reader.close()
                else:
                    self._readers.put(reader)

    # -- damage --------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Looks whether the file is still there and can be read from the disk; what is wrong stands in `fault`.

        What is open may go on for hours over a file that was removed or overwritten: its pages are in memory.
        """
        with suppress(JournalError), self._guarded():
            self.require_same_file()
            fresh = connect(self._path, query_only=True)
            try:
                look(fresh)
            finally:
                fresh.close()

    def require_same_file(self) -> None:
        """Raises `UnusableJournalError` if the file was removed, replaced or cut while it is open."""
        # the file itself never shrinks; a commit into the log of one that was cut would be found by nobody
        try:
            there = self._path.stat()
        except OSError:
            there = None
        if there is None or there.st_ino != self._inode:
            raise UnusableJournalError(f"{self._path}: removed or replaced while the gate runs")
        if there.st_size < self._size and not self._shrinks:
            raise UnusableJournalError(
                f"{self._path}: cut from {self._size} to {there.st_size} bytes while the gate runs"
            )
        self._size = there.st_size

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self.fault is not None:
            raise UnusableJournalError(self.fault)
        try:
            with named(self._path):
                yield
        except UnusableJournalError as error:
            self.fault = str(error)
            raise
