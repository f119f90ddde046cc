"""Days and times of a list, the same for CSV and for workbooks.

A day is its first instant, as an end its last. **Midnight (0:00) counts as a day without a time**: spreadsheets write it behind a date
that nobody gave a time, and in a workbook the two are one value. Day and month must be told apart:
12/10/2026 is refused. Signs may be full-width, blanks of any width stand around them; a digit that is none by itself (², ③) is
refused, for nobody knows whether it belongs to the number. `08:00-18:00` is a span and no offset: that takes `T`, as programs write.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta, tzinfo

from hub.errors import Words
from hub.passes.doubts import holds_odd_digit
from hub.passes.sheet.table import Cell
from hub.passes.terms import Unfit
from hub.values.visible import bare

_DAY = r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?|(\d{2})(\d{2})(?:(\d{2}))?"
_WHEN = re.compile(
    rf"{_DAY}(?:[ T]+(?:{_CLOCK})(Z|\+\d{{2}}:?\d{{2}}|(?:(?<=T.{{5}})|(?<=T.{{8}}))-\d{{2}}:?\d{{2}})?)?",
    re.ASCII,
)
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_AROUND = re.compile(r" *([/.年月]) *|(?<=\d) *(-) *(?=\d{1,2}(?:\D|$))| *(:) *| +(?=[日号])")


def moment(column: str, cell: Cell, zone: tzinfo, *, end: bool) -> datetime | None:
    """The moment that a cell means in a town's zone; None for an empty one; `Unfit` for what is no day and no time."""
    if not cell:
        return None
    if cell.day and cell.time:
        return _moment(column, f"{cell.day} {cell.time}", cell.text, zone, end=end)
    return _moment(column, cell.day or cell.text, cell.text, zone, end=end)


def _moment(column: str, text: str, written: str, zone: tzinfo, *, end: bool) -> datetime:
    found = _WHEN.fullmatch(_plain(text))
    if found is None:
        raise _unfit(column, written)
    try:
        day = date(*(int(part) for part in _given(found.groups()[0], *found.groups()[2:8])))
        hour, minute, second = [int(part) for part in (*_given(*found.groups()[8:14]), "0", "0", "0")][:3]
        clock = time(hour, minute, second)
        if offset := found.groups()[14]:
            return datetime.fromisoformat(f"{day.isoformat()}T{clock.isoformat()}{offset.replace('Z', '+00:00')}")
        if clock == time():
            return datetime.combine(day + timedelta(days=1 if end else 0), clock, zone)
        return datetime.combine(day, clock, zone)
    except (ValueError, OverflowError):
        raise _unfit(column, written) from None


def _plain(text: str) -> str:
    """A date in ASCII's signs and digits; empty for one with digits that are signs of another kind."""
    if any(holds_odd_digit(each) for each in text):
        return ""
    wide = unicodedata.normalize("NFKC", bare(" ".join(text.split())))
    return _AROUND.sub(lambda found: found[1] or found[2] or found[3] or "", _DASHES.sub("-", wide).replace("。", "."))


def _given(*parts: str | None) -> list[str]:
    return [part for part in parts if part]


def _unfit(column: str, written: str) -> Unfit:
    if re.fullmatch(r"\d{5}(?:\.\d+)?", written, re.ASCII):
        return Unfit(
            column,
            written,
            Words("a day as a spreadsheet counts it; give the cell the format of a date, like 2026-03-01"),
        )
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*", written, re.ASCII):
        return Unfit(
            column, written, Words("day and month can't be told apart; expected a date like 2026-03-01, the year first")
        )
    return Unfit(column, written, Words("expected a date or a time like 2026-03-01 08:00"))
