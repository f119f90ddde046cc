"""Statements that both dialects understand, each compiled once. Tested in `tests/hub/database/test_engine.py`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Boolean, Row, Select, Table, Text, bindparam, literal, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE


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
    """Returns True if a column of text holds one of these values: of any number, for they travel as one."""
    return _among(column, bindparam(None, as_array(values), type_=Text, unique=True))


def begins(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Returns True if a column of text begins so: a range of its index on SQLite, whose LIKE uses none."""
    return _Begins(column, literal(text), literal(text + LAST))


def unindexed(column: ColumnElement[str], text: str | BindParameter[str]) -> ColumnElement[bool]:
    """A column of text is this one, asked so that no index serves it.

    For questions that name rows by their ids beside: SQLite takes more than a few ids for dearer than an index that begins with the town,
    and goes through all that the town has.
    """
    return column.concat("") == text


def among_named(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The same for a question that is asked often: `as_array` of the values is to be given under this name."""
    return _among(column, bindparam(name, type_=Text))


def as_array(values: Iterable[str]) -> str:
    """Texts, each once, as one value."""
    return json.dumps(list(dict.fromkeys(values)))


def _among(column: ColumnElement[Any], array: BindParameter[str]) -> ColumnElement[bool]:
    return column.op("IN", is_comparison=True, return_type=Boolean())(_EachOf(array))


LAST = "\U0010ffff"
"""Sorts behind every character."""


class _Begins(FunctionElement[bool]):
    """A text begins with another one; the third is what no such text reaches."""

    type = Boolean()
    name = "begins"
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """The condition itself: as a value that is compared with 1, no index would serve it."""
        return self


@compiles(_Begins, "sqlite")
def _begins_sqlite(element: _Begins, compiler: SQLCompiler, **options: Any) -> str:
    column, first, last = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} >= {first} AND {column} < {last})"


@compiles(_Begins, "postgresql")
def _begins_postgresql(element: _Begins, compiler: SQLCompiler, **options: Any) -> str:
    column, first, _last = element.clauses
    return f"starts_with({compiler.process(column, **options)}, {compiler.process(first, **options)})"


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


def milliseconds_between(begin: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[int]:
    """From one time to another, both as `2026-03-01T04:30:00.000Z`."""
    return _Milliseconds(begin, end)


class _Milliseconds(FunctionElement[int]):
    """The milliseconds between two times."""

    type = BigInteger()
    name = "milliseconds_between"
    inherit_cache = True


@compiles(_Milliseconds, "sqlite")
def _milliseconds_sqlite(element: _Milliseconds, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(each, **options) for each in element.clauses)
    return (
        f"((CAST(strftime('%s', {end}) AS INTEGER) - CAST(strftime('%s', {begin}) AS INTEGER)) * 1000 "
        f"+ CAST(substr({end}, 21, 3) AS INTEGER) - CAST(substr({begin}, 21, 3) AS INTEGER))"
    )


@compiles(_Milliseconds, "postgresql")
def _milliseconds_postgresql(element: _Milliseconds, compiler: SQLCompiler, **options: Any) -> str:
    begin, end = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM (CAST({end} AS timestamptz) - CAST({begin} AS timestamptz))) * 1000 AS bigint)"


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


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows; those that a unique constraint knows already are left as they are."""
    _write(connection, table, rows, Known.LEFT)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows by their primary key: new ones are inserted, known ones replaced in the columns that `rows` name."""
    _write(connection, table, rows, Known.REPLACED)


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds the numbers of rows to those of the rows with the same primary key, or to 0 where there is none."""
    _write(connection, table, rows, Known.ADDED)


class Known(Enum):
    """The treatment of a row that the table has already."""

    REFUSED = "refused"
    LEFT = "left"
    REPLACED = "replaced"
    ADDED = "added"


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
    elif known in (Known.REPLACED, Known.ADDED):
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in columns if name not in keys}
        if known is Known.ADDED:
            changed = {name: table.c[name] + value for name, value in changed.items()}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), tuple(compiled.positiontup) if compiled.positional else None
