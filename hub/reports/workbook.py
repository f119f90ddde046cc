"""A daily report as an Excel workbook, laid out as clerks pass it on: merged title, computed sentence, tables, signature line, one page wide.

No cell is a formula, and the same report gives the same bytes.

Tested in `tests/hub/reports/test_papers.py`.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.reports.parts import Cell, Section
from hub.reports.sheet import Sheet

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # only who writes one waits for its import
    from xlsxwriter.worksheet import Worksheet

COLUMNS = 16
"""Of the widest table."""


def workbook(sheet: Sheet, made_at: datetime) -> bytes:
    """The sheet as .xlsx; `made_at`: what the file says of its making."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"created": made_at.replace(tzinfo=None), "author": "Kakou"})
    page = book.add_worksheet()
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&C— &P —")
    page.set_column(0, 0, 6)
    page.set_column(1, COLUMNS - 1, 12)
    _Writer(book, page).write(sheet)
    book.close()
    return out.getvalue()


class _Writer:
    """Writes a sheet from its top to its foot."""

    def __init__(self, book: Workbook, page: Worksheet):
        self._page = page
        self._row = 0
        wrap = {"text_wrap": True, "valign": "vcenter", "border": 1}
        self._title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._heading = book.add_format({"bold": True, "font_size": 12})
        self._head = book.add_format({**wrap, "bold": True, "align": "center", "bg_color": "#EBEBEB"})
        self._cell = book.add_format({**wrap, "num_format": "@"})
        self._number = book.add_format({**wrap, "align": "right", "num_format": "#,##0"})
        self._tenths = book.add_format({**wrap, "align": "right", "num_format": "#,##0.0"})

    def write(self, sheet: Sheet) -> None:
        """Writes all of it."""
        self._across(sheet.title, self._title, 30)
        self._page.repeat_rows(0)
        self._across(sheet.sentence, self._text, 18)
        self._across(f"{sheet.unit}        {sheet.filled}", self._text, 18)
        for section in sheet.sections:
            self._section(section, sheet.nothing)
        self._row += 1
        self._across(sheet.remarks_title, self._heading, 18)
        lines = sheet.remarks.count("\n") + 1 + len(sheet.remarks) // 100
        self._across(sheet.remarks or sheet.nothing, self._text, 16 * lines)
        self._row += 1
        self._across(sheet.instructions, self._text, 32)
        self._row += 1
        for number, name in enumerate(sheet.signatures):
            self._page.write_string(self._row, number * 3, f"{name}:", self._heading)

    def _across(self, text: str, format_: Any, height: int) -> None:
        self._page.merge_range(self._row, 0, self._row, COLUMNS - 1, "", format_)
        # written again: `merge_range` would look into the text for what it is
        self._page.write_string(self._row, 0, text, format_)
        self._page.set_row(self._row, min(height, 400))
        self._row += 1

    def _section(self, section: Section, nothing: str) -> None:
        self._row += 1
        self._across(section.title, self._heading, 18)
        for head in section.heads:
            self._cells(head, self._head)
        for row in section.rows:
            self._cells(row)
        if not section.rows:
            self._cells((Cell(nothing, len(section.widths)),))
        if section.note:
            self._across(section.note, self._text, 18)

    def _cells(self, cells: tuple[Cell, ...], format_: Any = None) -> None:
        column = 0
        for each in cells:
            if each.span > 1:
                self._page.merge_range(self._row, column, self._row, column + each.span - 1, "", format_ or self._cell)
            if isinstance(each.value, str):
                self._page.write_string(self._row, column, each.value, format_ or self._cell)
            else:
                shape = self._tenths if isinstance(each.value, float) else self._number
                self._page.write_number(self._row, column, each.value, format_ or shape)
            column += each.span
        self._row += 1
