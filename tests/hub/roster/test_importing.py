"""Duty staff and rosters from lists: every bad row is named in one line and nothing is changed by it; what is right is taken once."""

from collections.abc import Sequence

import pytest

from hub.errors import RefusedError
from hub.imports.plain_list import Preview
from hub.passes import sheet
from hub.roster import importing, store
from hub.roster.importing import ListKind
from tests.hub.roster.conftest import DAY, Town


def listed(*rows: Sequence[str]) -> sheet.Table:
    return sheet.read("\n".join(",".join(row) for row in rows).encode(), "list.csv")


def look(town: Town, kind: ListKind, table: sheet.Table) -> Preview:
    with town.place.engine.begin() as connection:
        return importing.look(town.author(connection), kind, table, "list.csv")


def take(town: Town, kind: ListKind, table: sheet.Table) -> int:
    with town.place.engine.begin() as connection:
        return importing.take(town.author(connection), kind, table, "list.csv")


STAFF = ("姓名", "电话", "单位", "岗位", "登录名", "可值守卡口", "起始日期")
ROSTER = ("日期", "班次", "卡口", "姓名")


@pytest.mark.parametrize(
    ("kind", "heading", "line"),
    [
        (ListKind.STAFF, ("姓名", "血型"), "heading '血型' is not known; expected 姓名, 电话"),
        (ListKind.STAFF, ("电话", "单位"), "no column '姓名'"),
        (ListKind.STAFF, ("姓名", "Name"), "heading 'Name' stands there twice"),
        (ListKind.ROSTER, ("日期", "班次", "姓名"), "no column '卡口'"),
    ],
)
def test_a_wrong_heading_is_one_line(town: Town, kind: ListKind, heading: tuple[str, ...], line: str) -> None:
    with pytest.raises(RefusedError, match=line):
        look(town, kind, listed(heading, ["x"] * len(heading)))


def test_staff_are_taken_once(town: Town) -> None:
    table = listed(
        STAFF,
        ("王伟", "13812345678", "", "公安", "", "", ""),
        ("赵新", "13800000001", "东村", "Volunteer", "", "东门 West", "2026/2/3"),
    )
    found = look(town, ListKind.STAFF, table)
    assert (found.fresh, found.faults) == (1, ())
    assert take(town, ListKind.STAFF, table) == 1
    assert take(town, ListKind.STAFF, table) == 0
    with town.place.engine.begin() as connection:
        person = store.member(connection, "demo", "s-4")
    assert person is not None
    assert (person.role, person.gates, person.since) == ("volunteer", ("east", "west"), "2026-02-03")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (("", "", "", "", "", "", ""), ""),
        (("赵新", "", "", "将军", "", "", ""), "row 2: duty role '将军'"),
        (("赵新", "", "", "", "nobody", "", ""), "row 2: officer 'nobody'"),
        (("赵新", "", "", "", "", "月门", ""), "row 2: gate '月门'"),
        (("赵新", "abc", "", "", "", "", ""), "row 2: phone of 赵新"),
        (("赵新", "", "", "", "", "", "soon"), "row 2: day 'soon'"),
        (("王伟", "", "", "", "", "", ""), "row 2: 王伟 is on the list already"),
        (("钱二", "13900009999", "", "", "", "", ""), "row 3: 钱二 stands in this list twice"),
    ],
)
def test_a_bad_row_of_staff_is_named_and_nothing_is_taken(town: Town, row: tuple[str, ...], line: str) -> None:
    table = listed(STAFF, row, ("钱二", "13900009999", "", "", "", "", ""))
    if not line:
        assert take(town, ListKind.STAFF, table) == 1, "a row that says nothing is none"
        return
    assert len(look(town, ListKind.STAFF, table).faults) == 1
    with pytest.raises(RefusedError, match=line):
        take(town, ListKind.STAFF, table)
    with town.place.engine.begin() as connection:
        assert store.count(connection, "demo") == 3


def test_a_roster_is_taken_as_drafts(town: Town) -> None:
    table = listed(
        ROSTER,
        (DAY, "白班", "东门", "王伟"),
        ("2026年3月2日", "Night", "West", "周志愿"),
        (DAY, "day", "带班领导", "李芳"),
    )
    assert look(town, ListKind.ROSTER, table).fresh == 3
    assert take(town, ListKind.ROSTER, table) == 3
    assert take(town, ListKind.ROSTER, table) == 0
    with town.place.engine.begin() as connection:
        rows = store.assignments(connection, "demo", DAY, DAY)
    assert [(each.shift, each.gate, each.published) for each in rows] == [
        ("day", "", False),
        ("day", "east", False),
        ("night", "west", False),
    ]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ((DAY, "中班", "东门", "王伟"), "row 2: shift '中班'"),
        ((DAY, "白班", "月门", "王伟"), "row 2: gate '月门'"),
        ((DAY, "白班", "东门", "无名"), "row 2: staff '无名'"),
        (("2026-02-30", "白班", "东门", "王伟"), "row 2: day '2026-02-30'"),
        (("2026-02-02", "白班", "东门", "王伟"), "row 2: .* is over"),
        ((DAY, "白班", "东门", "李芳"), "row 3: 李芳 is at east at the same time"),
    ],
)
def test_a_bad_row_of_a_roster_is_named_and_nothing_is_taken(town: Town, row: tuple[str, ...], line: str) -> None:
    table = listed(ROSTER, row, (DAY, "白班", "西门", "李芳"))
    with pytest.raises(RefusedError, match=line):
        take(town, ListKind.ROSTER, table)
    with town.place.engine.begin() as connection:
        assert store.assignments(connection, "demo", "2026-01-01", "2026-12-31") == []


def test_a_person_who_is_elsewhere_by_the_table_is_an_overlap_too(town: Town) -> None:
    town.assign("li", "south")
    with pytest.raises(RefusedError, match="李芳 is at south at the same time, on 2026-03-02"):
        take(town, ListKind.ROSTER, listed(ROSTER, (DAY, "白班", "西门", "李芳")))
