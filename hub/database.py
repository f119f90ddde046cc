"""The hub's tables and its two engines: one that writes, one that reads.

SQLAlchemy Core, portable SQL. What differs by dialect stands in this file alone. On SQLite the writing engine begins
IMMEDIATE (a deferred transaction that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the time-out)
with synchronous=FULL; the reading engine is deferred and query_only, so readers never lock. Errors name no values: they go to
the log, and plates do not. Times are RFC 3339 text in UTC with milliseconds, which sorts as time does.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from tempfile import mkstemp
from typing import Any, BinaryIO

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    create_engine,
    event,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Dialect, Engine, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE

from hub.errors import HubError

metadata = MetaData()

Big = Integer().with_variant(BigInteger(), "postgresql")
"""A number that a gate says: up to 2^53 - 1, as the contract has it."""

CACHE = 32 * 1024
"""KiB of pages that a writer keeps: ids are random, and each entry touches some pages of every index."""
CHECKPOINT = 4000
"""Pages in the WAL at which they are copied into the database: 16 MB. At SQLite's 1,000 every transaction of a backlog would do so."""

# --- the ledger -------------------------------------------------------------------------------------------------------

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("epoch", Text, nullable=False),
    Column("seq", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("visit", Text),
    Column("raw", Text, nullable=False),
    Column("private", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    UniqueConstraint("town", "gate", "epoch", "seq"),
    Index("entries_visit", "visit"),
    sqlite_autoincrement=True,
)

signatures = Table(
    "signatures",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("seq", Big, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("sig", Text, nullable=False),
)

ledgers = Table(
    "ledgers",
    metadata,
    Column("town", Text, primary_key=True),
    Column("ledger", Text, nullable=False),
    Column("ledger_epoch", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("chain", Text, nullable=False),
    Column("hub_epoch", Text, nullable=False),
    Column("sig", Text, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("committed", Big, nullable=False),
    Column("backed_up", Big, nullable=False),
    Column("hash", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("gate", Text),
    Column("topic", Text, nullable=False),
    Column("epoch", Text),
    Column("seq", Big),
    Column("prev", Text),  # prev and hash: it holds its place in the gate's chain, so that poison blocks nothing
    Column("hash", Text),
    Column("why", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("sort", Text, nullable=False, server_default="noise"),  # received.Sort: noise, fork, late, ahead, poison
    UniqueConstraint("town", "digest"),
    Index("quarantine_place", "town", "gate", "epoch", "seq"),
    Index("quarantine_sort", "town", "gate", "sort"),
    Index("quarantine_newest", "town", "gate", "id"),
    sqlite_autoincrement=True,
)

unkept = Table(
    "unkept",
    metadata,
    # what gates sent beyond their limits, and was therefore not kept: how much of which sort, and when
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),  # empty: no gate of the town
    Column(
        "what", Text, primary_key=True
    ),  # received.Sort, or what a message that was dropped unread says (records, hello …)
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
)

bridges = Table(
    "bridges",
    metadata,
    # signed `lost` records that let a cursor jump over a gap before they came in their own place
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("first", Big, primary_key=True, autoincrement=False),
    Column("last", Big, nullable=False),
    Column("seq", Big, nullable=False),
    Column("raw", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("sig", Text, nullable=False),
    Index("bridges_seq", "town", "gate", "epoch", "seq"),
)

ahead = Table(
    "ahead",
    metadata,
    # live batches that came before a backlog: held aside as they came, until the cursor has passed them
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("first", Big, primary_key=True, autoincrement=False),
    Column("last", Big, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("received_at", Text, nullable=False),
)

# --- projections: derived from the entries, rebuilt at will ----------------------------------------------------------------

visits = Table(
    "visits",
    metadata,
    Column("visit_id", Text, primary_key=True),
    Column("operation", Text),
    Column("town", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("lane", Text),
    Column("direction", Text),
    Column("opened_at", Text),
    Column("closed_at", Text),
    Column("received_at", Text, nullable=False),
    Column("clock", Text),
    Column("plate", Text),
    Column("plate_type", Text),
    Column("vehicle_class", Text),
    Column("pass_id", Text),
    Column("read_by", Text),
    Column("verdict", Text),
    Column("reason", Text),
    Column("outcome", Text),
    Column("officer", Text),
    Column("override_by", Text),
    Column("override_reason", Text),
    Column("occupants", Text),
    Column("origin", Text),
    Column("destination", Text),
    Column("purpose", Text),
    Column("driver", Text),
    Column("phone", Text),
    Column("disinfected", Text),
    Column("agent", Text),
    Column("concentration", Text),
    Column("parts", Text),
    Column("washed_first", Boolean),
    Column("spray_seconds", Float),
    Column("contact_minutes", Float),
    Column("disinfection_verified_by", Text),
    Column("remark", Text),
    Column("entry_seq", Big),
    Column("override_what", Text),  # verdict, disinfection
    Column("turn_back_why", Text),  # a code of the operation's
    Column("litres", Float),
    Column("sighting", Integer),  # its number among the sightings; null: the vehicle has not driven through
    Column("opened_said", Text),  # what the gate said instead of a time; `opened_at` is then the hub's time of receipt
    Column("closed_said", Text),
    Index("visits_time", "town", "opened_at", "visit_id"),
    Index("visits_gate", "town", "gate", "opened_at"),
    Index("visits_plate", "town", "plate", "closed_at"),
    Index("visits_pass", "town", "pass_id", "opened_at"),
    Index(
        "visits_bare",
        "town",
        "pass_id",
        "closed_at",
        sqlite_where=text("coalesce(plate, '') = ''"),
        postgresql_where=text("coalesce(plate, '') = ''"),
    ),
)

inside = Table(
    "inside",
    metadata,
    Column("town", Text, primary_key=True),
    Column("vehicle", Text, primary_key=True),  # the plate; a vehicle without one is known by its pass or its visit
    Column("visit_id", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("plate", Text),
    Column("pass_id", Text),
    Column("vehicle_class", Text),
    Column("since", Text, nullable=False),
)

last_passed = Table(
    "last_passed",
    metadata,
    # the last visit of each vehicle that ended with it driving through, by the gates' time: late uploads change nothing
    Column("town", Text, primary_key=True),
    Column("vehicle", Text, primary_key=True),
    Column("visit_id", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("closed_at", Text, nullable=False),
    sqlite_with_rowid=False,
)

sightings = Table(
    "sightings",
    metadata,
    # who went in or out, numbered without a gap in the order in which the ledger learned of it
    Column("town", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("visit", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("pass_id", Text),
    Column("plate", Text),
    Column("at", Text, nullable=False),
    sqlite_with_rowid=False,
)

conflicts = Table(
    "conflicts",
    metadata,
    # facts that contradict each other, and alerts: derived from the hub's own entries
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("plate", Text),
    Column("pass_id", Text),
    Column("visit", Text),  # the later visit: the one that made it a conflict
    Column("gate", Text),
    Column("entries", Text, nullable=False),  # JSON: the ids of the entries that are the evidence
    Column("opened_entry", Integer, nullable=False),
    Column("settled_at", Text),
    Column("settled_by", Text),
    Column("settled_reason", Text),
    Column("settled_entry", Integer),
    Index("conflicts_open", "town", "settled_at", "opened_at"),
    Index("conflicts_what", "town", "settled_at", "what"),
    Index("conflicts_visit", "town", "visit"),
)

judged = Table(
    "judged",
    metadata,
    # what became of quarantined messages: derived from the hub's own entries
    Column("town", Text, primary_key=True),
    Column("quarantine", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),  # released, dismissed
    Column("user", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Text, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    # what gates answered to the hub's orders and commands
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("order", Text, primary_key=True),
    Column("result", Text, primary_key=True),
    Column("officer", Text),
    Column("detail", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("received_at", Text, nullable=False),
)

clock_sets = Table(
    "clock_sets",
    metadata,
    # when a gate's wall clock was set, by its monotonic clock: what it showed, and what was right
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("boot", Text, nullable=False),
    Column("mono_ms", Big, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("clock_sets_boot", "town", "gate", "boot", "mono_ms"),
)

undone = Table(
    "undone",
    metadata,
    # what could not be derived or judged, by a fault of ours: to be done again
    Column("town", Text, primary_key=True),
    Column(
        "what", Text, primary_key=True
    ),  # derived (an entry, by its id), judged (a visit), projections (all of them)
    Column("object", Text, primary_key=True),
    Column("why", Text, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
)

# --- what the hub itself has to say -----------------------------------------------------------------------------------

alerts = Table(
    "alerts",
    metadata,
    # what an operator must see: not in the ledger's chain, for it may be about the ledger
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("gate", Text),
    Column("detail", Text, nullable=False),
    Column("first_at", Text, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("ended_at", Text),
    Column("acknowledged_at", Text),
    Column("acknowledged_by", Text),
    Column("comment", Text),
    Column("later", Text),  # JSON: the last details that differ from the first; null: none
    Index("alerts_open", "town", "acknowledged_at", "what"),
    sqlite_autoincrement=True,
)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("gate", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("visit", Text),
    Column("issued_at", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("cancelled_at", Text),
    Column("cancelled_by", Text),
    Index("orders_time", "town", "issued_at", "id"),
    Index("orders_open", "town", "expires_at"),
)

backups = Table(
    "backups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("town", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# --- gates ------------------------------------------------------------------------------------------------------------

gates = Table(
    "gates",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("zh", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("retired_at", Text),
    UniqueConstraint("town", "number"),
)

gate_status = Table(
    "gate_status",
    metadata,
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("online", Boolean, nullable=False),
    Column("conn", Big, nullable=False),
    Column("last_seen", Text),  # when the hub last heard anything of it
    Column("hello", Text),  # the last hello and health, as JSON
    Column("health", Text),
    Column("health_at", Text),
    Column("epoch", Text),
)

former_keys = Table(
    "former_keys",
    metadata,
    # what the hub (gate `hub`) and its gates signed with before a rekey: counts for the entries up to `until_entry`
    Column("town", Text, primary_key=True),
    Column("gate", Text, primary_key=True),
    Column("public_key", Text, primary_key=True),
    Column("until_entry", Integer, nullable=False),
    Column("retired_at", Text, nullable=False),
)

# --- passes -----------------------------------------------------------------------------------------------------------

passes = Table(
    "passes",
    metadata,
    Column("id", Text, primary_key=True),  # 16 hexadecimal digits
    Column("town", Text, nullable=False),
    Column("plate", Text, nullable=False),
    Column("vehicle_class", Text, nullable=False),
    Column("gates", Text),  # gate ids with commas between; null: every gate
    Column("priority", Boolean, nullable=False),
    Column("not_before", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("kid", Text, nullable=False),
    Column("text", Text, nullable=False),  # what the QR code says
    Column("issued_at", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("revoked_at", Text),
    Column("revoked_by", Text),
    Column("revoked_reason", Text),
    Column("blocked_at", Text),
    Column("blocked_by", Text),
    Column("blocked_reason", Text),
    Column("replaces", Text),  # the pass that this one renews or replaces
    Column("reference", Text),  # the row's own name in an imported list, so that it is never issued twice
    Column("request", Text),  # the form that asked for it, with what it said: sent again, it issues nothing
    Index("passes_plate", "town", "plate"),
    Index("passes_request", "town", "request", unique=True),
    Index("passes_reference", "town", "reference"),
    Index("passes_issued", "town", "issued_at", "id"),
)

pass_keys = Table(
    "pass_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public", Text, primary_key=True),
    Column("town", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("until", Text),
    Column("current", Boolean, nullable=False),
    Column("revoked_at", Text),
    Column("revoked_by", Text),
    Column("revoked_reason", Text),
)

watched = Table(
    "watched",
    metadata,
    # the watch list (布控)
    Column("town", Text, primary_key=True),
    Column("plate", Text, primary_key=True),
    Column("deny_in", Boolean, nullable=False),
    Column("deny_out", Boolean, nullable=False),
    Column("notify", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("added_by", Text, nullable=False),
)

published = Table(
    "published",
    metadata,
    Column("town", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # policy, passlist
    Column("version", Integer, nullable=False),
    Column("message", Text, nullable=False),  # the Signed message as JSON
)

pictures = Table(
    "pictures",
    metadata,
    # of crossings, that a user asked a gate for
    Column("town", Text, primary_key=True),
    Column("visit", Text, primary_key=True),
    Column("gate", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256 of the JPEG, as the visit's record says it
    Column("times", Integer, nullable=False),  # how often it was asked for
    Column("asked_at", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("answered_at", Text),
    Column("jpeg", LargeBinary),  # null though answered: the gate had it no longer
    Index("pictures_hash", "town", "gate", "hash"),
)

# --- people -----------------------------------------------------------------------------------------------------------

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),  # u-1, u-2 …: what records and the audit name
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),  # viewer, officer, supervisor, admin
    Column("password", Text, nullable=False),  # argon2
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text),
    Column("pin", Text),  # argon2 too: the officer's gates get it, to override there
    Column("gates", Text),  # JSON: at which gates the PIN counts; NULL: at all
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # SHA-256 of the random id in the cookie
    Column("user", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("revoked_at", Text),
    Index("sessions_user", "user"),
)

attempts = Table(
    "attempts",
    metadata,
    # to sign in, and to find out a plate: see hub.accounts.counting
    Column("name", Text, primary_key=True),  # a keyed digest
    Column("user", Text),  # whose account the attempts are against, if it is one
    Column("count", Float, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970, as all of a tally
    Column("until", Float, nullable=False),
    Index("attempts_at", "at"),
    Index("attempts_user", "user"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),  # a user's id, or `cli`
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    sqlite_autoincrement=True,
)


def sqlite_url(path: Path) -> URL:
    """The SQLAlchemy URL of a SQLite file. No text: a path may hold what means something in one."""
    return URL.create("sqlite", database=str(path))


def writer(url: str | URL) -> Engine:
    """The engine that writes: every transaction holds the write lock from its first statement."""
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas("WAL", query_only=False))
        event.listen(engine, "begin", _begin_immediate)
    return engine


def reader(url: str | URL) -> Engine:
    """The engine that reads: consistent within a transaction, never in a writer's way, unable to write."""
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas(None, query_only=True))
        event.listen(engine, "begin", _begin_deferred)
    return engine


class UnusableError(DatabaseError):
    """The database cannot be used, whatever it was asked: full, locked, gone, or damaged. `orig` is what its driver says of it.

    What a statement or its values are at fault for stays in SQLAlchemy's own classes.
    """


class UnusableForNowError(UnusableError, OperationalError):
    """It may be so for a moment, as while another holds the lock."""


_UNUSABLE: Mapping[type[Any], type[UnusableError]] = {
    OperationalError: UnusableForNowError,
    # SQLite's words for damage, `malformed` and `file is not a database`, have no class of their own
    DatabaseError: UnusableError,
}


def misasked(error: UnusableError) -> bool:
    """Whether SQLite did not understand a statement (no such table …), which it says in the class of a disk that is full."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


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


def as_stored(table: Table) -> list[ColumnElement[Any]]:
    """The columns of a table, read without turning their values into the types that they should have."""
    return [type_coerce(column, NULLTYPE).label(column.name) for column in table.columns]


class Often:
    """A question that is asked with every batch: spelled once for a kind of database, then put straight to its driver.

    Its values are `bindparam`s, never an IN of a list; what comes is what the driver gives (SQLite has 0 and 1 for booleans).
    """

    def __init__(self, statement: Select[Any]):
        self._statement = statement
        self._spelled: dict[str, tuple[str, tuple[str, ...] | None, Mapping[str, Any]]] = {}

    def __call__(self, connection: Connection, **values: Any) -> Sequence[Row[Any]]:
        """Every row of the answer."""
        dialect = connection.dialect
        text, order, fixed = self._spelled.get(dialect.name) or self._spell(dialect)
        every = {**fixed, **values}
        return connection.exec_driver_sql(text, every if order is None else tuple(every[name] for name in order)).all()

    def _spell(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None, Mapping[str, Any]]:
        compiled = self._statement.compile(dialect=dialect)
        order = tuple(compiled.positiontup or ()) if compiled.positional else None
        fixed = {name: value.value for name, value in compiled.binds.items() if not value.required}
        spelled = self._spelled[dialect.name] = (str(compiled), order, fixed)
        return spelled


def among(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of text holds one of these values: of any number, for they travel as one."""
    return _among(column, bindparam(None, as_array(values), type_=Text, unique=True))


def among_named(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same for a question that is asked often: `as_array` of the values is to be given under this name."""
    return _among(column, bindparam(name, type_=Text))


def as_array(values: Iterable[str]) -> str:
    """Texts, each once, as one value."""
    return json.dumps(list(dict.fromkeys(values)))


def _among(column: ColumnElement[Any], array: BindParameter[str]) -> ColumnElement[bool]:
    return column.op("IN", is_comparison=True, return_type=Boolean())(_EachOf(array))


class _EachOf(FunctionElement[Any]):
    """The texts of a JSON array, as a subquery."""

    name = "each_of"
    inherit_cache = True


@compiles(_EachOf, "sqlite")
def _each_of_sqlite(element: _EachOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 -- a placeholder of the driver


@compiles(_EachOf, "postgresql")
def _each_of_postgresql(element: _EachOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json)))"


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows, which all name the same columns."""
    _write(connection, table, rows, Known.REFUSED)


def insert_in_order(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Inserts rows of values that stand in the order of `columns`, which is the table's."""
    if not rows:
        return
    text, order = _insert_text(connection.dialect, table, columns, Known.REFUSED)
    if order is None:
        connection.exec_driver_sql(text, [dict(zip(columns, row, strict=True)) for row in rows])
    else:
        assert order == columns, f"{table.name}: {columns} are not in the order of the table"
        connection.exec_driver_sql(text, list(rows))


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


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows; those that a unique constraint knows already are left as they are."""
    _write(connection, table, rows, Known.LEFT)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows by their primary key: new ones are inserted, known ones replaced in the columns that `rows` name."""
    _write(connection, table, rows, Known.REPLACED)


class Known(Enum):
    """What becomes of a row that is known already."""

    REFUSED = "refused"
    LEFT = "left"
    REPLACED = "replaced"


def _write(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], known: Known) -> None:
    if not rows:
        return
    text, order = _insert_text(connection.dialect, table, tuple(rows[0]), known)
    # straight to the driver: a look at every value on the way costs more than writing it
    if order is None:
        connection.exec_driver_sql(text, [dict(row) for row in rows])
    else:
        connection.exec_driver_sql(text, list(map(itemgetter(*order), rows)))


@lru_cache(maxsize=64)
def _insert_text(
    dialect: Dialect, table: Table, columns: tuple[str, ...], known: Known
) -> tuple[str, tuple[str, ...] | None]:
    """The statement in the driver's own spelling, and the order of its values where they go by place."""
    statement: Any = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(table)
    if known is Known.LEFT:
        statement = statement.on_conflict_do_nothing()
    elif known is Known.REPLACED:
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in columns if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), tuple(compiled.positiontup) if compiled.positional else None


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
