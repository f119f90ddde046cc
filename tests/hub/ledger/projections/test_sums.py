"""The counts of visits: a visit that changes takes its old counts out; whatever comes in which order, the same counts stand there."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from edge.contract.facts import Corrected, Kind, Overridden, SolutionPrepared
from edge.contract.records import wall_text
from hub.database.schema import entries, inside, visit_sums
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.projections.rebuild import rebuild
from hub.ledger.projections.sums import BUCKETS, UNKNOWN, Level, What, bucket
from hub.ledger.verify_walk import BrokenError
from tests.hub.busy import settle_busy
from tests.hub.hostile import everything
from tests.hub.ledgers import check, meddle, send, settle, table
from tests.hub.towns import NOW, Place


def sums(place: Place, what: What, level: Level = Level.HOUR) -> dict[tuple[str, str, str], int]:
    """Span, gate, code -> count."""
    rows = table(place, "visit_sums")
    return {
        (row["span"], row["gate"], row["code"]): row["n"]
        for row in rows
        if (row["what"], row["level"]) == (what, level)
    }


def by_code(place: Place, what: What) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_, _, code), n in sums(place, what).items():
        found[code] += n
    return dict(found)


def correct(place: Place, visit: str, plate: str) -> None:
    with place.engine.begin() as connection:
        entry = connection.execute(select(entries.c.id).where(entries.c.visit == visit).limit(1)).scalar_one()
        append_own(
            connection,
            town=place.town.id,
            kind=Kind.CORRECTED,
            visit=visit,
            body=Corrected(user="u-3", reason="misread", entry=entry),
            private={"plate": plate},
            at=moment(NOW),
            key=place.town.key,
        )


def inside_by_sums(place: Place) -> int:
    return sum(sums(place, What.MOVED).values())


def inside_now(place: Place) -> int:
    with place.engine.begin() as connection:
        return connection.execute(select(func.count()).select_from(inside)).scalar_one()


def test_a_visit_counts_in_the_hour_in_which_it_began_and_only_as_it_is_now(place: Place) -> None:
    east = place.gates["east"]
    visit = east.visit("鲁B12345", NOW, outcome=None)
    send(place, east)
    assert by_code(place, What.OUTCOME) == {"": 1}
    assert by_code(place, What.DISINFECTED) == {"owed": 1}
    east.keep(Kind.OVERRIDDEN, Overridden(officer="u-3", reason="fire"), NOW + timedelta(seconds=9), visit=visit)
    other = east.visit("鲁B12346", NOW + timedelta(hours=1))
    send(place, east)
    assert other != visit
    assert by_code(place, What.OVERRIDDEN) == {"verdict": 1}
    assert sums(place, What.OUTCOME) == {("2026-03-01T04", "east", ""): 1, ("2026-03-01T05", "east", "passed"): 1}
    assert sums(place, What.OUTCOME, Level.DAY) == {("2026-03-01", "east", ""): 1, ("2026-03-01", "east", "passed"): 1}
    assert sums(place, What.LITRES, Level.MONTH) == {("2026-03", "east", ""): 2500}
    assert by_code(place, What.WAITED) == {"000040": 1}


def test_what_came_late_counts_in_its_own_hour(place: Place) -> None:
    place.gates["east"].visit("鲁B00001", NOW)
    send(place, place.gates["east"])
    place.gates["west"].visit("鲁B00001", NOW - timedelta(days=3), direction="out")
    send(place, place.gates["west"])
    assert sums(place, What.PASSED) == {("2026-02-26T04", "west", "out"): 1, ("2026-03-01T04", "east", "in"): 1}
    assert sums(place, What.MOVED) == {("2026-03-01T04", "east", ""): 1}


def test_who_was_inside_is_right_though_a_passage_between_two_others_comes_late(place: Place) -> None:
    east, west = place.gates["east"], place.gates["west"]
    east.visit("鲁B00001", NOW - timedelta(hours=6))
    east.visit("鲁B00001", NOW)
    send(place, east)
    assert sums(place, What.MOVED) == {("2026-02-28T22", "east", ""): 1}
    west.visit("鲁B00001", NOW - timedelta(hours=3), direction="out")
    send(place, west)
    assert sums(place, What.MOVED) == {
        ("2026-02-28T22", "east", ""): 1,
        ("2026-03-01T01", "west", ""): -1,
        ("2026-03-01T04", "east", ""): 1,
    }
    assert inside_by_sums(place) == inside_now(place) == 1


def test_a_corrected_plate_moves_a_passage_to_another_vehicle(place: Place) -> None:
    east = place.gates["east"]
    first = east.visit("鲁B00001", NOW - timedelta(hours=2))
    east.visit("鲁B00002", NOW - timedelta(hours=1), direction="out")
    send(place, east)
    assert inside_by_sums(place) == 1
    correct(place, first, "鲁B00002")
    assert inside_by_sums(place) == inside_now(place) == 0
    assert sums(place, What.MOVED) == {("2026-03-01T02", "east", ""): 1, ("2026-03-01T03", "east", ""): -1}
    check(place)


@pytest.mark.parametrize("seed", range(6))
def test_in_whatever_order_gates_upload_and_officers_correct_the_counts_are_those_of_a_rebuild(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    place, dice = settle(tmp_path_factory.mktemp("sums")), random.Random(seed)
    plates = [f"鲁B0000{number}" for number in range(5)] + [""]
    made: list[str] = []
    for number in range(60):
        gate = place.gates[dice.choice(list(place.gates))]
        made.append(
            gate.visit(
                dice.choice(plates),
                NOW - timedelta(minutes=7 * (60 - number)),
                direction=dice.choice(("in", "out")),
                outcome=dice.choice(("passed", "passed", "passed", "turned_back", None)),
                read_by=dice.choice(("qr", "hand")),
                pass_id=dice.choice((None, "00112233445566aa")),
            )
        )
    while waiting := [gate for gate in place.gates.values() if gate.sent < len(gate.sealed)]:
        gate = dice.choice(waiting)
        count = dice.randint(1, 7)
        last = min(len(gate.sealed), gate.sent + count)
        send(place, gate, *gate.sealed[gate.sent : last], last=last)
        gate.sent = last
        known = [row["visit_id"] for row in table(place, "visits")]
        if known and dice.random() < 0.3:
            correct(place, dice.choice(known), dice.choice(plates[:5]))
        assert inside_by_sums(place) == inside_now(place)
    before = table(place, "visit_sums")
    assert all(row["n"] for row in before)
    for level in (Level.DAY, Level.MONTH):
        assert sum(row["n"] for row in before if row["level"] == level) == sum(
            row["n"] for row in before if row["level"] == Level.HOUR and row["what"] != What.EVERY_GATE
        )
    arrived = sum(row["n"] for row in before if (row["what"], row["code"]) == (What.EVERY_GATE, "arrived"))
    assert arrived == sum(sums(place, What.DIRECTION).values())
    check(place)
    with place.engine.begin() as connection:
        rebuild(connection, place.town.id, NOW)
    assert table(place, "visit_sums") == before
    place.engine.dispose()


def test_a_count_that_was_changed_by_hand_is_named_by_verify(place: Place) -> None:
    place.gates["east"].visit("鲁B12345", NOW)
    send(place, place.gates["east"])
    check(place)
    meddle(place, "UPDATE visit_sums SET n = 2 WHERE what = 'passed' AND level = 'hour'")
    with pytest.raises(BrokenError, match="visit_sums, sum 2026-03-01T04: the table says other than the entries"):
        check(place)


def test_an_event_that_was_taken_away_is_named_by_verify(place: Place) -> None:
    body = SolutionPrepared(
        batch="b-7",
        agent="chlorine",
        concentration="500 mg/L",
        tank="A",
        expires_at=wall_text(NOW),
        officer="u-3",
        litres=20.0,
    )
    place.gates["east"].keep(Kind.SOLUTION_PREPARED, body, NOW)
    send(place, place.gates["east"])
    assert [(row["kind"], row["code"], row["officer"]) for row in table(place, "gate_events")] == [
        ("solution_prepared", "b-7", "u-3")
    ]
    check(place)
    meddle(place, "DELETE FROM gate_events")
    with pytest.raises(BrokenError, match="gate_events, event of journal "):
        check(place)


@pytest.fixture
def odd(place: Place) -> Place:
    everything(place)
    with place.engine.begin() as connection:
        rebuild(connection, place.town.id, NOW)
    return place


def test_whatever_an_older_version_let_in_is_counted_once_and_taken_out_again(odd: Place) -> None:
    check(odd)
    visits = [row for row in table(odd, "visits") if row["opened_at"] is not None]
    for what in (What.DIRECTION, What.CLASS, What.REASON, What.VERDICT, What.READ_BY, What.OUTCOME, What.DISINFECTED):
        assert sum(sums(odd, what).values()) == len(visits), what
    assert inside_by_sums(odd) == inside_now(odd)
    with odd.engine.begin() as connection:
        assert connection.execute(select(func.count()).where(visit_sums.c.n == 0)).scalar_one() == 0


def test_a_busy_morning_holds(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = settle_busy(tmp_path_factory.mktemp("busy"))
    check(place)
    assert inside_by_sums(place) == inside_now(place)
    place.engine.dispose()


def test_a_wait_without_a_known_beginning_or_end_and_one_that_goes_backwards_is_unknown() -> None:
    row = {"opened_said": None, "closed_said": None, "clock": "synced", "opened_at": wall_text(NOW)}

    def waited(seconds: float, **other: object) -> str:
        return bucket({**row, "closed_at": wall_text(NOW + timedelta(seconds=seconds)), **other})

    assert waited(0) == "000005"
    assert waited(5) == "000005"
    assert waited(5.001) == "000010"
    assert waited(BUCKETS[-1]) == f"{BUCKETS[-1]:06d}"
    assert waited(BUCKETS[-1] + 1) == "more"
    assert waited(-1) == waited(5, opened_said="25:00") == waited(5, clock="none") == UNKNOWN
