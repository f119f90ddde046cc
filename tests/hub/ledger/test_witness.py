"""Gates witness the ledger: the heads in their acks contradict whoever signs another one."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from edge.contract.messages import Ack, Hello, HubHead, Witness
from edge.contract.records import ZERO_HASH
from hub.gates import store as gates
from hub.gates.status_words import hello_columns
from hub.ledger.verify_walk import BrokenError
from tests.hub.ledgers import check, send, table
from tests.hub.towns import NOW, Place


def witnessed(place: Place, ack: Ack) -> None:
    """East says hello with the head of an ack."""
    gate = place.gates["east"]
    hello = Hello(
        town="demo", gate="east", epoch=gate.epoch, oldest=1, head=3, acked=3, head_hash="ab" * 32, boot="00",
        clock="synced", policy=1, passlist=1, sighting=0, software="test",
        witness=Witness(ledger=ack.ledger, ledger_epoch=ack.ledger_epoch, head=ack.head),
    )  # fmt: skip
    with place.engine.begin() as connection:
        gates.save_status(connection, "demo", [("east", dict(hello_columns(hello, None)))])


@pytest.fixture
def two(place: Place) -> tuple[Place, Ack]:
    """Two visits of east; the ack after the second."""
    for number in range(2):
        place.gates["east"].visit(f"鲁B1234{number}", NOW + timedelta(minutes=number))
        ((_, ack),) = send(place, place.gates["east"]).acks()
    return place, ack


def test_a_true_ledger_is_witnessed_while_it_grows(two: tuple[Place, Ack]) -> None:
    place, ack = two
    witnessed(place, ack)
    assert check(place).entries == 6
    place.gates["east"].visit("鲁B99999", NOW + timedelta(hours=1))
    send(place, place.gates["east"])
    assert check(place).entries == 9


def test_a_ledger_whose_tail_was_cut_off_and_signed_anew_is_contradicted_by_a_gate(two: tuple[Place, Ack]) -> None:
    place, ack = two
    witnessed(place, ack)
    rows = table(place, "entries")
    head = HubHead.signed("demo", 3, rows[2]["chain"], place.town.key)
    with place.engine.begin() as connection:
        # somebody with the hub's key and all the time in the world
        for sql in (
            "DELETE FROM entries WHERE id > 3",
            "DELETE FROM signatures WHERE seq > 3",
            "DELETE FROM visits WHERE visit_id NOT IN (SELECT visit FROM entries)",
            "DELETE FROM inside WHERE visit_id NOT IN (SELECT visit FROM entries)",
            "DELETE FROM last_passed WHERE visit_id NOT IN (SELECT visit FROM entries)",
            "DELETE FROM sightings WHERE visit NOT IN (SELECT visit FROM entries)",
        ):
            connection.execute(text(sql))
        connection.execute(text("UPDATE cursors SET committed = 3, hash = :hash"), {"hash": rows[2]["hash"]})
        connection.execute(
            text("UPDATE ledgers SET count = :count, chain = :chain, sig = :sig"), head.model_dump()
        )  # fmt: skip
    with pytest.raises(BrokenError, match="gate east holds the hub's signature over 6 entries, and 3 are here"):
        check(place)


def test_another_entry_under_a_witnessed_number_is_contradicted(two: tuple[Place, Ack]) -> None:
    place, ack = two
    witnessed(place, ack.model_copy(update={"head": HubHead.signed("demo", 5, "ab" * 32, place.town.key)}))
    with pytest.raises(BrokenError, match="over another entry 5 than is here"):
        check(place)


def test_a_head_that_the_hub_has_not_signed_proves_nothing(two: tuple[Place, Ack]) -> None:
    place, ack = two
    forged = HubHead.signed("demo", 99, ZERO_HASH, place.gates["east"].key)
    witnessed(place, ack.model_copy(update={"head": forged}))
    assert check(place).entries == 6


def test_a_head_of_a_life_before_a_restore_proves_nothing(two: tuple[Place, Ack]) -> None:
    place, ack = two
    longer = HubHead.signed("demo", 99, ZERO_HASH, place.town.key)
    witnessed(place, ack.model_copy(update={"head": longer, "ledger_epoch": 0}))
    assert check(place).entries == 6
