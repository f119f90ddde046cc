"""Writes rows as CSV text, streamed: UTF-8 with a byte order mark (Chinese Excel needs it), CRLF, RFC 4180 quoting.

Whatever a row holds, the file goes on. On SQLite the database and `quick` do most of the work; where they cannot go on, and on other
databases, rows are written one by one, to the same bytes. Tested in `tests/hub/exports/writing/test_quick.py`.
"""

import csv
import sqlite3
from collections.abc import Generator, Iterator
from io import StringIO
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from hub.exports.writing.cells import Manner
from hub.exports.writing.question import Question
from hub.exports.writing.quick import QuickText
from hub.exports.writing.rows import as_csv, written

BOM = "\ufeff"
CHUNK = 1000

Pieces = Iterator[tuple[int, str]]
"""The text of a file piece by piece, each with the number of rows in it."""


def stream_csv(connection: Connection, question: Question, manner: Manner) -> Pieces:
    """The file; the first piece is its heading."""
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([each.heading(manner.header) for each in question.columns])
    yield 0, BOM + out.getvalue()
    done: int | None = 0
    if connection.dialect.name == "sqlite" and question.made is None:
        done = yield from _quickly(connection, question, manner)
    if done is not None:
        for rows in plain_rows(connection, question, manner, done):
            yield len(rows), as_csv(rows)


def plain_rows(
    connection: Connection, question: Question, manner: Manner, done: int = 0
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows as they are written, some at a time, without the first `done`."""
    rules = [manner.rule(column) for column in question.columns]
    if question.made is not None:
        yield from (written(rules, rows) for rows in question.made(connection, manner))
        return
    asked = question.ask().offset(done) if done else question.ask()
    options = {"stream_results": True, "max_row_buffer": CHUNK}
    for rows in connection.execute(asked, execution_options=options).partitions(CHUNK):
        yield written(rules, rows)


def _quickly(
    connection: Connection, question: Question, manner: Manner
) -> Generator[tuple[int, str], None, int | None]:
    """The rows' text; returns None, or after how many rows SQLite could not go on (as with bytes in a column of texts)."""
    quick, done = QuickText(question, manner), 0
    try:
        # without a buffer that would hold the first rows back
        result = connection.execute(question.ask(quick.values), execution_options={"stream_results": False})
    except DBAPIError:
        return done
    with result:
        # straight from the driver: a row of SQLAlchemy's costs more than all that is done with it
        cursor = result.cursor
        while True:
            try:
                rows = cursor.fetchmany(CHUNK)
            except sqlite3.Error:
                return done
            if not rows:
                return None
            done += len(rows)
            yield len(rows), quick.text(rows)
