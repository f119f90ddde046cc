"""A daily report on paper: A4 landscape as PDF, with page numbers as GB/T 9704 has them. The same report gives the same bytes.

Tested in `tests/hub/reports/test_papers.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from hub.passes import glyphs
from hub.passes.cards import font_file
from hub.reports.parts import Cell, Section
from hub.reports.sheet import Sheet

if TYPE_CHECKING:
    from fpdf import FPDF  # takes a third of a second to import: only who prints waits for it
    from fpdf.table import Table

MARGIN = 12.0
SMALL, PLAIN, LARGE = 7.5, 9.0, 16.0
_FAMILY = "cjk"
_SHADE = 235


def pdf(sheet: Sheet, made_at: datetime) -> bytes:
    """The sheet as a PDF; `RefusedError` if no Chinese font is installed. `made_at`: what the file says of its making."""
    paper = _paper(made_at)
    known = glyphs.drawable()
    _line(paper, drawn(sheet.title, known), LARGE, align="C")
    _line(paper, drawn(sheet.sentence, known), PLAIN + 1)
    _line(paper, drawn(f"{sheet.unit}        {sheet.filled}", known), PLAIN)
    for section in sheet.sections:
        _section(paper, section, sheet.nothing, known)
    _title(paper, drawn(sheet.remarks_title, known))
    _line(paper, drawn(sheet.remarks or sheet.nothing, known), PLAIN)
    paper.ln(2)
    _line(paper, drawn(sheet.instructions, known), SMALL)
    _signatures(paper, sheet.signatures)
    return bytes(paper.output())


def drawn(text: str, known: Collection[int] | None) -> str:
    """A text with every character that the font has no shape for written as its number: a box or a blank would lie."""
    if known is None or not glyphs.missing(text.replace("\n", ""), known):
        return text
    return "".join(each if each == "\n" or ord(each) in known else f"[U+{ord(each):04X}]" for each in text)


def _paper(made_at: datetime) -> FPDF:
    from fpdf import FPDF

    class Paper(FPDF):
        """Pages with their number at the foot."""

        def footer(self) -> None:
            """Writes `— 1 —`."""
            self.set_y(-10)
            self.set_font(_FAMILY, size=PLAIN)
            self.cell(0, 5, f"— {self.page_no()} —", align="C")

    paper = Paper(orientation="L", unit="mm", format="A4")
    paper.set_auto_page_break(True, margin=14)
    paper.set_margins(MARGIN, MARGIN, MARGIN)
    paper.set_creation_date(made_at)
    paper.set_creator("Kakou")
    paper.add_font(_FAMILY, fname=font_file())
    paper.set_draw_color(90)
    paper.set_line_width(0.15)
    paper.add_page()
    return paper


def _line(paper: FPDF, text: str, points: float, align: str = "L") -> None:
    paper.set_font(_FAMILY, size=points)
    paper.multi_cell(0, points * 0.52, text, align=align, new_x="LMARGIN", new_y="NEXT")
    paper.ln(1)


def _title(paper: FPDF, text: str) -> None:
    paper.ln(2)
    if paper.get_y() > paper.h - 40:
        # a heading does not stand alone at a page's foot
        paper.add_page()
    _line(paper, text, PLAIN + 2)


def _section(paper: FPDF, section: Section, nothing: str, known: Collection[int] | None) -> None:
    from fpdf.fonts import FontFace

    _title(paper, drawn(section.title, known))
    paper.set_font(_FAMILY, size=SMALL)
    style = FontFace(emphasis="", fill_color=_SHADE)
    with paper.table(
        col_widths=section.widths, headings_style=style, num_heading_rows=len(section.heads), line_height=4.2, padding=0.6,
        text_align="CENTER", repeat_headings=1,
    ) as table:  # fmt: skip
        for head in section.heads:
            _row(table, head, known)
        for row in section.rows:
            _row(table, row, known)
        if not section.rows:
            _row(table, (Cell(nothing, len(section.widths)),), known)
    if section.note:
        paper.ln(1)
        _line(paper, drawn(section.note, known), SMALL)


def _row(table: Table, cells: tuple[Cell, ...], known: Collection[int] | None) -> None:
    row = table.row()
    for each in cells:
        row.cell(drawn(written(each.value), known), colspan=each.span)


def written(value: str | float) -> str:
    """A cell's value as it is written."""
    return value if isinstance(value, str) else f"{value:,}"


def _signatures(paper: FPDF, names: tuple[str, ...]) -> None:
    if paper.get_y() > paper.h - 34:
        paper.add_page()
    paper.ln(6)
    paper.set_font(_FAMILY, size=PLAIN)
    room = (paper.w - 2 * MARGIN) / len(names)
    y = paper.get_y()
    for number, name in enumerate(names):
        x = MARGIN + number * room
        paper.text(x, y + 4, f"{name}:")
        begin = x + paper.get_string_width(f"{name}:") + 1.5
        paper.line(begin, y + 5, x + room - 4, y + 5)
