"""One sheet of a workbook as a stream of XML -> its rows: merged cells filled, hidden rows and columns named, formulas by their values."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO

from openpyxl.utils.datetime import WINDOWS_EPOCH

from hub.errors import RefusedError
from hub.passes.sheet.colours import Fonts, Run, colour
from hub.passes.sheet.formats import shown_number, shown_text
from hub.passes.sheet.table import EMPTY, MOST_CELL, MOST_COLUMNS, MOST_ROWS, Cell, Row, Trouble, letters
from hub.passes.sheet.texts import cleaned, unescaped
from hub.passes.sheet.xml_parts import EnoughError, walk

MOST_CELLS = 2_000_000
"""Cells of a sheet, with the empty ones that only have a colour."""
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_EXTERNAL = re.compile(r"\[\d+\]|'[^']*\.xl\w+'?!|\b(?:WEBSERVICE|DDE)\(", re.IGNORECASE)
_ON = ("1", "true", "on")
_LEAST_HEIGHT = 2.0
"""Points: a row that is flatter is hidden."""
_LEAST_WIDTH = 0.3
"""Digits: a column that is thinner is hidden."""
_ABOVE = 20
"""Rows that may stand above the heading."""
Span = tuple[int, int, int, int]


@dataclass(slots=True)
class Workbook:
    """The parts of a workbook that its sheets share: shared texts, number formats by style, the day that dates count from.

    `struck`: the styles that cross out what stands in a cell; `struck_strings`: the shared texts of which a part is crossed out.
    `faint`: the styles whose letters can hardly be seen; `hiding`: the conditional formats that do the same; `fills`: the ground of each style; `runs`: parts of shared texts by text.
    """

    name: str = ""
    strings: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    struck: set[int] = field(default_factory=set)
    struck_strings: set[int] = field(default_factory=set)
    fonts: Fonts = field(default_factory=Fonts)
    faint: set[int] = field(default_factory=set)
    hiding: set[int] = field(default_factory=set)
    fills: list[int] = field(default_factory=list)
    runs: dict[int, frozenset[Run]] = field(default_factory=dict)
    epoch: datetime = WINDOWS_EPOCH

    def format_of(self, style: str | None) -> str:
        """The number format of a cell's style."""
        number = int(style) if style else 0
        return self.formats[number] if 0 <= number < len(self.formats) else "General"

    def crosses_out(self, style: str | None) -> bool:
        """True if a cell's style draws a line through its text."""
        return bool(self.struck) and int(style or 0) in self.struck

    def hardly_shows(self, style: str | None, runs: Collection[Run]) -> bool:
        """True if a cell's text, or a part of it, can hardly be seen."""
        number = int(style or 0)
        if number in self.faint or not runs:
            return number in self.faint
        ground = self.fonts.ground(self.fills[number] if 0 <= number < len(self.fills) else 0)
        return any(run.hardly_shows(ground) for run in runs)

    def string(self, number: int) -> str:
        """A shared text; `IndexError` if there is none."""
        if number < 0:
            raise IndexError(number)
        return self.strings[number]


@dataclass(frozen=True, slots=True)
class Found:
    """The content of a sheet."""

    rows: tuple[Row, ...]
    hidden_rows: tuple[int, ...]
    hidden_columns: tuple[int, ...]
    hiding: tuple[str, ...]


def read(stream: IO[bytes], book: Workbook, name: str, most_rows: int = MOST_ROWS) -> Found:
    """The rows of a sheet that hold a cell of their own; `RefusedError` for too much, `ValueError` for what is no sheet."""
    reader = _Reader(book, name, most_rows)
    walk(stream, reader.start, reader.end, reader.text)
    for number, cells in reader.blanks.items():
        if number in reader.rows:
            reader.rows[number].update(cells)
    _fill_merged(reader.rows, reader.merged, most_rows)
    hidden = tuple(number for number in reader.rows if number in reader.hidden_rows)
    rows = tuple(
        Row(number, _in_order(cells)) for number, cells in reader.rows.items() if number not in reader.hidden_rows
    )
    return Found(rows, hidden, tuple(sorted(reader.hidden_columns)), tuple(reader.hiding))


def holds_cells(stream: IO[bytes]) -> bool:
    """True if a sheet has any cell with something in it."""
    found = False

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal found
        if tag in ("v", "is", "f"):
            found = True
            raise EnoughError

    walk(stream, start)
    return found


class _Reader:
    """What has been read of a sheet up to here: SAX's events come in, `rows` and `merged` come out."""

    def __init__(self, book: Workbook, name: str, most_rows: int):
        self._most_rows = most_rows
        self.rows: dict[int, dict[int, Cell]] = {}
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.merged: list[Span] = []
        self.hiding: dict[str, None] = {}
        self._ranges = ""
        self.blanks: dict[int, dict[int, Cell]] = {}
        self._external: set[str] = set()
        self._shared = ""
        self._rows_shown = True
        self._book, self._name = book, name
        self._row, self._place, self._count = 0, -1, 0
        self._cell: dict[str, str] = {}
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._into: list[str] | None = None
        self._guide = False
        self._has_value = False
        self._struck = False
        self._runs: set[Run] = set()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        match tag:
            case "c":
                self._begin_cell(attributes)
            case "v":
                self._into, self._has_value = self._value, True
            case "t" if not self._guide:
                self._into, self._has_value = self._value, True
            case "f":
                self._formula = self._into = []
                self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
            case "sheetFormatPr":
                self._rows_shown = attributes.get("zeroHeight", "").lower() not in _ON
            case "rPh":
                self._guide = True
            case "strike":
                self._struck |= attributes.get("val", "1").lower() in _ON
            case "conditionalFormatting":
                self._ranges = attributes.get("sqref", "")
            case "cfRule" if int(attributes.get("dxfId", "-1")) in self._book.hiding:
                self.hiding[self._ranges] = None
            case "color":
                self._runs.add(Run(colour(attributes, self._book.fonts.theme), None))
            case "sz":
                self._runs.add(Run(None, float(attributes.get("val", "11"))))
            case "row":
                self._begin_row(attributes)
            case "col":
                self._begin_columns(attributes)
            case "mergeCell":
                self.merged.append(_span(attributes["ref"]))
            case _:
                pass

    def text(self, piece: str) -> None:
        """Characters between tags."""
        if self._into is not None:
            self._into.append(piece)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in ("v", "t", "f"):
            self._into = None
        elif tag == "rPh":
            self._guide = False
        elif tag == "c":
            self._end_cell()

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._row + 1))
        if number <= self._row:
            raise ValueError("rows out of order")
        self._row, self._place = number, -1
        height = attributes.get("ht")
        flat = float(height) < _LEAST_HEIGHT if height is not None else not (self._rows_shown or "hidden" in attributes)
        if attributes.get("hidden", "").lower() in _ON or flat:
            self.hidden_rows.add(number)

    def _begin_columns(self, attributes: dict[str, str]) -> None:
        thin = attributes.get("width") is not None and float(attributes["width"]) < _LEAST_WIDTH
        if attributes.get("hidden", "").lower() in _ON or thin:
            first, last = int(attributes["min"]) - 1, int(attributes["max"])
            self.hidden_columns.update(range(max(first, 0), min(last, MOST_COLUMNS)))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_CELLS:
            raise RefusedError("%(file)s: more than %(most)s cells", file=self._name, most=MOST_CELLS)
        self._cell, self._value, self._formula, self._has_value = attributes, [], None, False
        self._struck = False
        self._runs.clear()
        if (place := attributes.get("r")) is not None:
            _row, self._place = _place(place)
        else:
            self._place += 1

    def _is_struck_text(self) -> bool:
        return self._cell.get("t") == "s" and int("".join(self._value)) in self._book.struck_strings

    def _all_runs(self) -> Collection[Run]:
        shared = self._book.runs
        return (
            shared.get(int("".join(self._value)), self._runs) if shared and self._cell.get("t") == "s" else self._runs
        )

    def _end_cell(self) -> None:
        if not self._has_value and self._formula is None:
            return
        cell = self._shown("".join(self._value), self._cell.get("t", "n"))
        if cell.trouble is Trouble.BLANK:
            self.blanks.setdefault(self._row, {})[self._place] = cell
        if not cell:
            return
        if cell.trouble is None and (
            self._struck or self._book.crosses_out(self._cell.get("s")) or self._is_struck_text()
        ):
            cell = replace(cell, trouble=Trouble.STRUCK)
        if self._book.hardly_shows(self._cell.get("s"), self._all_runs()):
            cell = replace(cell, faint=True)
        if self._place >= MOST_COLUMNS:
            raise RefusedError(
                "%(file)s: row %(row)s, column %(letters)s: at most %(most)s columns are taken",
                file=self._name,
                row=self._row,
                letters=letters(self._place),
                most=MOST_COLUMNS,
            )
        if self._row not in self.rows and len(self.rows) > self._most_rows + _ABOVE:
            raise RefusedError(
                "%(file)s: more than %(most)s rows; make several files of it", file=self._name, most=self._most_rows
            )
        self.rows.setdefault(self._row, {})[self._place] = cell

    def _shown(self, value: str, kind: str) -> Cell:
        if self._formula is not None and (trouble := self._formula_trouble(value, kind)) is not None:
            text = "" if trouble is Trouble.BLANK else f"={''.join(self._formula)}"[:200]
            return Cell(text, trouble=trouble)
        if not value:
            return EMPTY
        code = self._book.format_of(self._cell.get("s"))
        match kind:
            case "n":
                return shown_number(value.strip(), code, self._book.epoch)
            case "b":
                return Cell("TRUE" if value.strip() in _ON else "FALSE")
            case "e":
                return Cell(value, trouble=Trouble.ERROR)
            case "d":
                return _iso(value)
            case "s":
                text = self._book.string(int(value))
            case _:
                text = unescaped(value)
        return self._shown_text(text, code)

    def _formula_trouble(self, value: str, kind: str) -> Trouble | None:
        formula = "".join(self._formula or ())
        if _EXTERNAL.search(formula):
            self._external.add(self._shared)
            return Trouble.EXTERNAL
        if self._shared and self._shared in self._external:
            return Trouble.EXTERNAL
        if not value.strip():
            return Trouble.BLANK if kind == "str" else Trouble.NO_VALUE
        return None

    def _shown_text(self, text: str, code: str) -> Cell:
        if len(text) > MOST_CELL:
            raise RefusedError(
                "%(file)s: row %(row)s: a cell of more than %(most)s characters",
                file=self._name,
                row=self._row,
                most=MOST_CELL,
            )
        if not text.strip():
            return EMPTY
        drawn = shown_text(text, code)
        return Cell(text.strip(), trouble=Trouble.INVISIBLE) if drawn is None else cleaned(drawn)


def _iso(value: str) -> Cell:
    """A date that the file writes as ISO 8601 text."""
    day, _, clock = value.partition("T")
    return Cell(value.replace("T", " "), day=day, time=clock[:8])


def _place(text: str) -> tuple[int, int]:
    """Row and place of `B12`: 12 and 1."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError("cell's place")
    place = 0
    for letter in found[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), place - 1


def _span(text: str) -> Span:
    first, _, last = text.partition(":")
    top, left = _place(first)
    bottom, right = _place(last or first)
    return top, left, bottom, right


def _fill_merged(rows: dict[int, dict[int, Cell]], merged: list[Span], most_rows: int) -> None:
    """Every cell of a merged range says what the range says; rows that hold nothing else stay away."""
    numbers, filled = list(rows), 0
    for top, left, bottom, right in merged:
        cell = rows.get(top, {}).get(left)
        if cell is None:
            continue
        for number in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]:
            for place in range(left, min(right + 1, MOST_COLUMNS)):
                rows[number][place] = cell
                filled += 1
        if filled > most_rows * MOST_COLUMNS:
            raise ValueError("merged cells overlap")


def _in_order(cells: dict[int, Cell]) -> tuple[Cell, ...]:
    return tuple(cells.get(place, EMPTY) for place in range(max(cells) + 1))
