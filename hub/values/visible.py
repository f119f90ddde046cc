"""Makes invisible characters visible: control and format characters (they turn a line round, hide in a name) never reach a page raw.

One filter for every text, wherever it came from: it is the templates' `finalize`, and the exports use it. Which characters they are
says the contract (`edge.contract.unseen`). Pure.
"""

import re
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from edge.contract.unseen import HALVES, HIDDEN, UNSEEN, is_plain

LONGEST = 1000
"""Characters of one text on a page at most."""
OFTEN = 1000
"""Markup below so many characters is an icon, a word or a small part, and comes again and again."""

_LINES = r"\t\r\n"
_HIDDEN = re.compile(f"(?![{_LINES}]){UNSEEN}")
_DROPPED = re.compile(f"[{HIDDEN}{HALVES}]")


def visible(text: str) -> str:
    """The same text with `‹U+202E›` for each character that cannot be seen."""
    return text if _is_plain(text) else _HIDDEN.sub(_named, text)


def escaped(text: str) -> str:
    r"""JSON with `\u202e` for each character that cannot be seen: the same value, spelled otherwise."""
    return text if _is_plain(text) else _HIDDEN.sub(lambda found: _spelled(ord(found[0])), text)


def bare(text: str) -> str:
    """The same text without what cannot be seen: as a plate or an id is known by."""
    return text if is_plain(text) else _DROPPED.sub("", text)


def short(text: str, most: int) -> str:
    """At most so many characters, the last a sign that there were more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def finalize(value: Any) -> Any:
    """Finishes a value that a template writes: every text visible, and none without end. Markup keeps its tags and its length."""
    if isinstance(value, Markup):
        text = str(value)
        looked = _is_plain_again if len(text) < OFTEN else _is_plain
        return value if looked(text) else Markup(visible(text))  # noqa: S704  # it was Markup before
    return short(visible(value), LONGEST) if isinstance(value, str) else value


def whole(value: object) -> Markup:
    """A text that is shown at its full length, however long."""
    return escape(visible(str(value)))


def _is_plain(text: str) -> bool:
    # blocks of a page are of many lines: the pattern, which takes its time with each character, is kept from those as well
    return is_plain(text.replace("\n", "").replace("\r", "").replace("\t", ""))


_is_plain_again = lru_cache(maxsize=4096)(_is_plain)


def _named(found: re.Match[str]) -> str:
    return f"‹U+{ord(found[0]):04X}›"


def _spelled(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
