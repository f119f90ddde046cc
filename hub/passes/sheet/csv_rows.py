"""Text with separators -> rows, numbered as a spreadsheet numbers them: a cell of several lines is one row, a blank line is one too.

RFC 4180 as spreadsheets write it: comma, semicolon or tab, a first line `sep=;`, quoted cells. A quotation mark that is never closed
would swallow the rows after it, and is refused.
"""

import csv
import io
import re

from edge.contract.plates import PlateType, classify
from hub.errors import RefusedError
from hub.passes.sheet.encodings import decoded
from hub.passes.sheet.headings import known_columns
from hub.passes.sheet.table import EMPTY, MOST_CELL, MOST_COLUMNS, MOST_ROWS, Cell, Row, Table, Trouble, letters
from hub.passes.sheet.texts import cleaned

_SEPARATORS = ",;\t"
_SEP_LINE = re.compile(r"\ufeff?\"?sep=([,;\t|，；])\"?[ \t]*(?:\r\n|\r|\n|$)", re.IGNORECASE)
_SAMPLE = 20
"""Lines that are looked at for the separator: there may be a title above the heading."""
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_SCIENTIFIC = re.compile(r"-?\d(?:\.\d+)?E[+-]?\d+", re.IGNORECASE)
_FORMULA = re.compile(r"[=@]|[+-](?![\d. ]*$)[^\s]*\(")
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|####*)", re.IGNORECASE)


def read_text(data: bytes, name: str, most_rows: int = MOST_ROWS) -> Table:
    """The table in a text file; `RefusedError` names the row of what can't be read."""
    text, encoding = decoded(data, name)
    text = text.removeprefix("\ufeff")
    if found := _SEP_LINE.match(text):
        separator, text = found[1], text[found.end() :]
    else:
        separator = _separator(text)
    rows = _rows(text, separator, name, most_rows)
    return Table(rows=tuple(rows), encoding=encoding, unended=bool(text) and not text.endswith(("\n", "\r")))


def _separator(text: str) -> str:
    """The one that makes most known headings of a line near the beginning; else the one that one of them has most of."""
    lines = [line for line in re.split(r"[\r\n]+", text[:100_000]) if line][:_SAMPLE]

    def weight(separator: str) -> tuple[int, int]:
        named = [known_columns(part.strip(' "') for part in line[:MOST_CELL].split(separator)) for line in lines]
        return max(named, default=0), max((line.count(separator) for line in lines), default=0)

    return max(_SEPARATORS, key=weight)


def _rows(text: str, separator: str, name: str, most_rows: int) -> list[Row]:
    found: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            fields = next(reader, None)
        except csv.Error:
            raise _not_csv(text, name, number) from None
        if fields is None:
            return found
        cells = tuple(_cell(field) for field in fields)
        if not any(cells):
            continue
        if len(found) > most_rows + _SAMPLE:
            raise RefusedError("%(file)s: more than %(most)s rows; make several files of it", file=name, most=most_rows)
        _check(fields, cells, separator, name, number)
        found.append(Row(number, cells[:MOST_COLUMNS]))


def _not_csv(text: str, name: str, number: int) -> RefusedError:
    if len(text) > csv.field_size_limit() and text.count('"') % 2 == 0:
        return _too_long(name, number, csv.field_size_limit())
    return RefusedError(
        "%(file)s: row %(row)s: a quotation mark is opened and not closed, or text follows a closed one",
        file=name,
        row=number,
    )


def _too_long(name: str, number: int, most: int) -> RefusedError:
    return RefusedError(
        "%(file)s: row %(row)s: a cell of more than %(most)s characters", file=name, row=number, most=most
    )


def _check(fields: list[str], cells: tuple[Cell, ...], separator: str, name: str, number: int) -> None:
    for place, cell in enumerate(cells):
        if cell and place >= MOST_COLUMNS:
            raise RefusedError(
                "%(file)s: row %(row)s, column %(letters)s: at most %(most)s columns are taken",
                file=name,
                row=number,
                letters=letters(place),
                most=MOST_COLUMNS,
            )
    for field in fields:
        if len(field) > MOST_CELL:
            raise _too_long(name, number, MOST_CELL)
        if _swallowed(field, separator):
            raise RefusedError(
                "%(file)s: row %(row)s: a cell holds what looks like other rows; is a quotation mark not closed?",
                file=name,
                row=number,
            )


def _swallowed(field: str, separator: str) -> bool:
    """True if lines of a cell look like rows of their own: with the separator, and a number plate."""
    if "\n" not in field and "\r" not in field:
        return False
    lines = [line for line in re.split(r"[\r\n]+", field)[1:] if separator in line]
    return any(
        classify(part.strip(' "')).type not in (PlateType.UNKNOWN, PlateType.NONE)
        for line in lines
        for part in line.split(separator)
    )


def _cell(field: str) -> Cell:
    text = field.strip()
    if not text:
        return EMPTY
    if found := _AS_TEXT.fullmatch(text):
        # how people keep Excel from reading a text as a number
        return cleaned(found[1].replace('""', '"'))
    cell = cleaned(text)
    if cell.trouble is not None:
        return cell
    if _ERROR.fullmatch(text):
        return Cell(text, trouble=Trouble.ERROR)
    if _FORMULA.match(text) and len(text) > 1:
        return Cell(text, trouble=Trouble.FORMULA)
    if _SCIENTIFIC.fullmatch(text) and "+" in text:
        return Cell(text, trouble=Trouble.ROUNDED)
    return cell
