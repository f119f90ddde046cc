"""Finds cells of a workbook that can hardly be seen: letters in the colour of their ground, or too small (ECMA-376 part 1, 18.8).

Colours are RGB from 0 to 1. A cell whose ground is a pattern or a gradient is taken for one that can be seen; the colours of tables
are not looked at. A conditional format is not worked out: where it could hide a cell, it counts as one that may.
"""

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from openpyxl.styles.colors import COLOR_INDEX

Colour = tuple[float, float, float]
Attributes = Mapping[str, str]

BLACK: Colour = (0.0, 0.0, 0.0)
WHITE: Colour = (1.0, 1.0, 1.0)
_LEAST_CONTRAST = 1.2
"""WCAG 2.2, 1.4.3: the same colour has 1, black on white 21, yellow on white 1.07, the lightest grey of a palette 1.12, the next 1.4."""
_LEAST_SIZE = 3.0
"""Points."""
_FOREGROUND, _BACKGROUND = 64, 65
# a number of the theme -> its place in the file, which begins dark, light, dark, light
_THEME_PLACE = {0: 1, 1: 0, 2: 3, 3: 2}


@dataclass(slots=True)
class Fonts:
    """The fonts of a workbook and the grounds of its cells, in the order in which styles name them.

    `theme`: the colours of the theme part in its order; `inks`, `sizes`, `grounds`: None is what a spreadsheet takes by itself.
    """

    theme: list[Colour] = field(default_factory=list)
    inks: list[Colour | None] = field(default_factory=list)
    sizes: list[float | None] = field(default_factory=list)
    grounds: list[Colour | None] = field(default_factory=list)

    def ground(self, fill: int) -> Colour | None:
        """The colour behind a cell's text; None where it is not one colour."""
        return self.grounds[fill] if 0 <= fill < len(self.grounds) else WHITE

    def is_faint(self, font: int, fill: int) -> bool:
        """Returns True if a style's letters can hardly be seen."""
        known = 0 <= font < len(self.inks)
        ink, size = (self.inks[font], self.sizes[font]) if known else (None, None)
        return Run(ink or BLACK, size).hardly_shows(self.ground(fill))


@dataclass(frozen=True, slots=True)
class Run:
    """A text, or a part of one, with a colour or a size of its own (None: as its cell has it)."""

    ink: Colour | None
    size: float | None

    def hardly_shows(self, ground: Colour | None) -> bool:
        """Returns True for letters that are too small, or of the colour of their ground (None: not one colour)."""
        if self.size is not None and self.size < _LEAST_SIZE:
            return True
        return ground is not None and self.ink is not None and _contrast(self.ink, ground) < _LEAST_CONTRAST


@dataclass(slots=True)
class Conditional:
    """The changes of a conditional format (None: no change): the colours of letters and of their ground, the number format."""

    ink: Colour | None = None
    ground: Colour | None = None
    code: str | None = None

    def hides(self) -> bool:
        """Returns True if a cell of this format can hardly be seen."""
        coloured = self.ink is not None or self.ground is not None
        blank = self.code is not None and not self.code.replace(";", "").strip()
        return blank or (coloured and Run(self.ink or BLACK, None).hardly_shows(self.ground or WHITE))


def colour(attributes: Attributes, theme: Sequence[Colour]) -> Colour | None:
    """The colour that an element names by RGB, theme or number; None for none, and for what is no colour."""
    found: Colour | None = None
    if rgb := attributes.get("rgb"):
        found = _of_text(rgb)
    elif number := attributes.get("theme"):
        place = _THEME_PLACE.get(int(number), int(number))
        found = theme[place] if 0 <= place < len(theme) else None
    elif number := attributes.get("indexed"):
        found = _of_number(int(number))
    tint = float(attributes.get("tint", "0") or "0")
    return found if found is None or not tint else _tinted(found, tint)


def theme_colour(tag: str, attributes: Attributes) -> Colour | None:
    """A colour of the theme part; None for an element that is none."""
    if tag == "srgbClr":
        return _of_text(attributes.get("val", ""))
    if tag == "sysClr":
        return _of_text(attributes.get("lastClr", "")) or (WHITE if attributes.get("val") == "window" else BLACK)
    return None


def _of_text(text: str) -> Colour | None:
    try:
        red, green, blue = bytes.fromhex(text[-6:])
    except ValueError:
        return None
    return red / 255, green / 255, blue / 255


def _of_number(number: int) -> Colour | None:
    if number in (_FOREGROUND, _BACKGROUND):
        return BLACK if number == _FOREGROUND else WHITE
    return _of_text(COLOR_INDEX[number]) if 0 <= number < _FOREGROUND else None


def _tinted(of: Colour, tint: float) -> Colour:
    hue, light, full = colorsys.rgb_to_hls(*of)
    tint = min(max(tint, -1.0), 1.0)
    return colorsys.hls_to_rgb(hue, light * (1 + tint) if tint < 0 else light * (1 - tint) + tint, full)


def _contrast(one: Colour, other: Colour) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(of: Colour) -> float:
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in of)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
