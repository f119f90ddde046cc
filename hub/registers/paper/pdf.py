"""A register's form as a PDF on A4: heads repeated on each page, page numbers as GB/T 9704 has them. The same form gives the same bytes.

Long registers are drawn cell by cell: a library's table measures each text several times, which takes ten times as long.

Tested in `tests/hub/registers/paper/test_pdf.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from hub.passes import glyphs
from hub.passes.cards import font_file
from hub.registers.paper.form import Form, Head

if TYPE_CHECKING:
    from fpdf import FPDF  # takes a third of a second to import: only who prints waits for it

MARGIN, FOOT = 12.0, 14.0
LARGE, PLAIN, SMALL = 16.0, 9.5, 8.0
PAD, LEADING = 0.9, 1.32
BY_HAND = 8.0
"""The height of a row that is written in."""
LOOKED_AT, LEAST = 200, 26.0
"""Rows whose words are measured, and how much room one word gets at most."""
_FAMILY = "cjk"
_MM = 25.4 / 72
_SHADE = 235
_CLOSES = ",.\uff0c\u3002\u3001\uff1b\uff1a\uff09)\u201d%"
"""Marks that do not begin a line."""


def pdf(form: Form, made_at: datetime) -> bytes:
    """The form as a PDF; `RefusedError` if no Chinese font is installed. `made_at`: what the file says of its making."""
    from fpdf import FPDF

    class Paper(FPDF):
        """Pages with their number at the foot."""

        def footer(self) -> None:
            """Writes `— 1 —`."""
            self.set_y(-10)
            self.set_font(_FAMILY, size=PLAIN)
            self.cell(0, 5, f"— {self.page_no()} —", align="C")

    paper = Paper(orientation="L" if form.landscape else "P", unit="mm", format="A4")
    paper.set_auto_page_break(False)
    paper.set_margins(MARGIN, MARGIN, MARGIN)
    paper.set_creation_date(made_at)
    paper.set_title(form.title)
    paper.set_creator("Kakou")
    paper.add_font(_FAMILY, fname=font_file())
    paper.set_draw_color(90)
    paper.set_fill_color(_SHADE)
    paper.set_line_width(0.15)
    paper.add_page()
    _Page(paper, form).draw()
    return bytes(paper.output())


class _Page:
    """Draws a form from its top to its foot, page after page."""

    def __init__(self, paper: FPDF, form: Form):
        self._paper, self._form = paper, form
        self._known: Collection[int] | None = glyphs.drawable()
        self._advances: dict[str, float] = {}
        self._room = paper.w - 2 * MARGIN
        self._widths = self._shared()
        self._y = MARGIN

    def draw(self) -> None:
        """Draws all of it."""
        form = self._form
        self._words(form.title, LARGE, middle=True)
        self._y += 1.5
        for line in form.lines:
            self._words(line, PLAIN)
        self._y += 1
        self._heads()
        for row in form.rows:
            self._row(row)
        if not form.rows:
            self._box([form.nothing], [self._room], middle=True)
        if form.note:
            self._box([form.note], [self._room])
        self._signatures()

    def _shared(self) -> list[float]:
        """The columns' widths: by their parts, and none so narrow that a day or a word is broken, if there is room elsewhere."""
        columns = self._form.columns
        whole = sum(each.width for each in columns)
        shares = [self._room * each.width / whole for each in columns]
        least = [self._longest_word(each.head) for each in columns]
        for row in self._form.rows[:LOOKED_AT]:
            least = [max(width, self._longest_word(str(value))) for width, value in zip(least, row, strict=True)]
        least = [min(each + 2 * PAD + 0.1, LEAST) for each in least]
        lacking = sum(max(width - share, 0) for width, share in zip(least, shares, strict=True))
        spare = [max(share - width, 0) for width, share in zip(least, shares, strict=True)]
        if lacking == 0 or sum(spare) < lacking:
            return shares
        by = lacking / sum(spare)
        return [max(share, width) - more * by for share, width, more in zip(shares, least, spare, strict=True)]

    def _longest_word(self, text: str) -> float:
        words = re.findall(r"[!-~]+", self._drawn(text))
        return max((self._width(each, SMALL) for each in words), default=0.0)

    # --- the table ------------------------------------------------------------------------------------------------------

    def _heads(self) -> None:
        heads = self._form.heads
        height = [self._head_height(heads[0], [each.rows == 1 for each in heads[0]])]
        if len(heads) > 1:
            below = [width for width, column in zip(self._widths, self._form.columns, strict=True) if column.group]
            height.append(max(self._height(each.text, width) for each, width in zip(heads[1], below, strict=True)))
            tall = self._head_height(heads[0], [each.rows == 2 for each in heads[0]])
            height[1] = max(height[1], tall - height[0])
        x, place = MARGIN, 0
        second = iter(heads[1] if len(heads) > 1 else ())
        for head in heads[0]:
            widths = self._widths[place : place + head.columns]
            self._cell(head.text, x, self._y, sum(widths), sum(height[: head.rows]), shade=True, middle=True)
            if len(heads) > 1 and head.rows == 1:
                left = x
                for width in widths:
                    self._cell(next(second).text, left, self._y + height[0], width, height[1], shade=True, middle=True)
                    left += width
            x += sum(widths)
            place += head.columns
        self._y += sum(height)

    def _head_height(self, heads: Sequence[Head], counted: Sequence[bool]) -> float:
        place, found = 0, self._line() + 2 * PAD
        for head, counts in zip(heads, counted, strict=True):
            width = sum(self._widths[place : place + head.columns])
            if counts:
                found = max(found, self._height(head.text, width))
            place += head.columns
        return found

    def _row(self, row: Sequence[str | float]) -> None:
        self._box([each if isinstance(each, str) else f"{each:,}" for each in row], self._widths, numbers=row)

    def _box(
        self, texts: Sequence[str], widths: Sequence[float], *, middle: bool = False, numbers: Sequence[object] = ()
    ) -> None:
        height = max(self._height(text, width) for text, width in zip(texts, widths, strict=True))
        height = max(height, BY_HAND) if self._form.by_hand and numbers else height
        if self._y + height > self._paper.h - FOOT:
            self._next_page()
            self._heads()
        x = MARGIN
        for place, (text, width) in enumerate(zip(texts, widths, strict=True)):
            number = place < len(numbers) and not isinstance(numbers[place], str)
            self._cell(
                text, x, self._y, width, height, middle=middle or (number and place == 0), right=number and place > 0
            )
            x += width
        self._y += height

    def _cell(
        self, text: str, x: float, y: float, width: float, height: float, *, shade: bool = False, middle: bool = False, right: bool = False
    ) -> None:  # fmt: skip
        paper = self._paper
        paper.rect(x, y, width, height, style="DF" if shade else "D")
        lines = self._broken(text, width - 2 * PAD, SMALL)
        paper.set_font(_FAMILY, size=SMALL)
        top = y + (height - len(lines) * self._line()) / 2
        for number, line in enumerate(lines):
            if not line:
                continue
            spare = width - 2 * PAD - self._width(line, SMALL)
            left = x + PAD + (spare / 2 if middle else spare if right else 0)
            paper.text(left, top + (number + 0.78) * self._line(), line)

    def _height(self, text: str, width: float) -> float:
        return len(self._broken(text, width - 2 * PAD, SMALL)) * self._line() + 2 * PAD

    # --- words ----------------------------------------------------------------------------------------------------------

    def _words(self, text: str, points: float, *, middle: bool = False) -> None:
        for line in self._broken(text, self._room, points):
            self._paper.set_font(_FAMILY, size=points)
            left = MARGIN + ((self._room - self._width(line, points)) / 2 if middle else 0)
            self._paper.text(left, self._y + 0.8 * self._line(points), line)
            self._y += self._line(points)

    def _signatures(self) -> None:
        paper, names = self._paper, self._form.signatures
        if self._y > paper.h - FOOT - 34:
            self._next_page()
        y = self._y + 8
        paper.set_font(_FAMILY, size=PLAIN)
        room = self._room / len(names)
        for number, name in enumerate(names):
            x = MARGIN + number * room
            paper.text(x, y, f"{name}:")
            begin = x + paper.get_string_width(f"{name}:") + 1
            paper.line(begin, y + 1, x + room - 3, y + 1)
        paper.set_text_color(150)
        paper.text(paper.w - MARGIN - 30, y + 16, self._form.seal)
        paper.set_text_color(0)

    def _next_page(self) -> None:
        self._paper.add_page()
        self._y = MARGIN

    def _line(self, points: float = SMALL) -> float:
        return points * LEADING * _MM

    def _width(self, text: str, points: float) -> float:
        return sum(map(self._advance, text)) * points

    def _advance(self, character: str) -> float:
        """The width of a character at a size of one point."""
        found = self._advances.get(character)
        if found is None:
            self._paper.set_font(_FAMILY, size=100)
            found = self._advances[character] = self._paper.get_string_width(character) / 100
        return found

    def _broken(self, text: str, room: float, points: float) -> list[str]:
        """A text in lines that fit: broken between Chinese characters, and at blanks where there are any."""
        lines: list[str] = []
        for paragraph in self._drawn(text).split("\n"):
            line, used = "", 0.0
            for character in paragraph:
                advance = self._advance(character) * points
                if line and used + advance > room and character not in _CLOSES:
                    kept = line[: _word_begins(line)] if _in_word(character) else line
                    kept = kept if kept.strip() else line
                    lines.append(kept.rstrip())
                    line = line[len(kept) :]
                    used = self._width(line, points)
                    if character == " " and not line:
                        continue
                line += character
                used += advance
            lines.append(line.rstrip())
        return lines

    def _drawn(self, text: str) -> str:
        """A text with every character that the font has no shape for written as its number: a box or a blank would lie."""
        known = self._known
        if known is None or not glyphs.missing(text.replace("\n", ""), known):
            return text
        return "".join(each if each == "\n" or ord(each) in known else f"[U+{ord(each):04X}]" for each in text)


def _in_word(character: str) -> bool:
    return character.isascii() and not character.isspace()


def _word_begins(line: str) -> int:
    """Where the word at a line's end begins: a word of Latin letters is not broken, if the line holds anything before it."""
    place = len(line)
    while place and _in_word(line[place - 1]):
        place -= 1
    return place
