"""The report on paper: the same report is the same bytes, nothing in it runs as a formula, what is empty says so."""

import io
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from openpyxl import load_workbook

from hub.console.speaking import speaking
from hub.passes.glyphs import installed
from hub.reports import kept
from hub.reports.kept import Report
from hub.reports.pdf import drawn, pdf
from hub.reports.sheet import Sheet, date_of, sheet
from hub.reports.workbook import workbook
from tests.hub.reports.test_daily import DAY, make, town  # noqa: F401  the fixture of a town with a night behind it
from tests.hub.towns import NOW, Place

ZONE = ZoneInfo("Asia/Shanghai")
needs_font = pytest.mark.skipif(installed() is None, reason="no Chinese font is installed")


@pytest.fixture
def report(town: Place) -> Report:  # noqa: F811
    make(town)
    with town.engine.begin() as connection:
        kept.remark(connection, "demo", DAY.isoformat(), "=HYPERLINK(1)\n停电 😀", by="u-3", now=NOW)
        found = kept.find(connection, "demo", DAY.isoformat())
    assert found is not None
    return found


def made_at(report: Report) -> datetime:
    return date_of(report.made_at, ZONE)


@pytest.fixture(params=["zh", "en"])
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    with speaking(request.param):
        yield request.param


def texts(found: Sheet) -> str:
    rows = [row for section in found.sections for row in (*section.heads, *section.rows)]
    return "\n".join([found.title, found.sentence, *(str(cell.value) for row in rows for cell in row)])


def pages_of(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    return [page.get_textpage().get_text_range() for page in document]


@needs_font
def test_the_same_report_is_the_same_bytes(report: Report, spoken: str) -> None:
    for write in (pdf, workbook):
        assert write(sheet(report, masked=False), made_at(report)) == write(
            sheet(report, masked=False), made_at(report)
        )


@needs_font
def test_the_pdf_is_a4_across_with_numbered_pages_and_lines_to_sign_on(report: Report, spoken: str) -> None:
    data = pdf(sheet(report, masked=False), made_at(report))
    page = pypdfium2.PdfDocument(data)[0]
    assert (round(page.get_width()), round(page.get_height())) == (842, 595)
    whole = "".join(pages_of(data))
    assert "— 1 —" in pages_of(data)[0]
    signatures = ("负责人", "复核人", "填表人", "日期", "电话") if spoken == "zh" else ("Responsible", "Phone")
    assert all(each in whole for each in signatures)
    assert "[U+1F600]" in whole


def test_a_viewer_sees_no_plate_in_full(report: Report, spoken: str) -> None:
    plates = [plate[2:] for plate in report.plates.values()]
    shown, masked = (texts(sheet(report, masked=each)) for each in (False, True))
    assert all(plate in shown for plate in plates)
    assert not any(plate in masked for plate in plates)
    assert "•••" in masked


def test_what_is_empty_says_so(place: Place) -> None:
    empty = make(place)
    with speaking("zh"):
        found = sheet(empty, masked=False)
        book = load_workbook(io.BytesIO(workbook(found, made_at(empty))))
    cells = [cell.value for row in book.active.iter_rows() for cell in row]
    # special events, open matters, staff, registers, orders without a receipt, remarks
    assert cells.count("无") == 6
    assert found.remarks == ""
    assert found.nothing == "无"


def test_nothing_in_the_workbook_is_a_formula(report: Report, spoken: str) -> None:
    book = load_workbook(io.BytesIO(workbook(sheet(report, masked=False), made_at(report))))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert any(str(cell.value).startswith("=HYPERLINK(1)") for cell in cells)


def test_the_workbook_prints_across_one_page_wide_with_its_title_on_each(report: Report, spoken: str) -> None:
    page = load_workbook(io.BytesIO(workbook(sheet(report, masked=False), made_at(report)))).active
    assert (page.page_setup.orientation, page.page_setup.paperSize, page.page_setup.fitToHeight) == ("landscape", 9, 0)
    assert page.print_title_rows == "$1:$1"


def test_the_columns_of_each_table_have_their_widths(report: Report, spoken: str) -> None:
    for section in sheet(report, masked=False).sections:
        for row in (*section.heads, *section.rows):
            assert sum(cell.span for cell in row) == len(section.widths), section.title


def test_a_report_that_was_damaged_is_still_a_sheet(report: Report, spoken: str) -> None:
    for text in (
        "{}",
        "[]",
        "nonsense",
        '{"inputs":{"names":7},"day":[],"shifts":{},"events":{"emergency":{"rows":7}},"staff":5}',
    ):
        damaged = Report(**{**{name: getattr(report, name) for name in Report.__slots__}, "text": text})
        assert not damaged.intact
        assert sheet(damaged, masked=True).title


def test_a_character_without_a_shape_is_written_as_its_number() -> None:
    assert drawn("a😀", {ord("a")}) == "a[U+1F600]"
    assert drawn("a\nb", {ord("a"), ord("b")}) == "a\nb"
    assert drawn("a😀", None) == "a😀"
