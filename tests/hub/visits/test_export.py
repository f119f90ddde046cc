"""CSV as the contract fixes it: header, byte order mark, CRLF, local times, masks, nothing that a spreadsheet would run."""

import csv
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from hub.accounts.roles import Role
from hub.database.schema import entries, visits
from hub.exports.writing.cells import Header, local_time, local_times
from hub.ledger.projections.columns import VISIT_COLUMNS
from hub.visits import export
from tests.hub.ledgers import send, table
from tests.hub.towns import NOW, Place

HEADER = (
    "visit_id, operation, town, gate, lane, direction, opened_at, closed_at, received_at, clock, plate, plate_type, "
    "vehicle_class, pass_id, read_by, verdict, reason, outcome, officer, override_by, override_reason, occupants, origin, "
    "destination, purpose, driver, phone, disinfected, agent, concentration, parts, washed_first, spray_seconds, "
    "contact_minutes, disinfection_verified_by, remark, entry_seq"
)
PRIVATE = {"driver": "王伟", "phone": "13812345678", "origin": "平度市南村镇", "destination": "青岛", "purpose": "运菜"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


def exported(place: Place, role: Role | None = Role.OFFICER, header: Header = "machine", **where: str | None) -> str:
    conditions = export.between(
        visits, "opened_at", town="demo", start=where.get("start"), end=where.get("end"), gate=where.get("gate")
    )
    with place.engine.begin() as connection:
        return "".join(export.stream_visits(connection, conditions, zone=SHANGHAI, header=header, role=role))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def busy(place: Place) -> Place:
    place.gates["east"].visit("鲁B12345", NOW, private=PRIVATE)
    place.gates["west"].visit("鲁U54321", NOW + timedelta(hours=20), direction="out", outcome=None)
    for name in ("east", "west"):
        send(place, place.gates[name])
    return place


def test_the_header_is_the_contracts(busy: Place) -> None:
    text = exported(busy)
    assert text.startswith("\ufeff" + HEADER.replace(" ", "") + "\r\n")
    assert text.count("\r\n") == text.count("\n") == 3


def test_the_header_speaks_both_languages(busy: Place) -> None:
    words: dict[Header, str] = {"zh": "车牌", "en": "Plate"}
    for header, word in words.items():
        first = exported(busy, header=header).split("\r\n")[0]
        assert word in first.split(",")
        assert len(first.split(",")) == len(VISIT_COLUMNS)
    # the columns of the file are fixed; these stand on a visit's page only, or nowhere
    elsewhere = {"override_what", "turn_back_why", "litres", "sighting", "opened_said", "closed_said"}
    assert {column.name for column in visits.columns} - elsewhere == set(VISIT_COLUMNS)


def test_a_row_is_the_visit_in_local_time(busy: Place) -> None:
    row = rows(exported(busy))[0]
    assert row["opened_at"] == "2026-03-01T12:30:00.000+08:00"
    assert row["closed_at"] == "2026-03-01T12:30:40.000+08:00"
    assert (row["plate"], row["washed_first"], row["spray_seconds"], row["entry_seq"]) == (
        "鲁B12345",
        "no",
        "10.0",
        "1",
    )
    assert rows(exported(busy))[1]["opened_at"] == "2026-03-02T08:30:00.000+08:00"
    assert rows(exported(busy))[1]["closed_at"] == ""


def test_an_unclear_visit_is_exported_as_it_ended(place: Place) -> None:
    place.gates["east"].visit("鲁B12345", NOW, outcome="unclear")
    send(place, place.gates["east"])
    (row,) = rows(exported(place))
    assert (row["plate"], row["outcome"], row["closed_at"]) == ("鲁B12345", "unclear", "2026-03-01T12:30:40.000+08:00")


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
def test_local_times_are_what_python_makes_of_them(zone: str) -> None:
    convert, all_of = local_time(ZoneInfo(zone)), local_times(ZoneInfo(zone))
    moment = datetime.fromisoformat("2026-03-08T00:00:00.000+00:00")
    for step in range(600):
        when = moment + timedelta(minutes=29 * step, milliseconds=7 * step)
        text = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert convert(text) == when.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds")
        assert all_of([text, None]) == [convert(text), ""]


@pytest.mark.parametrize(
    ("role", "plate", "driver", "phone", "origin", "destination"),
    [
        (Role.VIEWER, "鲁B•••45", "王•••", "138•••78", "平度•••", "•••"),
        (Role.OFFICER, "鲁B12345", "王•••", "138•••78", "平度•••", "•••"),
        (Role.ADMIN, "鲁B12345", "王•••", "138•••78", "平度•••", "•••"),
        (None, "鲁B12345", "王伟", "13812345678", "平度市南村镇", "青岛"),
    ],
)
def test_what_is_masked_depends_on_the_reader(
    busy: Place, role: Role | None, plate: str, driver: str, phone: str, origin: str, destination: str
) -> None:
    row = rows(exported(busy, role))[0]
    assert [row[name] for name in ("plate", "driver", "phone", "origin", "destination", "purpose")] == [
        plate, driver, phone, origin, destination, "运菜",
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["=1+1", "+86138", "-2", "@SUM(A1)", "\t=1", "＝1+1"])
def test_a_formula_is_defused(place: Place, cell: str) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW, private={"purpose": cell, "origin": cell, "remark": 'say "hi", then\nleave'})
    send(place, gate)
    row = rows(exported(place, None))[0]
    # a tab is a blank to whoever reads it, and no way past a spreadsheet
    assert row["purpose"] == row["origin"] == "'" + cell.replace("\t", " ")
    assert row["remark"] == 'say "hi", then\nleave'
    assert rows(exported(place))[0]["origin"][0] in "'•"


def test_a_range_and_a_gate_narrow_it(busy: Place) -> None:
    assert len(rows(exported(busy, start="2026-03-01T10:00:00.000Z"))) == 1
    assert len(rows(exported(busy, end="2026-03-01T10:00:00.000Z", gate="west"))) == 0
    assert len(rows(exported(busy, gate="west"))) == 1


def test_entries_leave_without_personal_values(busy: Place) -> None:
    with busy.engine.begin() as connection:
        where = export.between(entries, "received_at", town="demo", start=None, end=None, gate=None)
        text = "".join(export.stream_entries(connection, where, zone=SHANGHAI))
    found = rows(text)
    assert [row["raw"] for row in found] == [row["raw"] for row in table(busy, "entries")]
    assert "13812345678" not in text
    assert "鲁B12345" not in text
