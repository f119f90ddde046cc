"""The day in an address: one reader for every page that walks from day to day."""

from datetime import date
from http import HTTPStatus

import pytest
from werkzeug.exceptions import HTTPException

from hub.console.days import address_day, day_or_none


@pytest.mark.parametrize(
    "text", ["", None, "2026-13-01", "20260301", "2026-W10-7", "0001-01-01", "9999-12-31", "today", "2026-03-01 "]
)
def test_what_is_no_day_is_none(text: str | None) -> None:
    assert day_or_none(text) is None


def test_a_day_is_read_or_the_one_that_the_page_begins_with() -> None:
    assert day_or_none("2026-03-01") == date(2026, 3, 1)
    assert address_day("2026-03-01") == date(2026, 3, 1)
    assert address_day("", date(2026, 2, 28)) == date(2026, 2, 28)


@pytest.mark.parametrize("status", [HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND])
def test_an_address_with_a_wrong_day_answers_so(status: HTTPStatus) -> None:
    with pytest.raises(HTTPException) as caught:
        address_day("yesterday", wrong=status)
    assert caught.value.code == status
