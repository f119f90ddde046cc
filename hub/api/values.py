"""The values of requests and answers: how each is spelled, read once at the boundary. Pure.

What a request says must be exactly so; what a stored row says is taken as it is, or left out where it is none (`hub.values.stored`).

Tested in `tests/hub/api/test_values.py`.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from edge.contract.records import wall_text
from hub.api.problems import ProblemError
from hub.values.stored import flag_of, number_of, whole_of

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 12, 31, tzinfo=UTC)
"""Earlier and later moments are these: nothing is stored beyond them."""
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
LINE = r"^[^\x00-\x1f\x7f]+$"
"""One line without control characters."""


def moment(value: object) -> datetime:
    """The moment in UTC that an RFC 3339 text says."""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a time with its offset, 2026-03-01T08:00:00+08:00 (in an address + is written %2B)")
    day, minute, second, fraction, sign, hours, minutes = found.groups()
    # a leap second counts as the last one before it
    text = f"{day}T{minute}:{min(second, '59')}.{(fraction or '0')[:6]:0<6}"
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("expected a time that a calendar has") from None
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        return min(max(local + (offset if sign == "-" else -offset), FIRST), LAST)
    except OverflowError:
        return FIRST if local.year < FIRST.year else LAST


def whole(value: object) -> int:
    """The whole number that a text in an address says."""
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError("expected a whole number in digits")
    return int(value)


def id_of(name: str, pattern: str) -> BeforeValidator:
    """Reads an id in an address: what cannot be one names nothing, and is answered so (404)."""
    known = re.compile(pattern, re.ASCII)

    def check(value: object) -> object:
        if not isinstance(value, str) or not known.fullmatch(value):
            raise ProblemError(HTTPStatus.NOT_FOUND, f"{name}: there is none with this id")
        return value

    return BeforeValidator(check)


Moment = Annotated[
    datetime, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
"""A time in a request."""
Gate = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
Why = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE)]
"""Why somebody must see personal values, or does something; it stays in the audit."""


def _text(value: object) -> str | None:
    return None if value is None else str(value)


Text = Annotated[str | None, BeforeValidator(_text)]
"""A stored text; a number that an older version let in is spelled out."""
Number = Annotated[float | None, BeforeValidator(number_of)]
Whole = Annotated[int | None, BeforeValidator(whole_of)]
Flag = Annotated[bool | None, BeforeValidator(flag_of)]


def bound(moment_: datetime | None) -> str:
    """A bound of a range as rows spell times; empty for none."""
    return "" if moment_ is None else wall_text(moment_)


class Asked(BaseModel):
    """What a request asks. A name that it does not know is refused: a filter that is spelled wrongly would show everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def model_json_schema(cls, *arguments: Any, **named: Any) -> dict[str, Any]:
        """The schema; made once for a request, in which what is left out is absent and never null."""
        if not arguments and not named:
            return _schema(cls)
        return _without_null(super().model_json_schema(*arguments, **named))


class Body(Asked):
    """What the body of a request asks."""

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, value: object) -> object:
        if isinstance(value, dict) and (empty := [str(name) for name, each in value.items() if each is None]):
            raise ValueError(f"{empty[0][:40]}: null: leave it out, or give a value")
        return value


@cache
def _schema(model: type[Asked]) -> dict[str, Any]:
    return model.model_json_schema(by_alias=True)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model whose optional values are left out where there is none."""
    for name, value in schema.get("properties", {}).items():
        choices = [each for each in value.get("anyOf", ()) if each != {"type": "null"}]
        rest = {key: each for key, each in value.items() if key not in ("anyOf", "default")}
        if value.get("default") is not None:
            rest["default"] = value["default"]
        if choices:
            rest |= choices[0] if len(choices) == 1 else {"anyOf": choices}
        schema["properties"][name] = rest
    return schema
