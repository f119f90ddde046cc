"""The ledger takes each record once, in order, whatever arrives twice, late, out of order, forged or poisoned."""

import json
from datetime import timedelta

from edge.contract.canonical import canonical
from edge.contract.facts import Kind, Lost, ShiftStarted
from edge.contract.messages import Hello
from edge.contract.records import ZERO_HASH, Sealed, chain_hash
from hub.ledger.acks import answer
from hub.ledger.append import append
from hub.ledger.received import Quarantined
from tests.hub.ledgers import batch_of, check, journal, read, send, table, take
from tests.hub.towns import NOW, Gate, Place


def three(gate: Gate) -> Gate:
    gate.visit("鲁B12345", NOW)
    return gate


def committed(place: Place, gate: str = "east") -> int:
    return next(int(row["committed"]) for row in table(place, "cursors") if row["gate"] == gate)


def test_every_record_becomes_an_entry_with_the_bytes_that_were_hashed(place: Place) -> None:
    gate = three(place.gates["east"])
    appended = send(place, gate)
    rows = table(place, "entries")
    assert [row["raw"] for row in rows] == [sealed.raw for sealed in gate.sealed]
    assert [row["seq"] for row in rows] == [1, 2, 3]
    [(gate_id, ack)] = appended.acks()
    assert (gate_id, ack.committed, ack.missing) == ("east", 3, ())
    assert ack.head.count == 3
    assert ack.head.holds("demo", place.town.key.public_key())
    assert check(place).entries == 3


def test_the_towns_chain_runs_over_all_gates_in_order_of_arrival(place: Place) -> None:
    chain = ZERO_HASH
    for name in ("east", "west", "east"):
        three(place.gates[name])
        send(place, place.gates[name])
    for row in table(place, "entries"):
        chain = chain_hash(chain, row["raw"])
        assert row["chain"] == chain
    assert table(place, "ledgers")[0]["chain"] == chain


def test_the_same_batch_again_changes_nothing_and_is_answered(place: Place) -> None:
    gate = three(place.gates["east"])
    send(place, gate)
    before = {name: table(place, name) for name in ("entries", "ledgers", "visits", "cursors", "signatures")}
    again = send(place, gate, *gate.sealed)
    assert (again.entries, again.again, again.quarantined) == (0, 3, 0)
    assert again.acks()[0][1].committed == 3
    assert {name: table(place, name) for name in before} == before


def test_the_same_batch_twice_in_one_transaction_is_taken_once(place: Place) -> None:
    gate = three(place.gates["east"])
    batch = read(place, "east", gate.batch().encode())
    appended = take(place, batch, batch)
    assert (appended.entries, appended.again) == (3, 3)
    check(place)


def test_batches_that_overlap_add_what_is_new(place: Place) -> None:
    gate = three(place.gates["east"])
    send(place, gate, *gate.sealed[:2], last=2)
    appended = send(place, gate, *gate.sealed[1:3], last=3)
    assert (appended.entries, appended.again) == (1, 1)
    check(place)


def test_a_batch_beyond_a_gap_is_not_stored_and_the_gap_is_named(place: Place) -> None:
    gate = three(place.gates["east"])
    appended = send(place, gate, gate.sealed[2], last=3)
    assert appended.entries == 0
    assert appended.acks()[0][1].missing == ((1, 2),)
    assert table(place, "entries") == []
    send(place, gate, *gate.sealed)
    assert committed(place) == 3


def test_reordered_batches_in_one_transaction_leave_a_gap_that_is_named(place: Place) -> None:
    gate = three(place.gates["east"])
    first = read(place, "east", batch_of(gate, gate.sealed[:1], 1).encode())
    last = read(place, "east", batch_of(gate, gate.sealed[2:], 3).encode())
    ack = take(place, last, first).acks()[0][1]
    assert (ack.committed, ack.missing) == (1, ((2, 2),))


def test_a_lost_record_that_names_the_gap_is_the_only_way_past_it(place: Place) -> None:
    gate = three(place.gates["east"])
    gate.keep(Kind.LOST, Lost(first=2, last=2, why="a page of the journal can't be read"), NOW)
    send(place, gate, gate.sealed[0], last=1)
    assert send(place, gate, gate.sealed[2], last=3).acks()[0][1].missing == ((2, 2),)
    assert send(place, gate, *gate.sealed[2:], last=4).acks()[0][1].committed == 4
    assert check(place).entries == 3


def test_another_record_under_a_known_number_is_a_fork_and_both_are_kept(place: Place) -> None:
    gate = three(place.gates["east"])
    send(place, gate)
    clone = journal(place.town, "east")
    clone.visit("鲁B99999", NOW)
    appended = send(place, clone)
    assert (appended.entries, appended.quarantined) == (0, 3)
    ((_, ack),) = appended.acks()
    assert (ack.committed, ack.hash) == (3, gate.sealed[2].hash), "the clone is told whose record is held"
    rows = table(place, "quarantine")
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert all(row["why"].startswith("fork: ") for row in rows)
    assert json.loads(rows[0]["raw"])["raw"] == clone.sealed[0].raw
    assert [row["raw"] for row in table(place, "entries")] == [sealed.raw for sealed in gate.sealed]
    check(place)


def test_a_fork_that_runs_ahead_does_not_move_the_cursor(place: Place) -> None:
    gate, clone = three(place.gates["east"]), journal(place.town, "east")
    send(place, gate)
    for plate in ("鲁B99999", "鲁B88888"):
        clone.visit(plate, NOW)
    ack = send(place, clone, *clone.sealed[3:], last=6).acks()[0][1]
    assert ack.committed == 3
    assert len(table(place, "quarantine")) == 3
    check(place)


def test_a_fork_again_fills_nothing_up(place: Place) -> None:
    clone = journal(place.town, "east")
    clone.visit("鲁B99999", NOW)
    send(place, three(place.gates["east"]))
    for _ in range(3):
        send(place, clone, *clone.sealed)
    assert len(table(place, "quarantine")) == 3


def test_a_new_epoch_of_a_gate_has_its_own_cursor(place: Place) -> None:
    send(place, three(place.gates["east"]))
    send(place, three(journal(place.town, "east", epoch="ab" * 16)))
    assert sorted(row["committed"] for row in table(place, "cursors")) == [3, 3]
    assert check(place).journals == 2


def poisoned(gate: Gate) -> list[Sealed]:
    """The gate's three records, the second one of a kind from the future."""
    value = json.loads(gate.sealed[1].raw)
    raw = canonical({**value, "kind": "beamed_up"}).decode()
    first = gate.sealed[0]
    second = Sealed(raw=raw, private={}, prev=first.hash, hash=chain_hash(first.hash, raw))
    third = gate.sealed[2]
    return [first, second, third.model_copy(update={"prev": second.hash, "hash": chain_hash(second.hash, third.raw)})]


def test_poison_is_kept_aside_and_blocks_nothing(place: Place) -> None:
    gate = three(place.gates["east"])
    records = poisoned(gate)
    appended = send(place, gate, *records)
    assert (appended.entries, appended.quarantined) == (2, 1)
    assert appended.acks()[0][1].committed == 3
    assert [row["seq"] for row in table(place, "entries")] == [1, 3]
    [row] = table(place, "quarantine")
    assert (row["seq"], row["prev"], row["hash"]) == (2, records[1].prev, records[1].hash)
    assert check(place).entries == 2


def test_poison_whose_bytes_came_before_as_a_message_holds_its_place_all_the_same(place: Place) -> None:
    gate = three(place.gates["east"])
    records = poisoned(gate)
    take(place, read(place, "east", records[1].model_dump_json().encode()))
    send(place, gate, *records, last=3)
    assert [(row["seq"], row["hash"]) for row in table(place, "quarantine")] == [(None, None), (2, records[1].hash)]
    assert check(place).entries == 2


def test_poison_at_the_end_of_a_batch_holds_its_place_too(place: Place) -> None:
    gate = three(place.gates["east"])
    records = poisoned(gate)
    send(place, gate, *records[:2], last=2)
    assert send(place, gate, *records).again == 2
    assert committed(place) == 3
    check(place)


def test_garbage_is_kept_once(place: Place) -> None:
    garbage = Quarantined("kakou/v1/east/records", "east", "not JSON", b"\x00garbage")
    for _ in range(3):
        take(place, garbage)
    [row] = table(place, "quarantine")
    assert (row["raw"], row["why"]) == (b"\x00garbage", "not JSON")
    assert check(place).entries == 0


def test_nothing_of_a_transaction_that_fails_stays(place: Place) -> None:
    gate = three(place.gates["east"])
    batch = read(place, "east", gate.batch().encode())
    with place.engine.connect() as connection, connection.begin() as transaction:
        assert append(connection, town="demo", arrived=[batch], key=place.town.key, now=NOW).entries == 3
        transaction.rollback()
    assert table(place, "entries") == table(place, "visits") == table(place, "cursors") == []
    take(place, batch)
    assert check(place).entries == 3


def hello(gate: Gate, acked: int) -> Hello:
    return Hello(
        town="demo", gate=gate.id, epoch=gate.epoch, oldest=1, head=len(gate.sealed), acked=acked,
        head_hash=gate.sealed[-1].hash, boot="00", clock="synced", policy=1, passlist=1, sighting=0, software="0",
    )  # fmt: skip


def test_a_hello_is_answered_with_the_cursor(place: Place) -> None:
    gate = three(place.gates["east"])
    with place.engine.begin() as connection:
        assert answer(connection, "demo", "east", hello(gate, 0)).committed == 0
    send(place, gate)
    with place.engine.begin() as connection:
        ack = answer(connection, "demo", "east", hello(gate, 3))
    assert (ack.committed, ack.missing) == (3, ())


def test_a_hub_that_lost_its_latest_days_asks_for_them_again(place: Place) -> None:
    gate = three(place.gates["east"])
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-2"), NOW + timedelta(minutes=1))
    send(place, gate, gate.sealed[0], last=1)
    with place.engine.begin() as connection:
        ack = answer(connection, "demo", "east", hello(gate, 4))
    assert (ack.committed, ack.missing) == (1, ((2, 4),))
