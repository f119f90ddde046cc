"""Translates the doubts in spite of which a pass was issued, as the audit keeps them: a line each, in English, found by its shape.

Tested in `tests/hub/passes/test_doubts.py`.
"""

import re
from collections.abc import Callable

from flask_babel import gettext

TEXTS = (
    "no known form of a number plate",
    "more letters than a number plate has",
    "holds raised or circled signs, and is read as %(plate)s",
    "on the watch list: %(why)s",
    "its pass %(id)s is blocked: %(why)s",
    "has pass %(id)s already, valid from %(start)s",
    "has pass %(id)s already, valid until %(at)s",
)
"""What a doubt says (`hub.passes.doubts`)."""
TIMES = frozenset({"start", "at"})


def doubt_words(lines: str, write_time: Callable[[str], str]) -> list[str]:
    """Each doubt in the language of the request; a line of no known shape as it is."""
    return [_worded(line, write_time) for line in lines.split("\n")]


def _worded(line: str, write_time: Callable[[str], str]) -> str:
    for text, shape in _SHAPES:
        if found := shape.fullmatch(line):
            values = {name: write_time(value) if name in TIMES else value for name, value in found.groupdict().items()}
            return str(gettext(text, **values))
    return line


_SHAPES = tuple((text, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.*)", re.escape(text)))) for text in TEXTS)
