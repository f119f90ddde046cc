"""Lists as clerks of a township make them: what is not sure is asked about, and nothing grows wider or later in silence (c12, faults E)."""

import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.colors import Color

from hub.errors import HubError
from hub.passes.importing.dates import moment
from hub.passes.importing.preview import Preview
from hub.passes.sheet.table import Cell
from hub.passes.terms import Unfit
from tests.hub.passes.test_importing import load, look
from tests.hub.towns import Place

FULL = "plate,class,from,to,gates,priority,reference\n"
ZONE = ZoneInfo("Asia/Shanghai")


def words(seen: Preview) -> list[tuple[int, str]]:
    return [(each.row, str(each.why)) for each in seen.doubts]


# --- rows of another length than the heading -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("鲁B12345,居民", "from, to, gates, priority, reference"),
        ("鲁B12345,居民,2026-03-01,2026-03-05", "gates, priority, reference"),
        ("鲁B12345,居民,2026-03-01,2026-03-05,east", "priority, reference"),
        ("鲁B12345,居民,2026-03-01", "to, gates, priority, reference"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_c12_a_row_that_ends_early_is_asked_about(place: Place, row: str, names: str, separator: str) -> None:
    text = (FULL + row + "\n鲁B12346,居民,,,east,,\n").replace(",", separator)
    seen = look(place, text)
    assert seen.faults == ()
    assert words(seen) == [(2, f"the row ends before {names}; is nothing meant there?")]
    with pytest.raises(HubError, match="doubts that nobody confirmed"):
        load(place, text)
    assert load(place, text, confirmed=True) == 2


def test_c12_empty_cells_are_empty_and_a_workbook_has_no_ends(place: Place) -> None:
    assert look(place, FULL + "鲁B12345,居民,,,,,\n").doubts == ()
    assert look(place, book(FULL.strip().split(","), ["鲁B12345", "居民"])).doubts == ()
    assert look(place, "gates,plate,class\n,鲁B12345,居民\n").doubts == ()


def test_a_row_with_more_cells_than_the_heading_is_asked_about(place: Place) -> None:
    seen = look(place, "plate,class,gates\n鲁B12345,居民,east,west\n鲁B12346,居民,east,,,\n")
    assert words(seen) == [(2, "the row has more cells than the heading (D 'west'); did a comma split one?")]
    assert seen.unread == ("D",)


# --- what can hardly be seen ------------------------------------------------------------------------------------------


def book(*rows: list[Any]) -> bytes:
    return saved(_made(*rows))


def _made(*rows: list[Any]) -> Workbook:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    return made


def saved(made: Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def one(font: Font | None = None, fill: PatternFill | None = None, value: Any = "east") -> bytes:
    made = _made(["车牌", "类别", "卡口"], ["鲁B12345", "居民", value])
    cell = made.active["C2"]
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill = fill
    return saved(made)


def solid(colour: str | Color) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


FAINT = "can hardly be seen in cell C2: the colour of its ground, or too small"


@pytest.mark.parametrize(
    ("font", "fill"),
    [
        (Font(color="FFFFFFFF"), None), (Font(color=Color(theme=0)), None), (Font(color=Color(indexed=9)), None), (Font(color="FFFDFDFD"), None), (Font(color=Color(theme=0, tint=-0.05)), None),
        (Font(color="FF4472C4"), solid("FF4472C4")), (Font(color=Color(theme=4)), solid(Color(theme=4))), (None, solid("FF000000")),
        (Font(color=Color(theme=0, tint=-0.25)), solid("FFBFBFBF")), (Font(size=1), None), (Font(size=0.5), None), (Font(color="FFFFFF00"), None),
    ],
)  # fmt: skip
def test_a_cell_that_can_hardly_be_seen_is_asked_about(
    place: Place, font: Font | None, fill: PatternFill | None
) -> None:
    seen = look(place, one(font, fill), "list.xlsx")
    assert seen.faults == ()
    assert words(seen) == [(2, FAINT)]


@pytest.mark.parametrize(
    ("font", "fill"),
    [
        (None, None), (Font(color="FFFF0000"), None), (Font(color=Color(theme=1)), None), (Font(color="FF808080", size=6), None),
        (Font(color="FFFFFFFF"), solid("FF4472C4")), (Font(color=Color(theme=0)), solid(Color(theme=4))), (None, solid("FFFFFF00")),
        (Font(color=Color(theme=0)), solid(Color(theme=1))), (Font(color="FFFFFFFF"), PatternFill("gray125")), (Font(color="FFA6A6A6"), None),
    ],
)  # fmt: skip
def test_colours_that_can_be_seen_are_no_doubt(place: Place, font: Font | None, fill: PatternFill | None) -> None:
    assert look(place, one(font, fill), "list.xlsx").doubts == ()


def test_a_part_of_a_text_that_can_hardly_be_seen_is_asked_about(place: Place) -> None:
    for font in (InlineFont(color="FFFFFFFF"), InlineFont(sz=1)):
        text = CellRichText("east", TextBlock(font, "、west"))
        assert words(look(place, one(value=text), "list.xlsx")) == [(2, FAINT)]
    assert look(place, one(value=CellRichText("east", TextBlock(InlineFont(color="FFFF0000"), "、west")))).doubts == ()
    on_black = CellRichText("east", TextBlock(InlineFont(sz=9), "、west"))
    assert look(place, one(Font(color="FFFFFFFF"), solid("FF000000"), on_black)).doubts == ()


@pytest.mark.parametrize(
    ("font", "fill", "asks"),
    [
        (Font(color="FFFFFFFF"), None, True), (Font(color="FFFF0000"), None, False), (None, PatternFill(bgColor="FF000000"), True),
        (Font(color="FFFFFFFF"), PatternFill(bgColor="FF000000"), False), (Font(color="FF00B050"), PatternFill(bgColor="FF00B050"), True),
        (Font(bold=True), None, False), (None, PatternFill(bgColor="FFFFFF00"), False),
    ],
)  # fmt: skip
def test_a_conditional_format_that_may_hide_is_asked_about(
    place: Place, font: Font | None, fill: PatternFill | None, asks: bool
) -> None:
    made = _made(["车牌", "类别", "卡口"], ["鲁B12345", "居民", "east"])
    rule = FormulaRule(formula=["TRUE"], font=font, fill=fill)
    made.active.conditional_formatting.add("C2:C9", rule)
    seen = look(place, saved(made))
    assert [each.found for each in seen.doubts] == (["C2:C9"] if asks else [])


def test_a_heading_and_a_date_that_can_hardly_be_seen_are_asked_about(place: Place) -> None:
    made = _made(["车牌", "类别", "止"], ["鲁B12345", "居民", datetime(2026, 3, 5)])  # a cell has no zone
    made.active["C1"].font = made.active["C2"].font = Font(color="FFFFFFFF")
    assert [row for row, _ in words(look(place, saved(made)))] == [1, 2]


def test_a_format_that_shows_nothing_names_its_row_and_column(place: Place) -> None:
    for value in ("east", 5, datetime(2026, 3, 5)):
        made = _made(["车牌", "类别", "卡口"], ["鲁B12345", "居民", value])
        made.active["C2"].number_format = ";;;"
        (fault,) = look(place, saved(made)).faults
        assert (fault.row, fault.heading) == (2, "卡口")
        assert "number format shows nothing" in str(fault)


def test_rows_and_columns_as_thin_as_a_hair_are_hidden(place: Place) -> None:
    made = _made(["车牌", "类别", "卡口"], ["鲁B12345", "居民", "east"], ["鲁B12346", "居民", "east"])
    made.active.row_dimensions[3].height = 0.5
    assert "left out: 1" in words(look(place, saved(made)))[0][1]
    made.active.column_dimensions["C"].width = 0.1
    with pytest.raises(HubError, match=r"column C .卡口. is hidden"):
        look(place, saved(made))


# --- dates ------------------------------------------------------------------------------------------------------------


def read(text: str, *, end: bool = True) -> str:
    found = moment("to", Cell(text), ZONE, end=end)
    assert found is not None
    return found.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-03", "２０２６-０２-０３", "２０２６年２月３日", "2026年2月3日", "2026 年 2 月 3 日", "2026\u2009年\u20092\u2009月\u20093\u2009日", "2026年2⽉3⽇",
        "2026\u200b-02-\ufeff03", "\u202a2026-02-03\u202c", "2026－02－03", "2026–02–03", "2026—2—3", "2026．2．3", "2026。2。3", "2026／2／3", "2026 / 2 / 3",
        "2026 - 02 - 03", "2026年2月3号", "20260203", "２０２６０２０３", "2026-02-03 0:00",  "2026-02-03\u3000",
    ],
)  # fmt: skip
def test_a_date_is_read_however_wide_its_signs_are(text: str) -> None:
    assert read(text) == "2026-02-04 00:00:00"


@pytest.mark.parametrize(
    ("text", "when"),
    [
         ("２０２６-０２-０３　１８：３０", "18:30:00"),
        ("2026-02-03 8:05", "08:05:00"), ("2026-02-03T18:30:15", "18:30:15"), ("2026-02-03T10:30:00Z", "18:30:00"), ("2026-02-03 18:30+08:00", "18:30:00"),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read_however_it_is_written(text: str, when: str) -> None:
    assert read(text) == f"2026-02-03 {when}"
    assert read("2026-02-03T10:30:00-08:00") == "2026-02-04 02:30:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-1²", "2026-12-1①", "2026年1㋁3日", "2026-02-½", "2026-1 2-03", "2 026-02-03", "2026年2月3日前", "2月3日", "二〇二六年二月三日", "٢٠٢٦-٠٢-٠٣",
        "2026-02-03 08:00-18:00", "2026-02-03 24:30", "2026-02-30", "长期", "2026-02-03至2026-03-01", "26-2-3", "3/2/2026", "2026-02/03", "2026年2月3日下午6点",
        "2026-02", "2026-02-03T24:00Z", "2026-02-03 24:00", "2026年2月3日 18时",
    ],
)  # fmt: skip
def test_a_date_never_becomes_another(text: str) -> None:
    with pytest.raises(Unfit):
        read(text)


# --- what nobody sees -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", ["\u200b", "\u2060", "\u3164", "\u2800", "\ufeff", "\u202a", "\U000e0041", "\xad"])
def test_cells_of_every_column_lose_what_nobody_sees(place: Place, hidden: str) -> None:
    row = ",".join(
        f"{hidden}{each}{hidden}" for each in ("鲁B12345", "居民", "2026-03-01", "2026-03-05", "east", "是", "A-1")
    )
    seen = look(place, FULL + row + "\n" + f"鲁B12346,居民,{hidden},{hidden},{hidden},{hidden},{hidden}\n")
    assert (seen.faults, seen.doubts) == ((), ())
    assert seen.rows[0].wanted.expires == datetime(2026, 3, 5, 16, tzinfo=UTC)
    assert [each.reference for each in seen.rows] == ["A-1", None]


def test_letters_in_another_order_than_they_are_seen_are_a_fault(place: Place) -> None:
    for cell in ("\u202e54321B鲁", "\u202d鲁B12345"):
        assert len(look(place, f"车牌,类别\n{cell},居民\n").faults) == 1


# --- what fresh eyes found --------------------------------------------------------------------------------------------


def test_a_date_whose_year_nobody_sees_is_asked_about(place: Place) -> None:
    for code, asks in (
        ("m月d日", True),
        ("[$-804]m月d日 h:mm", True),
        ("yyyy年m月d日", False),
        ("e-m-d", False),
        ("yy-m-d", False),
    ):
        made = _made(["车牌", "类别", "止"], ["鲁B12345", "居民", datetime(2026, 3, 5, 18)])
        made.active["C2"].number_format = code
        seen = look(place, saved(made))
        expected = [(2, "the spreadsheet shows no year here; is it this one?")] if asks else []
        assert (seen.faults, words(seen)) == ((), expected), code


@pytest.mark.parametrize("plate", ["鲁B1234²", "鲁B1234⑤", "鲁B1234𝟓", "鲁Ⓑ12345"])
def test_a_sign_that_is_read_as_a_digit_is_asked_about(place: Place, plate: str) -> None:
    seen = look(place, f"车牌,类别\n{plate},居民\n鲁Ｂ１２３４６,居民\n")
    assert words(seen) == [(2, f"holds raised or circled signs, and is read as {seen.rows[0].wanted.plate}")]


def test_rows_for_every_gate_are_named(place: Place) -> None:
    seen = look(place, "车牌,类别,卡口\n鲁B12345,居民,东门\n鲁B12346,居民,\n鲁B12347,居民,全部\n")
    assert [str(each) for each in seen.notices][:1] == ["every gate that the class may use, in row 3, 4 (2 in all)"]
    assert not any("in row" in str(each) for each in look(place, "车牌,类别,卡口\n鲁B12345,居民,东门\n").notices)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_end_mark_of_old_programs_is_no_row(place: Place, encoding: str) -> None:
    seen = look(place, "车牌,类别\r\n鲁B12345,居民\r\n\x1a".encode(encoding))
    assert (len(seen.rows), seen.faults) == (1, ())
