"""A list of units is imported whole or not at all; what is wrong with it is said in one line."""

from collections.abc import Sequence

import pytest

from hub.errors import RefusedError
from hub.organisation import store
from hub.organisation.importing import Preview, import_units
from hub.passes.sheet import read
from tests.hub.ledgers import table
from tests.hub.organisation.test_store import fill
from tests.hub.towns import NOW, Place

BY_UNIT = """大集镇单位表,,,
序号,层级,名称,上级
1,镇,大集镇,
2,管区,城东管区,大集镇
3,网格,第一网格,李家村
4,村,李家村,大集镇/城东管区
"""
BY_LEVEL = """镇,管区,村,网格,备注
大集镇,城东管区,李家村,第一网格,东至河
大集镇,城东管区,李家村,第二网格,
大集镇,城西管区,赵家村,,
"""


def bring(place: Place, text: str, name: str = "units.csv") -> Preview:
    with place.engine.begin() as connection:
        rows = read(text.encode(), name)
        return import_units(connection, town="demo", table=rows, name=name, by="u-5", now=NOW)


def tree(place: Place) -> Sequence[tuple[int, str]]:
    with place.engine.begin() as connection:
        return [(unit.depth, unit.name("zh")) for unit in store.every(connection, "demo")]


def test_a_list_with_a_row_for_each_unit(place: Place) -> None:
    found = bring(place, BY_UNIT)
    assert (len(found.new), found.known) == (4, 0)
    assert tree(place) == [(0, "大集镇"), (1, "城东管区"), (2, "李家村"), (3, "第一网格")]
    assert table(place, "audit")[-1]["action"] == "units imported"


def test_a_list_with_a_column_for_each_level(place: Place) -> None:
    bring(place, BY_LEVEL)
    assert tree(place) == [
        (0, "大集镇"),
        (1, "城东管区"),
        (2, "李家村"),
        (3, "第一网格"),
        (3, "第二网格"),
        (1, "城西管区"),
        (2, "赵家村"),
    ]
    remarks = {row["zh"]: row["remark"] for row in table(place, "units")}
    assert remarks["第一网格"] == "东至河"
    assert remarks["李家村"] == ""


def test_a_list_sent_again_changes_nothing(place: Place) -> None:
    bring(place, BY_LEVEL)
    before = tree(place)
    found = bring(place, BY_LEVEL)
    assert (len(found.new), found.known) == (0, 7)
    assert tree(place) == before


def test_new_units_hang_below_those_that_there_are(place: Place) -> None:
    fill(place)
    bring(place, "level,name,parent,id,order\nvillage,Lijia,West area,lijia,3\ngrid,Grid 1,lijia,,\n")
    with place.engine.begin() as connection:
        found = store.known(connection, "demo", "lijia")
        assert (found.path, found.en, found.zh, found.position) == ("daji/west/lijia/", "Lijia", "", 3)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("甲,乙\n1,2\n", "units.csv: no heading found; expected the columns 层级"),
        ("层级,名称,名称\n村,李家村,x\n", "units.csv: two columns are called '名称'"),
        ("层级,名称,上级\n", "no row below the heading"),
        ("层级,名称,上级\n村,李家村,无此管区\n", "row 2, '李家村': there is no unit '无此管区', neither in the town nor in the list"),
        ("层级,名称,上级\n村,李家村,城东管区\n村,李家村,城东管区\n", "row 3, '李家村': the same as row 2"),
        ("层级,名称,上级\n屯,李家屯,城东管区\n", "row 2, '李家屯': level '屯': expected one of 镇, 管区, 村, 网格, 微网格"),
        ("层级,名称,上级\n管区,新管区,城东管区\n", "row 2, '新管区': level '管区' does not stand below 'area'"),
        ("层级,名称,上级\n村,李家村,\n", "row 2, '李家村': expected a parent, found nothing"),
        ("层级,名称,上级\n村,,城东管区\n", "row 2, '村': unit: expected a name, found nothing"),
        ("层级,名称,上级,编号\n村,李家村,城东管区,Li Jia\n", "row 2, '李家村': unit 'Li Jia': expected 1 to 32"),
        ("层级,名称,上级,编号\n村,李家村,城东管区,west\n", "row 2, '李家村': the id 'west' is taken"),
        ("层级,名称,上级\n网格,王家村,城东管区\n", "row 2, '王家村': 'wangjia' has this name already under the same parent"),
        ("层级,名称,上级\n村,甲村,乙村\n村,乙村,甲村\n", "row 2, '甲村': the parent '乙村' stands below it, or is wrong itself .and 1 more."),
        ("层级,名称,上级,排序\n村,李家村,城东管区,first\n", "row 2, '李家村': order 'first': expected a whole number"),
        ("镇,管区\n大集镇,城北管区\n大集镇,城北管区\n", "row 3, '城北管区': the same as row 2"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_refused_in_one_line_and_nothing_changes(place: Place, text: str, why: str) -> None:
    fill(place)
    before, audited = tree(place), len(table(place, "audit"))
    with pytest.raises(RefusedError, match=why):
        bring(place, text)
    assert tree(place) == before
    assert len(table(place, "audit")) == audited


def test_a_parent_of_a_common_name_must_be_said_in_full(place: Place) -> None:
    bring(place, "镇,管区,村\n大集镇,城东管区,王家村\n大集镇,城西管区,王家村\n")
    with pytest.raises(RefusedError, match="2 units are called '王家村'"):
        bring(place, "层级,名称,上级\n网格,第一网格,王家村\n")
    bring(place, "层级,名称,上级\n网格,第一网格,大集镇/城西管区/王家村\n")
    assert (3, "第一网格") in tree(place)


def test_columns_that_nobody_reads_are_named(place: Place) -> None:
    assert bring(place, "镇,管区,户数\n大集镇,城东管区,320\n").unread == ("户数",)
