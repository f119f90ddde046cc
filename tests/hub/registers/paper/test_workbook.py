"""A register's workbook: the same bytes, merged title, heads repeated, numbers as numbers, everything else as text, no formula."""

import io

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from hub.registers.paper.workbook import workbook
from tests.hub.registers.paper.forms import AT, empty, filled, rows_of


def opened(data: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(data)).active


def values(page: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in page.iter_rows()]


def test_the_same_form_gives_the_same_bytes() -> None:
    assert workbook(filled("supplies"), AT) == workbook(filled("supplies"), AT)


def test_title_sentence_heads_rows_note_and_signatures_stand_in_their_order() -> None:
    page = opened(workbook(filled("samples"), AT))
    rows = values(page)
    assert rows[0][0] == "样本转运台账"
    assert str(page.merged_cells).count("A1:") == 1
    head = next(number for number, row in enumerate(rows) if row[0] == "序号")
    # the lower row of heads names every column: a list in this shape is read again
    assert rows[head - 1][4] == "启运"
    assert rows[head][1:6] == ["箱编号", "类型", "数量\n(份)", "启运时间", "启运地点"]
    assert rows[head + 1][:4] == [1, "A-1", "咽拭子", 200]
    assert str(rows[head + 2][0]).startswith("填表说明：")
    assert any(row[0] == "负责人:" for row in rows)
    assert page.print_title_rows == f"${head}:${head + 1}"
    assert page.page_setup.orientation == "landscape"
    assert page.oddFooter.center.text == "— &P —"


def test_telephone_numbers_are_texts_and_nothing_is_a_formula() -> None:
    page = opened(
        workbook(filled("five_on_one", *rows_of("five_on_one", {"phone": "013812345678", "reason": "=1+1"})), AT)
    )
    found = {cell.value: cell.data_type for row in page.iter_rows() for cell in row if cell.value is not None}
    assert found["013812345678"] == "s"
    assert found["=1+1"] == "s"
    assert "f" not in found.values()


def test_an_empty_form_is_a_workbook_too() -> None:
    rows = values(opened(workbook(empty("patrols"), AT)))
    assert [row[0] for row in rows if isinstance(row[0], int)] == list(range(1, 14))
