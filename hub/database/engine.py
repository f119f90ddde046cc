"""The hub's tables and its two engines: one that writes, one that reads.

SQLAlchemy Core, portable SQL. What differs by dialect stands in this file alone. On SQLite the writing engine begins
IMMEDIATE (a deferred transaction that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the time-out)
with synchronous=FULL; the reading engine is deferred and query_only, so readers never lock. Errors name no values: they go to
the log, and plates do not. Times are RFC 3339 text in UTC with milliseconds, which sorts as time does.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import (
    create_engine,
    event,
)
from sqlalchemy.engine import URL, Connection, Engine, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from hub.database.narrowed import before_question
from hub.errors import HubError

CACHE = 32 * 1024
"""KiB of pages that a writer keeps: ids are random, and each entry touches some pages of every index."""
CHECKPOINT = 4000
"""Pages in the WAL at which they are copied into the database: 16 MB. At SQLite's 1,000 every transaction of a backlog would do so."""

# --- the ledger -------------------------------------------------------------------------------------------------------


# --- projections: derived from the entries, rebuilt at will ----------------------------------------------------------------


# --- what the hub itself has to say -----------------------------------------------------------------------------------


# --- gates ------------------------------------------------------------------------------------------------------------


# --- passes -----------------------------------------------------------------------------------------------------------


# --- people -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seal:
    """Whose audit a writing engine goes on with, and the hub's key that signs its head (`hub.accounts.audit_chain`)."""

    town: str
    key: Ed25519PrivateKey


SEAL = "kakou_seal"
"""The execution option of an engine that holds its seal."""


def sqlite_url(path: Path) -> URL:
    """The SQLAlchemy URL of a SQLite file. No text: a path may hold what means something in one."""
    return URL.create("sqlite", database=str(path))


def writer(url: str | URL, seal: Seal | None = None) -> Engine:
    """The engine that writes: every transaction holds the write lock from its first statement. Without a `seal` its audit is not signed."""
    engine = _engine(url)
    if seal is not None:
        engine.update_execution_options(**{SEAL: seal})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas("WAL", query_only=False))
        event.listen(engine, "begin", _begin_immediate)
    return engine


def reader(url: str | URL) -> Engine:
    """The engine that reads: consistent within a transaction, never in a writer's way, unable to write."""
    engine = _engine(url)
    event.listen(engine, "before_cursor_execute", before_question, retval=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas(None, query_only=True))
        event.listen(engine, "begin", _begin_deferred)
    return engine


class UnusableError(DatabaseError):
    """The database cannot be used, whatever it was asked: full, locked, gone, or damaged. `orig` is what its driver says of it.

    What a statement or its values are at fault for stays in SQLAlchemy's own classes.
    """


class UnusableForNowError(UnusableError, OperationalError):
    """The database cannot be used for a moment, as while another holds the lock."""


_UNUSABLE: Mapping[type[Any], type[UnusableError]] = {
    OperationalError: UnusableForNowError,
    # SQLite's words for damage, `malformed` and `file is not a database`, have no class of their own
    DatabaseError: UnusableError,
}


def misasked(error: UnusableError) -> bool:
    """Returns True if SQLite did not understand a statement (no such table …): it raises the same class of error for a full disk."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def made_by_another_version(error: DBAPIError) -> bool:
    """Returns True if a table or column is missing in a SQLite database, as in that of an older version."""
    return isinstance(error, UnusableError) and misasked(error) and str(error.orig).startswith("no such ")


def check_url(url: str | URL) -> None:
    """`HubError` in one line for a database URL that nothing here can open: misspelt, of another kind, or without its driver."""
    _engine(url).dispose()


def _engine(url: str | URL) -> Engine:
    try:
        engine = create_engine(url, connect_args=_connect_args(url), hide_parameters=True)
    except (ArgumentError, ImportError, ValueError) as error:
        raise HubError(f"hub.toml: database.url: {_why_unopened(url, error)}") from None
    event.listen(engine, "handle_error", _class_of_ours, retval=True)
    return engine


def _class_of_ours(context: ExceptionContext) -> UnusableError | None:
    """The same error in a class that tells it from others; None: SQLAlchemy's class does."""
    error = context.sqlalchemy_exception
    ours = _UNUSABLE.get(type(error))
    if error is None or ours is None:
        return None
    return ours(
        error.statement,
        error.params,
        context.original_exception,
        hide_parameters=error.hide_parameters,
        connection_invalidated=context.is_disconnect,
        ismulti=error.ismulti,
    )


def _why_unopened(url: str | URL, error: Exception) -> str:
    """What is wrong with a URL, or what is missing for it; never the URL itself: a password may stand in it."""
    expected = "expected postgresql+psycopg://USER@HOST/DATABASE"
    if isinstance(error, ImportError):
        driver = make_url(url).drivername
        if driver == "postgresql+psycopg":
            return "the driver psycopg is not installed (scripts/install-hub --postgres, or the extra kakou[postgres])"
        return f"no driver for {driver}: {expected}"
    if isinstance(error, NoSuchModuleError):
        return f"no such kind of database, {make_url(url).drivername}: {expected}"
    return f"no database URL: {expected}"


def _connect_args(url: str | URL) -> dict[str, object]:
    on_sqlite = make_url(url).get_backend_name() == "sqlite"
    return {"timeout": 10, "check_same_thread": False} if on_sqlite else {}


def _pragmas(journal: str | None, *, query_only: bool):  # type: ignore[no-untyped-def]  # SQLAlchemy's event signature
    def on_connect(connection, _record) -> None:  # type: ignore[no-untyped-def]
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        if journal:
            cursor.execute(f"PRAGMA journal_mode={journal}")
            cursor.execute(f"PRAGMA cache_size={-CACHE}")
            cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    return on_connect


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN DEFERRED")
