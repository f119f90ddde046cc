"""A gap in a gate's numbers is passed only over the gate's own signed word, and `verify` follows it."""

import pytest

from edge.contract.canonical import sign
from edge.contract.facts import Kind, Lost, ShiftStarted
from edge.contract.messages import Bridge
from edge.contract.records import signed_head
from hub.database.schema import quarantine
from hub.database.statements import insert
from hub.ledger.gaps import lacking
from hub.ledger.received import Quarantined, Received
from hub.ledger.verify_walk import BrokenError
from tests.hub import ledgers
from tests.hub.ledgers import batch_of, check, meddle, read, send, table, take
from tests.hub.towns import NOW, Gate, Place


def journal(place: Place) -> Gate:
    """East's journal: 1-3 a visit, 4-6 another, 7 the word that 2-4 are lost, 8 a shift."""
    gate = place.gates["east"]
    gate.visit("鲁B12345", NOW)
    gate.visit("鲁B54321", NOW)
    gate.keep(Kind.LOST, Lost(first=2, last=4, why="pruned"), NOW)
    gate.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-2"), NOW)
    return gate


def bridge(gate: Gate, seq: int = 7) -> Bridge:
    record = gate.sealed[seq - 1]
    head = signed_head(gate.town, gate.id, gate.epoch, seq, record.hash)
    return Bridge(record=record, seq=seq, sig=sign(gate.key, head))


def after_the_gap(place: Place, gate: Gate, over: Bridge | None) -> Received | Quarantined:
    batch = batch_of(gate, gate.sealed[4:6], 6).model_copy(update={"bridge": over})
    return read(place, gate.id, batch.encode())


def test_without_a_bridge_the_gap_is_asked_for(place: Place) -> None:
    gate = journal(place)
    send(place, gate, gate.sealed[0], last=1)
    ((_, ack),) = take(place, after_the_gap(place, gate, None)).acks()
    assert (ack.committed, ack.missing) == (1, ((2, 4),))


def test_a_bridge_lets_the_cursor_jump_and_the_ledger_verifies_before_and_after_the_record_itself(place: Place) -> None:
    gate = journal(place)
    send(place, gate, gate.sealed[0], last=1)
    ((_, ack),) = take(place, after_the_gap(place, gate, bridge(gate))).acks()
    assert (ack.committed, ack.missing) == (6, ())
    assert check(place).entries == 3
    appended = send(place, gate, *gate.sealed[6:], last=8)
    assert appended.lost == (("east", gate.epoch, 2, 4, "pruned"),)
    assert check(place).entries == 5
    assert [row["seq"] for row in table(place, "entries")] == [1, 5, 6, 7, 8]


def test_a_bridge_taken_away_is_a_gap_again(place: Place) -> None:
    gate = journal(place)
    send(place, gate, gate.sealed[0], last=1)
    take(place, after_the_gap(place, gate, bridge(gate)))
    meddle(place, "DELETE FROM bridges")
    with pytest.raises(BrokenError, match="records 2 to 4 are missing"):
        check(place)


def test_a_bridge_over_another_gap_leads_nowhere(place: Place) -> None:
    gate = journal(place)
    send(place, gate, *gate.sealed[:2], last=2)
    ((_, ack),) = take(place, after_the_gap(place, gate, bridge(gate))).acks()
    assert (ack.committed, ack.missing) == (2, ((3, 4),))


@pytest.mark.parametrize("wrong", ["key", "seq", "kind", "gap"])
def test_a_bridge_that_does_not_hold_takes_its_batch_into_the_quarantine(place: Place, wrong: str) -> None:
    gate = journal(place)
    good = bridge(gate)
    if wrong == "key":
        head = signed_head(gate.town, gate.id, gate.epoch, 7, gate.sealed[6].hash)
        bad = good.model_copy(update={"sig": sign(place.gates["west"].key, head)})
    elif wrong == "seq":
        bad = good.model_copy(update={"seq": 8})
    elif wrong == "kind":
        bad = bridge(gate, 8)
    else:
        batch = batch_of(gate, gate.sealed[5:6], 6).model_copy(update={"bridge": good})
        found = read(place, gate.id, batch.encode())
        assert isinstance(found, Quarantined)
        assert "gap ends with 5" in found.why
        return
    found = after_the_gap(place, gate, bad)
    assert isinstance(found, Quarantined)
    assert found.why.startswith("bridge: ")


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (1, ["records 2 to 4: pruned"]),
        (3, ["records 2 to 4, of which 2 are here: pruned"]),
        (4, []),
    ],
)
def test_only_what_is_not_here_is_missing_whatever_a_gate_once_said(place: Place, held: int, told: list[str]) -> None:
    """A newer backup may hold what the gate called lost before an older one."""
    gate = journal(place)
    send(place, gate, *gate.sealed[:held], last=held)
    if held < 4:
        meddle(place, "UPDATE cursors SET committed = 4, hash = :hash", hash=gate.sealed[3].hash)
        meddle(place, "UPDATE ledgers SET ledger_epoch = 2")
    appended = send(place, gate, *gate.sealed[4:], last=8)
    with place.engine.begin() as connection:
        assert [detail for _, detail in lacking(connection, "demo", appended)] == told


@pytest.mark.parametrize(("held", "elsewhere", "told"), [(1, 5, ["records 2 to 4: pruned"]), (4, 1, [])])
def test_what_a_journal_calls_lost_is_looked_for_in_that_journal_alone(
    place: Place, held: int, elsewhere: int, told: list[str]
) -> None:
    """A card was replaced: what waited on the old one comes in one transaction with the first batch of the new one."""
    old, new = journal(place), ledgers.journal(place.town, "east", epoch="ab" * 16)
    send(place, old, *old.sealed[:held], last=held)
    if held < 4:
        meddle(place, "UPDATE cursors SET committed = 4, hash = :hash", hash=old.sealed[3].hash)
    for _ in range(elsewhere):
        new.keep(Kind.SHIFT_STARTED, ShiftStarted(officer="u-2"), NOW)
    batches = (batch_of(old, old.sealed[4:], 8), new.batch())
    appended = take(place, *(read(place, "east", batch.encode()) for batch in batches))
    assert len(appended.cursors) == 2
    with place.engine.begin() as connection:
        assert [detail for _, detail in lacking(connection, "demo", appended)] == told


def test_poison_that_holds_its_place_is_here_and_counts_once_after_it_was_let_in(place: Place) -> None:
    gate = journal(place)
    send(place, gate, *gate.sealed[:6], last=6)
    row = {"town": "demo", "gate": "east", "topic": "t", "epoch": gate.epoch, "why": "poison", "received_at": ""}
    with place.engine.begin() as connection:
        insert(
            connection,
            quarantine,
            [row | {"seq": seq, "prev": "00", "hash": "11", "raw": b"", "digest": str(seq)} for seq in (2, 3)],
        )
    meddle(place, "DELETE FROM entries WHERE seq = 3")
    appended = send(place, gate, *gate.sealed[6:], last=8)
    with place.engine.begin() as connection:
        assert list(lacking(connection, "demo", appended)) == []
