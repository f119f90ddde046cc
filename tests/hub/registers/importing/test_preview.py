"""A list is looked at: its headings below a paper form's title, every fault by row and column, doubles, parents, what is not read."""

from io import BytesIO

import pytest
from openpyxl import Workbook
from sqlalchemy.engine import Connection

from hub.errors import RefusedError
from hub.organisation.naming import UnitNames
from hub.organisation.units import Unit
from hub.registers import catalogue
from hub.registers.cells import Here
from hub.registers.importing import reading
from hub.registers.importing.preview import Preview, preview
from hub.registers.rows import Draft, Links
from tests.hub.registers.declared import FINDINGS, HOME_DAYS, HOUSEHOLDS, SUPPLIES, ZONE, declared, writer
from tests.hub.towns import Place


def looked(place: Place, text: str, data: bytes | str, name: str = "list.csv", *parents: str) -> Preview:
    with declared(place, text, *parents) as (connection, keeper):
        return of(connection, keeper.register.id, data, name)


def of(connection: Connection, id_: str, data: bytes | str, name: str = "list.csv") -> Preview:
    found = catalogue.known(connection, "demo", id_)
    sheet = reading.read(data.encode() if isinstance(data, str) else data, name)
    return preview(
        connection,
        "demo",
        found,
        sheet,
        name,
        Here(ZONE, {}),
        UnitNames((Unit("u1", None, "u1/", "village", "南村", "South"),)),
    )


def faults(found: Preview) -> list[str]:
    return [str(each.words()) for each in found.faults]


def test_headings_may_be_chinese_english_or_ids_with_their_hints(place: Place) -> None:
    found = looked(place, HOUSEHOLDS, "序号,门牌（必填）,Owner,begin*,单位\n1,南村1号,王小明,2026/3/1,u1\n")
    assert faults(found) == []
    assert found.rows == [(2, Draft({"door": "南村1号", "owner": "王小明", "begin": "2026-03-01"}, Links(unit="u1")))]


def test_titles_notes_and_signatures_of_a_paper_form_are_no_rows(place: Place) -> None:
    text = (
        "隔离户登记台账,,\n填报单位：,南村,\n序号,门牌,户主\n1,南村1号,王小明\n2,南村2号,李丽\n合计,,\n"
        "填表说明：门牌按实际填写,,\n负责人：,复核人：,填表人：\n"
    )
    found = looked(place, HOUSEHOLDS, text)
    assert faults(found) == []
    assert [number for number, _ in found.rows] == [4, 5]
    assert [str(each) for each in found.notices] == [
        "rows above the heading that are not read: 1, 2",
        "rows of the paper form that are not read: 6, 7, 8",
        "columns that a new row does not take: 序号",
    ]


def test_a_workbook_with_a_merged_title_and_two_rows_of_headings_is_read(place: Place) -> None:
    book, out = Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["隔离户台账", None, None],
        ["基本情况", None, "时间"],
        ["门牌", "户主", "开始"],
        ["南村1号", "王小明", None],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A2:B2")
    sheet["C4"] = "2026年3月1日"
    book.save(out)
    found = looked(place, HOUSEHOLDS, out.getvalue(), "list.xlsx")
    assert faults(found) == []
    assert found.rows[0][1].values == {"door": "南村1号", "owner": "王小明", "begin": "2026-03-01"}


def test_every_fault_is_named_by_row_column_value_and_what_was_expected(place: Place) -> None:
    found = looked(
        place, HOUSEHOLDS, "门牌,开始,天数,身份证\n南村1号,3月1日,14,\n,2026-03-01,x,\n南村3号,,,37028519490101001X\n"
    )
    assert faults(found) == [
        "row 2, 开始 '3月1日': expected a day of the calendar such as 2026-03-01",
        "row 3, 天数 'x': expected a whole number",
        "row 4, 身份证 '37028519490101001X': this town does not ask for it",
    ]
    refusal = found.refusal(())
    assert refusal is not None
    assert str(refusal).endswith("(and 2 more)")


def test_a_required_value_that_is_missing_is_a_fault(place: Place) -> None:
    assert faults(looked(place, HOUSEHOLDS, "门牌,户主\n,王小明\n")) == ["row 2, 门牌 '': required"]


def test_doubles_are_found_in_the_list_and_in_the_register(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        keeper.add(connection, Draft({"door": "南村1号"}), writer(place))
        found = of(connection, "homes", "门牌\n南村 1号\n南村2号\n南村２号\n")
    assert faults(found) == [
        "row 2, 门牌 '南村 1号': there already, in row 1 of the register",
        "row 4, 门牌 '南村２号': the same as row 3",
    ]


def test_daily_rows_name_their_household_by_what_is_unique_of_it_or_its_number(place: Place) -> None:
    with declared(place, HOUSEHOLDS) as (connection, keeper):
        home = keeper.add(connection, Draft({"door": "南村1号"}), writer(place))
    with declared(place, HOME_DAYS) as (connection, _):
        found = of(
            connection, "home_days", "门牌,日期,人数\n南村1号,2026-03-01,3\n1,2026-03-02,2\n北村9号,2026-03-01,1\n"
        )
    assert [draft.links for _, draft in found.rows] == [Links(home.id, "2026-03-01"), Links(home.id, "2026-03-02")]
    assert faults(found) == ["row 4, 门牌 '北村9号': no row of the register 'homes' is called so"]


def test_a_list_takes_no_more_out_of_stock_than_there_is(place: Place) -> None:
    found = looked(place, SUPPLIES, "品名,方向,数量\n口罩,入库,100\n口罩,出库,80\n口罩,出库,30\n")
    assert faults(found) == ["row 4, 数量 '30': only 20 in stock"]


def test_a_column_that_nobody_reads_must_be_confirmed_by_its_name(place: Place) -> None:
    found = looked(place, FINDINGS, "问题,颜色\n漏水,红\n")
    assert found.unread == ("颜色",)
    assert found.refusal(()) is not None
    assert found.refusal(("颜色",)) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("颜色\n红\n", "no column '门牌 Door' in the first 20 rows"),
        ("门牌,门牌\nx,y\n", "two columns are called '门牌'"),
        ("", "empty"),
    ],
)
def test_a_list_without_its_headings_is_refused_in_one_line(place: Place, text: str, line: str) -> None:
    with pytest.raises(RefusedError, match=line):
        looked(place, HOUSEHOLDS, text)
