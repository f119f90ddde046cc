"""The same CSV text as `rows`, many times as fast: SQLite itself joins a row's plain texts, and a thousand rows are looked at as one text.

A row is asked for as one JSON array of its plain texts, with a mark where another value belongs, and of the other values as they are.
If a chunk of such arrays has no escape, no comma within a text, nothing that a spreadsheet would run and nothing that cannot be seen,
then the arrays without their brackets and quotes are the rows of the file; marks are filled in at once. Any other chunk is written
the plain way, from the same arrays: nothing is lost in JSON. What people read in words are groups of codes beside each other, and the
same ones come again and again: the text of a group is made once.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, groupby
from typing import Any

from sqlalchemy import ColumnElement, func

from edge.contract.unseen import is_plain
from hub.exports.writing.cells import LONGEST, SUSPECT, Column, Manner, Rule
from hub.exports.writing.question import Question
from hub.exports.writing.rows import as_csv, written

MARK = "%s"
"""Stands in an array for a value that is written by a rule."""
KEPT = 10_000
"""Texts of a group that are kept at most."""
_FIRST = "".join(sorted(each for each in SUSPECT if each.isprintable()))
"""What a cell may not begin with; the others are escapes in JSON."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns beside each other that are one value in the answer, and how a chunk of such values is written."""

    columns: tuple[Column, ...]
    value: ColumnElement[Any]
    texts: Callable[[Sequence[Any]], Sequence[str]]
    cells: Callable[[Any], Sequence[Any]]


class QuickText:
    """The CSV text of the rows of one question, in one manner."""

    def __init__(self, question: Question, manner: Manner):
        self._rules = [manner.rule(column) for column in question.columns]
        self._parts: list[_Part] = []
        array: list[Any] = []
        for kind, run in groupby(question.columns, lambda column: _kind(column, manner)):
            columns = tuple(run)
            values = [question.values[column.name] for column in columns]
            if kind is _Kind.TEXT:
                array += values
            elif kind is not _Kind.SINGLE:
                array.append(MARK)
                self._parts.append(_group(columns, values, [manner.rule(column) for column in columns]))
            else:
                array += [MARK] * len(columns)
                self._parts += [_single(column, value, manner) for column, value in zip(columns, values, strict=True)]
        self._marks = [each is MARK for each in array]
        self.values: list[ColumnElement[Any]] = [func.json_array(*array), *(part.value for part in self._parts)]
        """What is to be asked for of each row."""

    def text(self, rows: Sequence[Sequence[Any]]) -> str:
        """The lines of some rows."""
        arrays, *values = zip(*rows, strict=True)
        lines = self._lines(arrays)
        if lines is None:
            return as_csv(written(self._rules, [self._row(*row) for row in rows]))
        texts = [part.texts(cells) for part, cells in zip(self._parts, values, strict=True)]
        return lines % tuple(chain.from_iterable(zip(*texts, strict=True)))

    def _lines(self, arrays: Sequence[str]) -> str | None:
        """Arrays as lines with marks in them; None if it takes a closer look at each of them."""
        every, count = ",".join(arrays), len(arrays)
        nothing = every.count(",null")
        if (
            "\\" in every
            or every.count(",") != count * len(self._marks) - 1
            or every.count(MARK[0]) != count * len(self._parts)
            or every.count('"') != 2 * (count * len(self._marks) - nothing)
            or max(map(len, arrays)) > LONGEST
            or not is_plain(every)
            or any(each in every and f'"{each}' in every for each in _FIRST)
        ):
            return None
        return every[1:-1].replace("],[", "\r\n").replace(",null", ",").replace('"', "") + "\r\n"

    def _row(self, array: str, *values: Any) -> list[Any]:
        """The cells of a row as the database has them."""
        others = (part.cells(value) for part, value in zip(self._parts, values, strict=True))
        found: list[Any] = []
        for mark, text in zip(self._marks, json.loads(array), strict=True):
            found += next(others) if mark else [text]
        return found


class _Kind(Enum):
    """How a column that is of no group comes: with the texts of its row, or alone."""

    TEXT = "text"
    SINGLE = "single"


def _kind(column: Column, manner: Manner) -> _Kind | str:
    """The group of a column, or its kind; what has words is a group, if only of itself."""
    if column.group or column.name in manner.words:
        return column.group or column.name
    return _Kind.TEXT if manner.own_rule(column) is None else _Kind.SINGLE


def _single(column: Column, value: ColumnElement[Any], manner: Manner) -> _Part:
    rule = manner.rule(column)

    def texts(cells: Sequence[Any]) -> Sequence[str]:
        return [""] * len(cells) if cells.count(None) == len(cells) else _quoted(rule(cells))

    return _Part((column,), value, texts, lambda cell: [cell])


def _group(columns: tuple[Column, ...], values: Sequence[ColumnElement[Any]], rules: Sequence[Rule]) -> _Part:
    known: dict[str, str] = {}

    def texts(arrays: Sequence[str]) -> Sequence[str]:
        if new := list(set(arrays) - known.keys()):
            if len(known) >= KEPT:
                known.clear()
                new = list(set(arrays))
            rows = written(rules, [json.loads(array) for array in new])
            quoted = [_quoted(cells) for cells in zip(*rows, strict=True)]
            known.update(zip(new, map(",".join, zip(*quoted, strict=True)), strict=True))
        return [known[array] for array in arrays]

    return _Part(columns, func.json_array(*values), texts, json.loads)


def _quoted(cells: Sequence[Any]) -> Sequence[str]:
    """Cells as CSV has them; nearly always they are just that."""
    try:
        every = "".join(cells)
    except TypeError:
        cells = ["" if cell is None else str(cell) for cell in cells]
        every = "".join(cells)
    if '"' in every or "," in every or "\n" in every or "\r" in every:
        return [_in_quotes(cell) for cell in cells]
    return cells


def _in_quotes(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(each in cell for each in '",\r\n') else cell
