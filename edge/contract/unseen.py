"""The one list of characters that can't be seen, of gate and hub: a fixed table, so that no version of Python changes the contract.

Taken from Unicode 16: the categories Cc, Cf, Zl, Zp and Cs, what has the property Default_Ignorable_Code_Point (also the places that
are kept for more of it), noncharacters, and five characters that have the category of a letter or a sign and show nothing.

What stays, with the reason:
    private use (Co)       fonts of registries show rare characters of names there
    unassigned (Cn)        a later Unicode makes letters of them, a font shows a box till then
    U+FFFD                 it is seen, and says that a character was lost: without it "鲁B�2345" would be another plate
    blanks (Zs)            they are seen as blanks; a name has none anyway

In a *text* a few of the table make letters, and stay where they do (`UNSEEN`): the selectors and the vowel separator of Mongolian
beside its letters, the non-joiner between letters of Arabic or Mongolian, the joiners after a virama (as RFC 5892, appendix A).
Uyghur, Kazakh and Tibetan names are written without any of them. Selectors behind a Chinese character go: it is the same without.
"""

TABLE: tuple[tuple[int, int, str], ...] = (
    (0x0000, 0x001F, "controls"),
    (0x007F, 0x009F, "controls"),
    (0x00AD, 0x00AD, "soft hyphen"),
    (0x034F, 0x034F, "grapheme joiner"),
    (0x0600, 0x0605, "Arabic signs that enclose a number"),
    (0x061C, 0x061C, "direction"),
    (0x06DD, 0x06DD, "Arabic end of verse"),
    (0x070F, 0x070F, "Syriac abbreviation"),
    (0x0890, 0x0891, "Arabic signs that enclose a number"),
    (0x08E2, 0x08E2, "Arabic disputed end of verse"),
    (0x115F, 0x1160, "Hangul fillers"),
    (0x17B4, 0x17B5, "Khmer inherent vowels"),
    (0x180B, 0x180F, "Mongolian selectors and vowel separator"),
    (0x200B, 0x200F, "zero width, direction"),
    (0x2028, 0x202E, "line and paragraph separators, direction"),
    (0x2060, 0x206F, "joiner of words, operators, direction, deprecated formats"),
    (0x2800, 0x2800, "Braille blank"),
    (0x3164, 0x3164, "Hangul filler"),
    (0xD800, 0xDFFF, "halves of characters"),
    (0xFDD0, 0xFDEF, "noncharacters"),
    (0xFE00, 0xFE0F, "selectors of variants"),
    (0xFEFF, 0xFEFF, "byte order mark"),
    (0xFFA0, 0xFFA0, "half-width Hangul filler"),
    (0xFFF0, 0xFFFC, "kept for more, interlinear notes, stand-in for an object"),
    (0xFFFE, 0xFFFF, "noncharacters"),
    (0x110BD, 0x110BD, "Kaithi number sign"),
    (0x110CD, 0x110CD, "Kaithi number sign above"),
    (0x13430, 0x1343F, "joiners of hieroglyphs"),
    (0x16FE4, 0x16FE4, "Khitan filler"),
    (0x1BCA0, 0x1BCA3, "shorthand formats"),
    (0x1D159, 0x1D159, "musical null notehead"),
    (0x1D173, 0x1D17A, "musical formats"),
    (0x1FFFE, 0x1FFFF, "noncharacters"),
    (0x2FFFE, 0x2FFFF, "noncharacters"),
    (0x3FFFE, 0x3FFFF, "noncharacters"),
    (0x4FFFE, 0x4FFFF, "noncharacters"),
    (0x5FFFE, 0x5FFFF, "noncharacters"),
    (0x6FFFE, 0x6FFFF, "noncharacters"),
    (0x7FFFE, 0x7FFFF, "noncharacters"),
    (0x8FFFE, 0x8FFFF, "noncharacters"),
    (0x9FFFE, 0x9FFFF, "noncharacters"),
    (0xAFFFE, 0xAFFFF, "noncharacters"),
    (0xBFFFE, 0xBFFFF, "noncharacters"),
    (0xCFFFE, 0xCFFFF, "noncharacters"),
    (0xDFFFE, 0xDFFFF, "noncharacters"),
    (0xE0000, 0xE0FFF, "tags, selectors of variants, kept for more"),
    (0xEFFFE, 0xEFFFF, "noncharacters"),
    (0xFFFFE, 0xFFFFF, "noncharacters"),
    (0x10FFFE, 0x10FFFF, "noncharacters"),
)


def _one(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else chr(code)


def _ranges(most: int) -> str:
    pairs = ((_one(first), _one(last), first == last) for first, last, _ in TABLE if first <= most)
    return "".join(low if alone else f"{low}-{high}" for low, high, alone in pairs)


HALVES = r"\ud800-\udfff"
HIDDEN = _ranges(0x10FFFF).replace(HALVES, "")
"""The table as the inside of a character class that means the same in Rust, Python and ECMAScript. Halves of characters are left out:
none of the three lets a text that is valid hold one, and Rust takes no pattern that names one."""

_ARABIC = (
    r"\u0620-\u064a\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f\u0870-\u0887\u0889-\u088e\u08a0-\u08c9"
)
_MONGOLIAN = r"\u1820-\u1878\u1880-\u18aa"
_SELECTOR = r"\u180b-\u180d\u180f"
_VIRAMA = r"\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_LETTERING = (
    f"(?<![{_MONGOLIAN}][{_SELECTOR}])"
    rf"(?<![{_MONGOLIAN}][\u180e\u200c](?=[{_MONGOLIAN}]))"
    rf"(?<![{_MONGOLIAN}][{_SELECTOR}][\u180e\u200c](?=[{_MONGOLIAN}]))"
    rf"(?<![{_ARABIC}]\u200c(?=[{_ARABIC}]))"
    rf"(?<![{_VIRAMA}][\u200c\u200d])"
)
"""Holds behind a hidden character unless the character makes a letter of its neighbours."""

UNSEEN = f"[{HIDDEN}{HALVES}]{_LETTERING}"
"""The pattern of one character of a text that can't be seen, and of none that makes a letter. For Python alone."""


def is_plain(text: str) -> bool:
    """Returns True if a text is known at once to hold nothing of the table; False says nothing yet."""
    if not text.isprintable():
        return False
    if text.isascii():
        return True
    try:
        # GBK has what can't be seen nowhere but among what is not printable; its codec looks at a text twenty times as fast as a pattern
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True
