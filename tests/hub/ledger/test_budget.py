"""Faults B: what one gate may leave in the quarantine and beside a hole; beyond it nothing is kept, nothing is lost, all is counted."""

import json

import pytest

from edge.contract.canonical import canonical
from edge.contract.limits import Room
from edge.contract.messages import Batch
from edge.contract.records import Sealed, chain_hash
from edge.contract.topics import Name, Topic
from hub.enrolment.gates import retire_gate
from hub.ledger import budget, unkept
from hub.ledger.append import Appended
from hub.ledger.budget import NOBODY, Unkept, together
from hub.ledger.received import Quarantined, Sort
from hub.listener.surplus import FLOOD_FROM, JOURNAL, Surplus
from hub.listener.turns import MUTED
from hub.quarantine.settle import judge
from tests.hub.ledgers import batch_of, check, journal, read, send, table, take
from tests.hub.towns import NOW, Gate, Place


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms of three messages, so that a test fills them."""
    for sort in Sort:
        monkeypatch.setitem(budget.ROOMS, sort, Room(3, 100_000))


def noise(gate: str | None, number: int, size: int = 10) -> Quarantined:
    topic = str(Topic(gate or "east", Name.RECORDS))
    return Quarantined(topic, gate, "not JSON", f"{number}".encode().ljust(size))


def kept(place: Place) -> list[tuple[str | None, bytes]]:
    return [(row["gate"], row["raw"].strip()) for row in table(place, "quarantine")]


def poison(gate: Gate, count: int) -> Batch:
    """A batch of records of a kind from the future, from the beginning of the gate's journal."""
    found: list[Sealed] = []
    for sealed in gate.sealed[:count]:
        prev = found[-1].hash if found else sealed.prev
        raw = canonical({**json.loads(sealed.raw), "kind": "beamed_up"}).decode()
        found.append(Sealed(raw=raw, private={}, prev=prev, hash=chain_hash(prev, raw)))
    return batch_of(gate, found, count)


def judge_all(place: Place) -> None:
    rows = [row["id"] for row in table(place, "quarantine")]
    done = [row["quarantine"] for row in table(place, "judged")]
    with place.engine.begin() as connection:
        for id_ in set(rows) - set(done):
            judge(
                connection, town="demo", id_=id_, release=False, by="u-1", reason="junk",
                keys={}, key=place.town.key, now=NOW,
            )  # fmt: skip


def test_noise_beyond_a_gates_room_is_counted_and_what_was_kept_stays(place: Place) -> None:
    appended = take(place, *(noise("east", number) for number in range(8)))
    assert kept(place) == [("east", b"0"), ("east", b"1"), ("east", b"2")]
    assert appended.unkept == (Unkept("east", "noise", 5, 50),)


def test_a_room_has_bytes_too(place: Place) -> None:
    appended = take(place, noise("east", 1, 60_000), noise("east", 2, 60_000), noise("east", 3, 40_000))
    assert [len(row["raw"]) for row in table(place, "quarantine")] == [60_000, 40_000]
    assert appended.unkept == (Unkept("east", "noise", 1, 60_000),)


def test_a_full_room_is_its_own_gates_alone(place: Place) -> None:
    take(place, *(noise("east", number) for number in range(5)))
    assert take(place, noise("west", 1)).unkept == ()
    assert kept(place)[-1] == ("west", b"1")


def test_whoever_is_no_gate_of_the_town_shares_one_room(place: Place) -> None:
    with place.engine.begin() as connection:
        retire_gate(place.town, connection, "south", by="cli", now=NOW)
    strangers = [None, "mars", "south", "venus", None]
    appended = take(place, *(noise(gate, number) for number, gate in enumerate(strangers)))
    assert [gate for gate, _ in kept(place)] == [None, "mars", "south"]
    assert appended.unkept == (Unkept(NOBODY, "noise", 2, 20),)


def test_the_same_noise_again_is_neither_kept_twice_nor_counted(place: Place) -> None:
    take(place, *(noise("east", number) for number in range(3)))
    assert take(place, noise("east", 1)).unkept == ()
    assert len(kept(place)) == 3


def test_what_somebody_has_judged_stays_and_makes_room(place: Place) -> None:
    take(place, *(noise("east", number) for number in range(3)))
    judge_all(place)
    assert take(place, noise("east", 7)).unkept == ()
    assert len(kept(place)) == 4


def test_a_gate_stands_still_before_more_poison_than_it_has_room_for(place: Place) -> None:
    """Its records stay with it: nothing of the batch is taken, and nothing acknowledged, until somebody has judged."""
    gate = place.gates["east"]
    for _ in range(2):
        gate.visit("鲁B12345", NOW)
    batch = poison(gate, 6)
    first = batch_of(gate, batch.records[:3], 3)
    ((_, ack),) = take(place, read(place, "east", first.encode())).acks()
    assert ack.committed == 3
    rest = read(place, "east", batch_of(gate, batch.records[3:], 6).encode())
    refused = take(place, rest)
    ((_, ack),) = refused.acks()
    assert (ack.committed, refused.quarantined) == (3, 0)
    (counted,) = refused.unkept
    assert (counted.what, counted.messages) == ("poison", 3)
    assert check(place).entries == 0
    judge_all(place)
    ((_, ack),) = take(place, rest).acks()
    assert ack.committed == 6
    assert len(table(place, "quarantine")) == 6
    check(place)


def test_good_records_pass_where_poison_has_no_room(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    records = poison(gate, 3).records
    take(place, read(place, "east", batch_of(gate, records, 3).encode()))
    gate.sealed = list(records)
    gate.sent = 3
    gate.visit("鲁B12346", NOW)
    ((_, ack),) = send(place, gate).acks()
    assert ack.committed == 6


def test_poison_that_is_held_already_is_answered_also_when_there_is_no_room(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    batch = read(place, "east", poison(gate, 3).encode())
    take(place, batch)
    again = take(place, batch)
    assert (again.again, again.unkept, again.acks()[0][1].committed) == (3, (), 3)


def fork(place: Place, number: int) -> Appended:
    twin = journal(place.town, "east")
    twin.visit(f"鲁B9999{number}", NOW, sprayed=False, outcome=None)
    return send(place, twin)


def test_forks_have_a_room_and_are_never_acknowledged(place: Place) -> None:
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    send(place, gate)
    found = [fork(place, number) for number in range(5)]
    assert [each.unkept and each.unkept[0].messages for each in found] == [(), (), (), 1, 1]
    assert {row["sort"] for row in table(place, "quarantine")} == {"fork"}
    assert {each.acks()[0][1].hash for each in found} == {gate.sealed[2].hash}
    assert check(place).entries == 3


def live(gate: Gate, last: int) -> bytes:
    batch = batch_of(gate, gate.sealed[last - 1 : last], last)
    return batch.model_copy(update={"live": True}).encode()


def test_batches_ahead_of_a_hole_have_a_room_that_another_journal_does_not_renew(place: Place) -> None:
    gate = place.gates["east"]
    for _ in range(3):
        gate.visit("鲁B12345", NOW)
    taken = [take(place, read(place, "east", live(gate, last))) for last in range(3, 8)]
    assert [row["first"] for row in table(place, "ahead")] == [3, 4, 5]
    assert taken[-1].acks()[0][1].ahead == ((3, 3), (4, 4), (5, 5))
    assert taken[-1].unkept[0].what == "ahead"
    # the backlog comes, and all of it is taken
    assert send(place, gate, *gate.sealed, last=9).acks()[0][1].committed == 9
    assert take(place, read(place, "east", live(gate, 9))).unkept == ()


def test_what_is_not_kept_is_written_down_and_is_one_alert_that_counts(place: Place) -> None:
    surplus = Surplus(lambda: 0.0)
    for number in range(3):
        surplus.note([Unkept("east", "noise", 1000, 50), Unkept("east", "poison", 2, 3)])
        surplus.note([Unkept("west", "hello", FLOOD_FROM - number, 7), Unkept(NOBODY, "noise", 1, 1)])
        with place.engine.begin() as connection:
            surplus.write(connection, "demo", NOW, stalled=False)
        surplus.written()
    rows = {(row["gate"], row["what"]): (row["messages"], row["bytes"]) for row in table(place, "unkept")}
    assert rows["east", "noise"] == (3000, 150)
    assert rows["west", "hello"] == (3 * FLOOD_FROM - 3, 21)
    found = {(row["what"], row["gate"]): row["times"] for row in table(place, "alerts")}
    # a few messages that a busy gate loses are counted, and no alert
    assert found == {
        ("not_kept", "east"): 3000,
        ("standstill", "east"): 6,
        ("flood", "west"): 20,
        ("not_kept", None): 3,
    }
    with place.engine.begin() as connection:
        assert len(unkept.every(connection, "demo")) == 4


def test_what_was_dropped_while_the_hub_itself_could_not_store_is_no_alert_of_its_gates(place: Place) -> None:
    surplus = Surplus(lambda: 0.0)
    surplus.note([Unkept("east", "records", 500, 7)])
    with place.engine.begin() as connection:
        surplus.write(connection, "demo", NOW, stalled=True)
    assert table(place, "alerts") == []
    surplus.note([Unkept("east", MUTED, 1, 0), Unkept("west", JOURNAL, 1, 0)])
    with place.engine.begin() as connection:
        surplus.write(connection, "demo", NOW, stalled=False)
    assert {row["gate"] for row in table(place, "alerts")} == {"east", "west"}


def test_noise_of_a_full_room_is_not_tried_again_at_once() -> None:
    now = [0.0]
    surplus = Surplus(lambda: now[0])
    assert not surplus.is_full("east", 5)
    surplus.note([Unkept("east", "noise", 1, 5)])
    assert surplus.is_full("east", 5)
    assert not surplus.is_full("west", 5)
    now[0] = 6.0
    assert not surplus.is_full("east", 5)


def test_counts_of_one_gate_and_kind_are_one() -> None:
    counts = [Unkept("east", "noise", 1, 5), Unkept("west", "noise", 1, 5), Unkept("east", "noise", 2, 6)]
    assert together(counts) == (Unkept("east", "noise", 3, 11), Unkept("west", "noise", 1, 5))
