"""faults E: each list of `hard_inputs` that went wrong once, with the right value (plates and names are invented)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.enrolment.gates import add_gate
from hub.errors import HubError
from hub.passes import sheet
from hub.passes.importing.preview import Preview
from hub.passes.importing.run import preview_import
from tests.hub.ledgers import settle
from tests.hub.towns import Place

FOLDER = Path(__file__).parents[1] / "hard_inputs"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
LOCAL_END = "2026-12-11 00:00"
"""The end of 2026-12-10 in the town."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = settle(tmp_path_factory.mktemp("hard"))
    with place.engine.begin() as connection:
        add_gate(place.town, connection, "e", zh="东卡口", en="East post", by="cli", now=NOW)
    return place


def look(town: Place, name: str) -> Preview:
    """The preview of a hard input, through the JSON that a process of its own would answer with."""
    table = sheet.Table.from_json(sheet.read((FOLDER / name).read_bytes(), name).to_json())
    with town.engine.begin() as connection:
        return preview_import(town.town, connection, table, name, NOW)


def plates(seen: Preview) -> list[str]:
    return [each.wanted.plate for each in seen.rows]


def ends(town: Place, seen: Preview) -> list[str]:
    zone = town.town.settings.zone
    return [f"{each.wanted.expires.astimezone(zone):%Y-%m-%d %H:%M}" for each in seen.rows]


def faults(seen: Preview) -> list[tuple[int, str]]:
    return [(each.row, each.column) for each in seen.faults]


def refused(town: Place, name: str) -> str:
    with pytest.raises(HubError) as refusal:
        look(town, name)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_every_input_has_a_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [file.name for file in FOLDER.iterdir() if file.name != "README.md" and f'"{file.name}"' not in text] == []


def test_b01_plates_of_lu_in_gb18030_are_read_as_such(town: Place) -> None:
    seen = look(town, "b01-gbk-lu.csv")
    assert plates(seen) == ["鲁B12345", "鲁BD12345"]
    assert "read as GB 18030" in [str(each) for each in seen.notices]
    assert plates(look(town, "b01-gbk-mixed.csv")) == ["鲁B12345", "京A12345"]


def test_b02_a_character_cut_in_utf8_is_named_with_row_and_column(town: Place) -> None:
    assert "row 3, column C: a character is broken off (UTF-8)" in refused(town, "b02-utf8-cut.csv")


def test_b03_a_merged_cell_says_the_same_for_each_of_its_rows(town: Place) -> None:
    seen = look(town, "b03-merged.xlsx")
    assert (seen.faults, plates(seen)) == ((), ["鲁B12345", "鲁B23456", "鲁B34567"])
    assert {tuple(each.wanted.gate_numbers or ()) for each in seen.rows} == {("e",)}
    assert set(ends(town, seen)) == {LOCAL_END}


def test_b05_a_date_without_dashes_ends_with_its_day(town: Place) -> None:
    assert set(ends(town, look(town, "b05-compact-date.csv"))) == {LOCAL_END}
    book = look(town, "b05-compact-date.xlsx")
    assert ends(town, book) == [LOCAL_END]
    # a number that shows as 46366 is no date for whoever looks at it
    assert faults(book) == [(3, "to"), (4, "to")]
    assert "give the cell the format of a date" in str(book.faults[0])


def test_b06_midnight_is_the_day_in_csv_and_in_a_workbook(town: Place) -> None:
    assert ends(town, look(town, "b06-midnight.csv")) == ends(town, look(town, "b06-midnight.xlsx")) == [LOCAL_END]


def test_b07_escaped_characters_are_decoded(town: Place) -> None:
    seen = look(town, "b07-x000d.xlsx")
    assert (plates(seen), seen.doubts) == (["鲁B12345", "鲁B23456", "鲁B34567"], ())


def test_b08_what_nobody_sees_is_no_part_of_a_plate(town: Place) -> None:
    seen = look(town, "b08-invisible.csv")
    assert plates(seen) == ["鲁B12345", "鲁B23456", "鲁B34567", "鲁B45678", "鲁B56789", "鲁B67890"]
    assert (seen.faults, seen.doubts) == ((), ())


def test_b09_errors_are_faults_and_what_is_no_plate_is_listed(town: Place) -> None:
    seen = look(town, "b09-not-plates.xlsx")
    assert faults(seen) == [(2, "plate"), (3, "plate")]
    assert [(each.row, each.found) for each in seen.doubts] == [
        (4, "12345"), (5, "TRUE"), (6, "2026-01-02"), (7, "合计"), (8, "无"),
    ]  # fmt: skip
    assert {str(each.why) for each in seen.doubts} == {"no known form of a number plate"}


@pytest.mark.parametrize("name", ["b10-headings.csv", "b10-headings2.csv"])
def test_b10_headings_as_people_write_them_are_known(town: Place, name: str) -> None:
    seen = look(town, name)
    assert (seen.unread, ends(town, seen)) == ((), [LOCAL_END])
    assert list(seen.rows[0].wanted.gate_numbers or ()) == ["e"]


def test_b11_a_row_far_below_is_read(town: Place) -> None:
    assert [each.row for each in look(town, "b11-far-row.xlsx").rows] == [2, 25_000]


def test_b12_a_cell_of_three_lines_is_one_row(town: Place) -> None:
    seen = look(town, "b12-multiline.csv")
    assert (faults(seen), seen.unread) == ([(3, "class")], ("remark",))


@pytest.mark.parametrize("name", ["b13-sep.csv", "b16-utf16.txt"])
def test_b13_b16_what_excel_writes_besides_csv_is_read(town: Place, name: str) -> None:
    assert plates(look(town, name)) == ["鲁B12345"]


def test_b14_the_sheet_that_was_open_is_read_and_what_is_hidden_is_named(town: Place) -> None:
    second = look(town, "b14-second-sheet.xlsx")
    assert plates(second) == ["鲁B12345"]
    assert "other sheet, not read: 说明" in [str(each) for each in second.notices]
    row = look(town, "b14-hidden-row.xlsx")
    assert plates(row) == ["鲁B12345"]
    assert [str(each.words()) for each in row.doubts] == [
        "'3': rows that are hidden in the spreadsheet are left out: 1"
    ]
    first = look(town, "c04-hidden-first-sheet.xlsx")
    assert plates(first) == ["鲁B12345"]
    assert "hidden sheet, not read: 字典" in [str(each) for each in first.notices]


def test_b15_a_title_may_stand_above_the_headings(town: Place) -> None:
    seen = look(town, "b15-title-row.xlsx")
    assert plates(seen) == ["鲁B12345"]
    assert "above the heading, not read: row 1" in [str(each) for each in seen.notices]


def test_b17_full_width_signs_stay_as_they_were(town: Place) -> None:
    assert "full-width commas" in refused(town, "b17-fullwidth.csv")
    seen = look(town, "b17-fullwidth2.csv")
    assert (plates(seen), faults(seen)) == (["鲁B12345", "鲁B23456"], [])
    assert ends(town, seen) == [LOCAL_END, LOCAL_END]


def test_b18_dates_that_can_be_told_apart_are_read_and_the_others_are_faults(town: Place) -> None:
    seen = look(town, "b18-dates.csv")
    assert [each.row for each in seen.rows] == [4, 5, 7, 11]
    assert ends(town, seen) == [LOCAL_END, LOCAL_END, "2026-12-10 23:59", "2026-12-10 18:00"]
    assert [row for row, _ in faults(seen)] == [2, 3, 6, 8, 9, 10, 12]
    assert "the year first" in str(seen.faults[0])


def test_c01_c02_c03_workbooks_of_other_programs_hold(town: Place) -> None:
    assert ends(town, look(town, "c01-1904.xlsx")) == [LOCAL_END]
    assert plates(look(town, "c02-dimension-a1.xlsx")) == ["鲁B12345", "鲁B12346"]
    assert plates(look(town, "c03-rich.xlsx")) == ["X"]


def test_c05_a_time_without_a_day_is_a_fault(town: Place) -> None:
    seen = look(town, "c05-times.xlsx")
    assert (faults(seen), ends(town, seen)) == ([(2, "to"), (3, "to")], ["2026-12-12 00:00"])


def test_c06_blanks_do_not_matter(town: Place) -> None:
    seen = look(town, "c06-spaces.csv")
    assert (plates(seen), seen.faults) == (["鲁B12345", "鲁B12346", "鲁B12347", "鲁B12348"], ())


def test_c07_a_quotation_mark_that_is_never_closed_is_named(town: Place) -> None:
    assert "row 2: a quotation mark is opened and not closed" in refused(town, "c07-quote.csv")


def test_c08_the_signs_that_make_a_text_of_a_plate_are_none_of_it(town: Place) -> None:
    seen = look(town, "c08-eq.csv")
    assert [(each.wanted.plate, each.reference) for each in seen.rows] == [("鲁B12345", "00123"), ("鲁B12346", "00124")]


def test_c09_the_same_plate_twice_is_named(town: Place) -> None:
    seen = look(town, "c09-dupes.csv")
    assert faults(seen) == [(3, "plate")]
    assert [each.row for each in seen.doubts] == [4, 5]


def test_c10_c11_c12_other_files_that_held_hold(town: Place) -> None:
    assert plates(look(town, "c10-gb18030-4byte.csv")) == ["鲁B12345"]
    assert plates(look(town, "c11-cr.csv")) == ["鲁B12345", "鲁B12346"]
    ragged = look(town, "c12-ragged.csv")
    assert (plates(ragged), faults(ragged)) == (["鲁B12346", "鲁B12347"], [(2, "class")])
    # what the row says is held; that it ends before "to" is asked about
    assert [(each.row, str(each.why)) for each in ragged.doubts] == [
        (3, "the row ends before to; is nothing meant there?")
    ]
