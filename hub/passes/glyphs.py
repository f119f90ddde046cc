"""Finds the characters that the card's font can draw: a character without a shape would be a blank or a box, and the card would lie.

Tested in `tests/hub/passes/test_cards.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont  # only who looks into a font waits for its import

FONTS = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
)


def installed(fonts: Sequence[Path] = FONTS) -> Path | None:
    """The first Chinese font that is installed."""
    return next((file for file in fonts if file.exists()), None)


def drawable() -> Collection[int] | None:
    """The code points that the installed font draws; None if there is no font, and so no card."""
    file = installed()
    return None if file is None else of_font(file)


@lru_cache(maxsize=4)
def of_font(file: Path) -> frozenset[int]:
    """The code points for which a font has a shape, and its blanks."""
    with _first(file) as font:
        shapes: dict[int, str] = font.getBestCmap() or {}
        drawn = _drawn(font, set(shapes.values()))
    return frozenset(code for code, name in shapes.items() if name in drawn or chr(code).isspace())


def missing(text: str, glyphs: Collection[int] | None) -> str:
    """The first character of a text that can't be drawn; empty if all can."""
    if glyphs is None:
        return ""
    return next((each for each in text if ord(each) not in glyphs), "")


def _first(file: Path) -> TTFont:
    """The face that cards are printed with: the first of a collection."""
    from fontTools.ttLib import TTCollection, TTFont

    return TTCollection(file, lazy=True).fonts[0] if file.suffix == ".ttc" else TTFont(file, lazy=True)


def _drawn(font: TTFont, names: Iterable[str]) -> set[str]:
    """The glyphs with an outline, without the one that stands for those that are missing."""
    wanted = set(names) - {".notdef", font.getGlyphName(0)}
    if "glyf" not in font:
        return wanted
    outlines, places = font["loca"], font.getReverseGlyphMap()
    return {name for name in wanted if outlines[places[name]] != outlines[places[name] + 1]}
