"""Many passes from a list: bad rows named, all or nothing, and the same list again changes nothing."""

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from hub.errors import HubError
from hub.passes import sheet
from hub.passes.importing.preview import Preview
from hub.passes.importing.run import import_passes, preview_import
from hub.passes.issue import revoke_pass
from tests.hub.ledgers import settle, table
from tests.hub.towns import NOW, Place

HEADING = "plate,class,from,to,gates,priority,reference\n"
ROWS = (
    "鲁B12345,resident,2026-03-01,2026-03-31,,,\n鲁b·12346,村民,,,,,\n".replace("村民", "居民")
    + "鲁B12347,Village duty,2026/3/1 08:00,2026年4月1日,east、西门,yes,A-17\n"
)


def book(*rows: list[Any]) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def look(place: Place, data: bytes | str, name: str = "list.csv") -> Preview:
    with place.engine.begin() as connection:
        return preview_import(place.town, connection, data.encode() if isinstance(data, str) else data, name, NOW)


def load(place: Place, data: bytes | str, *, confirmed: bool = False, ignored: tuple[str, ...] = ()) -> int:
    with place.engine.begin() as connection:
        raw = data.encode() if isinstance(data, str) else data
        issued = import_passes(
            place.town, connection, raw, "list.csv", by="u-4", now=NOW, confirmed=confirmed, ignored=ignored
        )
        return len(issued)


def test_a_list_is_read_as_people_write_it(place: Place) -> None:
    seen = look(place, HEADING + ROWS)
    assert seen.faults == ()
    one, two, three = [each.wanted for each in seen.rows]
    # from local midnight to the end of the last day
    assert (one.not_before.isoformat(), one.expires.isoformat()) == (
        "2026-02-28T16:00:00+00:00",
        "2026-03-31T16:00:00+00:00",
    )
    assert (two.plate, two.vehicle_class, two.not_before) == ("鲁B12346", "resident", NOW)
    assert (three.vehicle_class, three.priority, three.gate_numbers) == ("village_duty", True, {"east": 0, "west": 2})
    assert three.not_before.isoformat() == "2026-03-01T00:00:00+00:00"
    assert seen.rows[2].reference == "A-17"
    assert table(place, "passes") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_chinese_list_is_read_in_any_of_its_encodings(place: Place, encoding: str, separator: str) -> None:
    text = "序号,车牌号码,车辆类别,有效期起,有效期止,备注\n1,鲁B12345,居民,2026-03-01,2026-03-05,无\n"
    seen = look(place, text.replace(",", separator).encode(encoding))
    assert [(each.wanted.plate, each.wanted.vehicle_class) for each in seen.rows] == [("鲁B12345", "resident")]
    # running numbers say nothing; a remark might
    assert seen.unread == ("备注",)


def test_a_workbook_is_read_with_its_dates(place: Place) -> None:
    data = book(
        ["Plate number", "Vehicle class", "Valid from", "Valid until", "Priority", "Ref"],
        ["鲁B12345", "Visitor", date(2026, 3, 1), datetime(2026, 3, 2, 18, 30), True, 17],
        [None, None],
        ["鲁B12346", "visitor", None, None, None, 18.0],
    )
    seen = look(place, data, "list.xlsx")
    assert seen.faults == ()
    assert seen.rows[0].wanted.expires.isoformat() == "2026-03-02T10:30:00+00:00"
    assert [(each.row, each.reference) for each in seen.rows] == [(2, "17"), (4, "18")]
    assert seen.rows[0].wanted.priority


def test_every_bad_row_is_named_with_its_reason(place: Place) -> None:
    bad = (
        "鲁B1,resident,2026-03-01,2026-03-31,,,A\n"
        ",resident,,,,,\n"
        "鲁B2,nobility,,,,,\n"
        "鲁B3,visitor,2026-03-01,2026-03-31,,,\n"
        "鲁B4,resident,2026-03-31,2026-03-01,,,\n"
        "鲁B5,resident,soon,,,,\n"
        "鲁B6,resident,,,atlantis,,\n"
        "鲁B7,resident,,,,perhaps,\n"
        "鲁B8,resident,,,,,A\n"
        f"鲁B9,resident,,,,,{'x' * 65}\n"
        "鲁B10,resident,2026-02-30,,,,\n"
        "鲁B11,resident\n"
        "鲁B11,resident\n"
    )
    faults = look(place, HEADING + bad).faults
    assert [(fault.row, fault.column) for fault in faults] == [
        (3, "plate"), (4, "class"), (5, "to"), (6, "to"), (7, "from"), (8, "gates"), (9, "priority"), (10, "reference"),
        (11, "reference"), (12, "from"), (14, "plate"),
    ]  # fmt: skip
    assert str(faults[2]) == ("row 5, to '2026-03-31': a pass of class visitor is valid for 7 days at most")
    assert str(faults[-1]) == "row 14, plate '鲁B11': the same as row 13"


def test_a_bad_row_is_named_in_the_words_of_the_list(place: Place) -> None:
    (tank, late) = look(place, "车牌,类别,有效期止\n鲁B1,坦克,\n鲁B2,外来,2026年5月1日\n").faults
    assert (tank.heading, tank.found) == ("类别", "坦克")
    assert str(tank).startswith("row 2, 类别 '坦克': there is no such class (known: resident, ")
    assert (late.heading, late.found) == ("有效期止", "2026年5月1日")


def test_one_bad_row_and_nothing_is_issued(place: Place) -> None:
    with pytest.raises(HubError, match=r"list.csv: row 5, class 'nobility': there is no such class .* \(and 1 more\)"):
        load(place, HEADING + ROWS + "鲁B2,nobility\n,resident\n")
    assert table(place, "passes") == []


def test_the_same_list_again_changes_nothing(place: Place) -> None:
    assert load(place, HEADING + ROWS) == 3
    first = table(place, "passes")
    assert {row["reference"] for row in first} == {None, "A-17"}
    assert load(place, HEADING + ROWS) == 0
    # a longer list issues what is new in it
    assert load(place, HEADING + ROWS + "鲁B12348,resident,2026-03-01,2026-03-31,,,\n") == 1
    # and other gates are another pass, which somebody must have meant
    other = HEADING + "鲁B12345,resident,2026-03-01,2026-03-31,east,,\n"
    with pytest.raises(HubError, match=r"doubts that nobody confirmed: 1 \(row 2, '鲁B12345': has pass \w+ already"):
        load(place, other)
    assert load(place, other, confirmed=True) == 1
    assert [row for row in table(place, "passes") if row["id"] in {each["id"] for each in first}] == first
    last = table(place, "audit")[-1]
    assert (last["action"], last["user"]) == ("passes imported", "u-4")
    assert last["detail"] == '{"confirmed": 1, "issued": 1, "known": 0}'


def test_a_revoked_pass_does_not_come_back_with_the_list(place: Place) -> None:
    load(place, HEADING + ROWS)
    issued = table(place, "passes")
    with place.engine.begin() as connection:
        for row in issued:
            revoke_pass(place.town, connection, row["id"], by="cli", reason="x", now=NOW)
    assert load(place, HEADING + ROWS) == 0


def test_a_reference_that_stands_for_another_plate_is_named(place: Place) -> None:
    load(place, HEADING + ROWS)
    [fault] = look(place, HEADING + "鲁B99999,village_duty,,,,,A-17\n").faults
    assert (fault.row, fault.column) == (2, "reference")
    assert "with plate 鲁B12347" in str(fault)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\x00\x01", "neither CSV"),
        (b"\xff\xff\xff", "neither CSV"),
        (b"class,to\nresident,2026-03-01\n", "no column 'plate'"),
        ("plate,车牌,class\n".encode(), "two columns are called 'plate'"),
        (b"plate,class\n" + b"x" * 200_000 + b",resident\n", "row 2: a cell of more than 131072 characters"),
        (b"plate,class\n" + b"x" * 40_000 + b",resident\n", "row 2: a cell of more than 32767 characters"),
        (b"PK\x03\x04" + b"\x00" * 100, "not an .xlsx workbook"),
        (b"x" * (sheet.MOST_BYTES + 1), "at most 10 MB"),
        (b"plate,class\n" + b"A,b\n" * (sheet.MOST_ROWS + 1), "more than 20000 rows"),
    ],
)
def test_a_file_that_is_no_list_is_one_line(place: Place, data: bytes, why: str) -> None:
    with pytest.raises(HubError, match=why) as refused:
        look(place, data)
    assert "\n" not in str(refused.value)


def test_a_bomb_is_not_unpacked(place: Place) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"\0" * (sheet.MOST_UNPACKED + 1))
    assert len(out.getvalue()) < 100_000
    with pytest.raises(HubError, match="at most 64 MB are taken"):
        look(place, out.getvalue())


@pytest.mark.parametrize(
    ("place_", "says"), [("XFD1048576", "row 1048576, column XFD: at most 64"), ("BM2", "column BM: at")]
)
def test_a_cell_far_away_is_named(place: Place, place_: str, says: str) -> None:
    made = Workbook()
    made.active.append(["plate", "class"])
    made.active.append(["鲁B12345", "resident"])
    made.active[place_] = "far"
    out = io.BytesIO()
    made.save(out)
    with pytest.raises(HubError, match=says):
        look(place, out.getvalue())


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_are_rows_or_one_line(data: bytes) -> None:
    # anything but a HubError fails the test
    with suppress(HubError):
        assert sheet.read(data, "any").rows


CELLS = st.text(max_size=20) | st.sampled_from(
    ["鲁B12345", "resident", "2026-03-01", "9999-12-31", "0001-01-01", "全部"]
)


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return settle(tmp_path_factory.mktemp("import"))


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(CELLS, min_size=7, max_size=7))
def test_any_cells_are_a_pass_or_a_fault(anywhere: Place, cells: list[str]) -> None:
    data = book(HEADING.strip().split(","), [_legal(cell) for cell in cells])
    seen = look(anywhere, data)
    assert len(seen.rows) + len(seen.faults) == (1 if any(map(_legal, cells)) else 0)


def _legal(cell: str) -> str:
    """What a workbook may hold."""
    return "".join(letter for letter in cell if letter.isprintable()).strip().lstrip("=").strip()
