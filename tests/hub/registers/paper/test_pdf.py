"""A register's PDF: the same bytes each time, heads and page numbers on each page, texts broken where they may be."""

from dataclasses import replace

import pytest

from hub.registers.paper.pdf import pdf
from tests.hub.registers.paper.forms import AT, empty, filled, rows_of

pytest.importorskip("pypdfium2")


def texts(data: bytes) -> list[str]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def test_the_same_form_gives_the_same_bytes() -> None:
    assert pdf(filled("supplies"), AT) == pdf(filled("supplies"), AT)


def test_each_page_repeats_the_heads_and_says_its_number() -> None:
    pages = texts(pdf(filled("supplies", *rows_of("supplies", rows=60)), AT))
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert f"— {number} —" in page
    assert all("保管员" in page for page in pages[:-1])
    assert "负责人" in pages[-1]
    assert "物资台账" in pages[0]


def test_a_wide_form_lies_and_a_page_holds_an_empty_one() -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf(empty("isolated_households"), AT))
    width, height = document[0].get_size()
    assert width > height
    assert len(document) == 1


def test_a_character_without_a_shape_is_written_as_its_number() -> None:
    form = filled("broadcasts")
    form = replace(form, note="填表说明 \u0f00")
    assert "[U+0F00]" in "".join(texts(pdf(form, AT))).replace("\r\n", "")


def test_a_day_is_not_broken_where_another_column_has_room() -> None:
    (page,) = texts(pdf(filled("isolated_households"), AT))
    assert "2026-03-01" in page
    assert "2026-03-15" in page
