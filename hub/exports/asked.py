"""The filter of a list as its page's address spells it -> what is asked for, in closed codes and UTC; or one line that says what is wrong.

Tested in `tests/hub/exports/test_lists.py`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from edge.contract.records import wall_text
from hub.errors import RefusedError

LONGEST = 200
FIRST_YEAR, LAST_YEAR = 1970, 9998


class Sort(StrEnum):
    """How a field is spelled: free text, a code, a minute of the town's clock, a day (its beginning, or its end)."""

    TEXT = "text"
    CODE = "code"
    MINUTE = "minute"
    DAY = "day"
    LAST_DAY = "last_day"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a list's filter. `codes`: those that there are; empty: any. `means`: its name in the question, if it is another."""

    name: str
    sort: Sort = Sort.TEXT
    codes: Collection[str] = ()
    means: str = ""


Asked = Mapping[str, str]
"""By name of the question: what is asked for; what is not there asks nothing. Times are RFC 3339 UTC."""


def read(fields: Collection[Field], given: Mapping[str, str], zone: ZoneInfo) -> Asked:
    """What a filter asks for; `RefusedError` names the field that is wrong. Names that are no field are left alone."""
    found = {}
    for field in fields:
        text = given.get(field.name, "").strip()
        if text:
            found[field.means or field.name] = _value(field, text, zone)
    start, end = found.get("start"), found.get("end")
    if start and end and start >= end:
        raise RefusedError("filter: expected the end after the beginning")
    return found


def _value(field: Field, text: str, zone: ZoneInfo) -> str:
    if len(text) > LONGEST:
        raise RefusedError(
            "filter %(name)s: %(count)s characters, expected at most %(most)s",
            name=field.name, count=len(text), most=LONGEST,
        )  # fmt: skip
    match field.sort:
        case Sort.TEXT:
            return text
        case Sort.CODE:
            if field.codes and text not in field.codes:
                raise RefusedError("filter %(name)s: there is no %(found)r", name=field.name, found=text)
            return text
        case _:
            return wall_text(_moment(field, text, zone))


def _moment(field: Field, text: str, zone: ZoneInfo) -> datetime:
    try:
        if field.sort is Sort.MINUTE:
            when = datetime.fromisoformat(text)
        else:
            when = datetime.combine(date.fromisoformat(text) + timedelta(field.sort is Sort.LAST_DAY), time())
    except (ValueError, OverflowError):
        raise RefusedError("filter %(name)s: %(found)r is no time", name=field.name, found=text) from None
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise RefusedError("filter %(name)s: %(found)r is no time", name=field.name, found=text)
    return when if when.tzinfo else when.replace(tzinfo=zone)
