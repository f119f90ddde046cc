"""The parts of a workbook that its sheets share: the colours of its theme, its shared texts, its styles."""

from typing import IO

from hub.errors import RefusedError
from hub.passes.sheet.colours import WHITE, Colour, Conditional, Run, colour, theme_colour
from hub.passes.sheet.formats import format_code
from hub.passes.sheet.texts import unescaped
from hub.passes.sheet.worksheet import Workbook
from hub.passes.sheet.xml_parts import walk

MOST_STRINGS = 1_000_000
MOST_THEME = 12
_ON = ("1", "true", "on")


def read_theme(stream: IO[bytes], book: Workbook) -> None:
    """The colours of a theme in the order of its part."""
    within: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        within.append(tag)
        if "clrScheme" in within and len(book.fonts.theme) < MOST_THEME:
            found = theme_colour(tag, attributes)
            if found is not None:
                book.fonts.theme.append(found)

    def end(_tag: str) -> None:
        within.pop()

    walk(stream, start, end)


class _Strings:
    """The shared texts as they come in: runs joined, phonetic guides left out; which are crossed out, which have a colour of a part."""

    def __init__(self, book: Workbook):
        self._book = book
        self._pieces: list[str] = []
        self._runs: set[Run] = set()
        self._guide = self._inside = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        match tag:
            case "si":
                self._pieces.clear()
                self._runs.clear()
            case "strike" if attributes.get("val", "1").lower() in _ON:
                self._book.struck_strings.add(len(self._book.strings))
            case "color":
                self._runs.add(Run(colour(attributes, self._book.fonts.theme), None))
            case "sz":
                self._runs.add(Run(None, float(attributes.get("val", "11"))))
            case _:
                pass
        self._guide += tag == "rPh"
        self._inside += tag == "t"

    def end(self, tag: str) -> None:
        """An element ends."""
        self._guide -= tag == "rPh"
        self._inside -= tag == "t"
        if tag != "si":
            return
        strings = self._book.strings
        if len(strings) >= MOST_STRINGS:
            raise RefusedError("%(file)s: more than %(most)s cells of text", file=self._book.name, most=MOST_STRINGS)
        if self._runs:
            self._book.runs[len(strings)] = frozenset(self._runs)
        strings.append(unescaped("".join(self._pieces)))

    def text(self, piece: str) -> None:
        """Characters between tags."""
        if self._inside and not self._guide:
            self._pieces.append(piece)


def read_strings(stream: IO[bytes], book: Workbook) -> None:
    """The shared texts into the book."""
    reader = _Strings(book)
    walk(stream, reader.start, reader.end, reader.text)


class _Styles:
    """Number formats, fonts and grounds of the cells' styles as they come in."""

    def __init__(self, book: Workbook):
        self._book = book
        self._within: list[str] = []
        self.custom: dict[int, str] = {}
        self.styles: list[tuple[int, int, int]] = []
        self.struck: list[bool] = []
        self._solid = False
        self.conditional: list[Conditional] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._within.append(tag)
        match self._within[1] if len(self._within) > 1 else "":
            case "numFmts" if tag == "numFmt":
                self.custom[int(attributes["numFmtId"])] = attributes.get("formatCode", "General")
            case "fonts":
                self._font(tag, attributes)
            case "fills":
                self._fill(tag, attributes)
            case "dxfs":
                self._conditional(tag, attributes)
            case "cellXfs" if tag == "xf":
                number, font, fill = (int(attributes.get(each, "0")) for each in ("numFmtId", "fontId", "fillId"))
                self.styles.append((number, font, fill))
            case _:
                pass

    def end(self, _tag: str) -> None:
        """An element ends."""
        self._within.pop()

    def _conditional(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "dxf":
            self.conditional.append(Conditional())
        elif not self.conditional:
            return
        elif tag == "color" and "font" in self._within:
            self.conditional[-1].ink = colour(attributes, self._book.fonts.theme)
        elif tag == "bgColor" and "fill" in self._within:
            self.conditional[-1].ground = colour(attributes, self._book.fonts.theme)
        elif tag == "numFmt":
            self.conditional[-1].code = attributes.get("formatCode", "General")

    def _font(self, tag: str, attributes: dict[str, str]) -> None:
        fonts = self._book.fonts
        if tag == "font":
            self.struck.append(False)
            fonts.inks.append(None)
            fonts.sizes.append(None)
        elif tag == "strike" and self.struck:
            self.struck[-1] = attributes.get("val", "1").lower() in _ON
        elif tag == "color" and fonts.inks:
            fonts.inks[-1] = colour(attributes, fonts.theme)
        elif tag == "sz" and fonts.sizes:
            fonts.sizes[-1] = float(attributes.get("val", "11"))

    def _fill(self, tag: str, attributes: dict[str, str]) -> None:
        grounds: list[Colour | None] = self._book.fonts.grounds
        if tag == "fill":
            grounds.append(WHITE)
            self._solid = False
        elif tag == "patternFill" and grounds:
            self._solid = attributes.get("patternType", "none") == "solid"
            grounds[-1] = WHITE if attributes.get("patternType", "none") == "none" else None
        elif tag == "fgColor" and grounds and self._solid:
            grounds[-1] = colour(attributes, self._book.fonts.theme)
        elif tag == "gradientFill" and grounds:
            grounds[-1] = None


def read_styles(stream: IO[bytes], book: Workbook) -> None:
    """The cells' styles into the book, in order."""
    reader = _Styles(book)
    walk(stream, reader.start, reader.end)
    styles, struck = reader.styles, reader.struck
    book.formats = [format_code(number, reader.custom) for number, _, _ in styles]
    book.fills = [fill for _, _, fill in styles]
    book.struck = {at for at, (_, font, _) in enumerate(styles) if 0 <= font < len(struck) and struck[font]}
    book.hiding = {at for at, each in enumerate(reader.conditional) if each.hides()}
    book.faint = {at for at, (_, font, fill) in enumerate(styles) if book.fonts.is_faint(font, fill)}
