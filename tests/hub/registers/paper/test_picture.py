"""A register's picture: all pages of its PDF, the same bytes each time, refused where it would be endless."""

import pytest

from hub.errors import RefusedError
from hub.registers.paper.pdf import pdf
from hub.registers.paper.picture import MOST_PAGES, png
from tests.hub.registers.paper.forms import AT, filled, rows_of


def size(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def test_the_pages_stand_below_each_other_in_one_picture() -> None:
    one, two = (png(pdf(filled("supplies", *rows_of("supplies", rows=rows)), AT)) for rows in (1, 40))
    assert one.startswith(b"\x89PNG")
    assert size(one)[0] == size(two)[0] > size(one)[1]
    assert size(two)[1] > 2 * size(one)[1]


def test_the_same_sheet_gives_the_same_picture() -> None:
    form = filled("patrols", role=None)
    assert png(pdf(form, AT)) == png(pdf(form, AT))


def test_a_picture_of_very_many_pages_is_refused() -> None:
    with pytest.raises(RefusedError, match=f"too many for a picture of at most {MOST_PAGES}"):
        png(pdf(filled("supplies", *rows_of("supplies", rows=400)), AT))
