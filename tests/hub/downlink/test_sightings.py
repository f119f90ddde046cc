"""Sightings: numbered once, the same after a rebuild, and told to each gate so that all know who is inside."""

from datetime import timedelta
from typing import Any

from edge.contract.facts import Corrected, Kind, Outcome, VisitClosed
from edge.contract.messages import MAX_LIST, Hello, Sighting, Sightings, Signed
from edge.contract.records import wall_text
from hub.database.schema import sightings as kept
from hub.downlink import sightings as telling
from hub.downlink.sightings import SightingsWriter
from hub.ledger.clock import moment
from hub.ledger.hub_entries import append_own
from hub.ledger.projections import sightings
from hub.ledger.projections.rebuild import rebuild
from tests.hub.ledgers import meddle, send, table
from tests.hub.towns import NOW, Place
from tests.hub.wire import hello


def drive(place: Place, gate: str, plate: str, minute: int, direction: str = "in", **values: Any) -> str:
    """A vehicle passes a gate; the gate tells later."""
    return place.gates[gate].visit(plate, NOW + timedelta(minutes=minute), direction=direction, **values)


def numbers(place: Place) -> list[tuple[int, str, str]]:
    return [(row["n"], row["plate"], row["direction"]) for row in table(place, "sightings")]


def test_whoever_passed_gets_the_next_number_also_late(place: Place) -> None:
    drive(place, "east", "鲁B00001", 10)
    drive(place, "east", "鲁B00002", 11, outcome="turned_back")
    drive(place, "east", "鲁B00003", 12, outcome=None)
    drive(place, "east", "鲁B00001", 13, "out", outcome="unclear")
    drive(place, "west", "鲁B00004", 0)
    drive(place, "west", "鲁B00001", 20, "out")
    send(place, place.gates["east"])
    send(place, place.gates["west"])
    assert numbers(place) == [(1, "鲁B00001", "in"), (2, "鲁B00004", "in"), (3, "鲁B00001", "out")]
    # what comes again gets no second number
    place.gates["east"].sent = 0
    send(place, place.gates["east"])
    assert len(numbers(place)) == 3


def test_a_correction_changes_no_number_and_a_rebuild_gives_the_same(place: Place) -> None:
    visit = drive(place, "east", "鲁B00001", 0)
    gate = place.gates["east"]
    nameless = drive(place, "east", "", 1, read_by="emergency", reason="emergency", sprayed=False)
    plate = VisitClosed(outcome=Outcome.PASSED, officer=None, supplement=True)
    gate.keep(Kind.VISIT_CLOSED, plate, NOW + timedelta(minutes=3), visit=nameless, private={"plate": "鲁B00119"})
    drive(place, "west", "鲁B00005", 0)
    send(place, gate)
    send(place, place.gates["west"])
    with place.engine.begin() as connection:
        append_own(
            connection, town="demo", kind=Kind.CORRECTED, visit=visit, at=moment(NOW), key=place.town.key,
            body=Corrected(user="u-1", reason="misread", entry=1), private={"plate": "鲁B00009"},
        )  # fmt: skip
    before = table(place, "sightings")
    assert [(row["n"], row["plate"]) for row in before] == [(1, "鲁B00001"), (2, None), (3, "鲁B00005")]
    with place.engine.begin() as connection:
        rebuild(connection, "demo")
    assert table(place, "sightings") == before
    with place.engine.begin() as connection:
        # who is inside goes by the plate that is known now
        assert [Sighting.model_validate(each).vehicle for each in sightings.inside_now(connection, "demo")] == [
            "鲁B00009", "鲁B00119", "鲁B00005",
        ]  # fmt: skip


def answers(place: Place, **said: Any) -> list[Sightings]:
    """What a gate that says this is told."""
    told = SightingsWriter("demo", place.town.key)
    with place.engine.begin() as connection:
        asked = Hello.parse(hello(place.gates["east"], **said))
        messages = [Signed.parse(each.encode(), MAX_LIST) for each in told.answer(connection, asked, NOW)]
    assert all(each.holds(place.town.key.public_key()) and each.kind == "sightings" for each in messages)
    found = [each.sightings() for each in messages]
    assert [each.last for each in found] == [each.version for each in messages]
    return found


def series(place: Place) -> str:
    [row] = table(place, "ledgers")
    return f"{row['ledger']}.{row['ledger_epoch']}"


def fill(place: Place) -> None:
    for minute in range(3):
        drive(place, "east", f"鲁B0000{minute}", minute)
    drive(place, "east", "鲁B00001", 5, "out")
    send(place, place.gates["east"])


def test_a_gate_that_missed_some_is_told_those(place: Place) -> None:
    fill(place)
    [told] = answers(place, series=series(place), sighting=2)
    assert (told.first, told.last, told.snapshot) == (3, 4, False)
    assert [(each.n, each.plate, each.direction) for each in told.sightings] == [
        (3, "鲁B00002", "in"),
        (4, "鲁B00001", "out"),
    ]


def test_a_gate_that_missed_nothing_is_told_so(place: Place) -> None:
    fill(place)
    [told] = answers(place, series=series(place), sighting=4)
    assert (told.first, told.last, told.sightings) == (5, 4, ())


def test_a_gate_with_another_series_or_a_number_from_the_future_is_told_who_is_inside(place: Place) -> None:
    fill(place)
    for said in ({"series": "l-0.1", "sighting": 3}, {"series": None}, {"series": series(place), "sighting": 9}):
        [told] = answers(place, **said)
        assert (told.first, told.last, told.snapshot) == (0, 4, True)
        assert [each.plate for each in told.sightings] == ["鲁B00000", "鲁B00002"]


def test_a_restored_hub_begins_another_series(place: Place) -> None:
    fill(place)
    before = series(place)
    meddle(place, "UPDATE ledgers SET ledger_epoch = 2")
    [told] = answers(place, series=before, sighting=4)
    assert told.snapshot
    assert told.series == series(place) != before


def test_an_empty_town_is_told_as_such(place: Place) -> None:
    [told] = answers(place)
    assert (told.first, told.last, told.snapshot, told.sightings) == (0, 0, True, ())


def crowd(place: Place, count: int) -> None:
    """Many vehicles inside, as the ledger would have them."""
    rows = [
        {
            "town": "demo", "n": n, "visit": f"{n:032x}", "gate": "east", "direction": "in", "pass_id": f"{n:016x}",
            "plate": f"鲁B{n:05d}", "at": wall_text(NOW),
        }
        for n in range(1, count + 1)
    ]  # fmt: skip
    with place.engine.begin() as connection:
        connection.execute(kept.insert(), rows)
        connection.exec_driver_sql(
            "INSERT INTO inside SELECT town, plate, visit, gate, plate, pass_id, 'resident', at FROM sightings"
        )
        connection.exec_driver_sql(
            "INSERT INTO visits (visit_id, town, gate, received_at, sighting) SELECT visit, town, gate, at, n FROM sightings"
        )


def test_twenty_thousand_inside_are_told_in_parts(place: Place) -> None:
    crowd(place, 20_000)
    told = answers(place)
    assert [each.first for each in told] == list(range(0, 20_000, telling.PART))
    assert {each.last for each in told} == {20_000}
    assert sum(len(each.sightings) for each in told) == 20_000
    assert all(each.snapshot for each in told)


def test_a_long_range_comes_in_parts_without_a_gap(place: Place) -> None:
    crowd(place, 5_000)
    told = answers(place, series=series(place), sighting=0)
    assert [(each.first, each.last) for each in told] == [(1, 2000), (2001, 4000), (4001, 5000)]
    assert [each.n for part in told for each in part.sightings] == list(range(1, 5001))
    crowded = answers(place, series=series(place), sighting=1)
    assert crowded[0].first == 2


def test_whoever_is_too_far_behind_is_told_who_is_inside(place: Place) -> None:
    crowd(place, 5_002)
    assert answers(place, series=series(place), sighting=1)[0].snapshot
    assert not answers(place, series=series(place), sighting=2)[0].snapshot
