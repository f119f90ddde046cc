"""A workbook as a spreadsheet opens it: title, headings, every row, nothing that runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from hub.exports.writing.cells import LONGEST, Column, Sort
from hub.exports.writing.workbook import Title, write_workbook

COLUMNS = (Column("plate", "车牌", "Plate"), Column("n", "序号", "Number", Sort.WHOLE), Column("text", "文字", "Text"))
TITLE = Title("台账 [A/B]: *?", ("demo", "车牌: 鲁B", "2026-03-01 12:30"), datetime(2026, 3, 1, tzinfo=UTC))
HARD = (
    "'=1+1",
    "=1+1",
    "http://example.org",
    "123",
    "_x000D_",
    "a\r\nb",
    "<b>&",
    "\u202e\x00\x1b",
    "𠮷",
    "x" * 40_000,
    "{=1}",
    "",
)


def rows_of(file: Path) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(file, read_only=True)
    try:
        rows = [row for sheet in book for row in sheet.iter_rows(min_row=6, values_only=True)]
        return [tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row) for row in rows]
    finally:
        book.close()


def test_title_headings_and_filter_stand_over_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    assert write_workbook(file, TITLE, COLUMNS, "zh", [[("鲁B12345", 1, "x"), ("鲁B1", 2.5, None)]]) == 2
    book = openpyxl.load_workbook(file)
    (sheet,) = book.worksheets
    assert [sheet.cell(row, 1).value for row in range(1, 5)] == [TITLE.name, *TITLE.lines]
    assert [cell.value for cell in sheet[5]] == ["车牌", "序号", "文字"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A6", "A5:C7")
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=6)] == [
        ["鲁B12345", 1, "x"],
        ["鲁B1", 2.5, None],
    ]
    assert sheet.column_dimensions["C"].width > 8
    assert book.properties.title == TITLE.name


def test_whatever_a_cell_holds_is_a_text_that_nothing_runs(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    write_workbook(file, TITLE, COLUMNS, "en", [[(text, 1, text) for text in HARD]])
    found = [row[0] for row in rows_of(file)]
    assert found[:7] == ["'=1+1", "=1+1", "http://example.org", "123", "_x000D_", "a\r\nb", "<b>&"]
    assert found[7] == "‹U+202E›‹U+0000›‹U+001B›"
    assert len(found[9]) == LONGEST
    with ZipFile(file) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_a_sheet_that_is_full_is_followed_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    many = [[(f"{number}", number, "") for number in range(first, first + 4)] for first in range(0, 12, 4)]
    told: list[int] = []
    assert write_workbook(file, TITLE, COLUMNS, "en", many, written=told.append, room=10) == 12
    assert told == [4, 4, 4]
    book = openpyxl.load_workbook(file)
    assert [sheet.auto_filter.ref for sheet in book] == ["A5:C10", "A5:C10", "A5:C7"]
    assert len({sheet.title for sheet in book}) == 3
    assert [row[1] for row in rows_of(file)] == list(range(12))


def test_an_empty_list_is_a_sheet_with_headings(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    assert write_workbook(file, TITLE, COLUMNS, "en", []) == 0
    assert rows_of(file) == []


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_what_breaks_off_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    def rows() -> Iterator[list[tuple[Any, ...]]]:
        yield [("a", 1, "b")] * 50
        raise error

    with pytest.raises(type(error)):
        write_workbook(tmp_path / "a.xlsx", TITLE, COLUMNS, "en", rows())
    assert list(tmp_path.iterdir()) == []
