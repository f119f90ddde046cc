"""What vehicles did by the scenario's own truth, beside the ledger: counted, and a fault wherever the ledger says otherwise."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripts.town.manoeuvre_counts import Counts, Done, add, count, done_by, faults_of, passages_of
from scripts.town.summary import Arrival, Kept, Visit, faults_of_truth, read_truth

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXPECT = {"verdict": "go", "reason": "priority", "read_by": "qr", "outcome": "passed", "plate": "鲁B12345"}


def arrival(
    number: int, result: str | None = "passed", *, at: float = 0, judged: bool = True, **does: object
) -> Arrival:
    plain = {"body": "car", "manoeuvre": "through", "close": False, "alarm": None}
    when = START + timedelta(seconds=at)
    return Arrival(f"east-{number:03d}", when, 1, judged, EXPECT if judged else {}, result, plain | does)


def visit(number: int, outcome: str = "passed", *, at: float = 0) -> Visit:
    return Visit(f"{number:032x}", START + timedelta(seconds=at), EXPECT | {"outcome": outcome})


def record(seq: int, kind: str, body: Mapping[str, object], at: str, visit: str | None = None) -> Kept:
    raw = json.dumps({"kind": kind, "body": body, "at": {"wall": at}, "visit": visit})
    return Kept("east", "e" * 32, seq, raw, {}, f"hash {seq}")


def test_everything_that_came_is_counted_and_what_the_ledger_says_of_it() -> None:
    counts = Counts()
    add(
        counts,
        "east",
        [
            Done(arrival(1), [visit(1)]),
            Done(arrival(2, close=True), [visit(2)]),
            Done(arrival(3, close=True, body="trailer"), [visit(3)]),
            Done(arrival(4, body="motorcycle"), [visit(4)]),
            Done(arrival(5, manoeuvre="roll_back"), [visit(5)]),
            Done(arrival(6, "backed_off", manoeuvre="back_off"), [visit(6, "abandoned")]),
            Done(arrival(7, "backed_off", manoeuvre="under_and_away", alarm="reversing"), [visit(7, "abandoned")], ["reversing"]),
            Done(arrival(8, "tailgated", judged=False, close=True, alarm="tailgating"), [], ["tailgating"]),
            Done(arrival(9, "forced", judged=False, alarm="forced_passage"), [], ["forced_passage"]),
        ],
    )  # fmt: skip
    assert counts.faults == []
    assert counts.text() == (
        "by the scenario's own truth, and in the ledger: close followers 2: passed 2; motorcycles 1: passed 1; trucks with a"
        " trailer 1: passed 1; rolled back, then through 1: passed 1; backed off 2: not passed 2; tailgaters 1: alarm 1; through"
        " the closed arm 1: alarm 1"
    )


def test_one_that_two_loops_cannot_follow_is_counted_as_such() -> None:
    gone = arrival(1, "backed_off", alarm="unclear_passage")
    gone.expect = EXPECT | {"outcome": "unclear"}
    counts = Counts()
    add(counts, "west", [Done(gone, [visit(1, "unclear")], ["unclear_passage"])])
    assert counts.text().endswith("backed off 1: not passed 1; unclear to two loops 1: unclear 1")
    assert counts.faults == []


@pytest.mark.parametrize(
    ("done", "fault"),
    [
        (Done(arrival(1, "backed_off"), [visit(1)]), "passed in the ledger, and in truth backed_off"),
        (Done(arrival(1, close=True), []), "passed, and in the ledger without an end"),
        (Done(arrival(1, close=True), [visit(1, "abandoned")]), "passed, and in the ledger abandoned"),
        (
            Done(arrival(1, "tailgated", judged=False, alarm="tailgating")),
            "alarms none, expected tailgating (tailgated)",
        ),
        (
            Done(arrival(1, "forced", judged=False, alarm="forced_passage"), [], ["unclear_passage"]),
            "alarms unclear_passage, expected forced_passage (forced)",
        ),
        (Done(arrival(1), [visit(1)], ["reversing"]), "alarms reversing, expected none (passed)"),
        (Done(arrival(1, "turned_back"), [visit(1)]), "passed in the ledger, and in truth turned_back"),
    ],
)
def test_a_ledger_that_says_otherwise_is_a_fault(done: Done, fault: str) -> None:
    assert faults_of(done) == [fault]


def test_a_follower_on_the_first_ones_word_is_a_fault() -> None:
    arrivals = [arrival(1, at=0), arrival(2, at=5, close=True)]
    first, second = done_by(arrivals, [visit(1, at=1)], [])
    assert faults_of(first) == []
    assert faults_of(second) == ["passed, and in the ledger without an end"]
    assert "no visits" in faults_of_truth(arrivals, [visit(1, at=1)])[0]


def test_a_tailgater_with_a_visit_is_a_fault() -> None:
    came = arrival(1, "tailgated", judged=False, alarm="tailgating")
    assert faults_of_truth([came], []) == []
    assert faults_of_truth([came], [visit(1, at=1)]) == ["vehicle east-001: 1 visits, though nobody could judge it"]


def test_alarms_belong_to_the_vehicle_that_came_last_before_them() -> None:
    arrivals = [
        arrival(1, at=0),
        arrival(2, "tailgated", at=5, judged=False, alarm="tailgating"),
        arrival(3, None, at=9),
    ]
    alarms = [(START + timedelta(seconds=6), "tailgating"), (START + timedelta(seconds=10), "unclear_passage")]
    first, second = done_by(arrivals, [visit(1, at=1)], alarms)
    assert (first.alarms, second.alarms) == ([], ["tailgating"]), "the third was cut short: nothing is expected of it"


def test_alarms_of_passages_are_read_and_no_others() -> None:
    at = "2026-11-23T12:00:00.000Z"
    records = [
        record(1, "alarm_raised", {"alarm": "tailgating", "detail": "lane 1, in"}, at),
        record(2, "alarm_raised", {"alarm": "tank_low", "detail": "lane 1"}, at),
        record(3, "alarm_cleared", {"alarm": "tailgating"}, at),
    ]
    assert passages_of(records) == [(START, "tailgating")]


def test_the_whole_town_is_counted_from_its_files(tmp_path: Path) -> None:
    at = "2026-11-23T12:00:0{}.000Z"
    does = {"body": "car", "close": False, "manoeuvre": "through", "alarm": None}
    unjudged = does | {"close": True, "manoeuvre": "tailgate", "alarm": "tailgating"}
    events = [
        {"event": "arrived", "id": "east-001", "attempt": 1, **EXPECT, **does, "at": at.format(0)},
        {"event": "arrived", "id": "east-002", "attempt": 1, **unjudged, "at": at.format(3)},
        {"event": "done", "id": "east-001", "result": "passed"},
        {"event": "done", "id": "east-002", "result": "tailgated"},
    ]
    (tmp_path / "truth.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events))
    assert [(each.shows, each.expect) for each in read_truth(tmp_path)] == [(True, EXPECT), (False, {})]
    entries = [
        record(1, "visit_opened", {name: EXPECT[name] for name in ("verdict", "reason", "read_by")}, at.format(1), "v"),
        record(2, "alarm_raised", {"alarm": "tailgating", "detail": "lane 1, in"}, at.format(4)),
        record(3, "visit_closed", {"outcome": "passed"}, at.format(5), "v"),
    ]
    with closing(sqlite3.connect(tmp_path / "hub.db")) as database:
        database.execute("create table entries (id integer, gate, epoch, seq, raw, private, hash)")
        rows = [(e.seq, e.gate, e.epoch, e.seq, e.raw, "{}", e.hash) for e in entries]
        database.executemany("insert into entries values (?, ?, ?, ?, ?, ?, ?)", rows)
        database.commit()
    counts = count({"east": tmp_path}, tmp_path / "hub.db")
    assert (counts.faults, dict(counts.there), dict(counts.said)) == ([], {"tailgaters": 1}, {"tailgaters": 1})
