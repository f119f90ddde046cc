"""The values that the contract's messages and records are made of: each a type with its range, so that none is larger than it may be.

    whole numbers   written without fraction or exponent, 0 to 2^53 - 1 (what every JSON library holds exactly)
    measures        finite, with a least and a most that mean something, so that no sum of them overflows
    times           `Wall`: a moment that the calendar has, 1970 to 2200, UTC with milliseconds
    names           ids and codes: what can be seen, without blanks
    texts           what people write: what can't be seen is dropped when a text is read into its type

The patterns mean the same in Rust, Python and ECMAScript, and say what they mean by themselves: a JSON Schema made of these types is
complete. Whatever is beyond is refused, and never clamped.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, TypeGuard

from pydantic import AfterValidator, Field

from edge.contract.unseen import HIDDEN, UNSEEN, is_plain

MOST = 2**53 - 1
"""The largest whole number: beyond it JSON libraries begin to round (RFC 8785, RFC 7493)."""

DAY = 86_400.0
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2200, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)

Whole = Annotated[int, Field(strict=True, ge=0, le=MOST)]
"""A count, a version, a size: 0 and more."""
Seq = Annotated[int, Field(strict=True, ge=1, le=MOST)]
"""A number that something has in its row: 1 and more."""
One = Annotated[int, Field(strict=True, ge=1, le=1)]
"""The version of the contract."""
Flag = Annotated[bool, Field(strict=True)]

Seconds = Annotated[float, Field(strict=True, ge=0, le=7 * DAY, allow_inf_nan=False)]
Minutes = Annotated[float, Field(strict=True, ge=0, le=366 * 24 * 60, allow_inf_nan=False)]
Litres = Annotated[float, Field(strict=True, ge=0, le=100_000, allow_inf_nan=False)]
Celsius = Annotated[float, Field(strict=True, ge=-100, le=200, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(strict=True, ge=0, le=1000, allow_inf_nan=False)]
"""Times in a second."""

_YEAR = "(?:19[7-9][0-9]|2[01][0-9][0-9]|2200)"
_DAY_OF_ANY_YEAR = "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_LEAP_DAY = "(?:19(?:7[26]|8[048]|9[26])|20(?:[02468][048]|[13579][26])|21(?:0[48]|[2468][048]|[13579][26]))-02-29"  # not 2100, 2200
WALL = f"^(?:{_YEAR}-{_DAY_OF_ANY_YEAR}|{_LEAP_DAY})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{{3}}Z$"
Wall = Annotated[str, Field(pattern=WALL)]
"""A moment: `2026-03-01T08:00:03.000Z`, and no other way to write it."""

NAME = rf"^[^\s{HIDDEN}]*$"
Name = Annotated[str, Field(max_length=64, pattern=NAME)]
"""An id or a code; empty where a sender knows none."""
SLUG = "^[a-z0-9-]{1,32}$"
Slug = Annotated[str, Field(pattern=SLUG)]
"""A town, a gate."""

EXPECTED = {
    WALL: "a time such as 2026-03-01T08:00:03.000Z, that the calendar has, from 1970 to 2200",
    NAME: "a name without blanks and characters that can't be seen",
    SLUG: "a slug, 1 to 32 of a-z, 0-9 and '-'",
}
"""What a value that does not fit a pattern should have been, for whoever reads why it was refused."""

_UNSEEN = re.compile(UNSEEN)
_UNSEEN_IN_LINES = re.compile(f"(?!\n){UNSEEN}")
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")


def visible(text: str) -> str:
    """A text of one line without what can't be seen; a break or a tab in it becomes a blank."""
    return text if is_plain(text) else _UNSEEN.sub("", _BREAKS.sub(" ", text))


def visible_lines(text: str) -> str:
    """A text of several lines without what else can't be seen."""
    return text if is_plain(text) else _UNSEEN_IN_LINES.sub("", text.replace("\t", " "))


LONGEST_LINE = 200
Line = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(visible)]
"""A text of one line: a name, a reason, what an error said."""
Lines = Annotated[str, Field(max_length=500), AfterValidator(visible_lines)]
"""A text of several lines."""


_WALL = re.compile(WALL.replace("$", r"\Z"))


def is_wall(text: object) -> TypeGuard[str]:
    """Returns True if `text` is a `Wall`."""
    return isinstance(text, str) and _WALL.match(text) is not None


def wall_text(when: datetime) -> str:
    """The `Wall` of an aware datetime; before 1970 the first that there is, after 2200 the last.

    Only a clock that is wrong shows such a time. Whoever writes it down says `unsynced` (`edge.clock`), and writes what can be read.
    """
    within = min(max(when, FIRST_MOMENT), LAST_MOMENT).astimezone(UTC)
    return f"{within:%Y-%m-%dT%H:%M:%S}.{within.microsecond // 1000:03d}Z"


def parse_wall(text: str) -> datetime:
    """The aware datetime of a `Wall`, and of what other parts of a system wrote down in RFC 3339."""
    return datetime.fromisoformat(text)


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
"""And no other form of ISO 8601, as weeks of the year; a person may leave out the seconds."""


def moment(text: str) -> datetime:
    """The aware datetime that a person wrote in RFC 3339, in any zone; `ValueError` if it is none from 1970 to 2200."""
    try:
        when = datetime.fromisoformat(text) if _RFC3339.fullmatch(text) else None
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise ValueError(f"time {text!r}: expected RFC 3339 with an offset")
    if not FIRST_MOMENT <= when <= LAST_MOMENT:
        raise ValueError(f"time {text!r}: expected one from 1970 to 2200")
    return when
