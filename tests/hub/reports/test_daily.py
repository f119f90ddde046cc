"""The daily report: what it says of its 24 hours, made when it is due or was missed, and made anew from the ledger."""

import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract import alarms
from edge.contract.facts import AlarmRaised, Kind, Overridden, ShiftEnded, ShiftStarted
from edge.contract.records import wall_text
from hub import cli
from hub.database.engine import reader
from hub.errors import RefusedError
from hub.reports import kept, making
from hub.reports.content import Inputs
from hub.reports.kept import Report
from hub.reports.period import MISSED, day_of, last_due, missed, period, shifts
from hub.reports.ranges import Range
from tests.hub import busy
from tests.hub.ledgers import meddle, send, settle, table
from tests.hub.towns import NOW, Place

DAY = date(2026, 3, 1)
"""Its 24 hours end at 08:00 in the town: midnight UTC, four and a half hours before `NOW`."""
CUT_OFF = datetime.fromisoformat("2026-03-01T00:00:00Z")


def make(place: Place, day: date = DAY, now: datetime = NOW) -> Report:
    reading = reader(place.town.settings.database_url)
    try:
        making.make(reading, place.engine, place.town.settings, day, by="u-3", now=now)
        with reading.connect() as connection:
            found = kept.find(connection, place.town.id, day.isoformat())
    finally:
        reading.dispose()
    assert found is not None
    return found


def make_due(place: Place, now: datetime) -> list[date]:
    reading = reader(place.town.settings.database_url)
    try:
        return making.make_due(reading, place.engine, place.town.settings, now)
    finally:
        reading.dispose()


def compare(place: Place, report: Report) -> making.Compared:
    reading = reader(place.town.settings.database_url)
    try:
        with reading.connect() as connection:
            return making.compare(connection, place.town.id, report)
    finally:
        reading.dispose()


@pytest.fixture
def town(place: Place) -> Place:
    """A night with a bit of everything, and a morning after the cut-off."""
    busy.fill(place, CUT_OFF - timedelta(hours=1))
    east = place.gates["east"]
    start = CUT_OFF - timedelta(hours=20)
    east.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-3"), start)
    visit = east.visit("鲁B99999", CUT_OFF - timedelta(hours=3), reason="revoked")
    east.keep(Kind.OVERRIDDEN, Overridden(officer="u-3", reason="火警"), CUT_OFF - timedelta(hours=3), visit=visit)
    for alarm, detail in (
        (alarms.HELP, ""),
        (alarms.FORCED, "1 in"),
        (alarms.WATCH_LIST, visit),
        (alarms.CAMERA, "no picture"),
    ):
        east.keep(Kind.ALARM_RAISED, AlarmRaised(alarm=alarm, detail=detail), CUT_OFF - timedelta(hours=2))
    east.visit("鲁B88888", CUT_OFF - timedelta(hours=2), outcome="detained", reason="no_pass")
    east.keep(Kind.SHIFT_ENDED, ShiftEnded(officer="u-3"), CUT_OFF - timedelta(hours=1))
    east.visit("鲁B77777", CUT_OFF + timedelta(minutes=5))
    send(place, east)
    return place


def test_a_report_covers_the_24_hours_up_to_its_cut_off(town: Place) -> None:
    content = make(town).content
    inputs = content["inputs"]
    assert (inputs["start"], inputs["end"]) == ("2026-02-28T00:00:00.000Z", "2026-03-01T00:00:00.000Z")
    visits = [row for row in table(town, "visits") if inputs["start"] <= row["opened_at"] < inputs["end"]]
    assert content["day"]["all"]["arrived"] == len(visits)
    assert content["day"]["all"]["refused"] == sum(
        row["outcome"] == "turned_back" or row["verdict"] == "stop" for row in visits
    )
    assert sum(each["arrived"] for each in content["day"]["gates"].values()) == len(visits)
    assert sum(each["all"]["arrived"] for each in content["shifts"]) == len(visits)
    assert len(content["shifts"]) == 2


def test_it_names_what_was_special_what_is_open_and_who_was_on_duty(town: Place) -> None:
    content = make(town).content
    events = {kind: each["count"] for kind, each in content["events"].items()}
    assert (
        events["override"] == events["help"] == events["driven_through"] == events["watched"] == events["outage"] == 1
    )
    assert events["emergency"] == 6
    (override,) = content["events"]["override"]["rows"]
    assert (override["gate"], override["officer"], override["detail"]) == ("east", "u-3", "火警")
    assert content["events"]["watched"]["rows"][0]["visit"] == override["visit"]
    assert content["matters"]["detained"]["count"] == 1
    assert content["matters"]["unclear"]["count"] == 1
    assert content["matters"]["conflict"]["count"] == sum(
        row["opened_at"] < content["inputs"]["end"] for row in table(town, "conflicts")
    )
    assert content["staff"] == [
        {
            "gate": "east", "officer": "u-3", "from": wall_text(CUT_OFF - timedelta(hours=20)),
            "to": wall_text(CUT_OFF - timedelta(hours=1)),
        }
    ]  # fmt: skip


def test_no_plate_stands_in_its_content_but_beside_it(town: Place) -> None:
    report = make(town)
    plates = {row["plate"] for row in table(town, "visits") if row["plate"]}
    assert not [plate for plate in plates if plate in report.text]
    assert "鲁B99999" in report.plates.values()


def test_a_day_without_data_is_a_report_of_zeros(place: Place) -> None:
    report = make(place)
    assert set(report.content["day"]["all"].values()) == {0}
    assert report.content["staff"] == []
    assert compare(place, report) == making.Compared(True, "", 0)


def test_the_same_content_comes_out_of_the_ledger_again_however_much_came_later(town: Place) -> None:
    report = make(town)
    assert compare(town, report) == making.Compared(True, "", 0)
    west = town.gates["west"]
    west.visit("鲁B66666", CUT_OFF - timedelta(hours=5))
    west.visit("鲁B66667", CUT_OFF + timedelta(hours=5))
    send(town, west)
    assert compare(town, report) == making.Compared(True, "", 3)
    again = make(town)
    assert (again.version, again.content["day"]["all"]["arrived"]) == (2, report.content["day"]["all"]["arrived"] + 1)
    assert compare(town, again).same


def test_a_report_that_was_changed_and_one_that_the_ledger_does_not_give_are_named(town: Place) -> None:
    report = make(town)
    meddle(town, "UPDATE reports SET content = replace(content, :old, :new)", old='"inside":', new='"inside":1')
    (row,) = table(town, "reports")
    with reader(town.town.settings.database_url).connect() as connection:
        changed = kept.find(connection, "demo", DAY.isoformat())
    assert changed is not None
    assert not changed.intact
    assert "its hash is another" in compare(town, changed).why
    forged = json.loads(report.text)
    forged["day"]["all"]["arrived"] += 1
    text = json.dumps(forged, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    other = Report(**{**{name: getattr(report, name) for name in Report.__slots__}, "text": text, "hash": _sha(text)})
    assert "says otherwise" in compare(town, other).why
    assert row["version"] == 1


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_was_missed_is_made_for_each_day_once(town: Place) -> None:
    # founded at NOW, half past noon: the first cut-off after it is that of the next day
    assert make_due(town, NOW) == []
    later = NOW + timedelta(days=3)
    assert make_due(town, later) == [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]
    assert make_due(town, later) == []
    meddle(town, "DELETE FROM reports WHERE day = '2026-03-03'")
    assert make_due(town, later) == [date(2026, 3, 3)]
    assert {row["made_by"] for row in table(town, "reports")} == {"hub"}


def test_of_a_long_absence_the_last_31_days_are_made(town: Place) -> None:
    settings = town.town.settings
    days = missed(NOW + timedelta(days=100), settings, NOW, set())
    assert len(days) == MISSED
    assert days[-1] == last_due(NOW + timedelta(days=100), settings)


def test_before_its_cut_off_a_day_has_no_report(town: Place) -> None:
    with pytest.raises(RefusedError, match="its day ends at 08:00, and is not over yet"):
        make(town, DAY + timedelta(days=1))
    assert table(town, "reports") == []


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "20260301", "0001-01-01", "9999-12-31", "2026-03-01T08:00"]
)
def test_a_day_is_a_date(text: str) -> None:
    with pytest.raises(RefusedError, match="expected a date like 2026-03-01"):
        day_of(text)


def test_a_day_on_which_clocks_change_has_23_hours(town: Place) -> None:
    settings = town.town.settings.model_copy(update={"timezone": "Europe/Berlin"})
    asked = period(date(2026, 3, 29), settings)
    assert asked.range.end - asked.range.start == timedelta(hours=23)
    assert [each.end - each.start for each in shifts(asked.range, ("08:00", "20:00"), settings.zone)] == [
        timedelta(hours=12),
        timedelta(hours=11),
    ]


def test_remarks_stay_with_the_day_when_its_report_is_made_anew(town: Place) -> None:
    make(town)
    with town.engine.begin() as connection:
        kept.remark(connection, "demo", DAY.isoformat(), "停电两小时", by="u-3", now=NOW)
    assert make(town).remarks == "停电两小时"
    notes = [row for row in table(town, "audit") if row["action"] == "report remarked"]
    assert json.loads(notes[0]["detail"])["after"] == "停电两小时"


def test_the_inputs_stand_in_the_content(town: Place) -> None:
    report = make(town)
    inputs = Inputs.of(report.content)
    assert inputs.as_json() == report.content["inputs"]
    assert set(inputs.names["users"]) == {"u-3"}
    assert inputs.range == Range(CUT_OFF - timedelta(days=1), CUT_OFF)


def run(capsys: pytest.CaptureFixture[str], place: Place, *words: str) -> tuple[int, str, str]:
    code = cli.main(["--data", str(place.folder), "report", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_makes_shows_and_compares(town: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, town, "show", "2026-03-01") == (
        1,
        "",
        "kakou-hub: report of 2026-03-01: was not made (kakou-hub report make 2026-03-01 makes one)\n",
    )
    code, out, _ = run(capsys, town, "make", "2026-03-01", "--language", "zh")
    assert code == 0
    assert "当日" in out
    assert "无" in out
    assert "鲁B99999" in out.replace("·", "").replace(" ", "")
    code, out, _ = run(capsys, town, "check", "2026-03-01")
    assert code == 0
    assert "gives the same" in out
    files = [tmp_path / "one.pdf", tmp_path / "one.xlsx"]
    assert run(capsys, town, "show", "2026-03-01", "--pdf", str(files[0]), "--xlsx", str(files[1]))[0] == 0
    assert files[0].read_bytes().startswith(b"%PDF-")
    assert (
        run(capsys, town, "show", "2026-03-01", "--pdf", str(files[0]))[2]
        == f"kakou-hub: {files[0]}: exists already, not written over\n"
    )
    assert (
        run(capsys, town, "make", "2026-13-01")[2] == "kakou-hub: day '2026-13-01': expected a date like 2026-03-01\n"
    )
    for version in ("2", "0", "-1", "9" * 30):
        assert run(capsys, town, "check", "2026-03-01", "--version", version) == (
            1,
            "",
            f"kakou-hub: report of 2026-03-01, version {version}: was not made (kakou-hub report make 2026-03-01 makes one)\n",
        )
    meddle(town, "UPDATE reports SET content = replace(content, :old, :new)", old='"v":1', new='"v":2')
    assert "its hash is another" in run(capsys, town, "check", "2026-03-01")[2]
    assert run(capsys, town, "due")[0] == 0


def test_another_town_of_the_same_database_is_left_out(tmp_path: Path) -> None:
    place = settle(tmp_path)
    busy.fill(place, CUT_OFF - timedelta(hours=1))
    before = make(place).content["day"]
    with place.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO visit_sums SELECT 'other', level, what, gate, span, code, n FROM visit_sums"
        )
    assert make(place).content["day"] == before
    place.engine.dispose()
