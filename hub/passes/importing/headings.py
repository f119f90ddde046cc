"""Finds the headings of a list, their meaning, and the columns with a content that is not read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.errors import RefusedError
from hub.passes.sheet.headings import COLUMNS, REQUIRED, column_of, known_columns
from hub.passes.sheet.table import MOST_ROWS, Row, Table, letters

_ABOVE = 20
"""Rows in which the heading is looked for."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The headings of a list, in `row`: `places` and `names` (as written) by column; `lines`: the rows below; `above`: rows over them.

    `unread`: columns that no column of ours is, with something in them, by name; `empty`: those with nothing in them.
    """

    row: Row
    places: Mapping[str, int]
    names: Mapping[str, str]
    lines: tuple[Row, ...]
    above: tuple[int, ...]
    unread: tuple[str, ...]
    empty: tuple[str, ...]


def heading(table: Table, name: str) -> Heading:
    """The headings of a table; `RefusedError` if there are none, if one occurs twice, or if a column that counts is hidden."""
    at = _row_of_headings(table.rows)
    if at is None:
        raise _no_heading(table, name)
    row, lines = table.rows[at], table.rows[at + 1 :]
    if len(lines) > MOST_ROWS:
        raise RefusedError("%(file)s: more than %(most)s rows; make several files of it", file=name, most=MOST_ROWS)
    places = _places(row, name)
    if _only_numbers(places, lines) is False:
        del places["number"]
    _nothing_hidden(places, row, table, name)
    unread, empty = _rest(row, lines, set(places.values()))
    names = {column: _written(row, place) for column, place in places.items()}
    return Heading(row, places, names, lines, tuple(each.number for each in table.rows[:at]), unread, empty)


def _row_of_headings(rows: Sequence[Row]) -> int | None:
    """The first row that names what every list needs; of a heading of two lines, the last."""
    found = None
    for at, row in enumerate(rows[:_ABOVE]):
        columns = {column_of(cell.text) for cell in row.cells}
        if columns.issuperset(REQUIRED):
            found = at
        elif found is not None:
            break
    return found


def _no_heading(table: Table, name: str) -> RefusedError:
    """The column that is missing in the row that looks most like a heading."""
    best = max(table.rows[:_ABOVE], key=lambda row: known_columns(cell.text for cell in row.cells))
    columns = {column_of(cell.text) for cell in best.cells}
    missing = next(column for column in REQUIRED if column not in columns)
    sheets = tuple(each.name for each in table.other_sheets if not each.hidden)
    if sheets:
        return RefusedError(
            "%(file)s: no column %(heading)r (or %(other)r) in the sheet %(sheet)r that was open when it was saved; other "
            "sheets: %(sheets)s",
            file=name,
            heading=missing,
            other=COLUMNS[missing][0],
            sheet=table.sheet,
            sheets=sheets,
        )
    if any("，" in cell.text for cell in best.cells) and len(best.cells) == 1:
        return RefusedError(
            "%(file)s: full-width commas (，) between the columns; expected commas, semicolons or tabs", file=name
        )
    return RefusedError(
        "%(file)s: no column %(heading)r (or %(other)r) in the first %(count)s rows",
        file=name,
        heading=missing,
        other=COLUMNS[missing][0],
        count=_ABOVE,
    )


def _places(row: Row, name: str) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(row.cells):
        column = column_of(cell.text)
        if column is None:
            continue
        if column in places:
            raise RefusedError(
                "%(file)s: two columns are called %(column)r (%(second)r is the second)",
                file=name,
                column=column,
                second=cell.text,
            )
        places[column] = place
    return places


def _only_numbers(places: Mapping[str, int], lines: Sequence[Row]) -> bool | None:
    """True if the column of running numbers holds nothing else; None if there is none."""
    if "number" not in places:
        return None
    texts = (row.cell(places["number"]).text for row in lines)
    return all(not text or (text.isascii() and text.isdigit() and len(text) <= 6) for text in texts)


def _nothing_hidden(places: Mapping[str, int], row: Row, table: Table, name: str) -> None:
    for place in places.values():
        if place in table.hidden_columns:
            raise RefusedError(
                "%(file)s: column %(letters)s (%(heading)s) is hidden in the spreadsheet; show it or delete it",
                file=name,
                letters=letters(place),
                heading=row.cell(place).text,
            )


def _rest(row: Row, lines: Sequence[Row], read: set[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    filled = {place for line in lines for place, cell in enumerate(line.cells) if cell}
    width = max([len(row.cells), *(place + 1 for place in filled)])
    unread: list[str] = []
    empty: list[str] = []
    for place in range(width):
        if place in read or not (row.cell(place) or place in filled):
            continue
        (unread if place in filled else empty).append(_written(row, place))
    return tuple(unread), tuple(empty)


def _written(row: Row, place: int) -> str:
    """A column as the list calls it, on one line; by its letters if it has no name."""
    return " ".join(row.cell(place).text.split()) or letters(place)
