"""Passes on paper: cards of ISO 7810 size, one to a page or many to an A4 sheet with cut marks, as PDF.

A card says what its code says, for eyes: plate (large), class (words, colour and shape), gates, validity, id; no name, no
phone. The code is level Q with a quiet zone of 4 modules (ISO/IEC 18004): printed cards get dirty. Lengths in millimetres.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import segno

from edge.contract.plates import spoken
from edge.contract.policy import Mark
from hub.errors import RefusedError
from hub.passes.glyphs import FONTS, installed, missing, of_font
from hub.passes.store import Issued
from hub.town.operation import Rules

if TYPE_CHECKING:
    from fpdf import FPDF  # takes a third of a second to import: only who prints cards waits for it

MOST = 400
"""Cards in one file: 40 sheets."""
QUIET = 4
A4 = (210.0, 297.0)
_FAMILY = "cjk"
_INK, _SOFT, _LINE = (23, 33, 43), (82, 96, 109), (150, 160, 168)
_CUT, _CUT_GAP = 5.0, 1.5

# fontTools tells of every table of the font that it drops
logging.getLogger("fontTools").setLevel(logging.WARNING)


class Size(Enum):
    """Width and height of a card (ISO/IEC 7810), and how many stand side by side and below each other on A4."""

    ID1 = (85.60, 53.98, 2, 5)
    ID2 = (105.0, 74.0, 2, 2)

    @classmethod
    def named(cls, name: str) -> Size:
        """`id1` (a wallet's) or `id2` (a windscreen's)."""
        try:
            return cls[name.upper()]
        except KeyError:
            raise RefusedError("size %(size)r: expected id1 or id2", size=name) from None


@dataclass(frozen=True, slots=True)
class Card:
    """The words on one card."""

    text: str
    id: str
    plate: str
    class_zh: str
    class_en: str
    colour: str
    mark: Mark
    gates: str
    priority: bool
    begin: str
    end: str
    operation: str


def card(issued: Issued, rules: Rules, gate_names: dict[str, str], zone: ZoneInfo) -> Card:
    """The card of a pass. `gate_names`: the gates' Chinese names by id; times are the town's."""
    class_ = rules.class_named(issued.vehicle_class)
    gates = "全部卡口 All gates"
    if issued.gates is not None:
        gates = "、".join(gate_names.get(gate, gate) for gate in issued.gates)
    return Card(
        text=issued.text,
        id=issued.id,
        plate=spoken(issued.plate),
        class_zh=class_.zh if class_ else issued.vehicle_class,
        class_en=class_.en if class_ else "",
        colour=class_.colour if class_ else "#4a4a4a",
        mark=class_.mark if class_ else Mark.CIRCLE,
        gates=gates,
        priority=issued.priority,
        begin=f"{issued.not_before.astimezone(zone):%Y-%m-%d %H:%M}",
        end=f"{issued.expires.astimezone(zone):%Y-%m-%d %H:%M}",
        operation=rules.zh,
    )


def phone_png(issued: Issued) -> bytes:
    """The code as a PNG for a phone's screen: level M reads from farther away, and a screen gets no dirt."""
    out = io.BytesIO()
    segno.make_qr(issued.text, error="m", boost_error=False).save(out, kind="png", border=QUIET, scale=12)
    return out.getvalue()


def font_file(fonts: Sequence[Path] = FONTS) -> Path:
    """The first Chinese font that is installed; `RefusedError` names the package that brings one."""
    file = installed(fonts)
    if file is not None:
        return file
    raise RefusedError("cards: no Chinese font is installed (apt-get install fonts-wqy-microhei)")


def pdf(cards: Sequence[Card], *, size: Size, sheet: bool, now: datetime) -> bytes:
    """The cards as a PDF: on A4 with cut marks if `sheet`, else each on a page of its own size."""
    if not cards:
        raise RefusedError("cards: there is no pass to print")
    if len(cards) > MOST:
        raise RefusedError("cards: %(count)s passes, at most %(most)s in one file", count=len(cards), most=MOST)
    font = font_file()
    for each in cards:
        _check_glyphs(each, font)
    paper = _paper(font, now)
    width, height, _, _ = size.value
    for where in _places(paper, len(cards), size) if sheet else _pages(paper, len(cards), width, height):
        index, x, y = where
        _draw(paper, cards[index], x, y, width, height)
    return bytes(paper.output())


def _check_glyphs(card: Card, font: Path) -> None:
    """`RefusedError` for a character that the font can't draw: a blank or a box would stand where the card says something."""
    glyphs = of_font(font)
    for text in (card.plate, card.class_zh, card.class_en, card.gates, card.operation):
        if strange := missing(text, glyphs):
            raise RefusedError(
                "cards: pass %(id)s: %(text)r: %(character)s (%(code)s) can't be printed: the font has no shape for it",
                id=card.id,
                text=text,
                character=strange,
                code=f"U+{ord(strange):04X}",
            )


def _paper(font: Path, now: datetime) -> FPDF:
    from fpdf import FPDF

    paper = FPDF(unit="mm", format="A4")
    paper.set_auto_page_break(False)
    paper.set_margin(0)
    paper.c_margin = 0
    paper.set_creation_date(now)
    paper.set_creator("Kakou")
    paper.add_font(_FAMILY, fname=font)
    return paper


def _pages(paper: FPDF, count: int, width: float, height: float) -> Iterator[tuple[int, float, float]]:
    for index in range(count):
        paper.add_page(orientation="L", format=(height, width))
        yield index, 0.0, 0.0


def _places(paper: FPDF, count: int, size: Size) -> Iterator[tuple[int, float, float]]:
    width, height, across, down = size.value
    landscape = width * across > A4[0] - 2 * (_CUT + _CUT_GAP)
    page = A4[::-1] if landscape else A4
    left, top = (page[0] - across * width) / 2, (page[1] - down * height) / 2
    for index in range(count):
        place = index % (across * down)
        if place == 0:
            paper.add_page(orientation="L" if landscape else "P", format="A4")
            _cut_marks(paper, left, top, width, height, across, down)
        yield index, left + place % across * width, top + place // across * height


def _cut_marks(paper: FPDF, left: float, top: float, width: float, height: float, across: int, down: int) -> None:
    # outside the cards: a cut that is a little off leaves no line on them
    paper.set_draw_color(0)
    paper.set_line_width(0.15)
    right, bottom = left + across * width, top + down * height
    for column in range(across + 1):
        x = left + column * width
        paper.line(x, top - _CUT_GAP - _CUT, x, top - _CUT_GAP)
        paper.line(x, bottom + _CUT_GAP, x, bottom + _CUT_GAP + _CUT)
    for row in range(down + 1):
        y = top + row * height
        paper.line(left - _CUT_GAP - _CUT, y, left - _CUT_GAP, y)
        paper.line(right + _CUT_GAP, y, right + _CUT_GAP + _CUT, y)


def _draw(paper: FPDF, card: Card, x: float, y: float, width: float, height: float) -> None:
    scale = height / Size.ID1.value[1]
    edge, band = 3.2 * scale, 10.0 * scale
    _band(paper, card, x, y, width, band, edge)
    side = height - band - 2.2 * scale
    code_x = x + width - side - 0.8 * scale
    _code(paper, card.text, code_x, y + band + 1.1 * scale, side)
    left, room = x + edge, code_x - x - edge - 0.6 * scale
    top = y + band
    _text(paper, card.plate, left, top + 11.6 * scale, 22 * scale, room, bold=0.35 * scale)
    paper.set_draw_color(*_LINE)
    paper.set_line_width(0.15)
    paper.line(left, top + 14.6 * scale, left + room, top + 14.6 * scale)
    _text(paper, "有效期 Valid", left, top + 18.6 * scale, 6 * scale, room, soft=True)
    _text(paper, card.begin, left, top + 22.7 * scale, 9 * scale, room)
    _text(paper, f"至 {card.end}", left, top + 27.0 * scale, 9 * scale, room, bold=0.12 * scale)
    _text(paper, "卡口 Gates", left, top + 31.4 * scale, 6 * scale, room, soft=True)
    _text(paper, card.gates, left, top + 35.4 * scale, 8.5 * scale, room)
    _text(paper, card.id, left, y + height - 2.6 * scale, 6 * scale, room, soft=True)


def _band(paper: FPDF, card: Card, x: float, y: float, width: float, band: float, edge: float) -> None:
    colour = tuple(int(card.colour[at : at + 2], 16) for at in (1, 3, 5))
    ink = _readable_on(colour)
    paper.set_fill_color(*colour)
    paper.rect(x, y, width, band, style="F")
    paper.set_fill_color(*ink)
    radius = band * 0.31
    _shape(paper, card.mark, x + edge + radius, y + band / 2, radius)
    left = x + edge + 2 * radius + band * 0.25
    right = "优先 PRIORITY" if card.priority else card.operation
    _font(paper, band * 0.9)
    room = paper.get_string_width(right)
    _text(paper, right, x + width - edge - room, y + band * 0.66, band * 0.9, room + 1, ink=ink)
    names = x + width - edge - room - left - 1.5
    _text(paper, card.class_zh, left, y + band * 0.56, band * 1.5, names, ink=ink, bold=0.15)
    _text(paper, card.class_en, left, y + band * 0.86, band * 0.6, names, ink=ink)


def _code(paper: FPDF, text: str, x: float, y: float, side: float) -> None:
    matrix = segno.make_qr(text, error="q", boost_error=False).matrix
    module = side / (len(matrix) + 2 * QUIET)
    paper.set_fill_color(255)
    paper.rect(x, y, side, side, style="F")
    paper.set_fill_color(0)
    for row, line in enumerate(matrix):
        for begin, length in _runs(line):
            at_x, at_y = x + (begin + QUIET) * module, y + (row + QUIET) * module
            # a hair more than the row's height, or viewers leave light seams between rows
            paper.rect(at_x, at_y, length * module, module * 1.02, style="F")


def _runs(line: Sequence[int]) -> Iterator[tuple[int, int]]:
    begin = None
    for at, dark in enumerate((*line, 0)):
        if dark and begin is None:
            begin = at
        elif not dark and begin is not None:
            yield begin, at - begin
            begin = None


def _shape(paper: FPDF, mark: Mark, x: float, y: float, radius: float) -> None:
    if mark is Mark.CIRCLE:
        paper.ellipse(x - radius, y - radius, 2 * radius, 2 * radius, style="F")
    else:
        paper.polygon([(x + radius * a, y + radius * b) for a, b in outline(mark)], style="F")


def outline(mark: Mark) -> list[tuple[float, float]]:
    """The corners of a mark in a circle of radius 1 around 0, y downwards; none for the circle itself."""
    corners, turn = {
        Mark.TRIANGLE: (3, 0.0),
        Mark.SQUARE: (4, 45.0),
        Mark.DIAMOND: (4, 0.0),
        Mark.HEXAGON: (6, 30.0),
        Mark.STAR: (10, 0.0),
    }.get(mark, (0, 0.0))
    found = []
    for corner in range(corners):
        angle = math.radians(corner * 360 / corners + turn)
        reach = 0.42 if mark is Mark.STAR and corner % 2 else 1.0
        found.append((reach * math.sin(angle), -reach * math.cos(angle)))
    return found


def _readable_on(colour: tuple[int, ...]) -> tuple[int, int, int]:
    # WCAG's relative luminance: white on dark colours, ink on light ones
    linear = [c / 3294 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (255, 255, 255) if luminance < 0.25 else _INK


def _font(paper: FPDF, points: float) -> None:
    paper.set_font(_FAMILY, size=points)


def _text(
    paper: FPDF,
    text: str,
    x: float,
    baseline: float,
    points: float,
    room: float,
    *,
    ink: tuple[int, int, int] | None = None,
    soft: bool = False,
    bold: float = 0.0,
) -> None:
    """One line in at most `room`: smaller where it would be wider. `bold`: the stroke's width; the font has one weight."""
    from fpdf.enums import TextMode

    _font(paper, points)
    wide = paper.get_string_width(text)
    if wide > room:
        _font(paper, max(points * room / wide, 3.0))
    colour = ink or (_SOFT if soft else _INK)
    with paper.local_context(
        text_mode=TextMode.FILL_STROKE if bold else TextMode.FILL, line_width=bold or 0.1, draw_color=colour
    ):
        paper.set_text_color(*colour)
        paper.text(x, baseline, text)
