"""The unit that a cell of a list means: by its code, its name, or a path of names."""

import pytest

from hub.errors import RefusedError
from hub.organisation.branch import Branch
from hub.organisation.naming import UnitNames
from hub.organisation.units import Unit

UNITS = (
    Unit("daji", None, "daji/", "town", "大集镇", "Daji"),
    Unit("east", "daji", "daji/east/", "area", "城东管区", "East area"),
    Unit("wangjia", "east", "daji/east/wangjia/", "village", "王家村", "Wangjia"),
    Unit("g1", "wangjia", "daji/east/wangjia/g1/", "grid", "第一网格", "Grid 1"),
    Unit("west", "daji", "daji/west/", "area", "城西管区", "West area"),
    Unit("lijia", "west", "daji/west/lijia/", "village", "李家村", "Lijia"),
    Unit("g2", "lijia", "daji/west/lijia/g2/", "grid", "第一网格", "Grid 1"),
    Unit("old", "west", "daji/west/old/", "village", "旧村", "Old", closed_at="2026-01-01T00:00:00.000Z"),
)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("wangjia", "wangjia"), ("王家村", "wangjia"), (" wangjia ", "wangjia"), ("Lijia", "lijia"), ("城东管区", "east"),
        ("王家村/第一网格", "g1"), ("大集镇 / 城西管区 / 李家村 / 第一网格", "g2"), ("大集镇/第一网格/", None), ("大集镇＞李家村＞第一网格", "g2"),
        ("west area/grid 1", "g2"),
    ],
)  # fmt: skip
def test_a_unit_is_named_by_code_name_or_path(text: str, unit: str | None) -> None:
    names = UnitNames(UNITS)
    if unit is None:
        with pytest.raises(RefusedError, match="2 units could be meant: 大集镇 / 城东管区 / 王家村 / 第一网格, 大集镇"):
            names.find(text)
    else:
        assert names.find(text) == unit


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("南村", "unit '南村': the organisation has none of this name, path or code"),
        ("王家村/李家村", "unit '王家村/李家村': the organisation has none"),
        ("/", "unit '/': the organisation has none"),
        ("旧村", "unit '旧村': it is closed"),
        ("old", "unit 'old': it is closed"),
        ("第一网格", "unit '第一网格': 2 units could be meant"),
    ],
)
def test_what_names_no_unit_or_several_is_refused_in_one_line(text: str, line: str) -> None:
    with pytest.raises(RefusedError, match=line):
        UnitNames(UNITS).find(text)


def test_within_a_branch_the_other_units_are_not_there() -> None:
    names = UnitNames(UNITS, Branch("wangjia", frozenset({"wangjia", "g1"}), frozenset()))
    assert names.find("第一网格") == "g1", "the other grid of this name is none that could be meant"
    assert names.find("大集镇/王家村") == "wangjia", "a path begins above the branch"
    for text in ("李家村", "lijia", "大集镇"):
        with pytest.raises(RefusedError, match="the organisation has none of this name, path or code"):
            names.find(text)
