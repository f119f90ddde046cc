"""What every list with one heading shares: columns by their headings, all of it or nothing, days, times, names, yes and no."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub.errors import RefusedError
from hub.imports import plain_list
from hub.imports.plain_list import Columns, Do, day_of, moment_of, names_in, yes_or_no
from hub.passes import sheet

COLUMNS = Columns({"name": ("名称", "name"), "count": ("数量", "count")}, ("name",), ("序号",))
ZONE = ZoneInfo("Asia/Shanghai")


class Names:
    """Takes names; one that begins with a star is known, `bad` is refused."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def row(self, said: Mapping[str, str]) -> Do | None:
        """A name."""
        if said["name"] == "bad":
            raise RefusedError("name %(text)r: expected another", text="bad")
        return None if said["name"].startswith("*") else lambda: self.taken.append(said["name"])


def listed(text: str) -> sheet.Table:
    return sheet.read(text.encode(), "list.csv")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("名称,血型\nx,y\n", "list.csv: heading '血型' is not known; expected 名称, 数量"),
        ("数量\n3\n", "list.csv: no column '名称'; expected 名称, 数量"),
        ("名称,Name\nx,y\n", "list.csv: heading 'Name' stands there twice"),
        ("名称\n", "list.csv: no row under the heading"),
    ],
)
def test_a_wrong_heading_is_one_line_and_nothing_is_taken(text: str, line: str) -> None:
    for do in (plain_list.look, plain_list.take):
        names = Names()
        with pytest.raises(RefusedError) as refused:
            do(COLUMNS, names, listed(text), "list.csv")
        assert (str(refused.value), names.taken) == (line, [])


def test_a_preview_counts_what_is_new_and_changes_nothing() -> None:
    names = Names()
    found = plain_list.look(COLUMNS, names, listed("序号,名称\n1,东\n2,*西\n3,bad\n"), "list.csv")
    assert (found.columns, found.rows, found.fresh) == (("名称",), (("东",), ("*西",), ("bad",)), 1)
    assert [str(each) for each in found.faults] == ["row 4: name 'bad': expected another"]
    assert names.taken == []


def test_all_of_a_list_is_taken_or_nothing() -> None:
    names = Names()
    with pytest.raises(RefusedError, match="row 3: name 'bad'"):
        plain_list.take(COLUMNS, names, listed("名称\n东\nbad\n"), "list.csv")
    assert names.taken == []
    assert plain_list.take(COLUMNS, names, listed("名称\n东\n*西\n北\n"), "list.csv") == (2, 1)
    assert names.taken == ["东", "北"]


def test_days_and_minutes_as_people_write_them() -> None:
    assert [day_of(each) for each in ("2026/3/1", "2026年3月1日", "2026-03-01 00:00", "soon")] == ["2026-03-01"] * 3 + [
        "soon"
    ]
    wanted = datetime(2026, 3, 1, 8, 5, tzinfo=ZONE)
    for text in (
        "2026-03-01 08:05",
        "2026/3/1 8:05",
        "2026年3月1日8时05分",
        "2026-03-01T08:05:30",
        "2026-03-01 08:05:30.000",
    ):
        assert moment_of(text, ZONE) == wanted, text


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30 08:00", "2026-03-01", "2026-03-01 25:00", "0001-01-01 08:00", "12/10/2026 8:00"]
)
def test_what_is_no_minute_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="expected such as 2026-03-01 08:30"):
        moment_of(text, ZONE)


def test_names_and_yes_or_no() -> None:
    assert names_in('["east", "west"]') == names_in("east、west") == names_in("east west") == ["east", "west"]
    assert [yes_or_no(each) for each in ("是", "Yes", "1", "", "否", "no")] == [True, True, True, False, False, False]
    with pytest.raises(RefusedError, match="expected yes or no"):
        yes_or_no("perhaps")
