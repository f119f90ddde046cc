"""A question that a file answers: its columns, what each is in SQL, which rows, in which order. Tested in `tests/hub/exports/writing/test_quick.py`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select
from sqlalchemy.engine import Connection

from hub.exports.writing.cells import Column, Manner


@dataclass(frozen=True)
class Question:
    """The rows of a file. `order` must be of every row alone, so that an answer can be taken up again after any number of rows."""

    columns: Sequence[Column]
    values: Mapping[str, ColumnElement[Any]]
    where: Sequence[ColumnElement[bool]]
    order: Sequence[ColumnElement[Any]]
    source: FromClause | None = field(default=None)
    made: Callable[[Connection, Manner], Iterator[list[tuple[Any, ...]]]] | None = field(default=None)
    """Makes the cells of the rows, some at a time, where they are no values of SQL."""

    def ask(self, values: Sequence[ColumnElement[Any]] | None = None) -> Select[Any]:
        """The statement: of every column, or of other values of the same rows."""
        chosen = [self.values[column.name] for column in self.columns] if values is None else values
        asked = select(*chosen).where(*self.where).order_by(*self.order)
        return asked if self.source is None else asked.select_from(self.source)

    def count(self, connection: Connection) -> int:
        """How many rows there are."""
        asked = select(func.count()).where(*self.where)
        table = next(iter(self.values.values())).table if self.source is None else self.source
        return connection.execute(asked.select_from(table)).scalar_one()
