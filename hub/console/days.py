"""The day in an address: `2026-03-01`, of a year that has neighbours in every calendar. Tested in `tests/hub/console/test_days.py`."""

from datetime import date
from http import HTTPStatus

from flask import abort

from hub.console.context import hub, now

FIRST_YEAR, LAST_YEAR = 1971, 9997


def day_or_none(text: str | None) -> date | None:
    """The day that a text spells as ISO 8601 has it with strokes; None for any other text, or a year beyond what pages walk to."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR and day.isoformat() == text else None


def address_day(text: str | None, otherwise: date | None = None, wrong: HTTPStatus = HTTPStatus.BAD_REQUEST) -> date:
    """The day of an address; without a text `otherwise`, or else today in the town. The status `wrong` for a text that is no day."""
    if not text:
        return otherwise or now().astimezone(hub().zone).date()
    day = day_or_none(text)
    if day is None:
        abort(wrong)
    return day
