"""The file `journal.db`: its tables, its one row about itself, and the walk that proves it.

    records     seq, raw, private, hash, prev, kind, visit       what is kept, exactly as it travels
    signatures  seq, hash, sig                                   the gate's Ed25519 over [town, gate, epoch, seq, hash]
    answered    id, result, expires                              the last answer to each command of the hub (`answered`)
    meta        one row: whose journal this is, its head, what the hub has acknowledged, what was pruned, the last connection

SQLite in WAL with synchronous=FULL: what was committed survives a power cut (NORMAL lost it all, measured). Transactions are
begun by hand, IMMEDIATE where they write.

Tested in `tests/edge/journal/test_outbox.py`.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Self

import structlog

from edge.contract.canonical import Json, canonical
from edge.contract.facts import Kind
from edge.contract.files import sync_folder
from edge.contract.messages import HubHead, Witness
from edge.contract.records import ZERO_HASH, Record, Sealed, new_epoch, signed_head
from edge.journal import command_answers

log = structlog.get_logger()

VERSION = 2
_WAIT_SECONDS = 10.0
_TABLES = (
    """create table records (
        seq integer primary key, raw text not null, private text not null, hash text not null, prev text not null,
        kind text not null, visit text
    )""",
    "create index records_visit on records (visit, kind) where visit is not null",
    "create index records_kind on records (kind, seq)",
    "create table signatures (seq integer primary key, hash text not null, sig text not null)",
    """create table meta (
        id integer primary key check (id = 1), epoch text not null, town text not null, gate text not null,
        head integer not null, head_hash text not null, pruned integer not null, pruned_hash text not null,
        acked integer not null, backed_up integer not null, ledger text, ledger_epoch integer,
        hub_count integer not null, hub_chain text, hub_sig text, conn integer not null
    )""",
    command_answers.TABLE,
    f"pragma user_version = {VERSION}",
)


BESIDE = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside the journal's own."""
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})


class JournalError(RuntimeError):
    """The journal cannot be used; the text is one line."""


class UnusableJournalError(JournalError):
    """The file is damaged or no journal of this gate: waiting does not help, and nothing more is written to it."""


@dataclass(frozen=True, slots=True)
class Meta:
    """The journal's row about itself. `pruned`: the last record that was removed, 0 for none; `hub_*`: the hub's last head."""

    epoch: str
    town: str
    gate: str
    head: int = 0
    head_hash: str = ZERO_HASH
    pruned: int = 0
    pruned_hash: str = ZERO_HASH
    acked: int = 0
    backed_up: int = 0
    ledger: str | None = None
    ledger_epoch: int | None = None
    hub_count: int = 0
    hub_chain: str | None = None
    hub_sig: str | None = None
    conn: int = 0

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """The row as it stands."""
        row = connection.execute(f"select {', '.join(_META)} from meta where id = 1").fetchone()  # noqa: S608  # own names
        if row is None:
            raise UnusableJournalError("meta: the journal's row about itself is missing")
        return cls(*row)

    def write(self, connection: sqlite3.Connection) -> None:
        """Puts the row in place, in the open transaction."""
        values = [getattr(self, name) for name in _META]
        sql = f"insert or replace into meta (id, {', '.join(_META)}) values (1{', ?' * len(_META)})"  # noqa: S608  # own names
        connection.execute(sql, values)

    @property
    def oldest(self) -> int:
        """The first number that is still on the gate (of an empty journal: the first that will be)."""
        return self.pruned + 1

    @property
    def backlog(self) -> int:
        """How many records the hub has not acknowledged."""
        return self.head - self.acked

    @property
    def witness(self) -> Witness | None:
        """The hub's last head, under its own signature; None before the first ack."""
        if self.ledger is None or self.ledger_epoch is None or self.hub_chain is None or self.hub_sig is None:
            return None
        head = HubHead(count=self.hub_count, chain=self.hub_chain, sig=self.hub_sig)
        return Witness(ledger=self.ledger, ledger_epoch=self.ledger_epoch, head=head)

    def head_of(self, seq: int, hash_: str) -> list[Json]:
        """The values that the gate signs for the record `seq`."""
        return signed_head(self.town, self.gate, self.epoch, seq, hash_)


_META = tuple(each.name for each in fields(Meta))


@dataclass(frozen=True, slots=True)
class Kept:
    """A record of the journal, parsed, with its personal values (those not destroyed) in the clear."""

    record: Record
    private: Mapping[str, str]

    @classmethod
    def of(cls, raw: str, private: str) -> Self:
        """The value that two texts of a row spell."""
        values = {name: value for name, (_, value) in json.loads(private).items()}
        return cls(Record.parse(raw), MappingProxyType(values))


def private_text(record: Sealed) -> str:
    """The personal values of a record as the row holds them."""
    return canonical({name: [salt, value] for name, (salt, value) in record.private.items()}).decode()


@contextmanager
def named(path: Path) -> Iterator[None]:
    """SQLite's errors as a `JournalError` that says which file."""
    try:
        yield
    except sqlite3.Error as error:
        raise (UnusableJournalError if _code(error) in _DAMAGED else JournalError)(f"{path}: {error}") from error


def _code(error: sqlite3.Error) -> int:
    # the primary result code; an error of the module itself carries none
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def connect(path: Path, *, query_only: bool = False) -> sqlite3.Connection:
    """A connection to the journal; the file is made if there is none, and only its owner may read it: it holds plates."""
    # only where there is none: to open and close a file that SQLite has open in this process would drop its locks
    if not query_only:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        # what is destroyed at an operation's end, or pruned, does not stay in free pages
        connection.execute("pragma secure_delete = on").fetchall()
        connection.execute(f"pragma query_only = {int(query_only)}")
    except BaseException:
        connection.close()
        raise
    return connection


def examine(path: Path) -> None:
    """Looks at the file without writing to it: `UnusableJournalError` if it is damaged. What else may be wrong, `make` finds.

    Read-only, because closing the last connection that may write folds the log into a file that should stay as it is.
    """
    if not path.is_file():
        return
    with named(path):
        connection = hold(path)
    try:
        if _tables(connection, path):
            look(connection)
            unfinished(connection)
    except sqlite3.Error as error:
        if _code(error) in _DAMAGED | {sqlite3.SQLITE_ERROR}:
            raise UnusableJournalError(f"{path}: {error}") from error
        return  # not its own fault: no room beside it, another process
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise UnusableJournalError(f"{path}: a record in it is none: {error}".partition("\n")[0]) from error
    finally:
        connection.close()


def _tables(connection: sqlite3.Connection, path: Path) -> frozenset[str]:
    """The tables of the file, none in a new one; `UnusableJournalError` if they are not those of a journal that this program reads."""
    tables = frozenset(name for (name,) in connection.execute("select name from sqlite_master where type = 'table'"))
    (version,) = connection.execute("pragma user_version").fetchone()
    if tables and ("meta" not in tables or version not in {1, VERSION}):
        raise UnusableJournalError(f"{path}: not a journal of version {VERSION}")
    return tables


def hold(path: Path) -> sqlite3.Connection:
    """A connection that can only read: while it is open, no other folds the log into the file when it closes."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    with suppress(sqlite3.Error):
        connection.execute("select count(*) from sqlite_master").fetchone()
    return connection


def look(connection: sqlite3.Connection) -> None:
    """Reads from each table what a gate cannot do without; `sqlite3.Error` if that is damaged."""
    Meta.read(connection)
    connection.execute("select raw, private, hash from records order by seq desc limit 1").fetchall()
    connection.execute("select sig from signatures order by seq desc limit 1").fetchall()


def make(connection: sqlite3.Connection, path: Path, town: str, gate: str) -> None:
    """Gives an empty file the tables and a new epoch, and a journal of an older version what it lacks, in one transaction."""
    connection.execute("begin immediate")
    try:
        if not _tables(connection, path):
            for statement in _TABLES:
                connection.execute(statement)
            Meta(new_epoch(), town, gate).write(connection)
            sync_folder(path.parent)
        elif connection.execute("pragma user_version").fetchone() == (1,):
            connection.execute(command_answers.TABLE)
            command_answers.gather(connection)
            connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def unfinished(connection: sqlite3.Connection) -> dict[str, Kept]:
    """Every visit that was opened and never closed, by its id, oldest first."""
    rows = connection.execute(
        "select raw, private from records opened where kind = ? and not exists"
        " (select 1 from records closed where closed.visit = opened.visit and closed.kind = ?) order by seq",
        [Kind.VISIT_OPENED.value, Kind.VISIT_CLOSED.value],
    )
    return {str(kept.record.visit): kept for kept in readable(rows)}


def readable(rows: Iterable[tuple[str, str]]) -> Iterator[Kept]:
    """The records of these (raw, private) that this version can read; one that an older version let in is named in the log.

    `ValueError` for what no version ever wrote: that is damage.
    """
    for raw, private in rows:
        try:
            yield Kept.of(raw, private)
        except ValueError as error:
            json.loads(raw)
            log.warning("a record of the journal is left out", error=str(error))
