"""Values as they are stored, read without demands: an older version took what this one refuses. Pure; nothing here raises.

What is none of its kind (a time that is in no calendar, a number beyond measure) is None: the row stands all the same, and whoever
shows it says that the value is invalid.
"""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from edge.contract.values import is_wall

FIRST_YEAR, LAST_YEAR = 1970, 2200
EPOCH = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
MOST = 1e9
"""Beyond it no number of a gate means anything: it is thirty years in seconds."""
NO_TIME = "none"
"""What `clock` says of a visit whose record names no time: the hub's time of receipt stands for it."""
SHORT = 64
"""Characters of a code, a name or a plate at most; longer ones mean nothing."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
_SURROGATES = re.compile("[\ud800-\udfff]")
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})


def time_of(text: object) -> datetime | None:
    """The aware datetime that a stored text says; None for none, or for what no calendar from 1970 to 2200 holds."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def wall_of(text: object) -> str | None:
    """A wall time spelled as records spell it, so that it sorts as time does; None for anything else."""
    return text if is_wall(text) else None


def said(raw: object) -> Mapping[str, Any]:
    """The JSON object in a stored text; empty if it is none. Halves of characters are replaced, numbers are finite."""
    if not isinstance(raw, str):
        return {}
    try:
        value = orjson.loads(raw.encode())
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        value = _by_and_by(raw)
    return value if isinstance(value, dict) else {}


def _by_and_by(raw: str) -> Any:
    """JSON that the fast library refuses: with halves of characters, with words for numbers, nested too deep."""
    try:
        value = json.loads(_SURROGATES.sub("\ufffd", raw), parse_constant=lambda _word: None)
        return json.loads(
            _SURROGATES.sub("\ufffd", json.dumps(value, ensure_ascii=False)), parse_constant=lambda _word: None
        )
    except (ValueError, RecursionError):
        return {}


def part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within an object; empty if there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text_of(value: object) -> str | None:
    """A text without NUL, which PostgreSQL's knows not; None for anything else."""
    return value.replace("\0", "") if isinstance(value, str) else None


def code_of(value: object) -> str | None:
    """A word of a closed list, or a newer one: a short text; None for anything else."""
    text = text_of(value)
    return text if text and len(text) <= SHORT else None


def number_of(value: object) -> float | None:
    """A finite number, also one that was written as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole_of(value: object, most: int = 2**53 - 1) -> int | None:
    """A whole number from 0 to `most`; None for anything else."""
    found = number_of(value)
    return int(found) if found is not None and found.is_integer() and 0 <= found <= most else None


def flag_of(value: object) -> bool | None:
    """Yes or no, also where it was written as a number or a text; None for anything else."""
    if isinstance(value, str):
        return value.lower() in _TRUE
    return value == 1 if isinstance(value, (bool, int, float)) else None


def pairs_of(private: object) -> dict[str, tuple[str, str]]:
    """Personal values as `{field: (salt, value)}`, of a stored text or of what was read of one; what is not shaped so is left out."""
    value = private if isinstance(private, Mapping) else said(private)
    return {
        field: (pair[0], pair[1])
        for field, pair in value.items()
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(each, str) for each in pair)
    }
