"""Finds cells that hold more than a person sees in the spreadsheet: white on white, letters of one point, a date without its year."""

from collections.abc import Collection, Iterator

from hub.errors import Words
from hub.passes.doubts import Doubt
from hub.passes.importing.headings import Heading
from hub.passes.sheet.table import letters


def by_looks(head: Heading, rows: Collection[int]) -> Iterator[Doubt]:
    """A doubt for each such cell of the heading and of the `rows` (by number) in a column that is read."""
    for line in (head.row, *head.lines):
        if line is not head.row and line.number not in rows:
            continue
        for place in sorted(head.places.values()):
            cell = line.cell(place)
            if cell.faint:
                name = f"{letters(place)}{line.number}"
                words = Words("can hardly be seen in cell %(cell)s: the colour of its ground, or too small", cell=name)
                yield Doubt(cell.text, words, line.number)
            if cell.no_year:
                yield Doubt(cell.text, Words("the spreadsheet shows no year here; is it this one?"), line.number)
