"""A register's form as an Excel workbook: one page wide on A4, heads repeated, numbers as numbers, everything else as text; no cell is a formula.

The same form gives the same bytes. Tested in `tests/hub/registers/paper/test_workbook.py`.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.registers.paper.form import Form

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # only who writes one waits for its import
    from xlsxwriter.worksheet import Worksheet

WIDTH = 10.5
"""Characters of a column of width 1."""
_LINE = 15
_LONGEST = 409


def workbook(form: Form, made_at: datetime) -> bytes:
    """The form as .xlsx; `made_at`: what the file says of its making."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"title": form.title, "created": made_at.replace(tzinfo=None), "author": "Kakou"})
    _Writer(book, book.add_worksheet(), form).write()
    book.close()
    return out.getvalue()


class _Writer:
    """Writes a form from its top to its foot."""

    def __init__(self, book: Workbook, page: Worksheet, form: Form):
        self._page, self._form = page, form
        self._row = 0
        self._last = len(form.columns) - 1
        cell = {"text_wrap": True, "valign": "vcenter", "border": 1, "font_size": 10}
        self._title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        self._text = book.add_format({"text_wrap": True, "valign": "vcenter", "font_size": 10})
        self._note = book.add_format({**cell, "valign": "top"})
        self._head = book.add_format({**cell, "bold": True, "align": "center", "bg_color": "#EBEBEB"})
        shade = {**cell, "bold": True, "align": "center", "bg_color": "#EBEBEB"}
        self._above = book.add_format({**shade, "bottom": 0})
        self._under = book.add_format({**shade, "top": 0, "valign": "top"})
        self._cell = book.add_format({**cell, "num_format": "@"})
        self._number = book.add_format({**cell, "align": "right", "num_format": "#,##0.######"})
        self._whole = book.add_format({**cell, "align": "center", "num_format": "0"})
        self._signed = book.add_format({"font_size": 11, "valign": "bottom"})
        if form.landscape:
            page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.set_footer("&C— &P —")

    def write(self) -> None:
        """Writes all of it."""
        form, page = self._form, self._page
        for number, column in enumerate(form.columns):
            page.set_column(number, number, max(WIDTH * column.width, 5))
        self._across(form.title, self._title, 30)
        for line in form.lines:
            self._across(line, self._text, self._height(line))
        first = self._row
        self._heads()
        page.repeat_rows(first, self._row - 1)
        page.freeze_panes(self._row, 1)
        for row in form.rows:
            for number, value in enumerate(row):
                self._write(number, value)
            if form.by_hand:
                page.set_row(self._row, 24)
            self._row += 1
        if not form.rows:
            self._across(form.nothing, self._cell, 20)
        if form.note:
            self._across(form.note, self._note, self._height(form.note) + 4)
        self._row += 1
        page.set_row(self._row, 26)
        step = max(len(form.columns) // len(form.signatures), 1)
        for number, name in enumerate(form.signatures):
            page.write_string(self._row, min(number * step, self._last), f"{name}:", self._signed)
        self._row += 1
        page.set_row(self._row, 60)
        page.write_string(self._row, max(self._last - 1, 0), form.seal, self._signed)
        page.print_area(0, 0, self._row, self._last)

    def _write(self, column: int, value: str | float) -> None:
        if isinstance(value, str):
            self._page.write_string(self._row, column, value, self._cell)
        else:
            self._page.write_number(self._row, column, value, self._whole if column == 0 else self._number)

    def _heads(self) -> None:
        """Writes the heads: of two rows the lower one names every column, so that a list in this shape can be read again."""
        columns = self._form.columns
        last = self._row + len(self._form.heads) - 1
        grouped = last > self._row
        for number, column in enumerate(columns):
            self._page.write_string(
                last, number, column.head, self._under if grouped and not column.group else self._head
            )
            if grouped and not column.group:
                self._page.write_blank(self._row, number, None, self._above)
        place = 0
        for head in self._form.heads[0] if grouped else ():
            if head.rows == 1:
                if head.columns > 1:
                    self._page.merge_range(self._row, place, self._row, place + head.columns - 1, "", self._head)
                self._page.write_string(self._row, place, head.text, self._head)
            place += head.columns
        for row in range(self._row, last + 1):
            self._page.set_row(row, 30)
        self._row = last + 1

    def _across(self, text: str, format_: Any, height: int) -> None:
        if self._last:
            self._page.merge_range(self._row, 0, self._row, self._last, "", format_)
        # written again: `merge_range` would look into the text for what it is
        self._page.write_string(self._row, 0, text, format_)
        self._page.set_row(self._row, height)
        self._row += 1

    def _height(self, text: str) -> int:
        room = sum(WIDTH * each.width for each in self._form.columns) / 2
        lines = sum(max(1, -(-len(line) // max(int(room), 1))) for line in text.splitlines() or [""])
        return min(_LINE * lines + 3, _LONGEST)
