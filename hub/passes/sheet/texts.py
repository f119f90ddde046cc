"""The text of a cell as a person sees it."""

import re

from edge.contract.unseen import UNSEEN, is_plain
from hub.passes.sheet.table import EMPTY, Cell, Trouble

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202d\u202e]")
"""What nobody types; and what makes a person read the letters behind it in another order."""
_UNSEEN = re.compile(rf"(?![\t\n\v\f\r\x85\u2028\u2029]){UNSEEN}")


def cleaned(text: str) -> Cell:
    """A text without what can't be seen, the blanks around it, and the apostrophe that makes a spreadsheet take it as text."""
    if is_plain(text):
        shown = text.strip()
    elif _CONTROL.search(text):
        return Cell(text.strip(), trouble=Trouble.CONTROL)
    else:
        shown = _UNSEEN.sub("", text).strip()
    if shown.startswith("'") and len(shown) > 1:
        shown = shown[1:].strip()
    if not shown:
        return EMPTY
    return Cell(shown, trouble=Trouble.LOST if "\ufffd" in shown else None)


def unescaped(text: str) -> str:
    """`_x000D_` and its like as the characters that they stand for (ECMA-376 part 1, 22.9.2.19, ST_Xstring)."""
    return _ESCAPED.sub(lambda found: _character(int(found[1], 16)), text)


def _character(code: int) -> str:
    # half of a pair is no character
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
