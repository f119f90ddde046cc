"""A database that cannot be used is one class of errors, whoever finds it so; what a statement is at fault for is not among them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import exc, text
from sqlalchemy.engine import Engine

from hub.database.engine import UnusableError, UnusableForNowError, misasked, reader, sqlite_url, writer

Fault = Callable[[Engine, Path], None]
ENGINES = {"writer": writer, "reader": reader}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database of some pages with one table; small enough to be written in a moment."""
    path = tmp_path / "x.db"
    engine = writer(sqlite_url(path))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)"))
        rows = [{"a": number, "b": "x" * 500} for number in range(100)]
        connection.execute(text("INSERT INTO t VALUES (:a, :b)"), rows)
    engine.dispose()
    return path


def ask(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def read_all(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT a, b FROM t")).all()


def set_up(engine: Engine, pragma: str) -> None:
    """Of the one connection that its pool holds."""
    raw = engine.raw_connection()
    raw.cursor().execute(pragma)
    raw.close()


def not_a_database(engine: Engine, path: Path) -> None:
    path.write_bytes(b"no database " * 1000)
    read_all(engine)


def damaged(engine: Engine, path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    read_all(engine)


def damaged_further_on(engine: Engine, path: Path) -> None:
    """It is found while rows are fetched: the statement began well."""
    whole = path.read_bytes()
    path.write_bytes(whole[: 8 * 4096] + b"\xff" * (len(whole) - 8 * 4096))
    read_all(engine)


def gone(engine: Engine, path: Path) -> None:
    path.unlink()
    path.mkdir()
    read_all(engine)


def locked(engine: Engine, path: Path) -> None:
    set_up(engine, "PRAGMA query_only=OFF")
    set_up(engine, "PRAGMA busy_timeout=0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ask(engine, "DELETE FROM t")


def full(engine: Engine, path: Path) -> None:
    set_up(engine, "PRAGMA query_only=OFF")
    set_up(engine, "PRAGMA max_page_count=1")
    ask(engine, "INSERT INTO t VALUES (1000, hex(zeroblob(100000)))")


def read_only(engine: Engine, path: Path) -> None:
    set_up(engine, "PRAGMA query_only=ON")
    ask(engine, "DELETE FROM t")


def misspelled(engine: Engine, path: Path) -> None:
    ask(engine, "SELECT * FROM nowhere")


def known_already(engine: Engine, path: Path) -> None:
    set_up(engine, "PRAGMA query_only=OFF")
    ask(engine, "INSERT INTO t VALUES (1, 'x')")


def no_value(engine: Engine, path: Path) -> None:
    set_up(engine, "PRAGMA query_only=OFF")
    ask(engine, "INSERT INTO t VALUES (1000, NULL)")


def no_type_of_sqlite(engine: Engine, path: Path) -> None:
    ask(engine, "SELECT :value", value=object())


def too_large(engine: Engine, path: Path) -> None:
    ask(engine, "SELECT hex(zeroblob(1000000000))")


def beyond_64_bits(engine: Engine, path: Path) -> None:
    ask(engine, "SELECT :value", value=1 << 64)


def not_given(engine: Engine, path: Path) -> None:
    ask(engine, "SELECT :value")


FAULTS: dict[Fault, tuple[str, type[Exception]]] = {
    not_a_database: ("file is not a database", UnusableError),
    damaged: ("database disk image is malformed", UnusableError),
    damaged_further_on: ("database disk image is malformed", UnusableError),
    gone: ("unable to open database file", UnusableForNowError),
    locked: ("database is locked", UnusableForNowError),
    full: ("database or disk is full", UnusableForNowError),
    read_only: ("attempt to write a readonly database", UnusableForNowError),
    misspelled: ("no such table: nowhere", UnusableForNowError),
    known_already: ("UNIQUE constraint failed", exc.IntegrityError),
    no_value: ("NOT NULL constraint failed", exc.IntegrityError),
    no_type_of_sqlite: ("type 'object' is not supported", exc.DBAPIError),
    too_large: ("string or blob too big", exc.DataError),
    beyond_64_bits: ("too large to convert", OverflowError),
    not_given: ("A value is required for bind parameter", exc.StatementError),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", ENGINES)
def test_a_database_that_cannot_be_used_has_a_class(file: Path, kind: str, fault: Fault) -> None:
    said, expected = FAULTS[fault]
    engine = ENGINES[kind](sqlite_url(file))
    with pytest.raises(expected, match=said) as raised:
        fault(engine, file)
    engine.dispose()
    error = raised.value
    assert isinstance(error, UnusableError) == issubclass(expected, UnusableError)
    if not isinstance(error, UnusableError):
        return
    assert isinstance(error, UnusableForNowError) == issubclass(expected, UnusableForNowError)
    assert misasked(error) == (fault is misspelled)
    assert error.orig is not None
    assert error.__cause__ is error.orig
    # nothing but its class is ours
    theirs = exc.DBAPIError.instance(error.statement, error.params, error.orig, sqlite3.Error, hide_parameters=True)
    assert isinstance(error, type(theirs))
    assert str(error) == str(theirs)
