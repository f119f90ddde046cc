"""The judgement on a demo: it sees a lost, a doubled, a changed and an invented record, and a vehicle that is not in the books."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.facts import ReadBy
from scripts.town.summary import (
    Arrival,
    GateSummary,
    Kept,
    Visit,
    at_rest,
    conflicts_text,
    faults_of_ledger,
    faults_of_projection,
    faults_of_truth,
    open_conflicts,
    table_text,
    visits_of,
)

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXPECT = {"verdict": "hold", "reason": "disinfection_due", "read_by": "qr", "outcome": "passed", "plate": "鲁B12345"}


def arrival(number: int, *, at: float, result: str | None = "passed", attempt: int = 1, **expect: str) -> Arrival:
    merged = EXPECT | expect
    when = START + timedelta(seconds=at)
    return Arrival(f"east-{number:03d}", when, attempt, merged["read_by"] == ReadBy.QR, merged, result)


def visit(number: int, *, at: float, **facts: str) -> Visit:
    return Visit(f"{number:032x}", START + timedelta(seconds=at), EXPECT | facts)


def kept(seq: int, gate: str = "east", **changes: object) -> Kept:
    return replace(Kept(gate, "e" * 32, seq, f"raw {seq}", {"plate": ["salt", "鲁B"]}, f"hash {seq}"), **changes)  # type: ignore[arg-type]  # any field


# --- truth and journal ------------------------------------------------------------------------------------------------------


def test_a_vehicle_with_its_visit_is_in_order() -> None:
    assert faults_of_truth([arrival(1, at=0), arrival(2, at=10)], [visit(1, at=2), visit(2, at=12)]) == []


def test_a_vehicle_that_nobody_read_is_named() -> None:
    assert faults_of_truth([arrival(1, at=0)], []) == [
        "vehicle east-001: no visits, expected one (disinfection_due); the road says: passed"
    ]


def test_a_vehicle_that_was_counted_twice_is_named() -> None:
    faults = faults_of_truth([arrival(1, at=0)], [visit(1, at=2), visit(2, at=3)])
    assert faults == ["vehicle east-001: 2 visits, expected one (disinfection_due); the road says: passed"]


@pytest.mark.parametrize("key", ["plate", "verdict", "reason", "read_by", "outcome"])
def test_a_vehicle_that_was_judged_otherwise_is_named(key: str) -> None:
    faults = faults_of_truth([arrival(1, at=0)], [visit(1, at=2, **{key: "other"})])
    assert faults == [f"vehicle east-001: {key} is 'other', expected {EXPECT[key]!r}"]


def test_a_visit_before_anybody_came_is_invented() -> None:
    assert "nobody had come" in faults_of_truth([arrival(1, at=5)], [visit(1, at=2), visit(2, at=6)])[0]


def test_a_vehicle_that_stood_until_it_gave_up_is_named() -> None:
    assert "stuck" in faults_of_truth([arrival(1, at=0, result="stuck")], [visit(1, at=2)])[0]


def test_a_vehicle_whose_plate_differs_is_judged_twice() -> None:
    came = arrival(1, at=0, result="turned_back", reason="plate_mismatch", verdict="stop", outcome="turned_back")
    first, then = visit(1, at=2, outcome="turned_back"), visit(2, at=3, **{k: came.expect[k] for k in EXPECT})
    assert faults_of_truth([came], [first, then]) == []
    assert faults_of_truth([came], [first]) != []
    assert faults_of_truth([came], [visit(1, at=2), then]) != [], "the first visit was not ended"


def test_a_gate_is_at_rest_when_everybody_who_came_is_gone(tmp_path: Path) -> None:
    assert at_rest(tmp_path)
    came = {"event": "arrived", "id": "east-001", "at": "2026-11-23T12:00:00.000Z", **EXPECT}
    done = {"event": "done", "id": "east-001", "result": "passed"}
    events = [came | {"attempt": 1}, came | {"attempt": 2}, done]
    for number, rests in enumerate((False, False, True), 1):
        (tmp_path / "truth.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events[:number]))
        assert at_rest(tmp_path) is rests


@pytest.mark.parametrize("seen", [[], [visit(1, at=1)]])
def test_a_coming_that_a_kill_cut_short_may_have_its_visit_or_not(seen: Sequence[Visit]) -> None:
    arrivals = [arrival(1, at=0, result=None), arrival(1, at=10, attempt=2)]
    assert faults_of_truth(arrivals, [*seen, visit(2, at=12)]) == []


def test_after_a_kill_the_same_pass_may_count_as_read_twice() -> None:
    arrivals = [arrival(1, at=0, result=None), arrival(1, at=10, attempt=2)]
    again = visit(2, at=12, reason="duplicate_read", verdict="look")
    assert faults_of_truth(arrivals, [visit(1, at=2), again]) == []


def test_a_visit_is_put_together_from_its_records() -> None:
    bodies: list[tuple[str, dict[str, object], Mapping[str, str]]] = [
        ("visit_opened", {"verdict": "go", "reason": "emergency", "read_by": "emergency"}, {}),
        ("visit_closed", {"outcome": "passed"}, {}),
        ("visit_closed", {"outcome": "passed", "supplement": True}, {"plate": "鲁B120急"}),
    ]
    records = [
        kept(
            seq,
            raw=json.dumps({"kind": kind, "visit": "v", "body": body, "at": {"wall": "2026-11-23T12:00:00.000Z"}}),
            private={name: ["salt", value] for name, value in private.items()},
        )
        for seq, (kind, body, private) in enumerate(bodies, 1)
    ]
    (one,) = visits_of(records)
    assert one.facts == {
        "verdict": "go", "reason": "emergency", "read_by": "emergency", "outcome": "passed", "plate": "鲁B120急",
    }  # fmt: skip


# --- journal and ledger -----------------------------------------------------------------------------------------------------


def test_a_ledger_that_holds_every_record_once_is_in_order() -> None:
    assert faults_of_ledger([kept(1), kept(2)], [kept(2), kept(1)]) == []


def test_a_record_that_was_lost_is_named() -> None:
    assert faults_of_ledger([kept(1), kept(2)], [kept(1)]) == [
        "east eeeeeeee seq 2: kept by the gate, not in the ledger"
    ]


def test_a_record_that_is_there_twice_is_named() -> None:
    assert "2 times" in faults_of_ledger([kept(1)], [kept(1), kept(1)])[0]


@pytest.mark.parametrize("change", [{"raw": "x"}, {"hash": "x"}, {"private": {}}])
def test_a_record_that_was_changed_is_named(change: dict[str, object]) -> None:
    assert "another record" in faults_of_ledger([kept(1)], [kept(1, "east", **change)])[0]


def test_a_record_that_no_gate_kept_is_named() -> None:
    assert "never kept" in faults_of_ledger([kept(1)], [kept(1), kept(2)])[0]


# --- the hub's table of visits ----------------------------------------------------------------------------------------------


def test_the_hubs_visits_must_say_what_the_gate_says() -> None:
    one = visit(1, at=0)
    row = {"gate": "east", **one.facts}
    assert faults_of_projection("east", [one], {one.id: row}) == []
    assert "the hub says plate" in faults_of_projection("east", [one], {one.id: {**row, "plate": "鲁U"}})[0]
    assert "not among" in faults_of_projection("east", [one], {})[0]
    assert "unknown to the gate" in faults_of_projection("east", [], {one.id: row})[0]


def test_the_summary_has_a_line_for_each_gate_and_the_town() -> None:
    figures = {"shown": 8, "read": 8}
    lines = table_text([GateSummary("east", figures), GateSummary("west", figures)]).splitlines()
    assert [line.split() for line in lines] == [
        ["shown", "read"], ["east", "8", "8"], ["west", "8", "8"], ["town", "16", "16"],
    ]  # fmt: skip


def test_the_summary_counts_the_conflicts_that_nobody_settled(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table conflicts (what text, settled_at text)")
        rows = [("in_twice", None), ("in_twice", None), ("too_fast", None), ("too_fast", "2026-11-23T12:00:00.000Z")]
        database.executemany("insert into conflicts values (?, ?)", rows)
        database.commit()
    assert conflicts_text(open_conflicts(path)) == "3 open conflicts: 2 in_twice, 1 too_fast"
    assert conflicts_text(Counter()) == "0 open conflicts"
