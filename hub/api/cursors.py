"""Cursors of the API: where the next page of a list begins, as one opaque word that stays good for ever.

A cursor names its list and its town, so that one of another list or another hub is known as such. It holds places (a time, an id), never
a plate. Pure; tested in `tests/hub/api/test_cursors.py`.
"""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from http import HTTPStatus

from hub.api.problems import ProblemError

PATTERN = r"^[A-Za-z0-9_-]{1,400}$"
_PART = re.compile(r"[ -~]{0,100}")


def write(list_: str, town: str, place: Sequence[str]) -> str:
    """The cursor of a place in a list of a town."""
    text = json.dumps([list_, town, *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(list_: str, town: str, text: str | None, parts: int) -> tuple[str, ...] | None:
    """The place that a cursor stands for; None for no cursor; `ProblemError` (404) for one from elsewhere."""
    if text is None:
        return None
    try:
        found = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or found[:2] != [list_, town] or len(found) != parts + 2:
        raise _elsewhere(list_)
    if not all(isinstance(part, str) and _PART.fullmatch(part) for part in found[2:]):
        raise _elsewhere(list_)
    return tuple(found[2:])


def _elsewhere(list_: str) -> ProblemError:
    line = f"after: this cursor is none of {list_} of this town; take the one in `next`, or leave it out to begin"
    return ProblemError(HTTPStatus.NOT_FOUND, line)


def number(part: str) -> int:
    """A place that is a row's number; `ProblemError` (404) for what no database counts to."""
    if not re.fullmatch(r"[0-9]{1,15}", part):
        raise _elsewhere("the list")
    return int(part)
