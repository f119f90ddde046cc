"""Takes the rows out of a backup's database, and nothing else: they are put into tables that this program makes.

A SQLite file is a program as well: triggers, views, virtual tables, generated columns and indexes over expressions run when it is
used. So a carried file is only read, with SQLite's own guards on; it must hold exactly the tables and columns that this program's
own steps (migrations) make for its version, as plain tables, each value of its column's type; and every row goes through a
parameter into a new database.

Tested in `tests/hub/backup/test_make.py` and `tests/hub/backup/test_hostile.py`.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import Connection

from hub.database import migrate
from hub.database.copies import scratch
from hub.errors import HubError

LONGEST_VALUE = 16 << 20
"""Bytes of one value: pictures and lists are the largest, far below."""
_VERSIONS = "alembic_version"
_SMALLEST_ROW = 2
_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_BATCH = 500
_AT_ONCE = 4 << 20
"""Rows, and bytes of them, that are in memory at once."""

_STORED_AS: Mapping[str, tuple[str, ...]] = {
    "INTEGER": ("integer",),
    "BOOLEAN": ("integer",),
    "FLOAT": ("real", "integer"),
    "TEXT": ("text",),
    "BLOB": ("blob",),
}
"""How SQLite stores what a column of our tables may hold."""

Columns = Mapping[str, str]
"""Of a table: the type of each column."""
Shape = Mapping[str, Columns]


def take_rows(carried: Path, target: Path) -> int:
    """A new database `target` with the rows of a carried one, at this version; how many. `HubError` names what is odd in it."""
    try:
        with _guarded(carried) as source:
            migrate.create(target, _revision(source))
            with closing(sqlite3.connect(target, isolation_level=None)) as ours:
                ours.execute("PRAGMA journal_mode=OFF")
                ours.execute("PRAGMA synchronous=OFF")
                shape = _shape(ours)
                _check(source, shape)
                count = _copy(source, ours, shape, most=carried.stat().st_size // _SMALLEST_ROW)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return count
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
            raise HubError(f"{target}: {error}") from None
        raise HubError(f"the carried database: {_said(error)}") from None


def check_copy(copy: Connection) -> None:
    """`HubError` if a restore would not take this database: found when the backup is made, and not when it is needed."""
    driver = copy.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    with scratch() as ours:
        own = ours.connection.driver_connection
        assert isinstance(own, sqlite3.Connection)
        _check(driver, _shape(own))


@contextmanager
def _guarded(file: Path) -> Iterator[sqlite3.Connection]:
    url = f"file:{quote(str(file))}?mode=ro&immutable=1"
    with closing(sqlite3.connect(url, uri=True, isolation_level=None)) as source:
        source.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        source.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        source.setlimit(sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
        for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
            source.execute(f"PRAGMA {pragma}")
        yield source


def _said(error: sqlite3.Error) -> str:
    # the module's own words for a bad text quote it, and it may be a name
    text = " ".join(str(error).split())
    return "a text in it is not UTF-8" if "decode" in text else text


def _revision(source: sqlite3.Connection) -> str:
    """The version of its tables; `HubError` if this program has no step for it."""
    _refuse_programs(source)
    rows = source.execute(f"SELECT version_num FROM {_VERSIONS} NOT INDEXED LIMIT 2").fetchall()  # noqa: S608 -- a constant
    if len(rows) != 1 or not isinstance(rows[0][0], str):
        raise HubError("the carried database: expected the version of its tables, found none")
    revision: str = rows[0][0]
    if revision not in migrate.revisions():
        raise HubError("the carried database: a newer version of Kakou made it; install that one")
    return revision


def _refuse_programs(source: sqlite3.Connection) -> None:
    """Only plain tables and their indexes: whatever else stands in a schema is somebody's program."""
    for kind, name, sql in source.execute("SELECT type, name, sql FROM sqlite_schema"):
        text = sql if isinstance(sql, str) else ""
        virtual = re.match(r"\s*CREATE\s+(TEMP\w*\s+)?VIRTUAL", text, re.IGNORECASE)
        if kind not in ("table", "index") or virtual:
            raise HubError(
                f"the carried database: a {'virtual table' if virtual else kind} {name!r}, which is none of ours"
            )


def _shape(ours: sqlite3.Connection) -> Shape:
    names = [name for name in _tables(ours) if name != _VERSIONS]
    return {
        name: {row[1]: row[2] for row in ours.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()}
        for name in names
    }


def _tables(connection: sqlite3.Connection) -> Iterator[str]:
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        if not name.startswith("sqlite_"):
            yield name


def _check(source: sqlite3.Connection, shape: Shape) -> None:
    _refuse_programs(source)
    found = set(_tables(source)) - {_VERSIONS}
    if odd := sorted(found ^ shape.keys()):
        how = "is none of ours" if odd[0] in found else "is not in it"
        raise HubError(f"the carried database: table {odd[0]!r} {how}")
    for table, columns in shape.items():
        _check_columns(source, table, columns)
        _check_types(source, table, columns)


def _check_columns(source: sqlite3.Connection, table: str, columns: Columns) -> None:
    rows = source.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
    if generated := next((row[1] for row in rows if row[6]), None):
        raise HubError(f"the carried database: {table}.{generated} is computed, and no value")
    if odd := sorted({row[1] for row in rows} ^ columns.keys()):
        how = "is not in it" if odd[0] in columns else "is none of ours"
        raise HubError(f"the carried database: column {table}.{odd[0]} {how}")


def _check_types(source: sqlite3.Connection, table: str, columns: Columns) -> None:
    wrong = {
        name: f"typeof({_quoted(name)}) NOT IN ({', '.join(repr(each) for each in (*_STORED_AS[type_], 'null'))})"
        for name, type_ in columns.items()
    }
    # our own names and types, nothing of the file's
    anywhere = f"SELECT 1 FROM {_quoted(table)} NOT INDEXED WHERE {{}} LIMIT 1"  # noqa: S608 -- a constant shape, and our own names
    if source.execute(anywhere.format(" OR ".join(wrong.values()))).fetchone() is None:
        return
    name = next(name for name, test in wrong.items() if source.execute(anywhere.format(test)).fetchone())
    raise HubError(f"the carried database: {table}.{name} holds something else than {columns[name].lower()}")


def _copy(source: sqlite3.Connection, ours: sqlite3.Connection, shape: Shape, *, most: int) -> int:
    count = 0
    indexes = ours.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    ours.execute("BEGIN")
    for name, _ in indexes:
        ours.execute(f"DROP INDEX {_quoted(name)}")
    for table, columns in shape.items():
        for rows in _rows(source, table, tuple(columns)):
            count += len(rows)
            if count > most:
                raise HubError(f"the carried database: more rows than there is room for in it, in {table!r}")
            _insert(ours, table, tuple(columns), rows)
    _copy_sequences(source, ours, shape)
    for _, sql in indexes:
        ours.execute(sql)
    ours.execute("COMMIT")
    return count


def _rows(source: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[list[tuple[object, ...]]]:
    names = ", ".join(map(_quoted, columns))
    cursor = source.execute(f"SELECT {names} FROM {_quoted(table)} NOT INDEXED")  # noqa: S608 -- our own names
    rows: list[tuple[object, ...]] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if size > _AT_ONCE or len(rows) == _BATCH:
            yield rows
            rows, size = [], 0
    yield rows


def _insert(ours: sqlite3.Connection, table: str, columns: Sequence[str], rows: list[tuple[object, ...]]) -> None:
    names, places = ", ".join(map(_quoted, columns)), ", ".join("?" * len(columns))
    try:
        ours.executemany(f"INSERT INTO {_quoted(table)} ({names}) VALUES ({places})", rows)  # noqa: S608 -- our own names
    except sqlite3.IntegrityError as error:
        raise HubError(f"the carried database: a row of {table!r} is none of ours: {error}") from None


def _copy_sequences(source: sqlite3.Connection, ours: sqlite3.Connection, shape: Shape) -> None:
    """The last id that each table gave away, so that none is given again, though its row is gone."""
    for name, last in source.execute("SELECT name, seq FROM sqlite_sequence").fetchall():
        if name in shape and isinstance(last, int) and 0 <= last < 2**53:
            known = ours.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name)).rowcount
            if not known:
                ours.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
