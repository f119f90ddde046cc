"""Rows of a text file that have fewer or more cells than the heading: nobody knows whether a cell was left empty or was lost.

Spreadsheets leave the separators at the end of a row out where the last columns are empty; so does whoever forgets a cell, and a
pass without gates is one for every gate. A workbook has cells in a grid: there an empty cell is an empty cell.
"""

from collections.abc import Collection, Iterator

from hub.errors import Words
from hub.passes.doubts import Doubt
from hub.passes.importing.headings import Heading
from hub.passes.sheet.table import Row, Table, letters

_NARROWING = ("from", "to", "gates", "priority", "reference")
"""Columns that may be empty, and make a pass narrower where they are not."""


def ragged(table: Table, head: Heading, rows: Collection[int]) -> Iterator[Doubt]:
    """A doubt for each of the `rows` (by number) that ends before a column, or goes on behind the last."""
    if not table.encoding:
        return
    for line in head.lines:
        if line.number not in rows:
            continue
        plate = line.cell(head.places["plate"]).text
        if short := _missing(line, head):
            yield Doubt(
                plate, Words("the row ends before %(names)s; is nothing meant there?", names=short), line.number
            )
        if long := _more(line, head):
            yield Doubt(
                plate,
                Words("the row has more cells than the heading (%(cells)s); did a comma split one?", cells=long),
                line.number,
            )


def _missing(line: Row, head: Heading) -> tuple[str, ...]:
    places = head.places
    return tuple(head.names[each] for each in _NARROWING if each in places and places[each] >= len(line.cells))


def _more(line: Row, head: Heading) -> tuple[str, ...]:
    first = len(head.row.cells)
    return tuple(f"{letters(first + at)} {cell.text!r}" for at, cell in enumerate(line.cells[first:]) if cell)
