"""Each list of `hard_inputs` through the import of a register: what it becomes, or the one line that says why nothing of it is taken."""

from pathlib import Path

import pytest

from hub.errors import RefusedError
from hub.registers.importing.preview import Preview
from tests.hub.registers.importing.test_preview import faults, looked
from tests.hub.towns import Place

FOLDER = Path(__file__).parents[2] / "hard_inputs"
CARS = """
id = "cars"
zh = "车辆台账"
en = "Cars"
[[fields]]
id = "plate"
zh = "车牌"
en = "Plate"
type = "plate"
required = true
[[fields]]
id = "class"
zh = "类别"
en = "Class"
type = "text"
[[fields]]
id = "to"
zh = "止"
en = "To"
type = "date"
[[fields]]
id = "reference"
zh = "编号"
en = "Reference"
type = "text"
[[fields]]
id = "remark"
zh = "备注"
en = "Remark"
type = "long"
[end]
personal = "destroy"
"""


def look(place: Place, name: str) -> Preview:
    return looked(place, CARS, (FOLDER / name).read_bytes(), name)


def plates(found: Preview) -> list[str]:
    return [str(draft.values["plate"]) for _number, draft in found.rows]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("b01-gbk-lu.csv", ["鲁B12345", "鲁BD12345"]),
        ("b01-gbk-mixed.csv", ["鲁B12345", "京A12345"]),
        ("b03-merged.xlsx", ["鲁B12345", "鲁B23456", "鲁B34567"]),
        ("b08-invisible.csv", ["鲁B12345", "鲁B23456", "鲁B34567", "鲁B45678", "鲁B56789", "鲁B67890"]),
        ("b11-far-row.xlsx", ["鲁B12345", "鲁B99999"]),
        ("b13-sep.csv", ["鲁B12345"]),
        ("b16-utf16.txt", ["鲁B12345"]),
        ("c02-dimension-a1.xlsx", ["鲁B12345", "鲁B12346"]),
        ("c06-spaces.csv", ["鲁B12345", "鲁B12346", "鲁B12347", "鲁B12348"]),
        ("c11-cr.csv", ["鲁B12345", "鲁B12346"]),
        ("c12-ragged.csv", ["鲁B12345", "鲁B12346", "鲁B12347"]),
    ],
)
def test_encodings_separators_and_shapes_of_a_file_change_no_plate(place: Place, name: str, wanted: list[str]) -> None:
    found = look(place, name)
    assert (faults(found), plates(found)) == ([], wanted)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("b02-utf8-cut.csv", "row 3, column C: a character is broken off (UTF-8); save the list again"),
        ("b10-headings.csv", "no column '车牌 Plate' in the first 20 rows"),
        ("b17-fullwidth.csv", "no column '车牌 Plate' in the first 20 rows"),
        ("c07-quote.csv", "row 2: a quotation mark is opened and not closed, or text follows a closed one"),
    ],
)
def test_what_is_no_list_of_this_register_is_one_line(place: Place, name: str, line: str) -> None:
    with pytest.raises(RefusedError) as refused:
        look(place, name)
    assert str(refused.value) == f"{name}: {line}"


@pytest.mark.parametrize(
    ("name", "days", "wrong"),
    [
        ("b05-compact-date.csv", ["2026-12-10", "2026-12-10"], []),
        ("b05-compact-date.xlsx", ["2026-12-10"], [3, 4]),
        ("b06-midnight.csv", ["2026-12-10"], []),
        ("b06-midnight.xlsx", ["2026-12-10"], []),
        ("c01-1904.xlsx", ["2026-12-10"], []),
        ("c05-times.xlsx", ["2026-12-11"], [2, 3]),
    ],
)
def test_a_day_is_read_for_certain_or_its_row_is_a_fault(
    place: Place, name: str, days: list[str], wrong: list[int]
) -> None:
    found = look(place, name)
    assert [draft.values["to"] for _number, draft in found.rows] == days
    assert [each.row for each in found.faults] == wrong


def test_errors_of_a_spreadsheet_are_faults_and_codes_keep_their_zeros(place: Place) -> None:
    found = look(place, "b09-not-plates.xlsx")
    assert faults(found) == [
        "row 2, 车牌 '#N/A': an error of the spreadsheet",
        "row 3, 车牌 '#REF!': an error of the spreadsheet",
    ]
    codes = [draft.values["reference"] for _number, draft in look(place, "c08-eq.csv").rows]
    assert codes == ["00123", "00124"], 'what a spreadsheet writes as ="00123" is a text, and no formula'


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("b14-hidden-row.xlsx", "hidden rows that are not read: 3"),
        ("b14-second-sheet.xlsx", "other sheets that are not read: 说明"),
        ("b15-title-row.xlsx", "rows above the heading that are not read: 1"),
        ("c04-hidden-first-sheet.xlsx", "other sheets that are not read: 字典"),
    ],
)
def test_what_of_a_file_is_not_read_is_said(place: Place, name: str, line: str) -> None:
    found = look(place, name)
    assert ([str(each) for each in found.notices], plates(found), faults(found)) == ([line], ["鲁B12345"], [])


def test_a_rare_letter_of_a_name_is_taken(place: Place) -> None:
    ((_number, draft),) = look(place, "c10-gb18030-4byte.csv").rows
    assert draft.values["remark"] == "𠮷€"


def test_a_formula_of_a_csv_is_no_value(place: Place) -> None:
    found = looked(place, CARS, "plate,remark\n鲁B12345,=1+1\n")
    assert [each.row for each in found.faults] == [2]
